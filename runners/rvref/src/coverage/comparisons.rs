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
const GOES_ON: u8 = 1;
const TAKEN: u8 = 2;
/// Pairs that are kept of one branch, and of all calls.
const MOST_OF_BRANCH: usize = 16;
const MOST_OF_CALLS: usize = 512;
/// Pairs that are told.
const MOST: usize = 4096;
/// Bytes of the longest pieces of memory.
const LONGEST: u64 = 64;
/// Pairs that a register remembers, and values that it came of.
const REMEMBERED: usize = 4;
const SOURCES: usize = 3;

type Pair = (u64, u64);
/// Slot of the call, and what the two pieces of memory held.
type Call = (usize, Vec<u8>, Vec<u8>);

/// A value that another one was worked out from: that grows by `up / 2^down` where this one grows by one.
#[derive(Clone, Copy, Default)]
struct Source {
    value: u64,
    /// Zero for no source.
    up: i64,
    down: u32,
}

impl Source {
    /// What the source would have to be for its value to be `wanted` instead of `is`; about that, behind shifts.
    fn instead(&self, is: u64, wanted: u64) -> Option<u64> {
        let difference = i128::from(wanted.wrapping_sub(is) as i64) << self.down;
        i64::try_from(difference / i128::from(self.up)).ok().map(|more| self.value.wrapping_add(more as u64))
    }

    /// The same, of the value times a factor over a power of two.
    fn scaled(mut self, factor: i64, down: u32) -> Self {
        self.up = self.up.checked_mul(factor).unwrap_or(0);
        self.down += down;
        if self.up != 0 {
            let common = self.up.trailing_zeros().min(self.down);
            self.up >>= common;
            self.down -= common;
        }
        if self.down > 60 {
            self.up = 0;
        }
        self
    }
}

/// What is known of a register's value.
#[derive(Clone, Copy, Default)]
struct Origin {
    /// It tells of these pairs how they compare: by an order, a difference, or several of them together.
    pairs: [Pair; REMEMBERED],
    count: usize,
    /// What it was worked out from, by additions, shifts and multiplications.
    sources: [Source; SOURCES],
    /// It is the program's own: nothing that an input could change.
    is_constant: bool,
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

    /// The sources of a value that has this origin; the value itself, where nothing is known.
    fn sources(&self, value: u64) -> [Source; SOURCES] {
        if self.is_constant || self.sources.iter().any(|source| source.up != 0) {
            return self.sources;
        }
        let mut sources = [Source::default(); SOURCES];
        sources[0] = Source { value, up: 1, down: 0 };
        sources
    }

    /// Of a value times a factor over a power of two.
    fn scaled(&self, value: u64, factor: i64, down: u32) -> Self {
        let sources = self.sources(value).map(|source| source.scaled(factor, down));
        Self { sources, is_constant: self.is_constant, ..Self::default() }
    }

    /// Of a sum of values with these origins: as many sources as there is room for, of either by turns.
    fn sum(one: &Self, other: &Self) -> Self {
        let mut sources = [Source::default(); SOURCES];
        let both = one.sources.iter().zip(&other.sources).flat_map(|(one, other)| [*one, *other]);
        for (place, source) in sources.iter_mut().zip(both.filter(|source| source.up != 0)) {
            *place = source;
        }
        Self { sources, is_constant: one.is_constant && other.is_constant, ..Self::default() }
    }
}

/// The comparisons of a run.
pub struct Comparisons {
    text: Rc<Text>,
    origins: [Origin; 256],
    /// Ways that the branch of each slot went: on behind itself, `GOES_ON`, or to its target, `TAKEN`.
    ways: Vec<u8>,
    /// By slot: what branches that went one way only compared.
    branches: BTreeMap<usize, Vec<Pair>>,
    calls: BTreeSet<Call>,
    /// A function was called that may compare, and has neither written nor called anything so far.
    pending: Option<Call>,
    last: usize,
}

impl Comparisons {
    /// Nothing has been executed.
    pub fn new(text: Rc<Text>) -> Self {
        Self {
            ways: vec![0; text.slots().len()],
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
        let pairs = self.branches.iter().flat_map(|(slot, pairs)| pairs.iter().map(move |pair| (slot, pair)));
        for (slot, (one, other)) in pairs.take(left) {
            let bin = FIRST_BRANCH + 2 * slot + usize::from(self.ways[*slot] == TAKEN);
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
        against(a, b, first, second)
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
        // Most of what is executed are branches that went both ways.
        let before = self.ways[slot];
        if before == GOES_ON | TAKEN {
            return;
        }
        self.ways[slot] |= if taken { TAKEN } else { GOES_ON };
        if self.ways[slot] == GOES_ON | TAKEN {
            self.branches.remove(&slot);
            return;
        }
        let origin = self.compared(instruction, a, b);
        let pairs = self.branches.entry(slot).or_default();
        for pair in origin.pairs() {
            if pairs.len() < MOST_OF_BRANCH && pair.0 != pair.1 && !pairs.contains(pair) {
                pairs.push(*pair);
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
            Op::Slti | Op::Sltiu | Op::Xori => against(a, imm, &first, &Origin::default()),
            Op::Sub | Op::Subw => Origin {
                sources: Origin::sum(&first.scaled(a, 1, 0), &second.scaled(b, -1, 0)).sources,
                ..self.compared(instruction, a, b)
            },
            Op::Slt | Op::Sltu | Op::Xor => self.compared(instruction, a, b),
            Op::Addi | Op::Addiw if instruction.rs1 != 0 && imm == 0 => first,
            Op::Addi | Op::Addiw if instruction.rs1 != 0 => {
                first.scaled(a, 1, 0).with(&[(a, imm.wrapping_neg())])
            }
            Op::Add | Op::Addw => Origin::sum(&first.scaled(a, 1, 0), &second.scaled(b, 1, 0)),
            Op::Slli | Op::Slliw if imm < 63 => first.scaled(a, 1 << imm, 0),
            Op::Srli | Op::Srliw | Op::Srai | Op::Sraiw => first.scaled(a, 1, imm as u32),
            Op::Mul | Op::Mulw => Origin::sum(&first.scaled(a, b as i64, 0), &second.scaled(b, a as i64, 0)),
            // Behind those with another register than x0.
            Op::Lui | Op::Auipc | Op::Addi | Op::Addiw => Origin { is_constant: true, ..Origin::default() },
            _ => Origin::default(),
        }
    }
}

/// Two values that are compared, and what their sources would have to be for them to be equal.
fn against(one: u64, other: u64, first: &Origin, second: &Origin) -> Origin {
    let sides = [(one, other, first), (other, one, second)];
    let from = sides.into_iter().flat_map(|(is, wanted, origin)| {
        let known = origin.sources.iter().filter(|source| source.up != 0);
        known.filter_map(move |source| source.instead(is, wanted).map(|value| (source.value, value)))
    });
    from.filter(|pair| *pair != (one, other))
        .fold(Origin::default().with(&[(one, other)]), |origin, pair| origin.with(&[pair]))
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
