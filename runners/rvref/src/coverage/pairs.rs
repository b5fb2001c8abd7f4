//! The axis of neighbours: an operation behind another one, and what the second wants of the first.

use super::map::{Bin, Builder, NOWHERE};
use super::operands::{retirable, sources};
use crate::isa::{Instruction, Op};
use crate::profile::Profile;
use crate::registers::number::{A0, A1, A2, T0};

const OPS: usize = Op::ALL.len();
/// In ascending order of interest: a pair has the last one that holds.
const HAZARDS: [&str; 4] = ["none", "war", "waw", "raw"];

/// Registers that an instruction reads and writes, a bit for each; `x0` is none.
#[derive(Clone, Copy, Debug, Default)]
struct Uses {
    reads: u64,
    writes: u64,
}

impl Uses {
    #[inline(always)]
    fn of(instruction: &Instruction) -> Self {
        let Instruction { op, rd, rs1, rs2, .. } = *instruction;
        if op == Op::Ecall {
            // Number, arguments and result of a syscall.
            return Self { reads: bit(T0) | bit(A0) | bit(A1) | bit(A2), writes: bit(T0) };
        }
        let (first, second) = sources(op);
        let reads = (u64::from(first) * bit(rs1)) | (u64::from(second) * bit(rs2));
        Self { reads, writes: u64::from(op.writes_register()) * bit(rd) }
    }
}

/// Without a bit for `x0`, nor for where writes to it go.
#[inline(always)]
fn bit(register: u8) -> u64 {
    1 << register & 0xffff_fffe
}

/// Numbers of the bins: by first operation, second operation, hazard.
pub struct Pairs(Vec<[[Bin; HAZARDS.len()]; OPS]>);

/// The instruction before, once there was one.
pub type Before = Option<(Op, BeforeUses)>;

/// What of the instruction before is to be remembered.
#[derive(Clone, Copy)]
pub struct BeforeUses(Uses);

impl Pairs {
    pub fn new(builder: &mut Builder, profile: &Profile) -> Self {
        let mut bins = vec![[[NOWHERE; HAZARDS.len()]; OPS]; OPS];
        builder.axis("pair", "operation, the one executed next, hazard between both");
        for first in retirable(profile) {
            for second in retirable(profile) {
                for (hazard, label) in HAZARDS.iter().enumerate() {
                    if exists(first, second, hazard) {
                        let bin = builder.bin(&[first.name(), second.name(), label]);
                        bins[first as usize][second as usize][hazard] = bin;
                    }
                }
            }
        }
        Self(bins)
    }

    /// The bin of an instruction, if it is not the first one.
    #[inline(always)]
    pub fn visit(&self, before: &mut Before, instruction: &Instruction, hit: &mut impl FnMut(Bin)) {
        let uses = Uses::of(instruction);
        let earlier = before.replace((instruction.op, BeforeUses(uses)));
        if let Some((op, BeforeUses(earlier))) = earlier {
            let hazard = match () {
                () if earlier.writes & uses.reads != 0 => 3,
                () if earlier.writes & uses.writes != 0 => 2,
                () if earlier.reads & uses.writes != 0 => 1,
                () => 0,
            };
            hit(self.0[op as usize][instruction.op as usize][hazard]);
        }
    }
}

fn exists(first: Op, second: Op, hazard: usize) -> bool {
    let reads = |op| op == Op::Ecall || sources(op).0;
    let writes = |op: Op| op == Op::Ecall || op.writes_register();
    // An ECALL reads what it writes: whatever else is between a writer of t0 and it is less than that.
    match HAZARDS[hazard] {
        "raw" => writes(first) && reads(second),
        "waw" => writes(first) && writes(second) && second != Op::Ecall,
        "war" => reads(first) && writes(second) && (first, second) != (Op::Ecall, Op::Ecall),
        _ => (first, second) != (Op::Ecall, Op::Ecall),
    }
}
