//! Each fault that can be planted is seen by a tiny program, and by few others.
#![cfg(feature = "faults")]

#[path = "../common/mod.rs"]
mod common;
mod memory_cases;
mod register_cases;
mod system_cases;

use common::*;
use runner_protocol::Backend;
use rvref::faults::{all, Fault};
use rvref::{Host, Machine, Profile, Xlen};

/// Name of a fault, a program that sees it, and the program's data.
pub type Case = (&'static str, Vec<u32>, Vec<u8>);

/// Commit a register; `s2` is lost.
pub fn show(register: u32) -> Vec<u32> {
    [li(S2, DATA + 2048), vec![s(0, 3, S2, register)], commit(DATA + 2048, 8)].concat()
}

fn cases() -> Vec<Case> {
    [register_cases::cases(), memory_cases::cases(), system_cases::cases()].concat()
}

/// How a program ends on a machine with or without a fault, and what it commits.
fn outcome(case: &Case, fault: Option<&'static Fault>) -> (String, Vec<u8>) {
    let (name, text, data) = case;
    let elf = program(Xlen::Rv64, text, data);
    let mut machine = Machine::load(&elf, &Profile::SP1).unwrap_or_else(|error| panic!("{name}: {error}"));
    machine.step_limit = Some(20_000);
    if let Some(fault) = fault {
        machine.plant(fault);
    }
    let mut committed = Vec::new();
    let stop = machine.run(&mut Host::new(Vec::new(), &mut committed), &mut ());
    (stop.to_string(), committed)
}

#[test]
fn every_fault_is_seen_by_its_program() {
    let cases = cases();
    for fault in all() {
        let mut own = cases.iter().filter(|case| case.0 == fault.name).peekable();
        assert!(own.peek().is_some(), "{} has no program", fault.name);
        for case in own {
            let clean = outcome(case, None);
            assert!(clean.0.starts_with("exit code"), "{}: {}", fault.name, clean.0);
            assert_ne!(outcome(case, Some(fault)), clean, "{}", fault.name);
        }
    }
    for case in &cases {
        assert!(Fault::named(case.0).is_some(), "there is no fault {}", case.0);
    }
}

#[test]
fn no_fault_is_seen_everywhere() {
    let cases = cases();
    let clean: Vec<_> = cases.iter().map(|case| outcome(case, None)).collect();
    for fault in all() {
        let seen = cases.iter().zip(&clean).filter(|(case, clean)| outcome(case, Some(fault)) != **clean);
        let count = seen.count();
        assert!(count * 4 < cases.len(), "{} is seen by {count} of {}", fault.name, cases.len());
    }
}

#[test]
fn names_are_unique_and_in_kebab_case() {
    let mut names: Vec<&str> = all().map(|fault| fault.name).collect();
    assert!(names.len() >= 48, "{} faults", names.len());
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    assert!(names.iter().all(|name| plain(name)));
    for fault in all() {
        // What the commands print needs no escapes.
        assert!(!fault.description.contains(['"', '\\', '\n']), "{}", fault.name);
        assert!(runner_protocol::Fault::named(fault.name).is_none(), "{}", fault.name);
    }
}

#[test]
fn a_planted_backend_runs_programs_with_the_fault() {
    let case = cases().into_iter().find(|case| case.0 == "div-by-zero-is-zero").unwrap();
    let elf = program(Xlen::Rv64, &case.1, &case.2);
    let mut backend = rvref::Reference::new();
    let clean = backend.run_program(&elf, 1 << 20);
    assert!(!backend.plant("no-such-fault"));
    assert_eq!(backend.run_program(&elf, 1 << 20), clean);
    assert!(backend.plant("div-by-zero-is-zero"));
    assert_ne!(backend.run_program(&elf, 1 << 20), clean);
}

#[test]
fn a_fault_that_is_not_met_changes_nothing() {
    let fault = Fault::named("mulh-min-min").unwrap();
    for case in cases().iter().filter(|case| case.0 != fault.name) {
        let elf = program(Xlen::Rv64, &case.1, &case.2);
        let run = |planted: bool| {
            let mut machine = Machine::load(&elf, &Profile::SP1).unwrap();
            machine.step_limit = Some(20_000);
            if planted {
                machine.plant(fault);
            }
            let (mut committed, mut seen) = (Vec::new(), Everything::default());
            let stop = machine.run(&mut Host::new(Vec::new(), &mut committed), &mut seen);
            let retired: Vec<_> = seen.0.iter().map(|seen| (seen.pc, seen.a, seen.b, seen.result)).collect();
            (stop, committed, machine.cycles(), retired)
        };
        assert_eq!(run(true), run(false), "{}", case.0);
    }
}
