//! What the generators make: that it runs, that it is the same each time, and that it is what was meant.

mod common;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use common::{count, digest, make, run, STEPS, WIDTHS};
use riscv_generator::encode::available;
use riscv_generator::generate::classes::Class;
use riscv_generator::generate::Kind;
use riscv_generator::ir::{Form, JumpForm, Op};
use riscv_generator::prerun;
use rvref::{Format, Observer, Op as Opcode, Retired, Stop, Xlen};

#[test]
fn every_program_ends_with_its_exit_code() {
    let mut rejects = Vec::new();
    for kind in [Kind::Positive, Kind::Naive] {
        for xlen in WIDTHS {
            for index in 0..3000 {
                let made = make(kind, xlen, 11, index);
                let ran = run(&made.program, &made.layout).unwrap();
                assert_eq!(ran.stop, Stop::Halted(made.program.exit_code), "{kind:?} {xlen:?} {index}");
                assert!(!ran.published.is_empty());
                rejects.extend(made.rejects);
            }
        }
    }
    assert!(rejects.len() < 120, "{rejects:?}");
}

#[test]
fn negative_programs_end_in_many_ways_but_always_end() {
    for xlen in WIDTHS {
        let mut ends = BTreeSet::new();
        let mut good = 0;
        for index in 0..2000 {
            let made = make(Kind::Negative, xlen, 12, index);
            match run(&made.program, &made.layout) {
                Ok(ran) => {
                    assert!(!matches!(ran.stop, Stop::StepLimit(_)));
                    good += usize::from(ran.stop == Stop::Halted(0));
                    ends.insert(ran.stop.to_string().split(" 0x").next().unwrap().to_owned());
                }
                Err(message) => {
                    ends.insert(message.split(" 0x").next().unwrap().to_owned());
                }
            }
        }
        assert!(good < 1000, "{good}");
        for end in [
            "illegal instruction",
            "misaligned load",
            "misaligned store",
            "misaligned jump",
            "load",
            "store",
            "jump",
            "ebreak at pc",
            "unknown syscall",
            "the text has an illegal instruction",
            "exit code 1",
            "the segment at",
        ] {
            assert!(ends.contains(end), "{end}: {ends:?}");
        }
    }
}

#[test]
fn a_program_is_the_same_each_time() {
    // A change of a generator changes them, and with them what every seed means: that is for the change log.
    let expected: &[(Kind, Xlen, u64, u64, u64)] = &[
        (Kind::Positive, Xlen::Rv64, 0, 0, 0x6d8b0d0d70ab3927),
        (Kind::Positive, Xlen::Rv64, 1, 7, 0x807c7f86b1ad7b59),
        (Kind::Positive, Xlen::Rv64, u64::MAX, 1 << 40, 0x4cc1f81cb73093ee),
        (Kind::Positive, Xlen::Rv32, 0, 0, 0xd90296078c4f8860),
        (Kind::Positive, Xlen::Rv32, 1, 7, 0x6dad81bcb628e038),
        (Kind::Positive, Xlen::Rv32, u64::MAX, 1 << 40, 0xb6e08c09b59115e6),
        (Kind::Negative, Xlen::Rv64, 0, 0, 0xcceef01385870599),
        (Kind::Negative, Xlen::Rv64, 1, 7, 0x620262edbd16fd9e),
        (Kind::Negative, Xlen::Rv64, u64::MAX, 1 << 40, 0x326a5955646149e2),
        (Kind::Negative, Xlen::Rv32, 0, 0, 0xd039df2776a7f036),
        (Kind::Negative, Xlen::Rv32, 1, 7, 0x57b4cde6c89ad592),
        (Kind::Negative, Xlen::Rv32, u64::MAX, 1 << 40, 0xdc235caf1b4fd9fc),
        (Kind::Naive, Xlen::Rv64, 0, 0, 0x3f90f93bebf62c84),
        (Kind::Naive, Xlen::Rv64, 1, 7, 0xdc5ed6224c21e905),
        (Kind::Naive, Xlen::Rv64, u64::MAX, 1 << 40, 0xfe7e04041b093bbd),
        (Kind::Naive, Xlen::Rv32, 0, 0, 0x4738c9da7b404643),
        (Kind::Naive, Xlen::Rv32, 1, 7, 0x3e9256cff688805b),
        (Kind::Naive, Xlen::Rv32, u64::MAX, 1 << 40, 0xb644540d5ba9cdaf),
    ];
    for (kind, xlen, seed, index, digest_of_elf) in expected.iter().copied() {
        let made = make(kind, xlen, seed, index);
        let found = digest(&made.layout.elf);
        assert_eq!(found, digest_of_elf, "(Kind::{kind:?}, Xlen::{xlen:?}, {seed}, {index}, {found:#x}),");
    }
}

