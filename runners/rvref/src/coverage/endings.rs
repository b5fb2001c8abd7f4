//! Axes of whole programs: how they end, and how large they are.

use super::map::{Bin, Builder, NOWHERE};
use super::operands::retirable;
use crate::isa::{Format, Op};
use crate::machine::Stop;
use crate::profile::Profile;
use crate::syscalls::sp1::{IN_A_BLOCK, OUTPUT_FULL};
use crate::trap::{Access, Trap};

const OPS: usize = Op::ALL.len();
const ENDINGS: [&str; 6] =
    ["exit code 0", "other exit code", "trap", "unsupported", "step limit", "not loaded"];
const SERVICES: [&str; 5] = ["refused", "unknown", "arguments", "in a block", "unsupported"];

// The powers of two up to which sizes are told apart.
const CYCLES: usize = 25;
const COMMITS: usize = 11;
const BYTES: usize = 21;
const TEXT: usize = 21;
const POWERS: [&str; 25] = [
    "2^0", "2^1", "2^2", "2^3", "2^4", "2^5", "2^6", "2^7", "2^8", "2^9", "2^10", "2^11", "2^12", "2^13",
    "2^14", "2^15", "2^16", "2^17", "2^18", "2^19", "2^20", "2^21", "2^22", "2^23", "2^24",
];

/// What a program was, once it has ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shape {
    /// Instructions executed.
    pub steps: u64,
    /// Number of commits.
    pub commits: u64,
    /// Committed bytes.
    pub bytes: u64,
    /// Instructions in its text.
    pub text: u64,
}

/// Numbers of the bins.
pub struct Endings {
    endings: [Bin; ENDINGS.len()],
    /// Traps of instructions, by operation.
    illegal: [Bin; 2],
    misaligned: [Bin; OPS],
    refused: [Bin; OPS],
    past_end: [Bin; OPS],
    breakpoint: Bin,
    services: [Bin; SERVICES.len()],
    cycles: [Bin; CYCLES],
    commits: [Bin; COMMITS + 1],
    bytes: [Bin; BYTES + 1],
    text: [Bin; TEXT],
}

impl Endings {
    pub fn new(builder: &mut Builder, profile: &Profile) -> Self {
        builder.axis("ending", "how the program ended");
        let mut endings = [NOWHERE; ENDINGS.len()];
        for (bin, label) in endings.iter_mut().zip(ENDINGS) {
            if label != "step limit" || profile.step_limit.is_some() {
                *bin = builder.bin(&[label]);
            }
        }
        builder.axis("trap", "what the trap was, operation that it ended");
        let illegal = builder.bins(&["illegal"], ["fence", "system"]);
        let [mut misaligned, mut refused, mut past_end] = [[NOWHERE; OPS]; 3];
        for op in retirable(profile) {
            if is_aligned(op) {
                misaligned[op as usize] = builder.bin(&["misaligned", op.name()]);
            }
            if is_access(op) || transfers(op) {
                refused[op as usize] = builder.bin(&["refused", op.name()]);
            }
            if !matches!(op, Op::Jal | Op::Jalr) {
                past_end[op as usize] = builder.bin(&["past the end", op.name()]);
            }
        }
        let breakpoint = builder.bin(&["breakpoint", "ebreak"]);
        let services = SERVICES.map(|label| builder.bin(&[label, "ecall"]));
        builder.axis("cycles", "instructions executed, rounded down");
        let cycles = std::array::from_fn(|power| builder.bin(&[POWERS[power]]));
        builder.axis("commits", "number of commits, rounded down");
        let commits = Self::sizes(builder);
        builder.axis("committed", "committed bytes, rounded down");
        let bytes = Self::sizes(builder);
        builder.axis("text", "instructions in the text, rounded down");
        let text = std::array::from_fn(|power| builder.bin(&[POWERS[power]]));
        Self {
            endings,
            illegal,
            misaligned,
            refused,
            past_end,
            breakpoint,
            services,
            cycles,
            commits,
            bytes,
            text,
        }
    }

    /// A bin for none, and one for each power of two.
    fn sizes<const N: usize>(builder: &mut Builder) -> [Bin; N] {
        std::array::from_fn(|place| builder.bin(&[place.checked_sub(1).map_or("0", |power| POWERS[power])]))
    }

    /// The bin of a program that does not load.
    pub fn unloaded(&self) -> Bin {
        self.endings[5]
    }

    /// The bins of a program that has ended; `op` is what it executed last.
    pub fn visit(&self, stop: &Stop, op: Option<Op>, shape: &Shape, hit: &mut impl FnMut(Bin)) {
        let ending = match stop {
            Stop::Halted(0) => 0,
            Stop::Halted(_) => 1,
            Stop::Fault { trap: Trap::Syscall(_, OUTPUT_FULL), .. } => return,
            Stop::Fault { trap: Trap::Unsupported(_), .. } => 3,
            Stop::Fault { .. } => 2,
            Stop::StepLimit(_) => 4,
            Stop::Observer => return,
        };
        hit(self.endings[ending]);
        if let (Stop::Fault { trap, pc }, Some(op)) = (stop, op) {
            hit(self.trap(*trap, *pc, op));
        }
        hit(self.cycles[power(shape.steps).min(CYCLES - 1)]);
        hit(self.commits[size(shape.commits).min(COMMITS)]);
        hit(self.bytes[size(shape.bytes).min(BYTES)]);
        hit(self.text[power(shape.text).min(TEXT - 1)]);
    }

    fn trap(&self, trap: Trap, pc: u64, op: Op) -> Bin {
        let number = op as usize;
        match trap {
            Trap::Illegal(word) => self.illegal[usize::from(word & 0x7f == 0x73)],
            Trap::Misaligned(..) => self.misaligned[number],
            Trap::Refused(Access::Fetch, target) if target == pc.wrapping_add(4) => {
                match self.past_end[number] {
                    NOWHERE => self.refused[number],
                    bin => bin,
                }
            }
            Trap::Refused(..) if op == Op::Ecall => self.services[0],
            Trap::Refused(..) => self.refused[number],
            Trap::Breakpoint => self.breakpoint,
            Trap::UnknownSyscall(_) => self.services[1],
            Trap::Syscall(_, IN_A_BLOCK) => self.services[3],
            Trap::Syscall(..) => self.services[2],
            Trap::Unsupported(_) => self.services[4],
        }
    }
}

fn is_access(op: Op) -> bool {
    matches!(op.format(), Format::Load | Format::Store) && op != Op::Jalr
}

fn transfers(op: Op) -> bool {
    matches!(op.format(), Format::Branch | Format::Jump) || op == Op::Jalr
}

/// Whether an address can be misaligned for it.
fn is_aligned(op: Op) -> bool {
    transfers(op) || is_access(op) && !matches!(op, Op::Lb | Op::Lbu | Op::Sb)
}

fn power(number: u64) -> usize {
    number.checked_ilog2().unwrap_or(0) as usize
}

fn size(number: u64) -> usize {
    number.checked_ilog2().map_or(0, |power| power as usize + 1)
}
