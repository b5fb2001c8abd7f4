//! What a fault can look at and change.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::alu::unsigned;
use crate::coverage::Blocks;
use crate::isa::{Format, Instruction, Op, Xlen};
use crate::machine::{Cpu, Machine};
use crate::memory::Memory;
use crate::registers::number::{A0, A1, A2, T0};
use crate::registers::DISCARD;
use crate::text::Text;

/// An instruction, before and after it was executed.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub instruction: Instruction,
    pub pc: u64,
    /// Number of instructions executed before it.
    pub number: u64,
    /// Values of the source registers.
    pub a: u64,
    pub b: u64,
    /// The immediate, sign-extended.
    pub imm: u64,
    /// What the destination register held before.
    pub overwritten: u64,
    /// Of loads and stores: the aligned 8 bytes that are accessed, as they were before.
    pub old_word: u64,
    /// What the destination register holds now.
    pub result: u64,
    /// Where the program goes on.
    pub next: u64,
    pub xlen: Xlen,
}

impl Step {
    /// The instruction that is executed next, if there is one.
    pub fn ahead(machine: &Machine) -> Option<Self> {
        let (cpu, xlen) = (&machine.state.cpu, machine.profile.xlen);
        let instruction = machine.text.slots()[machine.text.slot(cpu.pc)?];
        let mut step = Self {
            instruction,
            pc: cpu.pc,
            number: cpu.steps,
            a: cpu.x.get(instruction.rs1),
            b: cpu.x.get(instruction.rs2),
            imm: instruction.imm as u64,
            overwritten: cpu.x.get(instruction.rd),
            old_word: 0,
            result: 0,
            next: 0,
            xlen,
        };
        if step.is_load() || step.is_store() {
            step.old_word = peek(&machine.state.memory, step.address() & !7, 8);
        }
        Some(step)
    }

    pub fn op(&self) -> Op {
        self.instruction.op
    }

    pub fn is(&self, op: Op) -> bool {
        self.op() == op
    }

    pub fn is_load(&self) -> bool {
        self.op().format() == Format::Load && !self.is(Op::Jalr)
    }

    pub fn is_store(&self) -> bool {
        self.op().format() == Format::Store
    }

    pub fn is_branch(&self) -> bool {
        self.op().format() == Format::Branch
    }

    /// Whether the program does not go on behind it.
    pub fn jumped(&self) -> bool {
        self.next != self.pc.wrapping_add(4)
    }

    pub fn writes(&self) -> bool {
        self.op().writes_register() && self.instruction.rd != DISCARD
    }

    /// Of a load or store.
    pub fn address(&self) -> u64 {
        self.wrapped(self.a.wrapping_add(self.imm))
    }

    /// Of a load or store, in bytes.
    pub fn size(&self) -> u64 {
        match self.op() {
            Op::Lb | Op::Lbu | Op::Sb => 1,
            Op::Lh | Op::Lhu | Op::Sh => 2,
            Op::Lw | Op::Lwu | Op::Sw => 4,
            _ => 8,
        }
    }

    /// A sum as an address.
    pub fn wrapped(&self, address: u64) -> u64 {
        match self.xlen {
            Xlen::Rv32 => unsigned::<32>(address),
            Xlen::Rv64 => address,
        }
    }

    /// What a load makes of the bytes from its address on.
    pub fn loaded(&self, bytes: u64) -> u64 {
        match self.op() {
            Op::Lb => bytes as i8 as u64,
            Op::Lh => bytes as i16 as u64,
            Op::Lw => bytes as i32 as u64,
            Op::Lbu => bytes as u8 as u64,
            Op::Lhu => bytes as u16 as u64,
            Op::Lwu => bytes as u32 as u64,
            _ => bytes,
        }
    }
}

/// What was before an instruction.
pub struct Past {
    /// The instruction before.
    pub previous: Option<Step>,
    pub last_store: Option<Step>,
    /// The aligned 8 bytes that something was stored to.
    pub stored: HashSet<u64>,
    /// `s2` as it was when a block was last entered by falling into it, by address of the block.
    pub fallen_into: HashMap<u64, u64>,
    pub blocks: Blocks,
}

impl Past {
    pub fn new(text: Rc<Text>) -> Self {
        Self {
            previous: None,
            last_store: None,
            stored: HashSet::new(),
            fallen_into: HashMap::new(),
            blocks: Blocks::new(text),
        }
    }

    pub fn remember(&mut self, step: Step) {
        if step.is_store() {
            self.last_store = Some(step);
            self.stored.insert(step.address() & !7);
        }
        self.previous = Some(step);
    }
}

/// What there is to be changed.
pub struct Scene<'a> {
    pub cpu: &'a mut Cpu,
    pub memory: &'a mut Memory,
    pub past: &'a mut Past,
}

impl Scene<'_> {
    /// Bytes of the memory as a number, little-endian; 0 where there is none.
    pub fn peek(&self, address: u64, size: u64) -> u64 {
        peek(self.memory, address, size)
    }

    /// Write the lowest bytes of a number.
    pub fn poke(&mut self, address: u64, size: u64, value: u64) {
        self.memory.place(address, &value.to_le_bytes()[..size as usize]);
    }
}

pub fn peek(memory: &Memory, address: u64, size: u64) -> u64 {
    let (mut word, mut at) = ([0; 8], 0);
    let read = memory.read(address, size, &mut |piece| {
        word[at..at + piece.len()].copy_from_slice(piece);
        at += piece.len();
    });
    read.map_or(0, |()| u64::from_le_bytes(word))
}

/// A syscall: its number and arguments.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub id: u32,
    pub arguments: [u64; 3],
}

impl Call {
    pub fn of(cpu: &Cpu, xlen: Xlen) -> Self {
        let value = |register| match xlen {
            Xlen::Rv32 => unsigned::<32>(cpu.x.get(register)),
            Xlen::Rv64 => cpu.x.get(register),
        };
        Self { id: cpu.x.get(T0) as u32, arguments: [A0, A1, A2].map(value) }
    }

    /// Whether it gives bytes out or in: all descriptors of WRITE.
    pub fn is_write(&self) -> bool {
        self.id == crate::syscalls::sp1::WRITE
    }
}
