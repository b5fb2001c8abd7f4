//! Whole programs, many in one forked child.
//!
//! A fork for each program would cost more than running it. So a child runs one program after the other and
//! writes down how each ended; when it dies, or takes too long, the program that it was at is run again in a
//! child of its own, whose fate is the program's, and another child goes on with the rest.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::journal::{exit_now, Journal};
use crate::message::{Batch, BatchOutcome, ProgramOutcome, Status};
use crate::plant::Fault;
use crate::serve::Backend;

/// What running one program gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran {
    /// How it ended.
    pub ended: ProgramOutcome,
    /// Instructions executed, where they are counted and the program ended by itself.
    pub cycles: Option<u64>,
}

impl Ran {
    /// The program ended by itself.
    pub fn halted(exit_code: i32, stream: Vec<u8>, cycles: Option<u64>) -> Self {
        let status = if exit_code == 0 { Status::Ok } else { Status::Panic };
        let message = if exit_code == 0 { String::new() } else { format!("exit code {exit_code}") };
        Self {
            ended: ProgramOutcome { status, exit_code: Some(exit_code), signal: None, stream, message },
            cycles,
        }
    }

    /// The executor could not go on.
    pub fn fault(message: &str, stream: Vec<u8>) -> Self {
        Self::without_end(Status::Crash, message, stream)
    }

    /// The program asked for something that this target does not offer.
    pub fn unsupported(what: &str) -> Self {
        Self::without_end(Status::Unsupported, what, Vec::new())
    }

    fn without_end(status: Status, message: &str, stream: Vec<u8>) -> Self {
        let ended =
            ProgramOutcome { status, exit_code: None, signal: None, stream, message: message.to_owned() };
        Self { ended, cycles: None }
    }
}

/// How far a batch has come.
pub(crate) struct BatchRun<'a> {
    batch: &'a Batch,
    ran: Vec<Ran>,
    coverage: Vec<Vec<u8>>,
    /// The next program has ended a child, or seems so: it gets one of its own.
    alone: bool,
}

impl<'a> BatchRun<'a> {
    /// Room for the outcomes of one child, in bytes; when it is full, another child goes on.
    pub const ROOM: u64 = 32 << 20;

    pub fn new(batch: &'a Batch) -> Self {
        Self { batch, ran: Vec::new(), coverage: Vec::new(), alone: false }
    }

    /// What the next child is to run.
    pub fn next(&self) -> Option<Range<usize>> {
        let (first, all) = (self.ran.len(), self.batch.programs.len());
        (first < all).then(|| first..if self.alone { first + 1 } else { all })
    }

    /// Run programs; called in the forked child.
    pub fn run(&self, backend: &mut dyn Backend, programs: Range<usize>, journal: Journal) {
        for program in &self.batch.programs[programs] {
            let mut ran = backend.run_program(program, self.batch.output_bytes);
            if ran.ended.stream.len() as u64 > self.batch.output_bytes {
                let message = format!("committed more than {} bytes", self.batch.output_bytes);
                ran = Ran::without_end(Status::Limit, &message, Vec::new());
            }
            if !journal.program(&ran) {
                exit_now(0);
            }
        }
        journal.coverage(&backend.coverage());
    }

    /// Take what a child has done; `fate` is what became of it, should a single program have ended it.
    pub fn done(&mut self, ran: Vec<Ran>, coverage: Vec<u8>, fate: impl FnOnce() -> ProgramOutcome) {
        let expected = self.next().map_or(0, |programs| programs.len());
        let through = ran.len() >= expected;
        self.ran.extend(ran.into_iter().take(expected));
        self.coverage.push(coverage);
        if !through && self.alone {
            self.ran.push(Ran { ended: fate(), cycles: None });
        }
        self.alone = !through && !self.alone;
    }

    /// The answer, once all programs have run.
    pub fn outcome(mut self, planted: Option<Fault>) -> BatchOutcome {
        if let Some(fault) = planted {
            self.ran.iter_mut().for_each(|ran| fault.spoil_ended(&mut ran.ended));
        }
        let ended: Vec<&ProgramOutcome> = self.ran.iter().map(|ran| &ran.ended).collect();
        BatchOutcome {
            id: self.batch.id,
            outcomes: rmp_serde::to_vec(&ended).expect("plain data encodes"),
            cycles: self.ran.iter().map(|ran| ran.cycles).collect(),
            coverage: self.coverage.concat(),
        }
    }
}
