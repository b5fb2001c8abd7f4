//! Axes of branches and jumps: which way, how far, and to what kind of place.

use std::rc::Rc;

use super::map::{Bin, Builder, NOWHERE};
use crate::alu::unsigned;
use crate::isa::{Format, Op, Xlen};
use crate::observe::Retired;
use crate::registers::DISCARD;
use crate::text::Text;

const BRANCHES: [Op; 6] = [Op::Beq, Op::Bne, Op::Blt, Op::Bge, Op::Bltu, Op::Bgeu];
/// Upper bounds of the offset in bytes, without its sign. The last one is at the edge of what a branch
/// reaches: 4092 forward, 4096 backward. The bounds of a JAL end with all that it reaches.
const BRANCH_REACH: [(u32, &str); 5] = [(4, "4"), (64, "64"), (1024, "1024"), (4091, "4088"), (4096, "4096")];
const JUMP_REACH: [(u32, &str); 6] =
    [(4, "4"), (64, "64"), (1024, "1024"), (4096, "4096"), (1 << 16, "65536"), (1 << 20, "1048576")];
const WAYS: [&str; 2] = ["forward", "backward"];
const LINKS: [&str; 3] = ["x0", "ra", "other"];
const SOURCES: [&str; 3] = ["ra", "other", "same as link"];
const PARITIES: [&str; 2] = ["even", "odd"];
const PLACES: [&str; 4] = ["link", "block", "inside", "nowhere"];
const RA: u8 = 1;

/// Numbers of the bins.
pub struct Control {
    /// By operation, then taken or not, way, reach. A branch to itself is one that is not taken.
    branches: [[[[Bin; BRANCH_REACH.len()]; 2]; 2]; 6],
    selves: [Bin; 6],
    /// By link register, way, reach.
    jumps: [[[Bin; JUMP_REACH.len()]; 2]; 3],
    /// By link register, source register, parity, place.
    indirect: [[[[Bin; PLACES.len()]; 2]; 3]; 3],
    xlen: Xlen,
}

impl Control {
    pub fn new(builder: &mut Builder, xlen: Xlen) -> Self {
        builder.axis("branch", "operation, taken or not, direction, largest distance in bytes");
        let (mut branches, mut selves) = ([[[[NOWHERE; 5]; 2]; 2]; 6], [NOWHERE; 6]);
        for (number, op) in BRANCHES.into_iter().enumerate() {
            for (taken, label) in ["not taken", "taken"].into_iter().enumerate() {
                for (way, way_name) in WAYS.into_iter().enumerate() {
                    let shared = [op.name(), label, way_name];
                    branches[number][taken][way] = builder.bins(&shared, BRANCH_REACH.map(|(_, name)| name));
                }
            }
            selves[number] = builder.bin(&[op.name(), "not taken", "self", "0"]);
        }
        builder.axis("jump", "link register of a jal, direction, largest distance in bytes");
        let mut jumps = [[[NOWHERE; 6]; 2]; 3];
        for (link, label) in LINKS.into_iter().enumerate() {
            for (way, way_name) in WAYS.into_iter().enumerate() {
                jumps[link][way] = builder.bins(&[label, way_name], JUMP_REACH.map(|(_, name)| name));
            }
        }
        builder.axis(
            "indirect",
            "link register of a jalr, source register, lowest bit of the sum, where it goes: behind a \
             call, to another start of a block, inside of one, or to no instruction",
        );
        let mut indirect = [[[[NOWHERE; 4]; 2]; 3]; 3];
        for (link, source) in [(0, 0), (0, 1), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)] {
            for (parity, label) in PARITIES.into_iter().enumerate() {
                let shared = [LINKS[link], SOURCES[source], label];
                indirect[link][source][parity] = builder.bins(&shared, PLACES);
            }
        }
        Self { branches, selves, jumps, indirect, xlen }
    }

    /// The bins of an instruction, if it is a branch or jump.
    #[inline(always)]
    pub fn visit(&self, retired: &Retired, blocks: &mut Blocks, hit: &mut impl FnMut(Bin)) {
        let instruction = &retired.instruction;
        match instruction.op {
            op if op.format() == Format::Branch => {
                let (number, taken) = (op as usize - Op::Beq as usize, is_taken(retired));
                hit(match instruction.imm {
                    0 => self.selves[number],
                    imm => {
                        let reach = reach(&BRANCH_REACH, imm);
                        self.branches[number][usize::from(taken)][usize::from(imm < 0)][reach]
                    }
                });
            }
            // A jump to itself never ends, and nobody asks what such a program has covered.
            Op::Jal => {
                let imm = instruction.imm;
                hit(self.jumps[link(instruction.rd)][usize::from(imm < 0)][reach(&JUMP_REACH, imm)]);
            }
            Op::Jalr => {
                let (rd, rs1) = (instruction.rd, instruction.rs1);
                let source = match rs1 {
                    _ if rs1 == rd => 2,
                    RA => 0,
                    _ => 1,
                };
                let sum = retired.a.wrapping_add(instruction.imm as u64);
                let target = if self.xlen == Xlen::Rv32 { unsigned::<32>(sum) } else { sum } & !1;
                hit(self.indirect[link(rd)][source][(sum & 1) as usize][blocks.place(target)]);
            }
            _ => {}
        }
    }
}

