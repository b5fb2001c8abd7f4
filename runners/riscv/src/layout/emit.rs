//! Instructions one after the other, and the small sequences that everything else is made of.

use rvref::{Instruction, Op, Xlen};

use super::frame::FrameMap;
use super::MAX_TEXT;
use crate::encode::encode;
use crate::ir::{Blend, Program, With};

/// Addresses that a pass finds.
#[derive(Default, PartialEq)]
pub(super) struct Addresses {
    /// Of each block.
    pub starts: Vec<u64>,
    /// Of the end.
    pub dump: u64,
    /// Of the routine that publishes.
    pub publish: u64,
}

impl Addresses {
    /// The block before which is the boundary that is nearest to the middle of a text of so many words.
    pub fn middle(&self, words: usize) -> usize {
        let Some(first) = self.starts.first() else { return 0 };
        let half = 2 * words as u64;
        let distance = |place: &usize| (self.starts[*place] - first).abs_diff(half);
        (0..self.starts.len()).min_by_key(distance).unwrap_or_default()
    }
}

/// What ops go to.
pub(super) struct Targets<'a> {
    /// Ids of the blocks.
    pub ids: &'a [u32],
    /// What the last pass has found.
    pub addresses: &'a Addresses,
    /// False in the first pass, in which everything counts as near.
    pub known: bool,
}

impl Targets<'_> {
    /// The address that `to` means: that of the block or of the next one, or else the end.
    pub fn address(&self, to: u32) -> u64 {
        let position = self.ids.partition_point(|id| *id < to);
        self.addresses.starts.get(position).copied().unwrap_or(self.addresses.dump)
    }
}

/// How far away a target is: what it takes to get there.
const NEAR: u8 = 0;
const JAL: u8 = 1;
const FAR: u8 = 2;

/// Writes the text and the pool.
pub(super) struct Emitter<'a> {
    pub xlen: Xlen,
    pub map: &'a FrameMap,
    pub targets: &'a Targets<'a>,
    pub words: Vec<u32>,
    pub pool: Vec<u64>,
    /// Whether something needed a longer form than in the last pass.
    pub grown: bool,
    base: u64,
    /// For each op, how far away its target was found to be; it never comes nearer again.
    reach: &'a mut [u8],
}

impl<'a> Emitter<'a> {
    pub fn new(program: &Program, map: &'a FrameMap, targets: &'a Targets<'a>, reach: &'a mut [u8]) -> Self {
        Self {
            xlen: program.xlen,
            map,
            targets,
            words: Vec::with_capacity(128 + 2 * reach.len()),
            pool: Vec::new(),
            grown: false,
            base: program.text_base.0,
            reach,
        }
    }

    /// The address of the next instruction.
    pub fn pc(&self) -> u64 {
        self.base.wrapping_add(4 * self.words.len() as u64)
    }

    pub fn word(&mut self, word: u32) -> Result<(), String> {
        if self.words.len() * 4 >= MAX_TEXT {
            return Err(format!("the text is longer than {MAX_TEXT} bytes"));
        }
        self.words.push(word);
        Ok(())
    }

    pub fn instruction(&mut self, op: Op, rd: u8, rs1: u8, rs2: u8, imm: i32) -> Result<(), String> {
        // The first pass only counts.
        let word = match self.targets.known {
            true => encode(Instruction { op, rd, rs1, rs2, imm }, self.xlen)?,
            false => 0,
        };
        self.word(word)
    }

    /// An instruction with an immediate.
    pub fn imm(&mut self, op: Op, rd: u8, rs1: u8, imm: i32) -> Result<(), String> {
        self.instruction(op, rd, rs1, 0, imm)
    }

    /// An instruction with two source registers.
    pub fn reg(&mut self, op: Op, rd: u8, rs1: u8, rs2: u8) -> Result<(), String> {
        self.instruction(op, rd, rs1, rs2, 0)
    }

    /// The bytes of a register.
    pub fn slot(&self) -> u64 {
        self.map.slot
    }

    /// Load or store a whole register.
    pub fn whole(&mut self, load: bool, register: u8, base: u8, offset: i32) -> Result<(), String> {
        match (load, self.xlen) {
            (true, Xlen::Rv64) => self.imm(Op::Ld, register, base, offset),
            (true, Xlen::Rv32) => self.imm(Op::Lw, register, base, offset),
            (false, Xlen::Rv64) => self.instruction(Op::Sd, 0, base, register, offset),
            (false, Xlen::Rv32) => self.instruction(Op::Sw, 0, base, register, offset),
        }
    }

    /// rd := value, of immediates: the fewer significant bits, the fewer instructions.
    pub fn build(&mut self, rd: u8, value: u64) -> Result<(), String> {
        let value = match self.xlen {
            Xlen::Rv64 => value as i64,
            Xlen::Rv32 => i64::from(value as i32),
        };
        let low = sign_extended_12(value);
        if value == low {
            return self.imm(Op::Addi, rd, 0, low as i32);
        }
        if let Ok(narrow) = i32::try_from(value) {
            let high = narrow.wrapping_sub(low as i32);
            self.imm(Op::Lui, rd, 0, high)?;
            let add = if self.xlen == Xlen::Rv64 { Op::Addiw } else { Op::Addi };
            return if low == 0 { Ok(()) } else { self.imm(add, rd, rd, low as i32) };
        }
        let high = value.wrapping_sub(low);
        let shift = high.trailing_zeros();
        self.build(rd, (high >> shift) as u64)?;
        self.imm(Op::Slli, rd, rd, shift as i32)?;
        if low == 0 {
            Ok(())
        } else {
            self.imm(Op::Addi, rd, rd, low as i32)
        }
    }

