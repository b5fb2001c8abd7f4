//! Small programs with something forbidden in them, or with what zkVMs have no common rule for.
//!
//! What a target does with it is for the comparison to look at: some refuse the program, some end it, some go
//! on. No program runs on without an end.

use rvref::number::{A0, A1, A2, T0};
use rvref::{decode, Format, Op as Opcode, Xlen};

use super::builder::Builder;
use super::state::width;
use super::Origin;
use crate::encode::{available, encode};
use crate::hex::Hex;
use crate::ir::{Constant, Form, Op, Program, Segment};
use crate::random::Random;

/// How deep control flow is around what is forbidden.
const DEPTH: usize = 1;

/// Instructions of other extensions and of the privileged part: words as the manual lists them.
const FOREIGN: [u32; 20] = [
    0x0000_100f, // fence.i
    0xc000_2573, // rdcycle a0
    0x3400_1073, // csrrw zero, mscratch, zero
    0x3020_0073, // mret
    0x1050_0073, // wfi
    0x1205_0073, // sfence.vma a0
    0x0005_2587, // flw fa1, 0(a0)
    0x00b5_3027, // fsd fa1, 0(a0)
    0x00b5_7553, // fadd.s fa0, fa0, fa1
    0x1005_252f, // lr.w a0, (a0)
    0x00b5_252f, // amoadd.w a0, a1, (a0)
    0x00b5_352f, // amoadd.d a0, a1, (a0)
    0x40b5_7533, // andn a0, a0, a1
    0x20b5_2533, // sh1add a0, a0, a1
    0x6005_1513, // clz a0, a0
    0x08b5_053b, // add.uw a0, a0, a1
    0x0eb5_5533, // czero.eqz a0, a0, a1
    0x0ab5_4533, // min a0, a0, a1
    0x0000_7057, // vsetvli zero, zero, e8
    0x0020_0073, // uret
];

/// Words that stand for "no instruction" everywhere, and the two next to ECALL.
const ODDITIES: [u32; 7] =
    [0, u32::MAX, 0x0000_0001, 0x0000_8067 - 0x20, 0x0000_0173, 0x0000_8073, 0x0030_0073];

/// A program.
pub(super) fn program(origin: &Origin, random: Random) -> Program {
    let mut builder = Builder::new(origin, random, false);
    let before = builder.random.below(16);
    let twice = builder.random.chance(1, 8);
    let segment = builder.random.chance(1, 24);
    (0..before).for_each(|_| builder.shape(DEPTH));
    if !segment {
        builder.forbidden();
    }
    if twice {
        (0..4).for_each(|_| builder.shape(DEPTH));
        builder.forbidden();
    }
    (0..4).for_each(|_| builder.shape(DEPTH));
    let strange = segment.then(|| strange_segment(&mut builder));
    let mut program = builder.finish(origin);
    program.segments.extend(strange);
    program
}

/// A segment where none may be, or of a strange shape.
fn strange_segment(builder: &mut Builder) -> Segment {
    let behind = builder.scene.frame / 4096 * 4096 + (4 << 20);
    let places = [behind + 1, behind + 2, 0x1000, 0x7700_0000, 1 << 31, (1 << 32) - 4096];
    let wide = [1 << 40, (1 << 40) - 4, 1 << 62, u64::MAX - 64];
    let place = match builder.xlen {
        Xlen::Rv64 if builder.random.chance(1, 2) => builder.random.pick(&wide),
        _ => builder.random.pick(&places),
    };
    let size = builder.random.pick(&[1, 4, 16, 31]);
    let bytes = (0..size).map(|_| builder.random.bits() as u8).collect();
    Segment { address: Hex(place), size, file_size: size, writable: true, bytes }
}

impl Builder {
    /// Something forbidden, in a place that is reached or, from time to time, in one that is not.
    fn forbidden(&mut self) {
        if self.random.chance(1, 8) {
            let over = self.label();
            let form = crate::ir::JumpForm::Jal;
            self.emit(Op::Jump { rd: 0, to: over, form, base: 0, offset: 0, odd: 0, blend: None });
            self.bound();
            self.one_forbidden();
            return self.bind(over);
        }
        self.one_forbidden();
    }

