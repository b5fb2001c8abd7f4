//! Jumps, branches, faults, the step limit, and what observers are told.

mod common;

use common::*;
use rvref::Xlen::{Rv32, Rv64};
use rvref::{Access, Hits, Host, Machine, Op, Profile, Stop, Trace, Trap};

fn fault(trap: Trap, pc: u64) -> Stop {
    Stop::Fault { trap, pc }
}

fn exit_code(text: &[u32]) -> Stop {
    run(text, &[]).0
}

#[test]
fn jalr_clears_bit_0_and_links() {
    let mut text = li(S2, 0);
    let target = TEXT + 4 * (text.len() as u64 + 2);
    text = li(S2, target + 1);
    text.extend([jalr(1, S2, 0), 0x0010_0073]);
    text.extend(halt(7));
    assert_eq!(exit_code(&text), Stop::Halted(7));
    assert_eq!(register_after(Rv64, &text, &[], 1), target - 4);
}

#[test]
fn jalr_may_overwrite_its_own_source() {
    let mut text = li(S2, TEXT + 4 * (li(S2, 0).len() as u64 + 2));
    text.extend([jalr(S2, S2, 0), 0x0010_0073]);
    text.extend(halt(3));
    assert_eq!(exit_code(&text), Stop::Halted(3));
}

#[test]
fn branches_are_taken_when_they_should() {
    const ONES: u64 = u64::MAX;
    // funct3, a, b, taken
    let cases = [
        (0, 5, 5, true),
        (0, 5, 6, false),
        (1, 5, 6, true),
        (1, ONES, ONES, false),
        (4, ONES, 0, true),
        (4, 0, ONES, false),
        (4, 3, 3, false),
        (5, 0, ONES, true),
        (5, 3, 3, true),
        (5, ONES, 0, false),
        (6, 0, ONES, true),
        (6, ONES, 0, false),
        (6, 3, 3, false),
        (7, ONES, 0, true),
        (7, 3, 3, true),
        (7, 0, ONES, false),
    ];
    for xlen in [Rv32, Rv64] {
        for (funct3, a, b_value, taken) in cases {
            let not_taken = halt(0);
            let mut text = [li(S2, a), li(S3, b_value)].concat();
            text.push(b(4 * (not_taken.len() as i32 + 1), funct3, S2, S3));
            text.extend(not_taken);
            text.extend(halt(1));
            let (stop, ..) = run_with(xlen, &text, &[], &[]);
            assert_eq!(stop, Stop::Halted(taken.into()), "{xlen:?} {funct3} {a:#x} {b_value:#x}");
        }
    }
}

#[test]
fn backward_jumps_and_branches() {
    // s3 = 5; do s2 += 2 while --s3; and on with a jump over a trap
    let mut text =
        vec![addi(S3, 0, 5), addi(S2, S2, 2), addi(S3, S3, -1), b(-8, 1, S3, 0), j(8, 0), 0x0010_0073];
    text.extend(halt(0));
    assert_eq!(register_after(Rv64, &text, &[], S2 as u8), 10);
}

#[test]
fn misaligned_targets_are_faults_of_taken_jumps_only() {
    assert_eq!(exit_code(&[j(6, 0)]), fault(Trap::Misaligned(Access::Fetch, TEXT + 6), TEXT));
    assert_eq!(exit_code(&[b(6, 0, 0, 0)]), fault(Trap::Misaligned(Access::Fetch, TEXT + 6), TEXT));
    assert_eq!(exit_code(&[vec![b(6, 1, 0, 0)], halt(0)].concat()), Stop::Halted(0));
    assert_eq!(exit_code(&[jalr(0, 0, 2)]), fault(Trap::Misaligned(Access::Fetch, 2), TEXT));
}

#[test]
fn leaving_the_text_is_a_fault() {
    assert_eq!(exit_code(&[addi(1, 0, 1)]), fault(Trap::Refused(Access::Fetch, TEXT + 4), TEXT));
    assert_eq!(exit_code(&[jalr(0, 0, 0)]), fault(Trap::Refused(Access::Fetch, 0), TEXT));
    let text = [li(S2, DATA), vec![jalr(0, S2, 0)]].concat();
    let pc = TEXT + 4 * (text.len() as u64 - 1);
    assert_eq!(exit_code(&text), fault(Trap::Refused(Access::Fetch, DATA), pc));
}

