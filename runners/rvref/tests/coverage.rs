//! The coverage map: that its numbering is sound, and that what happens is counted once, where it belongs.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use common::*;
use rvref::Xlen::{Rv32, Rv64};
use rvref::{decode, Coverage, Host, Image, Machine, Map, Observer, Profile, Stop, Xlen};

/// What a program covers, by bin, and how it ends.
fn cover(coverage: &mut Coverage, elf: &[u8]) -> (Stop, Everything) {
    let profile = Profile::of(elf);
    let image = Image::parse(elf, profile.xlen).unwrap();
    let mut machine = Machine::with_image(&image, profile).unwrap();
    machine.step_limit = Some(2000);
    let mut everything = Everything::default();
    machine.clone().run(&mut Host::new(vec![], &mut Vec::new()), &mut everything);
    let mut watch = coverage.watch(&image, &machine);
    let stop = machine.run(&mut Host::new(vec![], &mut Vec::new()), &mut watch);
    watch.ended(&stop, &machine);
    (stop, everything)
}

/// Axis and labels of what a program covers, with counts.
fn covered(elf: &[u8]) -> BTreeMap<String, u32> {
    let mut coverage = Coverage::new();
    cover(&mut coverage, elf);
    named(&coverage)
}

fn named(coverage: &Coverage) -> BTreeMap<String, u32> {
    static MAP: LazyLock<Map> = LazyLock::new(Coverage::map);
    let name = |bin: u16| {
        let (axis, labels) = MAP.bin(usize::from(bin)).expect("a bin that exists");
        format!("{} {}", axis.name, labels.join(" "))
    };
    coverage.covered().map(|(bin, count)| (name(bin), count)).collect()
}

/// The sum of the counts on one axis.
fn on_axis(counts: &BTreeMap<String, u32>, axis: &str) -> u32 {
    counts.iter().filter(|(name, _)| name.starts_with(&format!("{axis} "))).map(|(_, count)| count).sum()
}

/// A small generator of pseudo-random numbers, as in *Numerical Recipes*.
struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.next(from.len() as u64) as usize]
    }
}

/// Any instructions, on registers that hold addresses and boundary values. Most accesses go to the data, for
/// which `s0` is kept, and most programs end in a trap.
fn any_program(random: &mut Random, xlen: Xlen) -> Vec<u8> {
    let values =
        [DATA + 8, DATA + 4088, TEXT + 1200, 0, 1, u64::MAX, 1 << 63, (1 << 63) - 1, 1 << 40, 0xffff_fff0];
    let mut text = li(8, DATA + 4096 - 64);
    for register in 9..16 {
        text.extend(li(register, random.choose(&values)));
    }
    let length = text.len() + 20 + random.next(300) as usize;
    while text.len() < length {
        let opcodes =
            [0x37, 0x17, 0x6f, 0x67, 0x63, 0x03, 0x23, 0x13, 0x33, 0x1b, 0x3b, 0x03, 0x23, 0x33, 0x13];
        let registers = [0, 1, 5, 9, 9, 10, 11, 12, 13, 14, 15];
        let [rd, rs1, rs2] = [7, 15, 20].map(|at| random.choose(&registers) << at);
        let opcode = random.choose(&opcodes);
        let funct7 = [0, 0, 1, 0x20, random.next(128) as u32][random.next(5) as usize];
        let mut word = opcode | rd | (random.next(8) as u32) << 12 | rs1 | rs2 | funct7 << 25;
        if matches!(opcode, 0x03 | 0x23) && random.next(16) > 0 {
            // Aligned, from s0.
            word = word & 0x7e0f_7fff & !(7 << 20) & !(7 << 7) | 8 << 15 | (rd & 0xf80 & !(7 << 7));
            word |= if opcode == 0x03 { rd } else { rs2 };
        } else if random.next(8) == 0 {
            word = word & 0x7f | (random.next(1 << 25) as u32) << 7;
        }
        if decode(word, xlen).is_some() {
            text.push(word);
        }
        if random.next(60) == 0 {
            let id = random.choose(&[0, 2, 2, 2, 3, 4, 0x10, 0x1a, 0xf0, 0xf1, 0x77, 0x73]);
            text.extend([addi(T0, 0, id), random.choose(&[ECALL, ECALL, ECALL, 0x0010_0073, 0x0000_000f])]);
        }
    }
    program(xlen, &text, &[0x55; 100])
}

