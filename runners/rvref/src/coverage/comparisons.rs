//! What one run of a compiled program compared: the operands of branches that went one way only, and memory
//! that a called function may have held against other memory. A search for inputs makes the sides equal.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::rc::Rc;

use super::edges::FIRST_BRANCH;
use crate::alu;
use crate::isa::{Format, Instruction, Op};
use crate::memory::Memory;
use crate::observe::{Observer, Retired};
use crate::registers::number::{A0, A1, A2};
use crate::registers::Registers;
use crate::text::Text;

const RA: u8 = 1;
/// Pairs that are kept of one branch, and of all calls.
const MOST_OF_BRANCH: usize = 16;
const MOST_OF_CALLS: usize = 512;
/// Pairs that are told.
const MOST: usize = 4096;
/// Bytes of the longest pieces of memory.
const LONGEST: u64 = 64;
/// Pairs that a register remembers.
const REMEMBERED: usize = 4;

type Pair = (u64, u64);

/// What is known of a register's value.
#[derive(Clone, Copy, Default)]
struct Origin {
    /// It tells of these pairs how they compare: by an order, a difference, or several of them together.
    pairs: [Pair; REMEMBERED],
    count: usize,
    /// It is another value plus so much.
    offset: u64,
}

impl Origin {
    fn pairs(&self) -> &[Pair] {
        &self.pairs[..self.count]
    }

    fn with(mut self, pairs: &[Pair]) -> Self {
        for pair in pairs {
            if self.count < REMEMBERED {
                self.pairs[self.count] = *pair;
                self.count += 1;
            }
        }
        self
    }
}

#[derive(Default)]
struct Branch {
    /// Whether it went on behind itself, and whether it was taken.
    ways: [bool; 2],
    pairs: Vec<Pair>,
}

/// The comparisons of a run.
pub struct Comparisons {
    text: Rc<Text>,
    origins: [Origin; 256],
    branches: BTreeMap<usize, Branch>,
    calls: BTreeSet<(usize, Vec<u8>, Vec<u8>)>,
    last: usize,
}

impl Comparisons {
    /// Nothing has been executed.
    pub fn new(text: Rc<Text>) -> Self {
        Self {
            text,
            origins: [Origin::default(); 256],
            branches: BTreeMap::new(),
            calls: BTreeSet::new(),
            last: 0,
        }
    }

    /// What was compared: for each pair the bin of the way that the branch went ([`super::Edges`]), for a call
    /// the one that its slot would have; the width of the sides, and both sides. Numbers are little endian.
    pub fn told(&self) -> Vec<u8> {
        let mut told = Vec::new();
        let mut tell = |bin: usize, one: &[u8], other: &[u8]| {
            told.extend((bin as u32).to_le_bytes());
            told.push(one.len() as u8);
            told.extend(one);
            told.extend(other);
        };
        let mut left = MOST;
        for (slot, one, other) in self.calls.iter().take(left) {
            tell(FIRST_BRANCH + 2 * slot, one, other);
        }
        left -= self.calls.len().min(left);
        let one_way = self.branches.iter().filter(|(_, branch)| branch.ways != [true, true]);
        let pairs = one_way.flat_map(|(slot, branch)| branch.pairs.iter().map(move |pair| (slot, branch, pair)));
        for (slot, branch, (one, other)) in pairs.take(left) {
            let bin = FIRST_BRANCH + 2 * slot + usize::from(branch.ways[1]);
            tell(bin, &one.to_le_bytes(), &other.to_le_bytes());
        }
        told
    }

    /// The pairs that a comparison of two operands is about.
    fn compared(&self, instruction: Instruction, a: u64, b: u64) -> Origin {
        let (first, second) = (&self.origins[usize::from(instruction.rs1)], &self.origins[usize::from(instruction.rs2)]);
        let told = match (a, b) {
            _ if instruction.rs2 == 0 && first.count > 0 => return Origin::default().with(first.pairs()),
            _ if instruction.rs1 == 0 && second.count > 0 => return Origin::default().with(second.pairs()),
            pair => Origin::default().with(&[pair]),
        };
        let shift = if first.offset == 0 { second.offset } else { first.offset };
        match shift {
            0 => told,
            shift => told.with(&[(a.wrapping_sub(shift), b.wrapping_sub(shift))]),
        }
    }

