//! Loads, stores, and syscalls that read or write memory: inside of the scene's areas, and at their edges.

use rvref::{Format, Op as Opcode, Xlen};

use super::builder::Builder;
use super::classes::fit;
use super::state::width;
use crate::encode::available;
use crate::hex::Hex;
use crate::ir::{Hash, Op};

const LOADS: [Opcode; 7] =
    [Opcode::Lb, Opcode::Lh, Opcode::Lw, Opcode::Ld, Opcode::Lbu, Opcode::Lhu, Opcode::Lwu];
const STORES: [Opcode; 4] = [Opcode::Sb, Opcode::Sh, Opcode::Sw, Opcode::Sd];
const PAGE: u64 = 4096;
/// Bytes in which SP1 writes what is read.
const WORD: u64 = 8;
/// Bytes of a text that are the prologue's, or else the tail's: instructions can be read as data.
const PROLOGUE: u64 = 48;
/// Bytes that SHA-256's schedule and its state take, and Keccak's lanes.
const SCHEDULE: u64 = 64 * 8;
const STATE: u64 = 8 * 8;
const LANES: u64 = 25 * 8;

impl Builder {
    /// A load, or a store.
    pub fn operation(&mut self, store: bool) -> Opcode {
        loop {
            let name = if store { self.random.pick(&STORES) } else { self.random.pick(&LOADS) };
            if available(name, self.xlen) {
                return name;
            }
        }
    }

    /// A register to load into or to store.
    fn data(&mut self, name: Opcode) -> u8 {
        match name.format() {
            Format::Store => self.source(),
            _ if self.random.chance(1, 16) => 0,
            _ => self.target(),
        }
    }

    /// An area by its number: any, or one of those that are written to.
    fn area(&mut self, writable: bool) -> Option<usize> {
        let areas = &self.scene.areas;
        let windows = areas.iter().filter(|area| area.writable).count();
        let count = if writable { windows } else { areas.len() };
        (count > 0).then(|| self.random.below(count as u64) as usize)
    }

    /// An aligned address in an area: its first one, its last one, one next to a page's end, or any.
    fn address(&mut self, area: usize, width: u64) -> u64 {
        let area = &self.scene.areas[area];
        let (start, size) = (area.address, area.bytes.len() as u64);
        let last = start + size - width;
        let page = (start + size - 1) / PAGE * PAGE;
        let inside = |address: &u64| (start..=last).contains(address);
        let any = start + width * self.random.below(size / width);
        let drawn = match self.random.below(8) {
            0 => start,
            1 => last,
            2 => page,
            3 => page.wrapping_sub(width),
            _ => any,
        };
        Some(drawn).filter(inside).unwrap_or(any)
    }

    /// An offset of a load or store.
    pub fn offset(&mut self) -> i32 {
        let (any, small) = (self.random.between(-2048, 2047) as i32, self.random.between(-16, 16) as i32);
        self.random.pick(&[0, 0, small, small, any, any, 1, -1, 2047, -2048])
    }

    /// One load or store.
    pub fn access(&mut self) {
        let store = self.random.chance(2, 5);
        let Some(area) = self.area(store) else { return };
        let name = self.operation(store);
        let mut address = self.address(area, width(name) as u64);
        if !store && self.random.chance(1, 24) {
            address = self.scene.text.next_multiple_of(8) + 8 * self.random.below(PROLOGUE / 8);
        }
        let reg = self.data(name);
        // A register that points near the place already makes the address depend on what was computed.
        let near = |builder: &Self, register: usize| {
            let distance = fit(address.wrapping_sub(builder.state.x[register]), builder.xlen) as i64;
            builder.state.is_sure(register as u8) && register != 0 && (-2048..2048).contains(&distance)
        };
        if let Some(base) = self.find(near).filter(|_| self.random.chance(1, 2)) {
            let imm = address.wrapping_sub(self.state.x[usize::from(base)]) as i32;
            let (rd, rs2) = if store { (0, reg) } else { (reg, 0) };
            return self.emit(Op::Ins { name, rd, rs1: base, rs2, imm });
        }
        let offset = self.offset();
        let base = match self.random.below(8) {
            // A load into its own base, or a store of its own address.
            0 if self.is_general(reg) => reg,
            _ => self.target_but(&[reg]),
        };
        let at = self.constant(address.wrapping_sub(offset as u64));
        self.emit(Op::Access { name, reg, base, offset, at });
    }

