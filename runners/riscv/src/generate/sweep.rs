//! A short sweep over all operations: each of them once in every program, half of them at the beginning and half
//! at the end.
//!
//! What is wrong with an operation as such shows in the first program then, whatever the weights of the program
//! are. Operands are drawn several times, and those are taken on which the operation and what it could be taken
//! for differ most: its relatives, and itself on operands or with a result of half the width. No result is lost
//! before it is published: the registers of results are written to once, and where there are no more, two results
//! become one by an operation that loses neither.

use std::ops::Range;

use rvref::{Format, Op as Opcode, Xlen};

use super::builder::Builder;
use super::classes::Class;
use super::control::BRANCHES;
use super::evaluate::{evaluate, taken};
use super::scene::Area;
use super::state::width;
use crate::encode::{available, is_word};
use crate::ir::Op;

/// Operands that are drawn for an operation.
const DRAWN: usize = 10;
/// Divisions, and what divides a smallest number by -1 in them.
const DIVISIONS: [Opcode; 8] = [
    Opcode::Div,
    Opcode::Divu,
    Opcode::Rem,
    Opcode::Remu,
    Opcode::Divw,
    Opcode::Divuw,
    Opcode::Remw,
    Opcode::Remuw,
];
const SIGNED_DIVISIONS: [Opcode; 4] = [Opcode::Div, Opcode::Rem, Opcode::Divw, Opcode::Remw];
/// Results become one by these.
const FOLDS: [Opcode; 3] = [Opcode::Xor, Opcode::Add, Opcode::Sub];
/// Operations that are taken for each other.
const RELATIVES: [&[Opcode]; 9] = [
    &[Opcode::Add, Opcode::Sub, Opcode::Xor, Opcode::Or, Opcode::And, Opcode::Addw, Opcode::Subw],
    &[Opcode::Addi, Opcode::Xori, Opcode::Ori, Opcode::Andi, Opcode::Addiw],
    &[Opcode::Sll, Opcode::Srl, Opcode::Sra, Opcode::Sllw, Opcode::Srlw, Opcode::Sraw],
    &[Opcode::Slli, Opcode::Srli, Opcode::Srai, Opcode::Slliw, Opcode::Srliw, Opcode::Sraiw],
    &[Opcode::Slt, Opcode::Sltu],
    &[Opcode::Slti, Opcode::Sltiu],
    &[Opcode::Mul, Opcode::Mulh, Opcode::Mulhsu, Opcode::Mulhu, Opcode::Mulw],
    &[Opcode::Div, Opcode::Divu, Opcode::Divw, Opcode::Divuw],
    &[Opcode::Rem, Opcode::Remu, Opcode::Remw, Opcode::Remuw],
];

/// What a sweep goes over.
pub struct Sweep {
    /// All operations in an order of their own.
    ops: Vec<Opcode>,
    /// Number of the program, from which follows whose turn it is among what does not come each time.
    turn: u64,
}

/// Where a part of a sweep is.
struct Part {
    /// Registers with results that nothing has published.
    kept: u32,
    /// A register that points into an area, and what it holds.
    base: u8,
    pointer: u64,
    /// Addresses of the area.
    area: Range<u64>,
    /// The register written to last.
    last: u8,
}

impl Sweep {
    /// Draw an order for program number `turn`.
    pub fn new(builder: &mut Builder, turn: u64) -> Self {
        let swept = |op: &Opcode| {
            available(*op, builder.xlen)
                && !matches!(op.format(), Format::Bare | Format::Jump)
                && *op != Opcode::Jalr
        };
        let mut ops: Vec<Opcode> = Opcode::ALL.iter().copied().filter(swept).collect();
        for place in (1..ops.len()).rev() {
            ops.swap(place, builder.random.below(place as u64 + 1) as usize);
        }
        Self { ops, turn }
    }

    /// The operations of the first half.
    pub fn first(&mut self, builder: &mut Builder) {
        let rest = self.ops.split_off(self.ops.len() / 2);
        let ops = std::mem::replace(&mut self.ops, rest);
        let turn = self.turn;
        let registers: Vec<Opcode> = Opcode::ALL
            .iter()
            .copied()
            .filter(|op| op.format() == Format::Register && available(*op, builder.xlen))
            .collect();
        let due = |number: u64| registers[((4 * turn + number) % registers.len() as u64) as usize];
        // In each round over all of them, the other half has its sources alike.
        let round = 4 * turn / registers.len() as u64;
        builder.sweep(&ops, |builder, part| {
            (0..4).for_each(|number| builder.sweep_alias(part, due(number), (number + round) % 2 == 0));
        });
    }

