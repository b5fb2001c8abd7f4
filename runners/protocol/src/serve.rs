//! The request loop, from a runner's command line to its outcomes.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::time::{Duration, Instant};

use crate::batch::{BatchRun, Ran};
use crate::child::{run_forked, Fate};
use crate::ending::{ending, nanoseconds, outcome_of};
use crate::frame::{holds_frame, read_frame, write_frame};
use crate::journal::Journal;
use crate::message::{
    Answer, Batch, BatchOutcome, Hello, Loaded, Outcome, ProgramOutcome, Request, Run, PROTOCOL,
};
use crate::plant::Fault;
use crate::several;
use crate::told::{Told, ToldCase};

/// Outcomes are sent when this much has gathered, or a tick has passed, or no request is waiting.
const SEND_AT: usize = 32 << 10;
const SEND_AFTER: Duration = Duration::from_millis(10);

/// What stands behind a runner: an executor with one program, or a program built into the runner.
pub trait Backend {
    /// Name of the target.
    fn name(&self) -> &str;
    /// Version of the zkVM.
    fn vm_version(&self) -> &str;
    /// Capabilities for the hello.
    fn capabilities(&self) -> &[&'static str];
    /// Load a program, once, before the first run. The error is one line for people.
    fn load(&mut self, program: &[u8]) -> Result<(), String>;
    /// Run the program; called in the forked child. It writes what happens into the journal and ends with
    /// [`Journal::ended`]; returning without that means that the program left by another door.
    fn run(&mut self, buffers: Vec<Vec<u8>>, journal: Journal);
    /// The same, and write down with [`Journal::coverage`] what the run covered, before it ends. For runners
    /// with the capability `coverage`.
    fn run_covered(&mut self, buffers: Vec<Vec<u8>>, journal: Journal) {
        self.run(buffers, journal);
    }
    /// The same with what the run compared. For runners with the capability `comparisons`.
    fn run_compared(&mut self, buffers: Vec<Vec<u8>>, journal: Journal) {
        self.run(buffers, journal);
    }
    /// The same, and write down with [`Journal::read`] what the program reads. For runners with the capability
    /// `reads`.
    fn run_reading(&mut self, buffers: Vec<Vec<u8>>, journal: Journal) {
        self.run(buffers, journal);
    }
    /// Whether [`Backend::run_in_turn`] can be called.
    fn runs_in_turn(&self) -> bool {
        false
    }
    /// Run the program in a forked child that runs others before and after it: each must find everything as the
    /// first one does. It ends with [`Journal::note_end`] and returns; a case that ends the child instead is run
    /// again by [`Backend::run`].
    fn run_in_turn(&mut self, _buffers: Vec<Vec<u8>>, journal: Journal) {
        journal.unsupported("cases in turn");
    }
    /// The child has called [`Journal::again`]: prepare for running the same case once more.
    fn run_again(&mut self) {}
    /// Run a program that has no input, in a forked child that runs others before and after it. A program may
    /// kill the child: then it is run once more, alone. For runners with the capability `programs`.
    fn run_program(&mut self, _program: &[u8], _output_bytes: u64) -> Ran {
        Ran::unsupported("whole programs")
    }
    /// What the programs that this process has run covered, as bytes of the target's own making; empty without.
    fn coverage(&mut self) -> Vec<u8> {
        Vec::new()
    }
    /// Misbehave in a way of this backend's own; false when it knows no fault of that name.
    fn plant(&mut self, _fault: &str) -> bool {
        false
    }
    /// Separate what the guest printed from what the executor printed around it.
    fn guest_output(&self, stdout: Vec<u8>, stderr: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
        (stdout, stderr)
    }
}

/// A runner's command line.
#[derive(Clone, Debug)]
pub struct Options {
    requests: RawFd,
    answers: RawFd,
    planted: String,
}

impl Options {
    /// Parse `--requests FD --answers FD [--plant FAULT]`; the error is a line for whoever started the runner.
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { requests: -1, answers: -1, planted: String::new() };
        let mut arguments = arguments;
        while let Some(flag) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{flag} wants a value"))?;
            match flag.as_str() {
                "--requests" => options.requests = descriptor(&value)?,
                "--answers" => options.answers = descriptor(&value)?,
                "--plant" => options.planted = value,
                _ => return Err(format!("unknown argument {flag}")),
            }
        }
        if options.requests < 0 || options.answers < 0 {
            return Err("this is a runner of the fuzzing harness; `fuzz run` starts it".to_owned());
        }
        Ok(options)
    }
}

fn descriptor(value: &str) -> Result<RawFd, String> {
    value.parse().map_err(|_| format!("{value} is not a file descriptor"))
}

