//! Watching a run: counters that cost next to nothing, and a trace.

use std::io::Write;
use std::ops::{ControlFlow, Range};
use std::rc::Rc;

use crate::disassemble::disassemble;
use crate::isa::{Instruction, Op};
use crate::machine::Cpu;
use crate::memory::Memory;
use crate::registers::{Registers, NAMES};
use crate::text::Text;

/// Is told what a program executes.
pub trait Observer {
    /// Whether it is told of each instruction; this makes a run slow.
    const EACH: bool = false;

    /// These instructions have been executed once, one after the other; the range may be empty.
    fn run(&mut self, _slots: Range<usize>) {}

    /// An instruction has been executed; what an ECALL asks for is done afterwards. `Break` ends the run.
    fn retired(&mut self, _retired: &Retired) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// The instruction told of last has jumped; for an observer that is told of each. Registers and memory are
    /// what the next instruction finds.
    fn jumped(&mut self, _x: &Registers, _memory: &Memory) {}

    /// What an ECALL asks for is about to be done; `cpu` has its number and arguments.
    fn ecall(&mut self, _cpu: &Cpu) {}
}

/// Nobody.
impl Observer for () {}

/// An instruction that has been executed.
#[derive(Clone, Copy, Debug)]
pub struct Retired {
    /// Its place in the text.
    pub slot: usize,
    /// Its address.
    pub pc: u64,
    /// The instruction.
    pub instruction: Instruction,
    /// What its first source register held.
    pub a: u64,
    /// What its second source register held.
    pub b: u64,
    /// What its destination register holds now.
    pub result: u64,
}

impl Retired {
    pub(crate) fn before(slot: usize, pc: u64, instruction: Instruction, x: &Registers) -> Self {
        let (a, b) = (x.get(instruction.rs1), x.get(instruction.rs2));
        Self { slot, pc, instruction, a, b, result: 0 }
    }

    pub(crate) fn after(self, x: &Registers) -> Self {
        // Number 32 stands for x0.
        Self { result: x.get(self.instruction.rd % 32), ..self }
    }
}

/// How often each instruction of a program was executed.
///
/// A run adds to where it begins and takes from where it ends; the counts are the sums up to each slot.
#[derive(Clone, Debug)]
pub struct Hits {
    changes: Vec<i64>,
}

impl Hits {
    /// Nothing has been executed.
    pub fn new(text: &Text) -> Self {
        Self { changes: vec![0; text.slots().len() + 1] }
    }

    /// The count of each slot.
    pub fn by_slot(&self) -> impl Iterator<Item = u64> + '_ {
        let sums = self.changes.iter().scan(0, |sum: &mut i64, change| {
            *sum = sum.wrapping_add(*change);
            Some(*sum as u64)
        });
        sums.take(self.changes.len() - 1)
    }

    /// The count of each operation, by `op as usize`; those that were not executed have 0.
    pub fn by_op(&self, text: &Text) -> Vec<u64> {
        let mut counts = vec![0; Op::ALL.len()];
        for (instruction, count) in text.slots().iter().zip(self.by_slot()) {
            counts[instruction.op as usize] += count;
        }
        counts
    }
}

impl Observer for Hits {
    #[inline(always)]
    fn run(&mut self, slots: Range<usize>) {
        self.changes[slots.start] += 1;
        self.changes[slots.end] -= 1;
    }
}

/// Writes a line for each instruction: address, word, assembly language, and what it left in its register.
/// The run ends when a line cannot be written.
pub struct Trace<W> {
    text: Rc<Text>,
    to: W,
}

impl<W: Write> Trace<W> {
    /// A trace of a program with this text.
    pub fn new(text: Rc<Text>, to: W) -> Self {
        Self { text, to }
    }

    fn line(&mut self, retired: &Retired) -> std::io::Result<()> {
        let Retired { slot, pc, instruction, result, .. } = *retired;
        let (word, assembly) = (self.text.word(slot), disassemble(instruction, pc));
        write!(self.to, "{pc:#010x} {word:08x} ")?;
        if instruction.op.writes_register() {
            let rd = NAMES[usize::from(instruction.rd)];
            writeln!(self.to, "{assembly:<32} {rd}={result:#x}")
        } else {
            writeln!(self.to, "{assembly}")
        }
    }
}

impl<W: Write> Observer for Trace<W> {
    const EACH: bool = true;

    fn retired(&mut self, retired: &Retired) -> ControlFlow<()> {
        match self.line(retired) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}