    /// The others, and divisions by 0.
    pub fn second(&mut self, builder: &mut Builder) {
        let divisions: Vec<Opcode> =
            DIVISIONS.into_iter().filter(|op| available(*op, builder.xlen)).collect();
        builder.sweep(&self.ops, |builder, part| {
            divisions.iter().for_each(|name| builder.sweep_by_zero(part, *name));
            builder.sweep_discards(part);
            if builder.random.chance(1, 8) {
                builder.sweep_overflow(part);
            }
        });
    }
}

impl Builder {
    /// One instruction of each of these operations, and what else there is to do in the same part.
    fn sweep(&mut self, ops: &[Opcode], rest: impl FnOnce(&mut Self, &mut Part)) {
        let Some(mut part) = self.begin_part() else { return };
        for name in ops {
            match name.format() {
                Format::Register => self.sweep_registers(&mut part, *name),
                Format::Branch => self.sweep_branch(&mut part, *name),
                Format::Load => self.sweep_load(&mut part, *name),
                Format::Store => self.sweep_store(&mut part, *name),
                _ => self.sweep_immediate(&mut part, *name),
            }
        }
        rest(self, &mut part);
    }

    /// An operation on a register and itself, or to its second operand.
    fn sweep_alias(&mut self, part: &mut Part, name: Opcode, sources: bool) {
        let rs1 = self.operand(part);
        let rd = self.result(part);
        let rs2 = if sources { rs1 } else { rd };
        self.emit(Op::Ins { name, rd, rs1, rs2, imm: 0 });
    }

    /// A division by 0, of something whose upper half counts.
    fn sweep_by_zero(&mut self, part: &mut Part, name: Opcode) {
        let mut best = (0, 0);
        for _ in 0..DRAWN {
            let rs1 = self.operand(part);
            let dividend = self.value(rs1);
            let told = 1 + u32::from(dividend != 0) + 2 * u32::from(is_wide(dividend));
            best = best.max((told, rs1));
        }
        let (_, rs1) = best;
        let rd = self.result(part);
        self.emit(Op::Ins { name, rd, rs1, rs2: 0, imm: 0 });
    }

    /// Let a register point into an area; None where there is nothing to write to.
    fn begin_part(&mut self) -> Option<Part> {
        let areas = self.scene.areas.iter().filter(|area| area.writable);
        let area = areas
            .map(Area::range)
            .max_by_key(|range| (self.state.something(range), range.end - range.start))?;
        let empty = self.state.something(&area) == 0;
        // All of it, or as much as there can be, is within reach.
        let reach = (area.end - area.start).min(2048);
        let pointer = area.start.wrapping_add(self.random.between(reach as i64 - 2048, 2047) as u64);
        let base = self.target();
        let to = self.constant(pointer);
        self.emit(Op::Set { rd: base, to });
        let area = area.start..area.start + reach;
        let mut part = Part { kept: 1 << base, base, pointer, area, last: 0 };
        if empty {
            // Of zeros, nothing that is wrong can be seen.
            let rs2 = self.operand(&part);
            let imm = part.area.start.wrapping_sub(pointer) as i32;
            let name = if self.xlen == Xlen::Rv64 { Opcode::Sd } else { Opcode::Sw };
            self.emit(Op::Ins { name, rd: 0, rs1: base, rs2, imm });
        }
        part.last = self.operand(&part);
        Some(part)
    }

    /// A register for a result. Where all of them are taken, the results of two become one.
    fn result(&mut self, part: &mut Part) -> u8 {
        let kept = part.kept;
        let free = |builder: &Self, r: usize| builder.is_general(r as u8) && kept >> r & 1 == 0;
        let rd = match self.find(free) {
            Some(register) => register,
            None => self.fold(part),
        };
        part.kept |= 1 << rd;
        part.last = rd;
        rd
    }

    /// Make one result of two; the register that is free then.
    fn fold(&mut self, part: &Part) -> u8 {
        let base = part.base;
        let into = self.find(|builder, r| builder.is_general(r as u8) && r as u8 != base).unwrap_or(base);
        let other =
            |builder: &Self, r: usize| builder.is_general(r as u8) && ![base, into].contains(&(r as u8));
        let freed = self.find(other).unwrap_or(into);
        let name = self.random.pick(&FOLDS);
        self.emit(Op::Ins { name, rd: into, rs1: into, rs2: freed, imm: 0 });
        freed
    }

