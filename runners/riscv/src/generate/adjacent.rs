//! Two instructions right behind each other that have to do with each other: what executors fuse, forward or
//! reorder.

use rvref::{Format, Op as Opcode};

use super::builder::Builder;
use super::state::width;
use crate::encode::available;
use crate::ir::Op;

const PAGE: u64 = 4096;
/// What compilers write in a row, and translators make one of.
const IDIOMS: [(Opcode, Opcode); 14] = [
    (Opcode::Lui, Opcode::Addi),
    (Opcode::Lui, Opcode::Addiw),
    (Opcode::Auipc, Opcode::Addi),
    (Opcode::Slli, Opcode::Srli),
    (Opcode::Slli, Opcode::Srai),
    (Opcode::Slli, Opcode::Add),
    (Opcode::Srli, Opcode::Andi),
    (Opcode::Addi, Opcode::Slli),
    (Opcode::Sub, Opcode::Sltu),
    (Opcode::Xor, Opcode::Sltiu),
    (Opcode::Slt, Opcode::Xori),
    (Opcode::Mulh, Opcode::Mul),
    (Opcode::Mulhu, Opcode::Mul),
    (Opcode::Div, Opcode::Rem),
];

impl Builder {
    /// An idiom, the same operation twice, or any two: the second one reads what the first one wrote, or writes
    /// what the first one wrote or read.
    pub fn pair(&mut self) {
        let (first, second) = match self.random.below(3) {
            0 => self.random.pick(&IDIOMS),
            1 => {
                let name = self.operation_of_two();
                (name, name)
            }
            _ => (self.operation_of_two(), self.operation_of_two()),
        };
        if !available(first, self.xlen) || !available(second, self.xlen) {
            return;
        }
        let rd = self.target();
        let [mut rs1, mut rs2] = [self.source(), self.source()];
        self.computation(first, rd, rs1, rs2);
        let (before, mut to) = ([rs1, rs2], self.target());
        (rs1, rs2) = (self.source(), self.source());
        match self.random.below(8) {
            0..=2 => rs1 = rd,
            3 => rs2 = rd,
            4 => (rs1, rs2) = (rd, rd),
            5 => (rs1, to) = (rd, rd),
            6 => to = rd,
            _ if self.is_general(before[0]) => to = before[0],
            _ => {}
        }
        self.computation(second, to, rs1, rs2);
    }

    fn operation_of_two(&mut self) -> Opcode {
        let names = if self.random.chance(2, 3) { &self.swarm.register } else { &self.swarm.immediate };
        self.random.pick(names)
    }

    /// An operation with the operands that its format has.
    fn computation(&mut self, name: Opcode, rd: u8, rs1: u8, rs2: u8) {
        match name.format() {
            Format::Register => self.emit(Op::Ins { name, rd, rs1, rs2, imm: 0 }),
            format => {
                let rs1 = if format == Format::Upper { 0 } else { rs1 };
                let imm = self.immediate_for(name);
                self.emit(Op::Ins { name, rd, rs1, rs2: 0, imm });
            }
        }
    }

    /// A store, and a load from the same place of another page, where there is one that can be read.
    pub fn twins(&mut self) {
        let areas = self.scene.areas.iter().enumerate();
        let places: Vec<_> = areas.map(|(n, a)| (n, a.address, a.bytes.len() as u64, a.writable)).collect();
        let apart = |one: u64, other: u64| one != other && one.abs_diff(other) % PAGE == 0;
        let twin = places.iter().find_map(|one| {
            let other = places.iter().find(|other| one.3 && apart(one.1, other.1))?;
            Some((one.1, other.1, one.2.min(other.2)))
        });
        let Some((to, from, size)) = twin else { return };
        let store = self.operation(true);
        let wide = width(store) as u64;
        let load = loop {
            let load = self.operation(false);
            if width(load) as u64 == wide || self.random.chance(1, 8) {
                break load;
            }
        };
        let step = wide.max(width(load) as u64);
        let place = step * self.random.below(size / step);
        let offsets = [self.offset(), self.offset()];
        let bases = self.target();
        let bases = [bases, self.target_but(&[bases])];
        for ((base, address), offset) in bases.into_iter().zip([to, from]).zip(offsets) {
            let to = self.constant((address + place).wrapping_sub(offset as u64));
            self.emit(Op::Set { rd: base, to });
        }
        let rs2 = self.source();
        self.emit(Op::Ins { name: store, rd: 0, rs1: bases[0], rs2, imm: offsets[0] });
        let rd = self.target();
        self.emit(Op::Ins { name: load, rd, rs1: bases[1], rs2: 0, imm: offsets[1] });
    }
}
