//! What registers and memory probably hold where the generator is.

use std::ops::Range;

use rvref::number::{A0, A1, A2, T0};
use rvref::{Format, Op as Opcode, Xlen};

use super::classes::fit;
use super::evaluate::evaluate;
use super::scene::Scene;
use crate::ir::{Hash, Op};

/// The bit of [`State::written`] that stands for memory.
pub const MEMORY: u64 = 1 << 32;

/// Registers and memory, as they are when this place is reached first.
#[derive(Clone, Debug)]
pub struct State {
    /// Registers.
    pub x: [u64; 32],
    /// A bit for each register, and one for memory, that holds this each time that the place is reached.
    pub sure: u64,
    /// Registers and memory written to since somebody cleared this.
    pub written: u64,
    /// Registers whose value nobody has looked at.
    pub fresh: u32,
    /// The contents of the scene's areas.
    memory: Vec<Vec<u8>>,
    /// The first addresses of these.
    addresses: Vec<u64>,
    xlen: Xlen,
}

impl State {
    /// Before the first instruction.
    pub fn new(scene: &Scene, xlen: Xlen) -> Self {
        Self {
            x: [0; 32],
            sure: u64::MAX,
            written: 0,
            fresh: 0,
            memory: scene.areas.iter().map(|area| area.bytes.clone()).collect(),
            addresses: scene.areas.iter().map(|area| area.address).collect(),
            xlen,
        }
    }

    /// Whether a register holds what `x` says, each time.
    pub fn is_sure(&self, register: u8) -> bool {
        self.sure >> register & 1 == 1
    }

    /// What was written may have been written or not, or with other values.
    pub fn forget(&mut self, written: u64) {
        self.sure &= !written;
        self.written |= written;
    }

    /// A register gets a value.
    pub fn set(&mut self, register: u8, value: u64, sure: bool) {
        if register == 0 {
            return;
        }
        let bit = 1 << register;
        self.x[usize::from(register)] = fit(value, self.xlen);
        self.sure = if sure { self.sure | bit } else { self.sure & !bit };
        self.written |= bit;
        self.fresh |= bit as u32;
    }

    /// What an op does, apart from where it goes to.
    pub fn track(&mut self, op: &Op, pc: u64) {
        match *op {
            Op::Ins { name, rd, rs1, rs2, imm } => self.instruction(name, [rd, rs1, rs2], imm, pc),
            Op::Set { rd, ref to } => self.set(rd, to.value.0, true),
            Op::Access { name, reg, base, offset, ref at } => {
                self.set(base, at.value.0, true);
                self.access(name, reg, at.value.0.wrapping_add(offset as u64), true);
            }
            Op::Masked { name, reg, base, offset, ref at, index, mask } => {
                let sure = self.is_sure(index);
                let place = at.value.0.wrapping_add(self.x[usize::from(index)] & mask as u64);
                self.set(base, place, sure);
                self.access(name, reg, place.wrapping_add(offset as u64), sure);
            }
            Op::Jump { rd, base, ref form, .. } => {
                if *form != crate::ir::JumpForm::Jal {
                    self.set(base, pc, false);
                }
                self.set(rd, pc, false);
            }
            Op::Switch { rd, base, .. } => {
                self.set(base, pc, false);
                self.set(rd, pc, false);
            }
            Op::Return { rd, .. } => self.set(rd, pc, false),
            Op::LoopStart { counter, times } => self.set(counter, times.into(), true),
            Op::LoopEnd { counter, .. } => self.set(counter, 0, true),
            Op::Checkpoint {} => self.fresh = 0,
            Op::Write { address, length } => {
                for (register, value) in [(T0, 2), (A0, 13), (A1, address.0), (A2, length)] {
                    self.set(register, value, true);
                }
            }
            Op::HintLen {} => self.set(T0, u64::MAX, false),
            Op::Hint { length, into, .. } => {
                for (register, value) in [(T0, 0xf1), (A0, into.0), (A1, length), (A2, length)] {
                    self.set(register, value, false);
                }
                self.forget(MEMORY);
            }
            Op::Precompile { name, a0, a1 } => {
                let id = if name == Hash::ShaExtend { 0x30_0105 } else { 0x01_0106 };
                for (register, value) in [(T0, id), (A0, a0.0), (A1, a1.0)] {
                    self.set(register, value, false);
                }
                self.forget(MEMORY);
            }
            Op::Branch { rs1, rs2, .. } => self.fresh &= !(1 << rs1 | 1 << rs2),
            Op::Pad { .. } | Op::Word { .. } => {}
        }
    }