/// Answer requests until their stream ends. An error means that the other side does not keep the protocol.
pub fn serve(backend: &mut dyn Backend, options: Options) -> io::Result<()> {
    // When the machine runs out of memory it shall be a guest that goes; where this is not allowed, so be it.
    drop(std::fs::write("/proc/self/oom_score_adj", "1000"));
    let planted = Fault::named(&options.planted);
    if planted.is_none() && !options.planted.is_empty() && !backend.plant(&options.planted) {
        return Err(io::Error::other(format!("no fault is named {}", options.planted)));
    }
    let mut server = Server {
        requests: BufReader::with_capacity(SEND_AT, unsafe { File::from_raw_fd(options.requests) }),
        answers: Answers {
            to: unsafe { File::from_raw_fd(options.answers) },
            pending: Vec::new(),
            since: Instant::now(),
        },
        planted,
        journal: None,
        ahead: None,
        small: true,
    };
    server.answers.queue(&Answer::Hello(Hello {
        protocol: PROTOCOL,
        name: backend.name().to_owned(),
        vm_version: backend.vm_version().to_owned(),
        capabilities: backend.capabilities().iter().map(|name| (*name).to_owned()).collect(),
        planted: options.planted,
    }))?;
    server.answers.send()?;
    while let Some((kind, body)) = server.next_request()? {
        let answer = match Request::decode(kind, &body) {
            Ok(Request::Load(load)) => loaded(backend, &load.program),
            Ok(Request::Run(run)) => {
                server.runs(backend, run)?;
                continue;
            }
            Ok(Request::Batch(batch)) => server.batch(backend, batch),
            Err(message) => Answer::Failure(message),
        };
        server.answers.queue(&answer)?;
        if matches!(answer, Answer::Loaded(_)) {
            // At once: whoever dies after this dies of a case.
            server.answers.send()?;
        }
    }
    server.answers.send()
}

fn loaded(backend: &mut dyn Backend, program: &[u8]) -> Answer {
    let started = Instant::now();
    match backend.load(program) {
        Ok(()) => Answer::Loaded(Loaded { elapsed_ns: nanoseconds(started.elapsed()) }),
        Err(message) => Answer::Failure(message),
    }
}

struct Server {
    requests: BufReader<File>,
    answers: Answers,
    planted: Option<Fault>,
    journal: Option<(u64, Journal)>,
    /// A request that was read too early.
    ahead: Option<(u8, Vec<u8>)>,
    /// Whether the last case was one of which a child runs several.
    small: bool,
}

impl Server {
    fn next_request(&mut self) -> io::Result<Option<(u8, Vec<u8>)>> {
        if let Some(request) = self.ahead.take() {
            return Ok(Some(request));
        }
        // About to wait for the harness: it may be waiting for these.
        if self.requests.buffer().is_empty() && !readable(self.requests.get_ref().as_raw_fd()) {
            self.answers.send()?;
        }
        read_frame(&mut self.requests)
    }

    fn journal_for(&mut self, output_bytes: u64) -> io::Result<Journal> {
        match self.journal {
            Some((size, journal)) if size == output_bytes => journal.clear(),
            previous => {
                if let Some((_, journal)) = previous {
                    journal.unmap();
                }
                self.journal = Some((output_bytes, Journal::new(output_bytes)?));
            }
        }
        Ok(self.journal.expect("set above").1)
    }

    /// Answer a request for a run, and those behind it that have arrived.
    fn runs(&mut self, backend: &mut dyn Backend, first: Run) -> io::Result<()> {
        let mut runs = self.gather(backend, first)?;
        if let Some(fault) = self.planted {
            runs.iter_mut().for_each(|run| fault.spoil_request(run));
        }
        while !runs.is_empty() {
            if runs.len() > 1 && self.small && backend.runs_in_turn() {
                let outcomes = self.run_several(backend, runs.make_contiguous());
                runs.drain(..outcomes.len());
                for outcome in outcomes {
                    self.answers.queue(&Answer::Outcome(outcome))?;
                }
            } else if let Some(run) = runs.pop_front() {
                let answer = self.run_alone(backend, run);
                self.answers.queue(&answer)?;
            }
        }
        Ok(())
    }

    /// Requests for runs that a child could do in turn.
    fn gather(&mut self, backend: &dyn Backend, first: Run) -> io::Result<VecDeque<Run>> {
        let mut runs = VecDeque::from([first]);
        if !backend.runs_in_turn() || !several::may_share(backend, &runs[0]) {
            return Ok(runs);
        }
        while runs.len() < several::MOST && holds_frame(self.requests.buffer()) {
            let Some((kind, body)) = read_frame(&mut self.requests)? else { break };
            match Request::decode(kind, &body) {
                Ok(Request::Run(run)) if several::may_share(backend, &run) && same_limits(&run, &runs[0]) => {
                    runs.push_back(run);
                }
                _ => {
                    self.ahead = Some((kind, body));
                    break;
                }
            }
        }
        Ok(runs)
    }

    /// Run cases in one child. What is missing behind the outcomes has not ended there: it was not begun, or the
    /// child has ended with it or could not be started, and then `small` is false.
    fn run_several(&mut self, backend: &mut dyn Backend, runs: &[Run]) -> Vec<Outcome> {
        let (cases, through) = self.cases_of_a_child(backend, runs).unwrap_or_default();
        self.small = through && !cases.is_empty();
        let ended = runs.iter().zip(cases);
        ended.map(|(run, case)| self.spoilt(outcome_of(backend, run, case.told, case.fate))).collect()
    }