    fn one_forbidden(&mut self) {
        match self.random.weighted(&[8, 4, 3, 4, 2, 4, 4, 2, 2, 2]) {
            0 => self.illegal_word(),
            1 => self.misaligned_access(),
            2 => self.misaligned_jump(),
            3 => self.access_out_of_range(),
            4 => self.store_to_the_program(),
            5 => self.strange_syscall(),
            6 => self.strange_write(),
            7 => self.strange_hash(),
            8 => self.jump_out_of_the_text(),
            _ => {
                let name = self.random.pick(&[Opcode::Ebreak, Opcode::Fence]);
                self.emit(Op::Ins { name, rd: 0, rs1: 0, rs2: 0, imm: 0 });
            }
        }
    }

    /// A word that is not an instruction of this width.
    fn illegal_word(&mut self) {
        let valid =
            encode(rvref::Instruction { op: Opcode::Add, rd: 10, rs1: 11, rs2: 12, imm: 0 }, self.xlen)
                .unwrap_or_default();
        for _ in 0..1000 {
            let bits = self.random.bits() as u32;
            let word = match self.random.below(6) {
                0 => self.random.pick(&FOREIGN),
                1 => self.random.pick(&ODDITIES),
                // Compressed, or a part of something longer.
                2 => bits,
                // An unused value of the major opcode, of funct3, or of funct7.
                3 => bits | 3,
                4 => {
                    valid & !0x7f
                        | self.random.pick(&[0x03, 0x13, 0x1b, 0x23, 0x33, 0x3b, 0x63, 0x67, 0x73, 0x0f])
                        | bits & 0xfe00_7000
                }
                _ => valid ^ (1 << self.random.below(32)),
            };
            if decode(word, self.xlen).is_none() {
                return self.emit(Op::Word { word });
            }
        }
    }

    fn misaligned_access(&mut self) {
        let names = [
            Opcode::Lh,
            Opcode::Lhu,
            Opcode::Lw,
            Opcode::Lwu,
            Opcode::Ld,
            Opcode::Sh,
            Opcode::Sw,
            Opcode::Sd,
        ];
        let name = self.random.pick(&names);
        if !available(name, self.xlen) {
            return self.misaligned_access();
        }
        let area = &self.scene.areas[0];
        let (start, size) = (area.address, area.bytes.len() as u64);
        let width = width(name) as u64;
        let address = start + width * self.random.below(size / width) + 1 + self.random.below(width - 1);
        self.access_at(name, address);
    }

    fn access_at(&mut self, name: Opcode, address: u64) {
        let reg = if name.format() == Format::Store { self.source() } else { self.target() };
        let base = self.target_but(&[reg]);
        let any = self.random.between(-2048, 2047) as i32;
        let offset = self.random.pick(&[0, any]);
        let at = built(address.wrapping_sub(offset as u64));
        self.emit(Op::Access { name, reg, base, offset, at });
    }

    /// To the middle of an instruction, a little ahead.
    fn misaligned_jump(&mut self) {
        let halves = 2 * (1 + 2 * self.random.below(3)) as i32;
        let rd = self.random.pick(&[0, 1]);
        match self.random.below(3) {
            0 => self.emit(Op::Ins { name: Opcode::Jal, rd, rs1: 0, rs2: 0, imm: 4 + halves }),
            1 => self.emit(Op::Ins { name: Opcode::Bgeu, rd: 0, rs1: 1, rs2: 0, imm: 4 + halves }),
            _ => {
                let rs1 = self.target();
                self.emit(Op::Ins { name: Opcode::Auipc, rd: rs1, rs1: 0, rs2: 0, imm: 0 });
                let bit = self.random.below(2) as i32;
                self.emit(Op::Ins { name: Opcode::Jalr, rd, rs1, rs2: 0, imm: 8 + halves + bit });
            }
        }
    }

    fn access_out_of_range(&mut self) {
        let end: u64 = 1 << 40;
        let narrow = [0, 8, 0x7f8, 0xff8, 0x1000, (1 << 32) - 8, (1 << 32) - 4096, 0x8000_0000];
        let wide = [
            end - 8,
            end,
            end + 8,
            end - 4096,
            end + 0x7810_0000,
            1 << 41,
            1 << 47,
            1 << 48,
            1 << 63,
            u64::MAX - 7,
            0xffff_ffff_8000_0000,
        ];
        let address = match self.xlen {
            Xlen::Rv64 if self.random.chance(2, 3) => self.random.pick(&wide),
            _ => self.random.pick(&narrow),
        };
        let names = [Opcode::Lb, Opcode::Lbu, Opcode::Lw, Opcode::Sb, Opcode::Sw, Opcode::Ld, Opcode::Sd];
        let name = self.random.pick(&names);
        let name = if available(name, self.xlen) { name } else { Opcode::Lw };
        self.access_at(name, address);
    }