#[test]
fn the_numbering_has_no_gaps_and_no_twins() {
    let map = Coverage::map();
    let mut next = 0;
    let mut names = BTreeSet::new();
    for axis in &map.axes {
        assert_eq!(axis.first, next, "{}", axis.name);
        next += axis.bins.len();
        assert!(names.insert(&axis.name) && !axis.bins.is_empty());
        let distinct: BTreeSet<_> = axis.bins.iter().collect();
        assert_eq!(distinct.len(), axis.bins.len(), "{}", axis.name);
        let width = axis.bins[0].len();
        assert!(axis.bins.iter().all(|labels| labels.len() <= width.max(3)), "{}", axis.name);
    }
    assert_eq!((map.size(), map.bin(next).is_none()), (next, true));
    let json = map.to_json();
    assert!(json.starts_with("{\"version\":1,\"axes\":[\n{\"name\":\"sp1.opcode\""));
    assert!(json.ends_with("]}\n]}"));
    assert!(json.contains("[\"mulhsu\",\"min\",\"-1\"]"));
}

#[test]
fn what_cannot_be_has_no_bin() {
    let map = Coverage::map();
    let has = |axis: &str, labels: &[&str]| {
        map.axes.iter().find(|other| other.name == axis).unwrap().bins.iter().any(|other| other == labels)
    };
    assert!(has("sp1.operands", &["addi", "dirty"]) && !has("sp1.operands", &["addi", "dirty", "0"]));
    assert!(has("rv32.operands", &["addi", "other"]) && !has("rv32.operands", &["addi", "dirty"]));
    assert!(!has("sp1.operands", &["ld", "min"]) && has("sp1.operands", &["sd", "0", "min"]));
    assert!(
        !has("sp1.opcode", &["fence"]) && !has("sp1.opcode", &["ebreak"]) && !has("rv32.opcode", &["ld"])
    );
    assert!(!has("sp1.pair", &["sw", "addi", "raw"]) && has("sp1.pair", &["sw", "addi", "war"]));
    assert!(!has("sp1.trap", &["misaligned", "lb"]) && has("sp1.trap", &["misaligned", "jalr"]));
    assert!(!has("sp1.branch", &["beq", "taken", "self", "0"]));
}

#[test]
fn coverage_is_the_sum_over_the_instructions() {
    let mut random = Random(1);
    for xlen in [Rv32, Rv64].repeat(60) {
        let elf = any_program(&mut random, xlen);
        let mut whole = Coverage::new();
        let (_, everything) = cover(&mut whole, &elf);
        let profile = Profile::of(&elf);
        let image = Image::parse(&elf, profile.xlen).unwrap();
        let machine = Machine::with_image(&image, profile).unwrap();
        let mut parts = Coverage::new();
        for retired in &everything.0 {
            // Each with an observer of its own, which knows nothing of the others.
            assert!(parts.watch(&image, &machine).retired(retired).is_continue());
        }
        let (whole, parts) = (named(&whole), named(&parts));
        let retired = everything.0.len() as u32;
        let name = profile.name;
        assert_eq!(on_axis(&whole, &format!("{name}.opcode")), retired);
        assert_eq!(on_axis(&whole, &format!("{name}.pair")), retired.saturating_sub(1));
        let own = ["opcode", "operands", "alias", "immediate", "access", "branch", "jump", "indirect"];
        for axis in own.map(|axis| format!("{name}.{axis} ")) {
            let of = |counts: &BTreeMap<String, u32>| -> Vec<_> {
                counts
                    .iter()
                    .filter(|(name, _)| name.starts_with(&axis))
                    .map(|(n, c)| (n.clone(), *c))
                    .collect()
            };
            assert_eq!(of(&whole), of(&parts), "{axis}");
        }
    }
}

#[test]
fn whatever_happens_has_a_bin() {
    let mut random = Random(2);
    let mut coverage = Coverage::new();
    let mut retired = 0;
    for xlen in [Rv32, Rv64].repeat(200) {
        let elf = any_program(&mut random, xlen);
        let (stop, _) = cover(&mut coverage, &elf);
        // No profile has a step limit of its own, and so no bin for it.
        let expected = u32::from(matches!(stop, Stop::StepLimit(_)));
        let before = coverage.astray();
        assert!(before <= expected, "{stop}");
        retired += on_axis(&named(&coverage), "sp1.opcode") + on_axis(&named(&coverage), "rv32.opcode");
        coverage.take();
    }
    assert!(retired > 400 * 100, "the programs end too early to show anything: {retired}");
}

#[test]
fn two_coverages_one_after_the_other_are_the_sum_of_both() {
    let mut random = Random(3);
    let programs: Vec<_> = (0..6).map(|_| any_program(&mut random, Rv64)).collect();
    let pairs = |bytes: &[u8]| -> Vec<(u32, u32)> {
        let number = |word: &[u8]| u32::from_le_bytes(word.try_into().unwrap());
        bytes.chunks_exact(8).map(|pair| (number(&pair[..4]), number(&pair[4..]))).collect()
    };
    let (mut together, mut apart) = (Coverage::new(), Coverage::new());
    let mut sums = BTreeMap::new();
    for elf in &programs {
        cover(&mut together, elf);
        cover(&mut apart, elf);
        for (bin, count) in pairs(&apart.take()) {
            *sums.entry(bin).or_insert(0) += count;
        }
    }
    assert_eq!(pairs(&together.take()), sums.into_iter().collect::<Vec<_>>());
    assert!(together.take().is_empty());
}

