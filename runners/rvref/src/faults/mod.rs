//! Faults to plant, like those that executors and JITs of zkVMs have had: a harness is as good as what it
//! finds.
//!
//! A machine with a fault runs one instruction at a time; what the instruction did is then made wrong by the
//! fault's hook. So the instruction loop itself knows nothing of faults. All of this is for a build with the
//! feature `faults`, whose machines without a planted fault are those of any other build.

mod aliases;
mod arithmetic;
mod control;
mod memory;
mod output;
mod run;
mod step;
mod syscalls;

pub(crate) use run::run;
use step::{Call, Past, Scene, Step};

use crate::machine::Stop;

/// A single wrong behaviour.
#[derive(Debug)]
pub struct Fault {
    /// Its name, in kebab case: what `--plant` takes.
    pub name: &'static str,
    /// What part of a machine it is in.
    pub group: &'static str,
    /// What goes wrong, in one line.
    pub description: &'static str,
    hook: Hook,
}

/// Where a fault is. A function that returns `None` leaves everything right.
#[derive(Debug)]
enum Hook {
    /// What an instruction leaves in its destination register.
    Value(fn(&Step, &mut Past) -> Option<u64>),
    /// Where the program goes on after an instruction.
    Target(fn(&Step, &mut Past) -> Option<u64>),
    /// What else an instruction does.
    Effect(fn(&Step, &mut Scene)),
    /// The arguments of a syscall, which are put back afterwards; a stop ends the program before it.
    Call(fn(&mut Call) -> Option<Stop>),
    /// What a syscall leaves behind.
    Return(fn(&Call, &mut Scene)),
    /// The exit code.
    Exit(fn(i32) -> i32),
    /// What becomes of commits.
    Output(output::Spoil),
}

impl Fault {
    const fn new(group: &'static str, name: &'static str, description: &'static str, hook: Hook) -> Self {
        Self { name, group, description, hook }
    }

    /// The fault of this name.
    pub fn named(name: &str) -> Option<&'static Fault> {
        all().find(|fault| fault.name == name)
    }
}

/// All faults, group by group.
pub fn all() -> impl Iterator<Item = &'static Fault> {
    let groups: [&[Fault]; 6] = [
        &arithmetic::FAULTS,
        &aliases::FAULTS,
        &memory::FAULTS,
        &control::FAULTS,
        &syscalls::FAULTS,
        &output::FAULTS,
    ];
    groups.into_iter().flatten()
}
