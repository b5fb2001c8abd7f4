//! Axes of single instructions: which operation, on what values, in which registers, with what immediate.

use super::map::{Bin, Builder, NOWHERE};
use super::values::{self, class, exists, is_base, Width, CLASSES};
use crate::decode::only_rv64;
use crate::isa::{Format, Instruction, Op, Xlen};
use crate::observe::Retired;
use crate::profile::Profile;
use crate::registers::DISCARD;

const OPS: usize = Op::ALL.len();
const ALIASES: [&str; 6] = ["rd=x0", "rd=rs1=rs2", "rd=rs1", "rd=rs2", "rs1=rs2", "distinct"];
const IMMEDIATES: [&str; 7] = ["0", "1", "-1", "min", "max", "positive", "negative"];
const SHIFTS: [&str; 7] = ["0", "1", "2..30", "31", "32", "33..62", "63"];

/// Operations that a program of this profile can execute, and go on.
pub fn retirable(profile: &Profile) -> impl Iterator<Item = Op> + '_ {
    Op::ALL.iter().copied().filter(|op| {
        let exists = profile.xlen == Xlen::Rv64 || !only_rv64(*op);
        exists && !matches!(op, Op::Illegal | Op::Ebreak) && !profile.lacks.contains(op)
    })
}

/// How an operation looks at its operands.
fn width(op: Op, xlen: Xlen) -> Width {
    let word = only_rv64(op) && !matches!(op, Op::Ld | Op::Lwu | Op::Sd);
    match xlen {
        Xlen::Rv32 => Width::Narrow,
        Xlen::Rv64 if word => Width::Lower,
        Xlen::Rv64 => Width::Wide,
    }
}

/// Whether an operation has a first and a second source register.
pub fn sources(op: Op) -> (bool, bool) {
    match op.format() {
        Format::Register | Format::Store | Format::Branch => (true, true),
        Format::Immediate | Format::Shift | Format::Load => (true, false),
        Format::Upper | Format::Jump | Format::Bare => (false, false),
    }
}

/// Numbers of the bins, by operation and then by what the axis tells.
pub struct Operands {
    opcodes: [Bin; OPS],
    widths: [Width; OPS],
    values: Vec<[Bin; CLASSES * CLASSES]>,
    aliases: [[Bin; ALIASES.len()]; OPS],
    immediates: [[Bin; IMMEDIATES.len()]; OPS],
}

impl Operands {
    pub fn new(builder: &mut Builder, profile: &Profile) -> Self {
        let mut new = Self {
            opcodes: [NOWHERE; OPS],
            widths: std::array::from_fn(|op| width(Op::ALL[op], profile.xlen)),
            values: vec![[NOWHERE; CLASSES * CLASSES]; OPS],
            aliases: [[NOWHERE; ALIASES.len()]; OPS],
            immediates: [[NOWHERE; IMMEDIATES.len()]; OPS],
        };
        builder.axis("opcode", "operation");
        retirable(profile).for_each(|op| new.opcodes[op as usize] = builder.bin(&[op.name()]));
        builder.axis(
            "operands",
            "operation, class of the value in rs1, class of that in rs2 where there is one",
        );
        retirable(profile).for_each(|op| new.number_values(builder, op));
        builder.axis("alias", "operation, which of its registers are the same");
        for op in retirable(profile) {
            for alias in aliases(op.format()) {
                new.aliases[op as usize][*alias] = builder.bin(&[op.name(), ALIASES[*alias]]);
            }
        }
        builder.axis(
            "immediate",
            "operation, class of its immediate or shift amount; targets are on other axes",
        );
        for op in retirable(profile) {
            for (class, label) in immediates(op, new.widths[op as usize]).iter().enumerate() {
                new.immediates[op as usize][class] = builder.bin(&[op.name(), label]);
            }
        }
        new
    }

    fn number_values(&mut self, builder: &mut Builder, op: Op) {
        let width = self.widths[op as usize];
        let is_access = matches!(op.format(), Format::Load | Format::Store) && op != Op::Jalr;
        let first = |class| if is_access { is_base(class, width) } else { exists(class, width) };
        let bins = &mut self.values[op as usize];
        let name = |class: usize| values::NAMES[class];
        for a in (0..CLASSES).filter(|class| first(*class)) {
            match sources(op) {
                (true, true) => {
                    for b in (0..CLASSES).filter(|class| exists(*class, width)) {
                        bins[a * CLASSES + b] = builder.bin(&[op.name(), name(a), name(b)]);
                    }
                }
                (true, false) => bins[a * CLASSES] = builder.bin(&[op.name(), name(a)]),
                _ => {}
            }
        }
    }

    /// The bins of an instruction.
    #[inline(always)]
    pub fn visit(&self, retired: &Retired, hit: &mut impl FnMut(Bin)) {
        let op = retired.instruction.op;
        let number = op as usize;
        hit(self.opcodes[number]);
        let width = self.widths[number];
        match sources(op) {
            (true, true) => {
                let (a, b) = (class(retired.a, width), class(retired.b, width));
                hit(self.values[number][a * CLASSES + b]);
            }
            (true, false) => hit(self.values[number][class(retired.a, width) * CLASSES]),
            _ => {}
        }
        if op != Op::Ecall {
            hit(self.aliases[number][alias(&retired.instruction)]);
        }
        if let Some(class) = immediate(&retired.instruction) {
            hit(self.immediates[number][class]);
        }
    }
}

/// The patterns that instructions of a format can have.
fn aliases(format: Format) -> &'static [usize] {
    match format {
        Format::Register => &[0, 1, 2, 3, 4, 5],
        Format::Immediate | Format::Shift | Format::Load => &[0, 2, 5],
        Format::Store | Format::Branch => &[4, 5],
        Format::Upper | Format::Jump => &[0, 5],
        Format::Bare => &[],
    }
}

/// The first pattern that fits.
#[inline(always)]
fn alias(instruction: &Instruction) -> usize {
    let Instruction { op, rd, rs1, rs2, .. } = *instruction;
    let (first, second) = sources(op);
    match (op.writes_register(), rd == rs1, second && rs1 == rs2) {
        (true, ..) if rd == DISCARD => 0,
        (true, true, true) => 1,
        (true, true, _) if first => 2,
        (true, ..) if second && rd == rs2 => 3,
        (_, _, true) => 4,
        _ => 5,
    }
}

/// Names of the classes of an operation's immediates. Distances of jumps and branches are axes of their own.
fn immediates(op: Op, width: Width) -> &'static [&'static str] {
    match op.format() {
        Format::Immediate | Format::Load | Format::Store | Format::Upper => &IMMEDIATES,
        Format::Shift if width == Width::Wide => &SHIFTS,
        Format::Shift => &SHIFTS[..4],
        Format::Register | Format::Branch | Format::Jump | Format::Bare => &[],
    }
}

#[inline(always)]
fn immediate(instruction: &Instruction) -> Option<usize> {
    let (value, bits) = match instruction.op.format() {
        Format::Immediate | Format::Load | Format::Store => (instruction.imm, 12),
        Format::Upper => (instruction.imm >> 12, 20),
        Format::Shift => {
            return Some(match instruction.imm {
                0 => 0,
                1 => 1,
                2..=30 => 2,
                31 => 3,
                32 => 4,
                33..=62 => 5,
                _ => 6,
            })
        }
        _ => return None,
    };
    let extreme = 1 << (bits - 1);
    Some(match value {
        0 => 0,
        1 => 1,
        -1 => 2,
        _ if value == -extreme => 3,
        _ if value == extreme - 1 => 4,
        2.. => 5,
        _ => 6,
    })
}
