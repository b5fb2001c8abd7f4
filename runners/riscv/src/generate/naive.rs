//! The baseline: random operations on random registers with random immediates, and random forward jumps.
//!
//! Nothing is known of the registers but that one of them points into the middle of a window and is never
//! written to; all accesses are at this register plus a small offset. There is one publication, at the end.

use rvref::{Format, Op as Opcode};

use super::Origin;
use crate::encode::{available, is_word};
use crate::hex::Hex;
use crate::ir::{Block, Frame, JumpForm, Op, Program, Segment, Window};
use crate::random::Random;

const TEXT: u64 = 0x7800_0000;
const WINDOW: u64 = 0x7810_0000;
const WINDOW_SIZE: u64 = 256;
const FRAME: u64 = 0x7818_0000;
const FRAME_REGISTERS: [u8; 2] = [30, 31];
const POINTER: u8 = 29;

/// A program.
pub(super) fn program(origin: &Origin, mut random: Random) -> Program {
    let mut program = origin.empty();
    program.text_base = Hex(TEXT);
    program.frame = Frame { registers: FRAME_REGISTERS, address: Hex(FRAME) };
    let bytes = (0..WINDOW_SIZE).map(|_| random.bits() as u8).collect();
    let address = Hex(WINDOW);
    let size = WINDOW_SIZE;
    program.segments.push(Segment { address, size, file_size: size, writable: true, bytes });
    program.publish.windows.push(Window { address, size });
    program.publish.registers = (1..POINTER).collect();
    program.registers = (1..POINTER).map(|register| (register, Hex(random.bits()))).collect();
    program.registers.insert(POINTER, Hex(WINDOW + WINDOW_SIZE / 2));
    let ops: Vec<Opcode> = Opcode::ALL
        .iter()
        .copied()
        .filter(|op| available(*op, origin.xlen) && op.format() != Format::Bare && *op != Opcode::Jalr)
        .collect();
    let blocks = 8 + random.below(40) as u32;
    for id in 0..blocks {
        let count = 1 + random.below(8);
        let ops = (0..count).map(|_| op(&mut random, &ops, origin, id, blocks)).collect();
        program.blocks.push(Block { id, ops });
    }
    program
}

fn op(random: &mut Random, ops: &[Opcode], origin: &Origin, block: u32, blocks: u32) -> Op {
    let name = random.pick(ops);
    let mut register = |bound: u64| random.below(bound) as u8;
    // The pointer is read like any other register, and only not written to.
    let (rd, rs1, rs2) = (register(POINTER.into()), register(30), register(30));
    let to = block + 1 + random.below(4.min(u64::from(blocks - block))) as u32;
    match name.format() {
        Format::Branch => Op::Branch { name, rs1, rs2, to },
        Format::Jump => Op::Jump { rd, to, form: JumpForm::Jal, base: 0, offset: 0, odd: 0, blend: None },
        // In eights, so that every width is aligned.
        Format::Load => Op::Ins { name, rd, rs1: POINTER, rs2: 0, imm: 8 * random.between(-15, 15) as i32 },
        Format::Store => Op::Ins { name, rd: 0, rs1: POINTER, rs2, imm: 8 * random.between(-15, 15) as i32 },
        Format::Register => Op::Ins { name, rd, rs1, rs2, imm: 0 },
        Format::Immediate => Op::Ins { name, rd, rs1, rs2: 0, imm: random.between(-2048, 2047) as i32 },
        Format::Shift => {
            let width = if is_word(name) { 32 } else { crate::bits(origin.xlen).into() };
            Op::Ins { name, rd, rs1, rs2: 0, imm: random.below(width) as i32 }
        }
        Format::Upper | Format::Bare => {
            Op::Ins { name, rd, rs1: 0, rs2: 0, imm: (random.bits() as i32) & !0xfff }
        }
    }
}