    fn branch(&mut self, retired: &Retired) {
        let Retired { slot, instruction, a, b, .. } = *retired;
        let taken = match instruction.op {
            Op::Beq => a == b,
            Op::Bne => a != b,
            Op::Blt => alu::slt(a, b) == 1,
            Op::Bge => alu::slt(a, b) == 0,
            Op::Bltu => alu::sltu(a, b) == 1,
            _ => alu::sltu(a, b) == 0,
        };
        let origin = self.compared(instruction, a, b);
        let branch = self.branches.entry(slot).or_default();
        branch.ways[usize::from(taken)] = true;
        if branch.ways == [true, true] {
            branch.pairs = Vec::new();
            return;
        }
        for pair in origin.pairs() {
            if branch.pairs.len() < MOST_OF_BRANCH && pair.0 != pair.1 && !branch.pairs.contains(pair) {
                branch.pairs.push(*pair);
            }
        }
    }

    /// What is known of the value that an instruction leaves in its register.
    fn origin(&self, retired: &Retired) -> Origin {
        let Retired { instruction, a, b, .. } = *retired;
        let imm = instruction.imm as u64;
        let [first, second] = [instruction.rs1, instruction.rs2].map(|register| self.origins[usize::from(register)]);
        match instruction.op {
            // Whether something is zero, and the opposite of what is known.
            Op::Sltiu | Op::Xori | Op::Andi if imm == 1 && first.count > 0 => first,
            Op::Sltu if instruction.rs1 == 0 && second.count > 0 => second,
            Op::Or | Op::And if first.count + second.count > 0 => first.with(second.pairs()),
            Op::Slti | Op::Sltiu | Op::Xori => {
                let own = Instruction { rs2: 0, ..instruction };
                let pairs = Origin::default().with(&[(a, imm)]);
                match self.origins[usize::from(own.rs1)].offset {
                    0 => pairs,
                    shift => pairs.with(&[(a.wrapping_sub(shift), imm.wrapping_sub(shift))]),
                }
            }
            Op::Slt | Op::Sltu | Op::Xor | Op::Sub | Op::Subw => self.compared(instruction, a, b),
            Op::Addi | Op::Addiw if instruction.rs1 != 0 && imm == 0 => first,
            Op::Addi | Op::Addiw if instruction.rs1 != 0 => {
                Origin { offset: imm, ..Origin::default().with(&[(a, imm.wrapping_neg())]) }
            }
            _ => Origin::default(),
        }
    }
}

impl Observer for Comparisons {
    const EACH: bool = true;

    fn retired(&mut self, retired: &Retired) -> ControlFlow<()> {
        self.last = retired.slot;
        if retired.instruction.op.format() == Format::Branch {
            self.branch(retired);
        } else if retired.instruction.op.writes_register() {
            self.origins[usize::from(retired.instruction.rd)] = self.origin(retired);
        }
        ControlFlow::Continue(())
    }

    /// A function that takes two addresses and a small number may be one that compares memory.
    fn jumped(&mut self, x: &Registers, memory: &Memory) {
        let instruction = self.text.slots()[self.last];
        let length = x.get(A2);
        let calls = matches!(instruction.op, Op::Jal | Op::Jalr) && instruction.rd == RA;
        if !calls || length == 0 || length > LONGEST || self.calls.len() >= MOST_OF_CALLS {
            return;
        }
        let read = |address| {
            let mut bytes = Vec::new();
            memory.read(address, length, &mut |piece| bytes.extend_from_slice(piece)).ok().map(|()| bytes)
        };
        if let (Some(one), Some(other)) = (read(x.get(A0)), read(x.get(A1))) {
            if one != other {
                self.calls.insert((self.last, one, other));
            }
        }
    }
}
