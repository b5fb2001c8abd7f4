//! SP1's minimal executor with one program, as a backend of the runner protocol.

#[cfg(not(feature = "portable"))]
use std::mem::MaybeUninit;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::time::Instant;

use runner_protocol::{Backend, Journal, Ran};

use crate::executor::{read_program, run_to_end, Executor, Refused, PORTABLE};
#[cfg(not(feature = "portable"))]
use crate::fresh_memory::PristineMemory;
use crate::programs;

/// An executor, once a program is loaded.
#[derive(Default)]
pub struct Machine {
    executor: Option<Executor>,
    #[cfg(not(feature = "portable"))]
    pristine: Option<PristineMemory>,
    /// Of a child that runs several cases: its executor as it was before the first one.
    #[cfg(not(feature = "portable"))]
    first: Option<Box<MaybeUninit<Executor>>>,
    /// Whether the program has been seen to enter unconstrained blocks.
    unconstrained: bool,
}

impl Machine {
    /// Parse and translate an ELF file. SP1 panics on some malformed ones: that is an error here.
    pub fn load_elf(&mut self, elf: &[u8]) -> Result<(), String> {
        self.executor = None;
        #[cfg(feature = "portable")]
        crate::arena::keep();
        let program = read_program(elf).map_err(|refused| match refused {
            Refused::Unreadable(reason) => reason,
            Refused::Unsupported(what) => format!("the program asks for {what}"),
        })?;
        let translated = catch_unwind(AssertUnwindSafe(|| Executor::simple(program)));
        self.executor = Some(translated.map_err(|_| "SP1 panicked while it loaded the program".to_owned())?);
        #[cfg(not(feature = "portable"))]
        {
            self.pristine = PristineMemory::find();
        }
        Ok(())
    }

    /// One round of SP1's own in-process loop; gives the number of committed bytes.
    pub fn reset_and_run(&mut self, buffers: &[Vec<u8>]) -> Result<usize, String> {
        let executor = self.executor.as_mut().ok_or("no program is loaded")?;
        start_over(executor);
        buffers.iter().for_each(|buffer| executor.with_input(buffer));
        run_to_end(executor);
        Ok(executor.public_values_stream().len())
    }
}

/// SP1's own way to run a program again. The portable executor has no working `reset`.
fn start_over(executor: &mut Executor) {
    if PORTABLE {
        *executor = Executor::simple(executor.program());
    } else {
        executor.reset();
    }
}

/// What SP1 says when it cannot map the guest's memory for an unconstrained block.
const NO_UNCONSTRAINED: &str = "Failed to enter unconstrained mode";

impl Machine {
    /// Make the executor of a forked child independent of its parent's.
    #[cfg(not(feature = "portable"))]
    fn start_over_in_child(&mut self) {
        let independent = match &self.pristine {
            Some(memory) if self.unconstrained => memory.copy().is_ok(),
            Some(memory) => memory.privatise().is_ok(),
            None => false,
        };
        if let (false, Some(executor)) = (independent, &mut self.executor) {
            executor.reset();
        }
    }

    /// The portable executor owns its memory: the fork has made it independent.
    #[cfg(feature = "portable")]
    fn start_over_in_child(&mut self) {}

    /// Put everything back as it was before this child's first case; false when that cannot be done.
    ///
    /// SP1's `reset` does not do: it keeps the exit code. The executor's own fields are written over byte by byte;
    /// the buffers that they have pointed to since are left to the child's end, and before a run there are none.
    #[cfg(not(feature = "portable"))]
    fn put_back(&mut self) -> bool {
        let (Some(memory), Some(executor)) = (&self.pristine, &mut self.executor) else { return false };
        let executor: *mut Executor = executor;
        match &self.first {
            Some(first) => unsafe { std::ptr::copy_nonoverlapping(first.as_ptr(), executor, 1) },
            None => {
                let mut first = Box::new(MaybeUninit::uninit());
                unsafe { std::ptr::copy_nonoverlapping(executor, first.as_mut_ptr(), 1) };
                self.first = Some(first);
                return memory.privatise().is_ok();
            }
        }
        memory.restore().is_ok()
    }

    /// Have a panic of the executor end the process, with words in the journal.
    fn note_panics(&self, journal: Journal) {
        let may_run_again = !PORTABLE && !self.unconstrained;
        std::panic::set_hook(Box::new(move |info| {
            let message = info.payload_as_str().unwrap_or("without a message");
            if may_run_again && message.starts_with(NO_UNCONSTRAINED) {
                journal.again();
            }
            journal.fault(&format!("the executor panicked: {message}"));
            unsafe { libc::_exit(101) };
        }));
    }

    fn run_once(&mut self, buffers: &[Vec<u8>], journal: Journal) {
        let Some(executor) = self.executor.as_mut() else {
            journal.unsupported("a run before a program was loaded");
        };
        buffers.iter().for_each(|buffer| executor.with_input(buffer));
        let started = Instant::now();
        run_to_end(executor);
        let elapsed = started.elapsed();
        journal.bytes(executor.public_values_stream());
        journal.note_end(executor.exit_code() as i32, elapsed.as_nanos() as u64, Some(executor.global_clk()));
    }
}

impl Backend for Machine {
    fn name(&self) -> &str {
        if PORTABLE {
            "sp1-portable"
        } else {
            "sp1"
        }
    }

    fn vm_version(&self) -> &str {
        env!("SP1_VERSION")
    }

    fn capabilities(&self) -> &[&'static str] {
        &["load", "cycles", "programs"]
    }

    fn load(&mut self, program: &[u8]) -> Result<(), String> {
        self.load_elf(program)?;
        #[cfg(not(feature = "portable"))]
        runner_protocol::freeze_private_memory();
        Ok(())
    }

    fn run(&mut self, buffers: Vec<Vec<u8>>, journal: Journal) {
        self.note_panics(journal);
        self.start_over_in_child();
        self.run_once(&buffers, journal);
    }

    #[cfg(not(feature = "portable"))]
    fn runs_in_turn(&self) -> bool {
        self.pristine.is_some() && !self.unconstrained
    }

    #[cfg(not(feature = "portable"))]
    fn run_in_turn(&mut self, buffers: Vec<Vec<u8>>, journal: Journal) {
        if self.first.is_none() {
            self.note_panics(journal);
        }
        if !self.put_back() {
            journal.unsupported("cases in turn");
        }
        self.run_once(&buffers, journal);
    }

    fn run_again(&mut self) {
        self.unconstrained = true;
    }

    fn run_program(&mut self, program: &[u8], _output_bytes: u64) -> Ran {
        programs::prepare();
        programs::run(program)
    }

    /// The executor prints the guest's lines on its own standard error, each with the stream's name in front.
    fn guest_output(&self, _stdout: Vec<u8>, stderr: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
        let mut guest = (Vec::new(), Vec::new());
        for line in stderr.split_inclusive(|byte| *byte == b'\n') {
            if let Some(text) = line.strip_prefix(b"stdout: ") {
                guest.0.extend_from_slice(text);
            } else {
                guest.1.extend_from_slice(line.strip_prefix(b"stderr: ").unwrap_or(line));
            }
        }
        guest
    }
}