    /// A register to read, often that of the last result.
    fn operand(&mut self, part: &Part) -> u8 {
        if self.random.chance(1, 5) {
            return part.last;
        }
        let (register, again) = (self.source(), self.source());
        // An address is nothing that operations care about.
        if register == part.base {
            again
        } else {
            register
        }
    }

    fn value(&self, register: u8) -> u64 {
        self.state.x[usize::from(register)]
    }

    fn sweep_registers(&mut self, part: &mut Part, name: Opcode) {
        let mut best = (0, 0, 0);
        for _ in 0..DRAWN {
            let (rs1, rs2) = (self.operand(part), self.operand(part));
            let told = 1 + self.tells(name, self.value(rs1), self.value(rs2));
            best = best.max((told, rs1, rs2));
        }
        let (_, rs1, rs2) = best;
        let rd = self.result(part);
        self.emit(Op::Ins { name, rd, rs1, rs2, imm: 0 });
    }

    fn sweep_immediate(&mut self, part: &mut Part, name: Opcode) {
        let mut best = (0, 0, 0);
        for _ in 0..DRAWN {
            let rs1 = if name.format() == Format::Upper { 0 } else { self.operand(part) };
            let imm = self.immediate_for(name);
            let told = 1 + self.tells(name, self.value(rs1), imm as u64);
            best = best.max((told, rs1, imm));
        }
        let (_, rs1, imm) = best;
        let rd = self.result(part);
        self.emit(Op::Ins { name, rd, rs1, rs2: 0, imm });
    }

    /// On how many grounds these operands tell an operation from what it could be taken for.
    fn tells(&self, name: Opcode, a: u64, b: u64) -> u32 {
        let (xlen, pc) = (self.xlen, self.scene.text);
        let result = evaluate(name, a, b, pc, xlen);
        let shift = matches!(name.format(), Format::Shift) || RELATIVES[2].contains(&name);
        let family = RELATIVES.iter().find(|family| family.contains(&name)).copied().unwrap_or(&[]);
        let relatives = family.iter().filter(|other| available(**other, xlen) && **other != name);
        let mut told = relatives.filter(|other| evaluate(**other, a, b, pc, xlen) != result).count();
        let mut another = |a: u64, b: u64| told += usize::from(evaluate(name, a, b, pc, xlen) != result);
        another(narrow(a), b);
        another(a as i32 as u64, b);
        another(a, if shift { b & 0x1f } else { narrow(b) });
        another(a, b & 0xfff);
        // What is shifted away tells nothing, and amounts are to be cut.
        let cut = if is_word(name) { 32 } else { u64::from(crate::bits(xlen)) };
        let amount = name.format() == Format::Register && shift && b & cut != 0;
        let zero_extended = xlen == Xlen::Rv64 && narrow(result) != result;
        let (changed, something) = (result != a && result != b, result != 0);
        told += 3 * usize::from(amount);
        // Which of its halves has the sign, and whose sign counts, is told by few operands.
        let sign = is_word(name) && (a >> 31 ^ a >> 63) & 1 == 1 && result != 0;
        let signs = name == Opcode::Mulhsu && a != 0 && (b as i64) < 0;
        told += 3 * usize::from(sign || signs);
        (told + [zero_extended, changed, something].into_iter().filter(|ground| *ground).count()) as u32
    }

    /// A branch over something that shows.
    fn sweep_branch(&mut self, part: &mut Part, name: Opcode) {
        let mut best = (0, 0, 0);
        for _ in 0..DRAWN {
            let (rs1, rs2) = (self.operand(part), self.operand(part));
            let (a, b) = (self.value(rs1), self.value(rs2));
            let goes = taken(name, a, b);
            let others = BRANCHES.iter().filter(|other| taken(**other, a, b) != goes).count();
            let halves = usize::from(taken(name, a as i32 as u64, b as i32 as u64) != goes);
            // Of the others, one of each pair goes another way whatever the signs are.
            let signs = 2 * usize::from(other_signedness(name).is_some_and(|o| taken(o, a, b) != goes));
            best = best.max((1 + others + halves + signs, rs1, rs2));
        }
        let (_, rs1, rs2) = best;
        self.branch_over_a_mark(part, name, rs1, rs2);
        if self.random.chance(1, 4) {
            self.branch_over_a_mark(part, name, rs1, rs1);
        }
    }

