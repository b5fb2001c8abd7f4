//! The reference executor as a backend of the runner protocol.

use std::io::Write;
use std::time::{Duration, Instant};

use runner_protocol::{Backend, Journal, ProgramOutcome, Ran, Status};

use crate::coverage::{Comparisons, Coverage, Edges};
use crate::elf::Image;
use crate::host::{Host, Output, Stream};
use crate::machine::{Machine, Stop};
use crate::observe::Observer;
use crate::profile::Profile;
use crate::trap::Trap;

/// A program of a batch that executes more instructions runs for ever: generated ones need some thousands.
const MOST_STEPS: u64 = 1 << 22;

/// A program that does not end in time, as it is elsewhere.
fn endless(message: &str, stream: Vec<u8>) -> Ran {
    let ended = ProgramOutcome {
        status: Status::Timeout,
        exit_code: None,
        signal: None,
        stream,
        message: message.to_owned(),
    };
    Ran { ended, cycles: None }
}

/// A machine, once a program is loaded. Programs run on the profile of their width, [`Profile::of`].
#[derive(Default)]
pub struct Reference {
    machine: Option<Machine>,
    /// Of the programs in batches.
    coverage: Coverage,
    #[cfg(feature = "faults")]
    fault: Option<&'static crate::faults::Fault>,
}

impl Reference {
    /// A backend without a program.
    pub fn new() -> Self {
        Self::default()
    }

    /// Load a program, with what it puts into memory still at hand.
    fn load_image<'a>(&self, program: &'a [u8], profile: &'static Profile) -> Result<Loaded<'a>, String> {
        let image = Image::parse(program, profile.xlen)?;
        #[cfg_attr(not(feature = "faults"), allow(unused_mut, reason = "only a fault changes it"))]
        let mut machine = Machine::with_image(&image, profile)?;
        #[cfg(feature = "faults")]
        if let Some(fault) = self.fault {
            machine.plant(fault);
        }
        Ok((image, machine))
    }
}

type Loaded<'a> = (Image<'a>, Machine);

impl Backend for Reference {
    fn name(&self) -> &str {
        "rvref"
    }

    fn vm_version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    fn capabilities(&self) -> &[&'static str] {
        &["load", "cycles", "programs", "coverage", "comparisons"]
    }

    fn load(&mut self, program: &[u8]) -> Result<(), String> {
        self.machine = Some(self.load_image(program, Profile::of(program))?.1);
        Ok(())
    }

    fn run(&mut self, buffers: Vec<Vec<u8>>, journal: Journal) {
        // The child owns its copy of the loaded machine: the fork has made it.
        let Some(machine) = self.machine.as_mut() else {
            journal.unsupported("a run before a program was loaded");
        };
        let (stop, elapsed) = run_watched(machine, buffers, journal, &mut ());
        end(machine, journal, &stop, elapsed);
    }

    fn run_covered(&mut self, buffers: Vec<Vec<u8>>, journal: Journal) {
        let Some(machine) = self.machine.as_mut() else {
            journal.unsupported("a run before a program was loaded");
        };
        let mut edges = Edges::new(machine.text().clone());
        let (stop, elapsed) = run_watched(machine, buffers, journal, &mut edges);
        journal.coverage(&edges.features());
        end(machine, journal, &stop, elapsed);
    }

    fn run_compared(&mut self, buffers: Vec<Vec<u8>>, journal: Journal) {
        let Some(machine) = self.machine.as_mut() else {
            journal.unsupported("a run before a program was loaded");
        };
        let mut comparisons = Comparisons::new(machine.text().clone());
        let (stop, elapsed) = run_watched(machine, buffers, journal, &mut comparisons);
        journal.coverage(&comparisons.told());
        end(machine, journal, &stop, elapsed);
    }

    fn run_program(&mut self, program: &[u8], output_bytes: u64) -> Ran {
        let profile = Profile::of(program);
        let (image, mut machine) = match self.load_image(program, profile) {
            Ok(loaded) => loaded,
            Err(message) => {
                self.coverage.unloaded(profile);
                return Ran::fault(&message, Vec::new());
            }
        };
        machine.step_limit = Some(machine.step_limit.unwrap_or(MOST_STEPS).min(MOST_STEPS));
        let mut output = Bounded { stream: Vec::new(), bound: output_bytes };
        let mut watch = self.coverage.watch(&image, &machine);
        let stop = machine.run(&mut Host::new(Vec::new(), &mut output), &mut watch);
        watch.ended(&stop, &machine);
        let stream = output.stream;
        match stop {
            Stop::Halted(code) => Ran::halted(code, stream, Some(machine.cycles())),
            Stop::Fault { trap: Trap::Unsupported(_), .. } => Ran::unsupported(&stop.to_string()),
            Stop::StepLimit(_) => endless(&stop.to_string(), stream),
            Stop::Fault { .. } | Stop::Observer => Ran::fault(&stop.to_string(), stream),
        }
    }

    fn coverage(&mut self) -> Vec<u8> {
        self.coverage.take()
    }

    #[cfg(feature = "faults")]
    fn plant(&mut self, fault: &str) -> bool {
        self.fault = crate::faults::Fault::named(fault);
        self.fault.is_some()
    }
}

/// Run a case in its own process, told to an observer: how it ended, and how long it took.
fn run_watched<O: Observer>(
    machine: &mut Machine,
    buffers: Vec<Vec<u8>>,
    journal: Journal,
    observer: &mut O,
) -> (Stop, Duration) {
    let mut output = Pipes { journal };
    let mut host = Host::new(buffers, &mut output);
    let started = Instant::now();
    let stop = machine.run(&mut host, observer);
    (stop, started.elapsed())
}

/// Write down how a case ended. Its process ends here, or with what is done next.
fn end(machine: &Machine, journal: Journal, stop: &Stop, elapsed: Duration) {
    match *stop {
        Stop::Halted(code) => {
            journal.ended(code, elapsed.as_nanos() as u64, Some(machine.cycles()));
        }
        Stop::Fault { trap: Trap::Unsupported(_), .. } => journal.unsupported(&stop.to_string()),
        Stop::Fault { .. } | Stop::StepLimit(_) | Stop::Observer => journal.fault(&stop.to_string()),
    }
}

/// Keeps commits up to the first one beyond the bound, which is cut one byte behind it: by that the protocol
/// tells that the bound was passed. What is printed is lost.
struct Bounded {
    stream: Vec<u8>,
    bound: u64,
}

impl Output for Bounded {
    fn commit(&mut self, bytes: &[u8]) {
        let room = self.bound.saturating_add(1).saturating_sub(self.stream.len() as u64);
        self.stream.extend_from_slice(&bytes[..bytes.len().min(room as usize)]);
    }

    fn print(&mut self, _stream: Stream, _bytes: &[u8]) {}

    fn is_full(&self) -> bool {
        self.stream.len() as u64 > self.bound
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
