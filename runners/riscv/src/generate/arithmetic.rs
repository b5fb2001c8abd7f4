//! Computations: operands, registers and immediates drawn from bins.
//!
//! A bin is an operation with a class for each operand, with a pattern of equal registers, or with a class of
//! immediates. Bins are drawn, not values, so that all of them are as frequent, however rare they would be
//! among random values.

use rvref::{Format, Op as Opcode};

use super::builder::Builder;
use super::classes::Class;
use crate::encode::is_word;
use crate::ir::Op;

/// Which registers of an operation are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alias {
    None,
    TargetFirst,
    TargetSecond,
    Sources,
    All,
    TargetZero,
    FirstZero,
    SecondZero,
}

const ALIASES: [Alias; 8] = [
    Alias::None,
    Alias::TargetFirst,
    Alias::TargetSecond,
    Alias::Sources,
    Alias::All,
    Alias::TargetZero,
    Alias::FirstZero,
    Alias::SecondZero,
];

/// How many of the classes of a second operand are relations to the first one.
const RELATIONS: u64 = 5;

impl Builder {
    /// Two registers with operands of drawn classes, or of a drawn relation.
    pub fn operand_pair(&mut self) -> (u8, u8) {
        let class = self.random.pick(&Class::ALL);
        let rs1 = self.with_class(class, &[]);
        let a = self.state.x[usize::from(rs1)];
        let relation = self.random.below(Class::ALL.len() as u64 + RELATIONS);
        let rs2 = match relation {
            0 => self.with_value(a, &[rs1]),
            1 => self.with_value(a.wrapping_add(1), &[rs1]),
            2 => self.with_value(a.wrapping_sub(1), &[rs1]),
            3 => self.with_value(a.wrapping_neg(), &[rs1]),
            4 => self.with_value(!a, &[rs1]),
            class => self.with_class(Class::ALL[(class - RELATIONS) as usize], &[rs1]),
        };
        (rs1, rs2)
    }

    /// An operation on operands of drawn classes.
    pub fn operands(&mut self) {
        let name = self.random.pick(&self.swarm.register);
        let (rs1, rs2) = self.operand_pair();
        let rd = self.destination();
        self.emit(Op::Ins { name, rd, rs1, rs2, imm: 0 });
    }

    /// An operation on registers of a drawn pattern.
    pub fn alias(&mut self) {
        let name = self.random.pick(&self.swarm.register);
        let (mut rd, mut rs1, mut rs2) = (self.target(), self.source(), self.source());
        match self.random.pick(&ALIASES) {
            Alias::None => {}
            Alias::TargetFirst => rs1 = rd,
            Alias::TargetSecond => rs2 = rd,
            Alias::Sources => rs2 = rs1,
            Alias::All => (rs1, rs2) = (rd, rd),
            Alias::TargetZero => rd = 0,
            Alias::FirstZero => rs1 = 0,
            Alias::SecondZero => rs2 = 0,
        }
        self.emit(Op::Ins { name, rd, rs1, rs2, imm: 0 });
    }

    /// An operation with an immediate of a drawn class.
    pub fn immediate(&mut self) {
        let name = self.random.pick(&self.swarm.immediate);
        let imm = self.immediate_for(name);
        let rd = self.destination();
        let rs1 = match self.random.below(4) {
            _ if name.format() == Format::Upper => 0,
            // A W operation on what is dirty, any other on what is drawn.
            0 if is_word(name) => self.with_class(Class::DirtyUpper, &[]),
            0 | 1 => {
                let class = self.random.pick(&Class::ALL);
                self.with_class(class, &[])
            }
            2 if rd != 0 => rd,
            _ => self.source(),
        };
        self.emit(Op::Ins { name, rd, rs1, rs2: 0, imm });
    }

    /// An immediate of a drawn class.
    pub fn immediate_for(&mut self, name: Opcode) -> i32 {
        let random = &mut self.random;
        match name.format() {
            Format::Shift => {
                let width = if is_word(name) { 32 } else { crate::bits(self.xlen) };
                let any = random.below(width.into()) as i32;
                random.pick(&[any, any, any, 0, 1, width as i32 / 2, width as i32 - 1])
            }
            Format::Upper => {
                let (any, bit) = (random.bits() as i32, 1 << random.between(12, 31));
                random.pick(&[any, any, bit, 0, 0x1000, -0x1000, 0x7fff_f000, i32::MIN]) & !0xfff
            }
            _ => {
                let (any, bit) = (random.between(-2048, 2047) as i32, 1 << random.below(11));
                random.pick(&[any, any, bit, -bit, 0, 1, -1, 2047, -2048])
            }
        }
    }

    /// An operation on whatever registers hold.
    pub fn plain(&mut self) {
        let (rd, rs1, rs2) = (self.destination(), self.source(), self.source());
        if self.random.chance(2, 3) {
            let name = self.random.pick(&self.swarm.register);
            self.emit(Op::Ins { name, rd, rs1, rs2, imm: 0 });
        } else {
            let name = self.random.pick(&self.swarm.immediate);
            let imm = self.immediate_for(name);
            let rs1 = if name.format() == Format::Upper { 0 } else { rs1 };
            self.emit(Op::Ins { name, rd, rs1, rs2: 0, imm });
        }
    }

    /// Put something into a register that is 0, where there are many of them: results tend to become 0.
    pub fn refresh(&mut self) {
        let zeros = (1..32).filter(|r| self.state.x[*r] == 0 && self.is_general(*r as u8)).count();
        if zeros < 5 {
            return;
        }
        let found = self.find(|builder, r| builder.state.x[r] == 0 && builder.is_general(r as u8));
        if let Some(rd) = found {
            let class = self.random.pick(&Class::ALL);
            let value = class.value(&mut self.random, self.xlen);
            let to = self.constant(value);
            self.emit(Op::Set { rd, to });
        }
    }
}