    fn cases_of_a_child(
        &mut self,
        backend: &mut dyn Backend,
        runs: &[Run],
    ) -> io::Result<(Vec<ToldCase>, bool)> {
        let journal = self.journal_for(runs[0].output_bytes)?;
        let limits = Run { wall_ms: several::WALL_MS, ..runs[0].clone() };
        self.fork(&limits, &mut || several::run_in_turn(backend, runs, journal))?;
        Ok(journal.cases())
    }

    fn spoilt(&self, mut outcome: Outcome) -> Outcome {
        if let Some(fault) = self.planted {
            fault.spoil_outcome(&mut outcome);
        }
        outcome
    }

    fn run_alone(&mut self, backend: &mut dyn Backend, mut run: Run) -> Answer {
        match self.run_child(backend, &mut run) {
            Ok((told, fate)) => {
                self.small = fate.elapsed < several::SMALL;
                Answer::Outcome(self.spoilt(outcome_of(backend, &run, told, fate)))
            }
            Err(error) => Answer::Failure(format!("the case could not be started: {error}")),
        }
    }

    fn run_child(&mut self, backend: &mut dyn Backend, run: &mut Run) -> io::Result<(Told, Fate)> {
        let journal = self.journal_for(run.output_bytes)?;
        let buffers: Vec<Vec<u8>> =
            std::mem::take(&mut run.buffers).into_iter().map(|b| b.into_vec()).collect();
        loop {
            let fate = self.fork(run, &mut || match &run {
                Run { reads: true, .. } => backend.run_reading(buffers.clone(), journal),
                Run { comparisons: true, .. } => backend.run_compared(buffers.clone(), journal),
                Run { coverage: true, .. } => backend.run_covered(buffers.clone(), journal),
                _ => backend.run(buffers.clone(), journal),
            })?;
            let told = journal.told();
            if !told.again {
                return Ok((told, fate));
            }
            journal.clear();
            backend.run_again();
        }
    }

    /// Run a body in a forked child, and send what is finished meanwhile.
    fn fork(&mut self, limits: &Run, body: &mut dyn FnMut()) -> io::Result<Fate> {
        let lifeline = self.requests.get_ref().as_raw_fd();
        let close = [lifeline, self.answers.to.as_raw_fd()];
        let answers = &mut self.answers;
        // A harness that has gone away is noticed through the lifeline.
        run_forked(limits, &close, lifeline, &mut || drop(answers.send()), body)
    }
}

impl Server {
    fn batch(&mut self, backend: &mut dyn Backend, batch: Batch) -> Answer {
        match self.run_batch(backend, &batch) {
            Ok(outcome) => Answer::BatchOutcome(outcome),
            Err(error) => Answer::Failure(format!("the batch could not be run: {error}")),
        }
    }

    fn run_batch(&mut self, backend: &mut dyn Backend, batch: &Batch) -> io::Result<BatchOutcome> {
        let mut progress = BatchRun::new(batch);
        let limits = Run {
            id: batch.id,
            buffers: Vec::new(),
            wall_ms: batch.wall_ms,
            memory_bytes: batch.memory_bytes,
            output_bytes: batch.output_bytes,
            coverage: false,
            comparisons: false,
            reads: false,
        };
        while let Some(programs) = progress.next() {
            let journal = self.journal_for(batch.output_bytes.max(BatchRun::ROOM))?;
            let fate = self.fork(&limits, &mut || progress.run(backend, programs.clone(), journal))?;
            let (ran, coverage) = journal.batch();
            progress.done(ran, coverage, || {
                let (_, stderr) = backend.guest_output(Vec::new(), fate.stderr);
                let (status, exit_code, signal, message) =
                    ending(&limits, &Told::default(), &fate.end, &stderr);
                ProgramOutcome { status, exit_code, signal, stream: Vec::new(), message }
            });
        }
        Ok(progress.outcome(self.planted))
    }
}

/// Frames on their way to the harness, gathered so that a fast batch does not cost a wake-up each.
struct Answers {
    to: File,
    pending: Vec<u8>,
    since: Instant,
}

impl Answers {
    fn queue(&mut self, answer: &Answer) -> io::Result<()> {
        if self.pending.is_empty() {
            self.since = Instant::now();
        }
        let (kind, body) = answer.encode();
        write_frame(&mut self.pending, kind, &body)?;
        if self.pending.len() >= SEND_AT || self.since.elapsed() >= SEND_AFTER {
            self.send()?;
        }
        Ok(())
    }

    fn send(&mut self) -> io::Result<()> {
        self.to.write_all(&self.pending)?;
        self.pending.clear();
        Ok(())
    }
}

fn same_limits(one: &Run, other: &Run) -> bool {
    (one.wall_ms, one.memory_bytes, one.output_bytes)
        == (other.wall_ms, other.memory_bytes, other.output_bytes)
}

fn readable(fd: RawFd) -> bool {
    let mut fds = [libc::pollfd { fd, events: libc::POLLIN, revents: 0 }];
    unsafe { libc::poll(fds.as_mut_ptr(), 1, 0) > 0 }
}
