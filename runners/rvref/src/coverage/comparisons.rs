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
/// Slot of the call, and what the two pieces of memory held.
type Call = (usize, Vec<u8>, Vec<u8>);

/// What is known of a register's value.
#[derive(Clone, Copy, Default)]
struct Origin {
    /// It tells of these pairs how they compare: by an order, a difference, or several of them together.
    pairs: [Pair; REMEMBERED],
    count: usize,
    /// It is another value plus so much; of two registers that were added, it is each plus the other.
    offsets: [u64; 2],
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
    calls: BTreeSet<Call>,
    /// A function was called that may compare, and has neither written nor called anything so far.
    pending: Option<Call>,
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
            pending: None,
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
        let pairs =
            one_way.flat_map(|(slot, branch)| branch.pairs.iter().map(move |pair| (slot, branch, pair)));
        for (slot, branch, (one, other)) in pairs.take(left) {
            let bin = FIRST_BRANCH + 2 * slot + usize::from(branch.ways[1]);
            tell(bin, &one.to_le_bytes(), &other.to_le_bytes());
        }
        told
    }

    /// The pairs that a comparison of two operands is about.
    fn compared(&self, instruction: Instruction, a: u64, b: u64) -> Origin {
        let (first, second) = (self.of(instruction.rs1), self.of(instruction.rs2));
        if instruction.rs2 == 0 && first.count > 0 {
            return Origin::default().with(first.pairs());
        }
        if instruction.rs1 == 0 && second.count > 0 {
            return Origin::default().with(second.pairs());
        }
        let sums = if first.offsets == [0, 0] { second.offsets } else { first.offsets };
        against(a, b, sums)
    }

    fn of(&self, register: u8) -> &Origin {
        &self.origins[usize::from(register)]
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
        let [first, second] =
            [instruction.rs1, instruction.rs2].map(|register| self.origins[usize::from(register)]);
        match instruction.op {
            // Whether something is zero, and the opposite of what is known.
            Op::Sltiu | Op::Xori | Op::Andi if imm == 1 && first.count > 0 => first,
            Op::Sltu if instruction.rs1 == 0 && second.count > 0 => second,
            Op::Or | Op::And if first.count + second.count > 0 => first.with(second.pairs()),
            Op::Slti | Op::Sltiu | Op::Xori => against(a, imm, first.offsets),
            Op::Slt | Op::Sltu | Op::Xor | Op::Sub | Op::Subw => self.compared(instruction, a, b),
            Op::Addi | Op::Addiw if instruction.rs1 != 0 && imm == 0 => first,
            Op::Addi | Op::Addiw if instruction.rs1 != 0 => {
                Origin { offsets: [imm, 0], ..Origin::default().with(&[(a, imm.wrapping_neg())]) }
            }
            Op::Add | Op::Addw => Origin { offsets: [b, a], ..Origin::default() },
            _ => Origin::default(),
        }
    }
}

/// Two values that are compared, and what they were before the same was added to both.
fn against(one: u64, other: u64, offsets: [u64; 2]) -> Origin {
    offsets
        .into_iter()
        .filter(|offset| *offset != 0)
        .fold(Origin::default().with(&[(one, other)]), |origin, offset| {
            origin.with(&[(one.wrapping_sub(offset), other.wrapping_sub(offset))])
        })
}

impl Observer for Comparisons {
    const EACH: bool = true;

    fn retired(&mut self, retired: &Retired) -> ControlFlow<()> {
        self.last = retired.slot;
        let op = retired.instruction.op;
        if self.pending.as_ref().is_some_and(|call| call.0 + 1 == retired.slot) {
            self.calls.extend(self.pending.take());
        } else if op.format() == Format::Store || op == Op::Ecall {
            self.pending = None;
        }
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
        if calls {
            self.pending = None;
        }
        if !calls || length == 0 || length > LONGEST || self.calls.len() >= MOST_OF_CALLS {
            return;
        }
        let read = |address| {
            let mut bytes = Vec::new();
            memory.read(address, length, &mut |piece| bytes.extend_from_slice(piece)).ok().map(|()| bytes)
        };
        if let (Some(one), Some(other)) = (read(x.get(A0)), read(x.get(A1))) {
            if one != other {
                self.pending = Some((self.last, one, other));
            }
        }
    }
}