    /// Some loads and stores within 16 bytes, so that loads get parts of what several stores have left.
    pub fn burst(&mut self) {
        let Some(area) = self.area(true) else { return };
        let size = self.scene.areas[area].bytes.len() as u64;
        let span = size.min(16);
        let place = self.scene.areas[area].address + 8 * self.random.below((size - span) / 8 + 1);
        let offset = self.random.between(-2040, 2031) as i32;
        let base = self.target();
        let to = self.constant(place.wrapping_sub(offset as u64));
        self.emit(Op::Set { rd: base, to });
        for _ in 0..self.random.between(3, 8) {
            let store = self.random.chance(1, 2);
            let name = self.operation(store);
            let width = width(name) as u64;
            let imm = offset + (width * self.random.below(span / width)) as i32;
            if store {
                let rs2 = self.source();
                self.emit(Op::Ins { name, rd: 0, rs1: base, rs2, imm });
            } else {
                let rd = self.target_but(&[base]);
                self.emit(Op::Ins { name, rd, rs1: base, rs2: 0, imm });
            }
        }
    }

    /// A load or store at a place that a register decides, whatever it holds.
    pub fn masked(&mut self) {
        let store = self.random.chance(1, 2);
        let Some(area) = self.area(store) else { return };
        let name = self.operation(store);
        let width = width(name) as u64;
        let size = self.scene.areas[area].bytes.len() as u64;
        let span = 1 << size.ilog2().min(11);
        let place = self.scene.areas[area].address + 8 * self.random.below((size - span) / 8 + 1);
        let mask = ((span - 1) & !(width - 1)) as i32;
        let (index, reg) = (self.source(), self.data(name));
        let base = self.target_but(&[reg]);
        let offset = self.offset();
        let at = self.constant(place.wrapping_sub(offset as u64));
        self.emit(Op::Masked { name, reg, base, offset, at, index, mask });
    }

    /// Commit a part of an area.
    pub fn write(&mut self) {
        let Some(area) = self.area(false) else { return };
        let (start, size) = (self.scene.areas[area].address, self.scene.areas[area].bytes.len() as u64);
        let first = self.random.below(size);
        let rest = size - first;
        let any = self.random.below(rest + 1);
        let length = self.random.pick(&[0, 1, any, any, rest]);
        self.emit(Op::Write { address: Hex(start + first), length });
    }

    /// Ask how much there is to read, or give out a part of an area and read it into a window.
    pub fn hint(&mut self) {
        if self.random.chance(1, 2) {
            return self.emit(Op::HintLen {});
        }
        let (Some(from), Some(to)) = (self.area(false), self.area(true)) else { return };
        let (start, size) = (self.scene.areas[from].address, self.scene.areas[from].bytes.len() as u64);
        let (into, room) = (self.scene.areas[to].address, self.scene.areas[to].bytes.len() as u64);
        let first = self.random.below(size);
        // Whole words are written, the last one with at least one zero.
        let length = self.random.below((size - first).min(room - 1) + 1);
        let words = length / WORD + 1;
        let into = into + WORD * self.random.below(room / WORD - words + 1);
        self.emit(Op::Hint { address: Hex(start + first), length, into: Hex(into) });
    }

    /// Have a window hashed, if there is one that is large enough.
    pub fn precompile(&mut self) {
        let name = self.random.pick(&[Hash::ShaExtend, Hash::ShaCompress, Hash::KeccakPermute]);
        let needed = match name {
            Hash::ShaExtend => SCHEDULE,
            Hash::ShaCompress => SCHEDULE + STATE,
            Hash::KeccakPermute => LANES,
        };
        let large = |area: &&super::scene::Area| area.writable && area.bytes.len() as u64 >= needed;
        let Some(area) = self.scene.areas.iter().find(large).filter(|_| self.xlen == Xlen::Rv64) else {
            return;
        };
        let a0 = Hex(area.address + 8 * self.random.below((area.bytes.len() as u64 - needed) / 8 + 1));
        let a1 = Hex(if name == Hash::ShaCompress { a0.0 + SCHEDULE } else { 0 });
        self.emit(Op::Precompile { name, a0, a1 });
    }
}
