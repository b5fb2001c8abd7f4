//! The layout's own part of a program: initial registers, publishing, the end.
//!
//! Two registers are reserved for it: `base` for addresses and `link` for the way back; ops may use them in
//! passing, too. Its segment holds, in words as wide as a register: the published registers, those that syscalls
//! change, initial values, and the pool.

use rvref::number::{A0, A1, A2, T0};
use rvref::Op;

use super::emit::Emitter;
use crate::ir::Program;

/// SP1's syscall HALT.
const HALT: u64 = 0;
/// SP1's syscall WRITE, and the file descriptor of the public values.
pub(super) const WRITE: u64 = 2;
pub(super) const PUBLIC_VALUES: u64 = 13;

/// What publishing changes and puts back.
const CHANGED: [u8; 4] = [T0, A0, A1, A2];

/// Where things are in the frame's segment.
pub(super) struct FrameMap {
    /// Bytes of a register.
    pub slot: u64,
    /// First address; published registers are here.
    pub base: u64,
    /// Where registers are saved that publishing changes, relative to the base.
    saved: i32,
    /// Initial values, relative to the base.
    initial: i32,
    /// Address of the pool.
    pub pool: u64,
    /// Register for addresses.
    pub address: u8,
    /// Register for the way back.
    pub link: u8,
    /// Initial values that have to be loaded.
    values: Vec<(u8, u64)>,
    published: Vec<u8>,
}

impl FrameMap {
    pub fn of(program: &Program) -> Result<Self, String> {
        let [address, link] = program.frame.registers;
        let fit = |register: u8| (1..32).contains(&register) && !CHANGED.contains(&register);
        if address == link || !fit(address) || !fit(link) {
            return Err(format!("x{address} and x{link} cannot be the frame's registers"));
        }
        let own = |register: u8| register == address || register == link;
        let values: Vec<(u8, u64)> =
            program.registers.iter().map(|(register, value)| (*register, value.0)).collect();
        if values.iter().any(|(register, _)| *register > 31)
            || program.publish.registers.iter().any(|r| *r > 31)
        {
            return Err("a register beyond x31".to_owned());
        }
        let values: Vec<(u8, u64)> = values
            .into_iter()
            .filter(|(register, value)| *value != 0 && *register != 0 && !own(*register))
            .collect();
        let mut published = Vec::new();
        for register in &program.publish.registers {
            if !own(*register) && !published.contains(register) {
                published.push(*register);
            }
        }
        let slot = u64::from(crate::bits(program.xlen) / 8);
        let saved = slot * published.len() as u64;
        let initial = saved + slot * CHANGED.len() as u64;
        let base = program.frame.address.0;
        let pool = base.wrapping_add(initial + slot * values.len() as u64);
        let (saved, initial) = (saved as i32, initial as i32);
        Ok(Self { slot, base, saved, initial, pool, address, link, values, published })
    }

    /// What the file has of the segment.
    pub fn bytes(&self, program: &Program, pool: &[u64]) -> Vec<u8> {
        let slot = (crate::bits(program.xlen) / 8) as usize;
        let mut bytes = vec![0; self.initial as usize];
        let words = self.values.iter().map(|(_, value)| value).chain(pool);
        words.for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()[..slot]));
        bytes
    }
}

impl Emitter<'_> {
    /// Load initial registers.
    pub fn prologue(&mut self, _program: &Program) -> Result<(), String> {
        let map = self.map;
        if map.values.is_empty() {
            return Ok(());
        }
        self.frame_address()?;
        for (place, (register, _)) in map.values.iter().enumerate() {
            self.whole(true, *register, map.address, map.initial + (map.slot as usize * place) as i32)?;
        }
        Ok(())
    }

    /// The end of the program: no register needs to hold anything for it.
    pub fn publish_and_halt(&mut self, exit_code: i32) -> Result<(), String> {
        let jump = self.words.len();
        self.imm(Op::Jal, self.map.link, 0, 0)?;
        self.build(T0, HALT)?;
        self.build(A0, i64::from(exit_code) as u64)?;
        self.reg(Op::Ecall, 0, 0, 0)?;
        // The routine follows these instructions.
        let rest = self.words.split_off(jump);
        self.imm(Op::Jal, self.map.link, 0, 4 * rest.len() as i32)?;
        self.words.extend(&rest[1..]);
        Ok(())
    }

    /// Publish, put back what that has changed, and go back by the link register.
    pub fn publish_routine(&mut self, program: &Program) -> Result<(), String> {
        let map = self.map;
        self.frame_address()?;
        for (place, register) in map.published.iter().enumerate() {
            self.whole(false, *register, map.address, (map.slot as usize * place) as i32)?;
        }
        self.each_changed(false)?;
        if !map.published.is_empty() {
            self.build(T0, WRITE)?;
            self.build(A0, PUBLIC_VALUES)?;
            self.imm(Op::Addi, A1, map.address, 0)?;
            self.build(A2, map.saved as u64)?;
            self.reg(Op::Ecall, 0, 0, 0)?;
        }
        for window in program.publish.windows.iter().filter(|window| window.size > 0) {
            self.write(window.address.0, window.size)?;
        }
        self.each_changed(true)?;
        self.imm(Op::Jalr, 0, map.link, 0)
    }

    /// WRITE bytes to the public values.
    pub fn write(&mut self, address: u64, size: u64) -> Result<(), String> {
        self.write_to(PUBLIC_VALUES, address, size)
    }

    /// WRITE bytes to a file descriptor.
    pub fn write_to(&mut self, descriptor: u64, address: u64, size: u64) -> Result<(), String> {
        self.build(T0, WRITE)?;
        self.build(A0, descriptor)?;
        self.build(A1, address)?;
        self.build(A2, size)?;
        self.reg(Op::Ecall, 0, 0, 0)
    }

    /// From a block's end to the end of the program.
    pub fn jump_to_dump(&mut self) -> Result<(), String> {
        self.jump(0, self.map.link, self.targets.addresses.dump, usize::MAX)
    }

    /// From before the tail to the block behind it.
    pub fn jump_over_tail(&mut self, position: usize) -> Result<(), String> {
        let target = self.targets.addresses.starts.get(position).copied().unwrap_or_default();
        self.jump(0, self.map.link, target, usize::MAX)
    }

    fn frame_address(&mut self) -> Result<(), String> {
        let low = self.auipc(self.map.address, self.map.base)?;
        self.imm(Op::Addi, self.map.address, self.map.address, low)
    }

    fn each_changed(&mut self, load: bool) -> Result<(), String> {
        let map = self.map;
        for (place, register) in CHANGED.into_iter().enumerate() {
            self.whole(load, register, map.address, map.saved + (map.slot as usize * place) as i32)?;
        }
        Ok(())
    }
}