    /// To the text, to a read-only segment, or right behind a segment.
    fn store_to_the_program(&mut self) {
        let text = self.scene.text + 4 * self.random.below(64);
        let segments: Vec<u64> = self.scene.segments.iter().map(|segment| segment.address.0 & !7).collect();
        let address =
            if segments.is_empty() || self.random.chance(2, 3) { text } else { self.random.pick(&segments) };
        let name = self.random.pick(&[Opcode::Sb, Opcode::Sh, Opcode::Sw]);
        self.access_at(name, address);
    }

    /// A syscall by number, with arguments that are random or whatever registers hold.
    fn strange_syscall(&mut self) {
        let any = u64::from(self.random.bits() as u32);
        // HALT with a code, COMMIT, hints without input, the end of a block that was not begun, and numbers of
        // which most are nobody's.
        let id =
            self.random.pick(&[0, 0, 0x10, 0x1a, 0xf0, 0xf1, 4, 1, 5, 0x1b, 0x132, any, any & 0xff, 1 << 31]);
        let argument = self.random.bits();
        let code = self.random.pick(&[1, 2, 255, 256, 0x7fff_ffff, 1 << 31, u64::MAX, argument]);
        self.set(T0, id);
        self.set(A0, code);
        if self.random.chance(1, 2) {
            self.set(A1, argument);
        }
        self.emit(Op::Ins { name: Opcode::Ecall, rd: 0, rs1: 0, rs2: 0, imm: 0 });
    }

    /// WRITE to a strange file descriptor, or of strange memory.
    fn strange_write(&mut self) {
        let area = self.scene.areas[0].address;
        let descriptors = [0, 1, 2, 3, 4, 5, 10, 12, 13, 13, 14, 22, 99, u64::MAX, 1 << 31];
        let fd = self.random.pick(&descriptors);
        let address = self.random.pick(&[area, area, 0, (1 << 32) - 4, u64::MAX, 1 << 40, (1 << 40) - 4]);
        let length = self.random.pick(&[0, 1, 8, 8, 64]);
        [(T0, 2), (A0, fd), (A1, address), (A2, length)].iter().for_each(|(r, value)| self.set(*r, *value));
        self.emit(Op::Ins { name: Opcode::Ecall, rd: 0, rs1: 0, rs2: 0, imm: 0 });
    }

    /// A hash with a misaligned address, with an argument that must be 0, or out of range.
    fn strange_hash(&mut self) {
        let area = self.scene.areas[0].address;
        let id = self.random.pick(&[0x30_0105, 0x01_0106, 0x01_0109]);
        let (a0, a1) =
            self.random.pick(&[(area + 4, 0), (area + 1, 0), (area, 8), (area, 1), (0, 0), (1 << 40, 0)]);
        [(T0, id), (A0, a0), (A1, a1)].iter().for_each(|(register, value)| self.set(*register, *value));
        self.emit(Op::Ins { name: Opcode::Ecall, rd: 0, rs1: 0, rs2: 0, imm: 0 });
    }

    /// To where no instructions are.
    fn jump_out_of_the_text(&mut self) {
        let area = self.scene.areas[0].address;
        let behind = self.scene.text + (2 << 20) - 4;
        let wide = [0, 4, area, behind, self.scene.text - 4, 1 << 40, u64::MAX - 3, 0x7000_0000];
        let rs1 = self.target();
        let target = self.random.pick(&wide);
        self.set(rs1, target);
        let rd = self.random.pick(&[0, 1]);
        self.emit(Op::Ins { name: Opcode::Jalr, rd, rs1, rs2: 0, imm: 0 });
    }

    fn set(&mut self, rd: u8, value: u64) {
        self.emit(Op::Set { rd, to: built(value) });
    }
}

fn built(value: u64) -> Constant {
    Constant { value: Hex(value), form: Form::Build, blend: None }
}