/// Whether a branch was taken.
#[inline(always)]
pub fn is_taken(retired: &Retired) -> bool {
    let Retired { a, b, .. } = *retired;
    match retired.instruction.op {
        Op::Beq => a == b,
        Op::Bne => a != b,
        Op::Blt => (a as i64) < b as i64,
        Op::Bge => a as i64 >= b as i64,
        Op::Bltu => a < b,
        _ => a >= b,
    }
}

fn link(rd: u8) -> usize {
    match rd {
        DISCARD => 0,
        RA => 1,
        _ => 2,
    }
}

#[inline(always)]
fn reach(bounds: &[(u32, &str)], offset: i32) -> usize {
    let distance = offset.unsigned_abs();
    bounds.iter().position(|(bound, _)| distance <= *bound).expect("the last bound is that of the encoding")
}

/// Where the basic blocks of a program begin; found out when it is first asked for.
pub struct Blocks {
    text: Rc<Text>,
    starts: Option<Vec<u8>>,
}

const INSIDE: u8 = 2;
const START: u8 = 1;
const LINK: u8 = 0;

impl Blocks {
    pub fn new(text: Rc<Text>) -> Self {
        Self { text, starts: None }
    }

    /// Whether an instruction lies there that no jump with a fixed target goes to, and no block begins with.
    #[cfg(feature = "faults")]
    pub fn is_inside(&mut self, pc: u64) -> bool {
        self.place(pc) == usize::from(INSIDE)
    }

    /// What kind of place an address is, by its place in [`PLACES`].
    fn place(&mut self, pc: u64) -> usize {
        let Some(slot) = self.text.slot(pc) else { return 3 };
        let starts = self.starts.get_or_insert_with(|| starts(&self.text));
        usize::from(starts[slot])
    }
}

fn starts(text: &Text) -> Vec<u8> {
    let mut starts = vec![INSIDE; text.slots().len()];
    let mut mark = |pc: u64, kind: u8| {
        if let Some(slot) = text.slot(pc) {
            starts[slot] = starts[slot].min(kind);
        }
    };
    for (instruction, pc) in text.slots().iter().zip(text.addresses()) {
        let (target, behind) = (pc.wrapping_add(instruction.imm as u64), pc + 4);
        let is_call = instruction.rd != DISCARD;
        match instruction.op {
            Op::Jal => {
                mark(target, START);
                mark(behind, if is_call { LINK } else { START });
            }
            Op::Jalr => mark(behind, if is_call { LINK } else { START }),
            op if op.format() == Format::Branch => {
                mark(target, START);
                mark(behind, START);
            }
            _ => {}
        }
    }
    starts
}
