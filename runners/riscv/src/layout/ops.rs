//! From an op to its instructions.

use rvref::number::{A0, A1, T0};
use rvref::{Format, Op as Opcode};

use super::emit::Emitter;
use crate::ir::{Constant, Form, Hash, JumpForm, Op};

/// SP1's syscalls HINT_LEN and HINT_READ, and the file descriptor of the input.
const HINT_LEN: u64 = 0xf0;
const HINT_READ: u64 = 0xf1;
const HINT: u64 = 14;

/// The most targets of a switch: what an immediate can mask an index to.
const MAX_TARGETS: usize = 256;

impl Emitter<'_> {
    /// Write an op. `ordinal` is its number in the program.
    pub fn op(&mut self, op: &Op, ordinal: usize) -> Result<(), String> {
        match *op {
            Op::Ins { name, rd, rs1, rs2, imm } => self.instruction(name, rd, rs1, rs2, imm),
            Op::Set { rd, ref to } => self.constant(rd, to),
            Op::Access { name, reg, base, offset, ref at } => {
                let base = self.or_link(base);
                self.constant(base, at)?;
                self.access(name, reg, base, offset)
            }
            Op::Masked { name, reg, base, offset, ref at, index, mask } => {
                let (base, link) = (self.or_address(base), self.map.link);
                self.constant(link, at)?;
                self.imm(Opcode::Andi, base, index, mask)?;
                self.reg(Opcode::Add, base, base, link)?;
                self.access(name, reg, base, offset)
            }
            Op::Branch { name, rs1, rs2, to } => {
                self.branch(name, rs1, rs2, self.targets.address(to), ordinal)
            }
            Op::Jump { .. } => self.any_jump(op, ordinal),
            Op::Switch { rd, base, index, ref to } => self.switch(rd, base, index, to),
            Op::Return { rd, link, offset } => self.imm(Opcode::Jalr, rd, link, offset),
            Op::LoopStart { counter, times } => self.build(counter, times.into()),
            Op::LoopEnd { counter, to } => {
                self.imm(Opcode::Addi, counter, counter, -1)?;
                self.branch(Opcode::Blt, 0, counter, self.targets.address(to), ordinal)
            }
            Op::Pad { count } => self.pad(count),
            Op::Checkpoint {} => {
                let link = self.map.link;
                self.jump(link, link, self.targets.addresses.publish, ordinal)
            }
            Op::Write { address, length } => self.write(address.0, length),
            Op::HintLen {} => self.hint_len(T0),
            Op::Hint { address, length, into } => {
                self.write_to(HINT, address.0, length)?;
                self.hint_len(A1)?;
                self.build(A0, into.0)?;
                self.build(T0, HINT_READ)?;
                self.reg(Opcode::Ecall, 0, 0, 0)
            }
            Op::Precompile { name, a0, a1 } => {
                self.build(T0, number(name))?;
                self.build(A0, a0.0)?;
                self.build(A1, a1.0)?;
                self.reg(Opcode::Ecall, 0, 0, 0)
            }
            Op::Word { word } => self.word(word),
        }
    }

    /// HINT_LEN, its result to `rd` by an instruction, so that whoever watches results sees it.
    fn hint_len(&mut self, rd: u8) -> Result<(), String> {
        self.build(T0, HINT_LEN)?;
        self.reg(Opcode::Ecall, 0, 0, 0)?;
        self.imm(Opcode::Addi, rd, T0, 0)
    }

    fn constant(&mut self, rd: u8, constant: &Constant) -> Result<(), String> {
        match constant.form {
            Form::Build => self.build(rd, constant.value.0),
            Form::Pool => self.pooled(rd, constant.value.0, constant.blend),
        }
    }

    fn access(&mut self, name: Opcode, reg: u8, base: u8, offset: i32) -> Result<(), String> {
        match name.format() {
            Format::Load if name != Opcode::Jalr => self.imm(name, reg, base, offset),
            Format::Store => self.instruction(name, 0, base, reg, offset),
            _ => Err(format!("{} is neither a load nor a store", name.name())),
        }
    }

    fn any_jump(&mut self, op: &Op, ordinal: usize) -> Result<(), String> {
        let Op::Jump { rd, to, form, base, offset, odd, blend } = *op else { return Ok(()) };
        let target = self.targets.address(to);
        let base = self.or_link(base);
        match form {
            JumpForm::Jal => self.jump(rd, self.map.link, target, ordinal),
            JumpForm::Far => self.far(rd, base, target),
            JumpForm::Computed => {
                let value = target.wrapping_add(u64::from(odd & 1)).wrapping_sub(offset as u64);
                self.pooled(base, value, blend)?;
                self.imm(Opcode::Jalr, rd, base, offset)
            }
        }
    }

    /// A jump through a table in the pool. What is missing to a power of two goes where the last one goes.
    fn switch(&mut self, rd: u8, base: u8, index: u8, to: &[u32]) -> Result<(), String> {
        if to.len() > MAX_TARGETS {
            return Err(format!("a switch with {} targets", to.len()));
        }
        let last = to.last().copied().unwrap_or(u32::MAX);
        let count = to.len().next_power_of_two();
        let ids = to.iter().copied().chain(std::iter::repeat(last)).take(count);
        let table: Vec<u64> = ids.map(|id| self.targets.address(id)).collect();
        let (base, link) = (self.or_address(base), self.map.link);
        let table = self.in_pool(&table);
        self.imm(Opcode::Andi, base, index, count as i32 - 1)?;
        self.imm(Opcode::Slli, base, base, self.slot().trailing_zeros() as i32)?;
        let low = self.auipc(link, table)?;
        self.reg(Opcode::Add, base, base, link)?;
        self.whole(true, base, base, low)?;
        self.imm(Opcode::Jalr, rd, base, 0)
    }

    /// Instructions with the destination x0, of all kinds.
    fn pad(&mut self, count: u32) -> Result<(), String> {
        for number in 0..count {
            let (rs1, rs2) = ((number % 31) as u8 + 1, (number % 29) as u8 + 1);
            match number % 5 {
                0 => self.imm(Opcode::Addi, 0, rs1, (number % 4096) as i32 - 2048)?,
                1 => self.reg(Opcode::Xor, 0, rs1, rs2)?,
                2 => self.imm(Opcode::Lui, 0, 0, (number << 12) as i32)?,
                3 => self.imm(Opcode::Auipc, 0, 0, (number << 12) as i32)?,
                _ => self.reg(Opcode::Mul, 0, rs1, rs2)?,
            }
        }
        Ok(())
    }

    /// A register that may be overwritten in place of x0.
    fn or_link(&self, register: u8) -> u8 {
        if register == 0 {
            self.map.link
        } else {
            register
        }
    }

    /// Another one.
    fn or_address(&self, register: u8) -> u8 {
        if register == 0 {
            self.map.address
        } else {
            register
        }
    }
}

/// The syscall's number in SP1.
fn number(name: Hash) -> u64 {
    match name {
        Hash::ShaExtend => 0x30_01_05,
        Hash::ShaCompress => 0x01_01_06,
        Hash::KeccakPermute => 0x01_01_09,
    }
}
