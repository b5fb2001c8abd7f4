//! The reference executor as a backend of the runner protocol.

use std::io::Write;
use std::time::Instant;

use runner_protocol::{Backend, Journal};

use crate::host::{Host, Output, Stream};
use crate::machine::{Machine, Stop};
use crate::profile::Profile;
use crate::trap::Trap;

/// A machine, once a program is loaded.
pub struct Reference {
    profile: &'static Profile,
    machine: Option<Machine>,
}

impl Reference {
    /// A backend that stands in for the zkVM of this profile.
    pub fn new(profile: &'static Profile) -> Self {
        Self { profile, machine: None }
    }
}

impl Backend for Reference {
    fn name(&self) -> &str {
        "rvref"
    }

    fn vm_version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    fn capabilities(&self) -> &[&'static str] {
        &["load", "cycles"]
    }

    fn load(&mut self, program: &[u8]) -> Result<(), String> {
        self.machine = Some(Machine::load(program, self.profile)?);
        Ok(())
    }

    fn run(&mut self, buffers: Vec<Vec<u8>>, journal: Journal) {
        // The child owns its copy of the loaded machine: the fork has made it.
        let Some(machine) = self.machine.as_mut() else {
            journal.unsupported("a run before a program was loaded");
        };
        let mut output = Pipes { journal };
        let mut host = Host::new(buffers, &mut output);
        let started = Instant::now();
        let stop = machine.run(&mut host, &mut ());
        let elapsed = started.elapsed();
        match stop {
            Stop::Halted(code) => {
                journal.ended(code, elapsed.as_nanos() as u64, Some(machine.cycles()));
            }
            Stop::Fault { trap: Trap::Unsupported(_), .. } => journal.unsupported(&stop.to_string()),
            Stop::Fault { .. } | Stop::StepLimit(_) | Stop::Observer => journal.fault(&stop.to_string()),
        }
    }
}

/// Commits go to the journal, prints to the child's own streams.
struct Pipes {
    journal: Journal,
}

impl Output for Pipes {
    fn commit(&mut self, bytes: &[u8]) {
        self.journal.bytes(bytes);
    }

    fn print(&mut self, stream: Stream, bytes: &[u8]) {
        // A program whose reader has gone prints into the void, as it does in a zkVM.
        drop(match stream {
            Stream::Out => std::io::stdout().write_all(bytes).and_then(|()| std::io::stdout().flush()),
            Stream::Err => std::io::stderr().write_all(bytes),
        });
    }
}