#[test]
fn what_cannot_be_executed_is_a_fault() {
    assert_eq!(exit_code(&[addi(0, 0, 0), 0x0010_0073]), fault(Trap::Breakpoint, TEXT + 4));
    let unimp = fault(Trap::Illegal(0xc000_1073), TEXT);
    assert_eq!(exit_code(&[0xc000_1073]), unimp);
    assert_eq!(unimp.to_string(), "illegal instruction 0xc0001073 at pc 0x78000000");
    // SP1 has no FENCE.
    assert_eq!(exit_code(&[0x0ff0_000f]), fault(Trap::Illegal(0x0ff0_000f), TEXT));
    let error = Machine::load(&program(Rv64, &[0], &[]), &Profile::SP1).err().unwrap();
    assert_eq!(error, "the text has an illegal instruction 0x00000000 at 0x78000000");
}

#[test]
fn text_in_several_parts() {
    let first = bytes(&[addi(S2, 0, 1)]);
    let second = bytes(&[addi(S2, S2, 2), u(1, 0x17, S3), jalr(0, S3, -4)]);
    let third = bytes(&[vec![addi(S2, S2, 4)], halt(0)].concat());
    let part = |start, bytes: &'static [u8]| (5, start, bytes, bytes.len() as u64);
    let [first, second, third] = [first, second, third].map(|bytes| -> &'static [u8] { bytes.leak() });
    let file = elf(Rv64, TEXT, &[part(TEXT, first), part(TEXT + 4, second), part(TEXT + 0x1004, third)]);
    let mut machine = Machine::load(&file, &Profile::SP1).unwrap();
    let stop = machine.run(&mut Host::new(vec![], &mut Vec::new()), &mut ());
    assert_eq!((stop, machine.state().cpu.x.get(S2 as u8)), (Stop::Halted(0), 7));
}

#[test]
fn the_step_limit_is_exact() {
    let text = [addi(S2, S2, 1), addi(S2, S2, 1), j(-8, 0)];
    for limit in [0, 1, 2, 3, 4, 1000, 1001] {
        let mut machine = load(Rv64, &text, &[]);
        machine.step_limit = Some(limit);
        let stop = machine.run(&mut Host::new(vec![], &mut Vec::new()), &mut ());
        assert_eq!((stop, machine.cycles()), (Stop::StepLimit(limit), limit));
        assert_eq!(machine.state().cpu.x.get(S2 as u8), limit - limit / 3);
    }
}

#[test]
fn hits_and_trace_tell_the_same() {
    let mut text = vec![addi(S3, 0, 5), addi(S2, S2, 2), addi(S3, S3, -1), b(-8, 1, S3, 0)];
    text.extend(halt(0));
    let (mut counted, mut watched) = (load(Rv64, &text, &[]), load(Rv64, &text, &[]));
    let mut hits = Hits::new(counted.text());
    let mut all = Everything::default();
    assert_eq!(
        counted.run(&mut Host::new(vec![], &mut Vec::new()), &mut hits),
        watched.run(&mut Host::new(vec![], &mut Vec::new()), &mut all),
    );
    let mut counts = vec![0; text.len()];
    all.0.iter().for_each(|retired| counts[retired.slot] += 1);
    assert_eq!(hits.by_slot().collect::<Vec<_>>(), counts);
    assert_eq!(counts[..5], [1, 5, 5, 5, 1]);
    assert_eq!(counts.iter().sum::<u64>(), counted.cycles());
    let by_op = hits.by_op(counted.text());
    assert_eq!((by_op[Op::Bne as usize], by_op[Op::Ecall as usize], by_op[Op::Sub as usize]), (5, 1, 0));
    let Some(branch) = all.0.iter().find(|retired| retired.instruction.op == Op::Bne) else { panic!() };
    assert_eq!((branch.pc, branch.a, branch.b), (TEXT + 12, 4, 0));
}

#[test]
fn a_trace_shows_address_word_assembly_and_result() {
    let mut machine = load(Rv64, &[addi(S2, 0, -1), addi(0, S2, 0), b(4, 0, 0, 0), 0x0010_0073], &[]);
    let mut lines = Vec::new();
    let mut trace = Trace::new(machine.text().clone(), &mut lines);
    machine.run(&mut Host::new(vec![], &mut Vec::new()), &mut trace);
    let expected = "\
0x78000000 fff00913 addi s2, zero, -1                s2=0xffffffffffffffff
0x78000004 00090013 addi zero, s2, 0                 zero=0x0
0x78000008 00000263 beq zero, zero, 0x7800000c
";
    assert_eq!(String::from_utf8(lines).unwrap(), expected);
}