    /// auipc, and the immediate that is left for the next instruction to get to this address.
    pub fn auipc(&mut self, rd: u8, target: u64) -> Result<i32, String> {
        let distance = target.wrapping_sub(self.pc()) as i64;
        let distance = match self.xlen {
            Xlen::Rv64 => distance,
            Xlen::Rv32 => i64::from(distance as i32),
        };
        let low = sign_extended_12(distance);
        let high = match i32::try_from(distance.wrapping_sub(low)) {
            Ok(high) => high,
            Err(_) if self.xlen == Xlen::Rv32 => i32::MIN,
            Err(_) => return Err(format!("{target:#x} is out of reach of the text")),
        };
        self.imm(Op::Auipc, rd, 0, high)?;
        Ok(low as i32)
    }

    /// rd := value, from the pool, with the register that goes into it. Three instructions.
    pub fn pooled(&mut self, rd: u8, value: u64, blend: Option<Blend>) -> Result<(), String> {
        let via = blend.map_or(0, |blend| blend.via);
        // Neither may be lost on the way.
        let to = if rd == 0 || rd == via { self.map.link } else { rd };
        let (word, op) = match blend {
            None => (value, Op::Add),
            Some(Blend { held, with: With::Add, .. }) => (value.wrapping_sub(held.0), Op::Add),
            Some(Blend { held, with: With::Sub, .. }) => (value.wrapping_add(held.0), Op::Sub),
            Some(Blend { held, with: With::Xor, .. }) => (value ^ held.0, Op::Xor),
        };
        let address = self.in_pool(&[word]);
        let low = self.auipc(to, address)?;
        self.whole(true, to, to, low)?;
        self.reg(op, rd, to, via)
    }

    /// Put words into the pool; their address.
    pub fn in_pool(&mut self, words: &[u64]) -> u64 {
        let address = self.map.pool.wrapping_add(self.slot() * self.pool.len() as u64);
        self.pool.extend_from_slice(words);
        address
    }

    /// A branch; where its target is too far, the opposite one over a jump.
    pub fn branch(&mut self, op: Op, rs1: u8, rs2: u8, target: u64, ordinal: usize) -> Result<(), String> {
        let distance = self.distance(target);
        let reach = match () {
            () if (-4096..4096).contains(&distance) => NEAR,
            // By a jal behind the opposite branch.
            () if (-(1 << 20)..1 << 20).contains(&distance.wrapping_sub(4)) => JAL,
            () => FAR,
        };
        let opposite = opposite(op).ok_or_else(|| format!("{} is not a branch", op.name()))?;
        match self.grow(ordinal, reach) {
            NEAR => self.instruction(op, 0, rs1, rs2, distance as i32),
            JAL => {
                self.instruction(opposite, 0, rs1, rs2, 8)?;
                let distance = self.distance(target) as i32;
                self.imm(Op::Jal, 0, 0, distance)
            }
            _ => {
                self.instruction(opposite, 0, rs1, rs2, 12)?;
                self.far(0, self.map.link, target)
            }
        }
    }

    /// jal; where its target is too far, auipc and jalr by way of `base`.
    pub fn jump(&mut self, rd: u8, base: u8, target: u64, ordinal: usize) -> Result<(), String> {
        let distance = self.distance(target);
        let near = (-(1 << 20)..1 << 20).contains(&distance);
        match self.grow(ordinal, if near { NEAR } else { FAR }) {
            NEAR => self.imm(Op::Jal, rd, 0, distance as i32),
            _ => self.far(rd, base, target),
        }
    }

    /// auipc and jalr.
    pub fn far(&mut self, rd: u8, base: u8, target: u64) -> Result<(), String> {
        let target = if self.targets.known { target } else { self.pc() };
        let low = self.auipc(base, target)?;
        self.imm(Op::Jalr, rd, base, low)
    }

    fn distance(&self, target: u64) -> i64 {
        if self.targets.known {
            target.wrapping_sub(self.pc()) as i64
        } else {
            0
        }
    }

    fn grow(&mut self, ordinal: usize, reach: u8) -> u8 {
        let Some(known) = self.reach.get_mut(ordinal) else { return reach };
        if reach > *known {
            *known = reach;
            self.grown = true;
        }
        *known
    }
}

fn sign_extended_12(value: i64) -> i64 {
    value << 52 >> 52
}

/// The branch that is taken when this one is not.
fn opposite(op: Op) -> Option<Op> {
    Some(match op {
        Op::Beq => Op::Bne,
        Op::Bne => Op::Beq,
        Op::Blt => Op::Bge,
        Op::Bge => Op::Blt,
        Op::Bltu => Op::Bgeu,
        Op::Bgeu => Op::Bltu,
        _ => return None,
    })
}