    fn branch_over_a_mark(&mut self, part: &Part, name: Opcode, rs1: u8, rs2: u8) {
        let marked = self.operand(part);
        let join = self.label();
        let outcome = self.branch_on(name, rs1, rs2, join);
        self.over(join, outcome, |builder| {
            let rd = if builder.is_general(marked) && marked != part.base { marked } else { part.last };
            builder.emit(Op::Ins { name: Opcode::Addi, rd, rs1: marked, rs2: 0, imm: 1 });
        });
    }

    /// An aligned address of the part, as the offset from its base.
    fn within(&mut self, part: &Part, width: u64) -> i32 {
        let places = (part.area.end - part.area.start) / width;
        let address = part.area.start + width * self.random.below(places);
        address.wrapping_sub(part.pointer) as i32
    }

    /// A load, rather of something that is negative.
    fn sweep_load(&mut self, part: &mut Part, name: Opcode) {
        let width = width(name) as u64;
        let mut best = (0, 0);
        for _ in 0..DRAWN {
            let imm = self.within(part, width);
            let held = self.state.peek(part.pointer.wrapping_add(imm as u64), width as usize);
            let negative = held >> (8 * width - 1) & 1;
            best = best.max((1 + u32::from(held != 0) + negative as u32, imm));
        }
        let rd = self.result(part);
        self.emit(Op::Ins { name, rd, rs1: part.base, rs2: 0, imm: best.1 });
    }

    /// A store, rather of something else than what is there, where writing more would show.
    fn sweep_store(&mut self, part: &mut Part, name: Opcode) {
        let width = width(name) as u64;
        let mut best = (0, 0, 0);
        for _ in 0..DRAWN {
            let (imm, rs2) = (self.within(part, width), self.operand(part));
            let address = part.pointer.wrapping_add(imm as u64);
            let behind = self.state.peek(address + width, width as usize);
            let held = self.state.peek(address, width as usize);
            let value = self.value(rs2);
            let mask = u64::MAX >> (64 - 8 * width);
            let differs = (value & mask) != held;
            let spills = width < 8 && behind != value >> (8 * width % 64) & mask;
            let shows = spills && behind != 0 && address % (2 * width) == 0;
            let told = [differs, spills, shows].into_iter().filter(|ground| *ground).count();
            best = best.max((1 + told, rs2, imm));
        }
        let (_, rs2, imm) = best;
        self.emit(Op::Ins { name, rd: 0, rs1: part.base, rs2, imm });
    }

    /// A load, an operation on registers and a multiplication into x0.
    fn sweep_discards(&mut self, part: &mut Part) {
        let (load, imm) = (Opcode::Lw, self.within(part, 4));
        self.emit(Op::Ins { name: load, rd: 0, rs1: part.base, rs2: 0, imm });
        let any = self.random.pick(&self.swarm.register);
        let product = self.random.pick(&[Opcode::Mul, Opcode::Mulh, Opcode::Mulhsu, Opcode::Mulhu]);
        for name in [any, product] {
            let (rs1, rs2) = (self.operand(part), self.operand(part));
            self.emit(Op::Ins { name, rd: 0, rs1, rs2, imm: 0 });
        }
    }

    /// The smallest number divided by -1.
    fn sweep_overflow(&mut self, part: &mut Part) {
        let name = self.random.pick(&SIGNED_DIVISIONS);
        if !available(name, self.xlen) {
            return;
        }
        let rs1 = self.result(part);
        let smallest =
            if is_word(name) { i32::MIN as u64 } else { Class::Min.value(&mut self.random, self.xlen) };
        let to = self.constant(smallest);
        self.emit(Op::Set { rd: rs1, to });
        let rs2 = self.result(part);
        let to = self.constant(u64::MAX);
        self.emit(Op::Set { rd: rs2, to });
        let rd = self.result(part);
        self.emit(Op::Ins { name, rd, rs1, rs2, imm: 0 });
    }
}

/// Whether a value is another one than that of its lower half.
fn is_wide(value: u64) -> bool {
    value as i32 as u64 != value
}

/// The lower half of 64 bits.
fn narrow(value: u64) -> u64 {
    value & 0xffff_ffff
}

/// The branch that a comparison of the other kind would make of it.
fn other_signedness(name: Opcode) -> Option<Opcode> {
    match name {
        Opcode::Blt => Some(Opcode::Bltu),
        Opcode::Bltu => Some(Opcode::Blt),
        Opcode::Bge => Some(Opcode::Bgeu),
        Opcode::Bgeu => Some(Opcode::Bge),
        _ => None,
    }
}