/// How the registers of an R-type instruction are alike.
fn alias(rd: u8, rs1: u8, rs2: u8) -> BTreeSet<&'static str> {
    // The reference executor writes x0 as a register of its own.
    let rd = rd % 32;
    let patterns = [
        ("none", rd != rs1 && rd != rs2 && rs1 != rs2 && rd != 0),
        ("rd = rs1", rd == rs1 && rd != rs2),
        ("rd = rs2", rd == rs2 && rd != rs1),
        ("rs1 = rs2", rs1 == rs2 && rd != rs1),
        ("all", rd == rs1 && rd == rs2),
        ("rd = x0", rd == 0),
        ("rs1 = x0", rs1 == 0),
        ("rs2 = x0", rs2 == 0),
    ];
    patterns.into_iter().filter(|(_, fits)| *fits).map(|(name, _)| name).collect()
}

/// Which bins were reached.
struct Bins {
    xlen: Xlen,
    ops: BTreeSet<usize>,
    aliases: BTreeSet<(usize, &'static str)>,
    pairs: BTreeSet<(usize, usize, usize)>,
    taken: BTreeSet<(usize, bool)>,
}

impl Observer for Bins {
    const EACH: bool = true;

    fn retired(&mut self, retired: &Retired) -> ControlFlow<()> {
        let Retired { instruction, a, b, .. } = *retired;
        let op = instruction.op as usize;
        self.ops.insert(op);
        if matches!(instruction.op.format(), Format::Register | Format::Branch) {
            let [a, b] = [a, b].map(|value| Class::of(value, self.xlen) as usize);
            self.pairs.insert((op, a, b));
        }
        if instruction.op.format() == Format::Register {
            let patterns = alias(instruction.rd, instruction.rs1, instruction.rs2);
            self.aliases.extend(patterns.into_iter().map(|pattern| (op, pattern)));
        }
        if instruction.op.format() == Format::Branch {
            let signed = (a as i64).cmp(&(b as i64));
            let unsigned = a.cmp(&b);
            let taken = match instruction.op {
                Opcode::Beq => signed.is_eq(),
                Opcode::Bne => signed.is_ne(),
                Opcode::Blt => signed.is_lt(),
                Opcode::Bge => signed.is_ge(),
                Opcode::Bltu => unsigned.is_lt(),
                _ => unsigned.is_ge(),
            };
            self.taken.insert((op, taken));
        }
        ControlFlow::Continue(())
    }
}

fn bins(kind: Kind, xlen: Xlen, programs: u64) -> Bins {
    let mut bins = Bins {
        xlen,
        ops: BTreeSet::new(),
        aliases: BTreeSet::new(),
        pairs: BTreeSet::new(),
        taken: BTreeSet::new(),
    };
    for index in 0..programs {
        let made = make(kind, xlen, 13, index);
        prerun::run(&made.layout.elf, xlen, STEPS, &mut bins).unwrap();
    }
    bins
}

#[test]
fn every_operation_runs_with_every_alias_pattern_and_with_all_classes_of_operands() {
    for xlen in WIDTHS {
        let bins = bins(Kind::Positive, xlen, 2000);
        let exist = |op: &&Opcode| {
            available(**op, xlen) && !matches!(**op, Opcode::Illegal | Opcode::Fence | Opcode::Ebreak)
        };
        let mut expected_pairs = 0;
        for op in Opcode::ALL.iter().filter(exist) {
            let number = *op as usize;
            assert!(bins.ops.contains(&number), "{}", op.name());
            if op.format() == Format::Register {
                let found = bins.aliases.iter().filter(|(other, _)| *other == number).count();
                assert_eq!(found, 8, "{}: {:?}", op.name(), bins.aliases);
            }
            if op.format() == Format::Branch {
                assert!(bins.taken.contains(&(number, true)) && bins.taken.contains(&(number, false)));
            }
            if matches!(op.format(), Format::Register | Format::Branch) {
                expected_pairs += Class::ALL.len().pow(2);
                for class in Class::ALL.iter().map(|class| *class as usize) {
                    let of = |place: fn(&(usize, usize, usize)) -> usize| {
                        bins.pairs.iter().any(|pair| pair.0 == number && place(pair) == class)
                    };
                    assert!(of(|pair| pair.1) && of(|pair| pair.2), "{} with class {class}", op.name());
                }
            }
        }
        let naive = self::bins(Kind::Naive, xlen, 2000).pairs.len();
        let found = bins.pairs.len();
        println!("{xlen:?}: {found} of {expected_pairs} pairs of operand classes; naive {naive}");
        assert!(found * 100 > expected_pairs * 97, "{found} of {expected_pairs}");
        assert!(naive < found);
    }
}

#[test]
fn every_program_sweeps_over_all_operations() {
    for xlen in WIDTHS {
        for index in 0..40 {
            let mut names = BTreeSet::new();
            for op in make(Kind::Positive, xlen, 16, index).program.blocks.iter().flat_map(|block| &block.ops)
            {
                if let Op::Ins { name, .. } | Op::Branch { name, .. } = op {
                    names.insert(name.name());
                }
            }
            let swept = |op: &&Opcode| {
                available(**op, xlen)
                    && !matches!(op.format(), Format::Bare | Format::Jump)
                    && **op != Opcode::Jalr
            };
            for op in Opcode::ALL.iter().filter(swept) {
                assert!(names.contains(op.name()), "{xlen:?} {index}: {}", op.name());
            }
        }
    }
}

#[test]
fn every_kind_of_op_and_form_is_made() {
    let mut kinds = BTreeSet::new();
    let mut blends = [0, 0];
    for index in 0..1500 {
        let program = make(Kind::Positive, Xlen::Rv64, 14, index).program;
        for op in program.blocks.iter().flat_map(|block| &block.ops) {
            let debug = format!("{op:?}");
            kinds.insert(debug.split([' ', '{']).next().unwrap().to_owned());
            match op {
                Op::Jump { form: JumpForm::Computed, blend, .. } => blends[0] += usize::from(blend.is_some()),
                Op::Set { to, .. } if to.form == Form::Pool => blends[1] += usize::from(to.blend.is_some()),
                _ => {}
            }
        }
    }
    for kind in [
        "Ins",
        "Set",
        "Access",
        "Masked",
        "Branch",
        "Jump",
        "Switch",
        "Return",
        "LoopStart",
        "LoopEnd",
        "Pad",
        "Checkpoint",
        "Write",
        "HintLen",
        "Hint",
        "Precompile",
    ] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
    assert!(!kinds.contains("Word") && blends.iter().all(|blends| *blends > 500), "{blends:?}");
}

#[test]
fn longest_jumps_are_made_and_run() {
    // Those of this seed that have them.
    let long = (0..12_000)
        .map(|index| make(Kind::Positive, Xlen::Rv64, 15, index))
        .find(|made| count(&made.program, |op| matches!(op, Op::Pad { count } if *count > 100_000)) == 2);
    let made = long.expect("one in 4,000 programs has them");
    assert_eq!(run(&made.program, &made.layout).unwrap().stop, Stop::Halted(made.program.exit_code));
}