    fn instruction(&mut self, name: Opcode, [rd, rs1, rs2]: [u8; 3], imm: i32, pc: u64) {
        let (a, b) = (self.x[usize::from(rs1)], self.x[usize::from(rs2)]);
        let (a_sure, b_sure) = (self.is_sure(rs1), self.is_sure(rs2));
        self.fresh &= !(1 << rs1 | 1 << rs2);
        let imm = imm as u64;
        match name.format() {
            Format::Register => self.set(rd, evaluate(name, a, b, pc, self.xlen), a_sure && b_sure),
            Format::Immediate | Format::Shift => self.set(rd, evaluate(name, a, imm, pc, self.xlen), a_sure),
            // Nobody knows yet where an instruction will lie.
            Format::Upper => self.set(rd, evaluate(name, a, imm, pc, self.xlen), name == Opcode::Lui),
            Format::Load => self.access(name, rd, a.wrapping_add(imm), a_sure),
            Format::Store => self.access(name, rs2, a.wrapping_add(imm), a_sure),
            Format::Branch | Format::Jump | Format::Bare => {}
        }
    }

    fn access(&mut self, name: Opcode, reg: u8, address: u64, sure: bool) {
        let width = width(name);
        let address = unsigned(address, self.xlen);
        if name.format() == Format::Store {
            let value = self.x[usize::from(reg)].to_le_bytes();
            let sure = sure && self.is_sure(reg);
            self.fresh &= !(1 << reg);
            if let Some(place) = self.place(address, width) {
                place.copy_from_slice(&value[..width]);
            }
            self.written |= MEMORY;
            if !sure {
                self.sure &= !MEMORY;
            }
            return;
        }
        let known = self.place(address, width).is_some();
        let value = self.peek(address, width);
        let unused = 64 - 8 * width as u32;
        let value = match name {
            Opcode::Lb | Opcode::Lh | Opcode::Lw => ((value << unused) as i64 >> unused) as u64,
            _ => value,
        };
        self.set(reg, value, sure && known && self.sure & MEMORY != 0);
    }

    /// What is probably in memory here, as an unsigned number; 0 where nothing is known.
    pub fn peek(&mut self, address: u64, width: usize) -> u64 {
        let mut bytes = [0; 8];
        if let Some(place) = self.place(address, width) {
            bytes[..width].copy_from_slice(place);
        }
        u64::from_le_bytes(bytes)
    }

    /// How many bytes of these are probably not 0.
    pub fn something(&self, range: &Range<u64>) -> usize {
        let number = self.addresses.iter().position(|address| *address == range.start);
        number.map_or(0, |number| self.memory[number].iter().filter(|byte| **byte != 0).count())
    }

    fn place(&mut self, address: u64, width: usize) -> Option<&mut [u8]> {
        let find = |(area, bytes): (&u64, &Vec<u8>)| (address.wrapping_sub(*area) as usize) < bytes.len();
        let number = self.addresses.iter().zip(&self.memory).position(find)?;
        let at = address.wrapping_sub(self.addresses[number]) as usize;
        self.memory[number].get_mut(at..at + width)
    }
}

/// A register's value as an address.
pub fn unsigned(value: u64, xlen: Xlen) -> u64 {
    match xlen {
        Xlen::Rv64 => value,
        Xlen::Rv32 => value as u32 as u64,
    }
}

/// Bytes that a load or store accesses.
pub fn width(name: Opcode) -> usize {
    match name {
        Opcode::Lb | Opcode::Lbu | Opcode::Sb => 1,
        Opcode::Lh | Opcode::Lhu | Opcode::Sh => 2,
        Opcode::Ld | Opcode::Sd => 8,
        _ => 4,
    }
}