#[test]
fn operands_and_hazards_are_told_apart() {
    let min = [li(8, 1 << 63), li(9, u64::MAX)].concat();
    let text =
        [min, vec![r(1, 2, 0x33, 10, 8, 9), r(0, 0, 0x33, 11, 10, 0), r(0, 0, 0x3b, 0, 8, 8)], halt(0)];
    let counts = covered(&program(Rv64, &text.concat(), &[]));
    assert_eq!(counts["sp1.operands mulhsu min -1"], 1);
    assert_eq!(counts["sp1.alias mulhsu distinct"], 1);
    assert_eq!(counts["sp1.pair mulhsu add raw"], 1);
    assert_eq!(counts["sp1.alias addw rd=x0"], 1);
    assert_eq!(counts["sp1.operands addw dirty dirty"], 1);
    assert_eq!(counts["sp1.ending exit code 0"], 1);
    assert_eq!(counts["sp1.halt 0"], 1);
}

#[test]
fn accesses_are_told_apart() {
    let words = vec![s(-8, 3, 8, 9), i(-8, 2, 3, 7, 8), i(-4, 2, 3, 7, 8), i(0, 0, 3, 7, 8)];
    let text = [li(8, DATA + 4096), li(9, TEXT), words, vec![i(0, 2, 3, 0, 9)], commit(DATA + 1, 5), halt(3)];
    let counts = covered(&program(Rv64, &text.concat(), &[1; 16]));
    assert_eq!(counts["sp1.access store 8 0 last bss negative"], 1);
    assert_eq!(counts["sp1.access load 4 4 last bss negative"], 1);
    assert_eq!(counts["sp1.access load 1 0 first outside zero"], 1);
    assert_eq!(counts["sp1.access load 4 0 first text zero"], 1);
    assert_eq!(counts["sp1.forwarding sd lw low part"], 1);
    assert_eq!(counts["sp1.forwarding sd lw inner part"], 1);
    assert_eq!(counts["sp1.write commit 2..7 1"], 1);
    assert_eq!(counts["sp1.commits 2^0"], 1);
    assert_eq!(counts["sp1.committed 2^2"], 1);
    assert_eq!(counts["sp1.halt 2..255"], 1);
}

#[test]
fn transfers_of_control_are_told_apart() {
    let text = [
        vec![
            u(0, 0x17, 8),
            jalr(1, 8, 9),
            b(8, 0, 0, 0),
            addi(9, 9, 1),
            b(8, 1, 0, 0),
            j(4, 0),
            jalr(0, 8, 0x20),
        ],
        vec![addi(9, 9, 1); 4],
        halt(0),
    ];
    let counts = covered(&program(Rv64, &text.concat(), &[]));
    assert_eq!(counts["sp1.indirect ra other odd link"], 1);
    assert_eq!(counts["sp1.branch beq taken forward 64"], 1);
    assert_eq!(counts["sp1.branch bne not taken forward 64"], 1);
    assert_eq!(counts["sp1.jump x0 forward 4"], 1);
    assert_eq!(counts["sp1.indirect x0 other even inside"], 1);
}

#[test]
fn endings_are_told_apart() {
    let ending = |text: &[u32]| covered(&program(Rv64, text, &[]));
    assert_eq!(ending(&[i(1, 3, 3, 9, 0)])["sp1.trap misaligned ld"], 1);
    assert_eq!(ending(&[i(-8, 3, 3, 9, 0)])["sp1.trap refused ld"], 1);
    assert_eq!(ending(&[addi(9, 9, 1)])["sp1.trap past the end addi"], 1);
    assert_eq!(ending(&[jalr(0, 0, 0)])["sp1.trap refused jalr"], 1);
    assert_eq!(ending(&[0x0010_0073])["sp1.trap breakpoint ebreak"], 1);
    assert_eq!(ending(&[0x0000_000f])["sp1.trap illegal fence"], 1);
    assert_eq!(ending(&[0x3000_1073])["sp1.trap illegal system"], 1);
    assert_eq!(ending(&syscall(0x77, &[]))["sp1.syscall unknown"], 1);
    let unsupported = ending(&syscall(0x1_0107, &[]));
    assert_eq!((unsupported["sp1.ending unsupported"], unsupported["sp1.trap unsupported ecall"]), (1, 1));
}
