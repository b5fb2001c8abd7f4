//! Cases of one program, several in one forked child.
//!
//! A fork for each small case costs more than the case. Where a backend can put everything back as it was, a
//! child runs one case after the other. Only a case that ends by itself there counts: of any other end, a signal,
//! a limit, a silence, what is left of the child tells nothing, and the case is run again in a child of its own.

use std::fs::File;
use std::io::{self, Seek};
use std::os::fd::{FromRawFd, RawFd};
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use crate::child::KEPT_OUTPUT;
use crate::journal::{exit_now, Journal};
use crate::message::Run;
use crate::serve::Backend;

/// The most cases of a child.
pub(crate) const MOST: usize = 64;
/// A case that takes longer is not small: the next one gets a child of its own.
pub(crate) const SMALL: Duration = Duration::from_millis(20);
/// A child that takes longer has a case that is not small.
pub(crate) const WALL_MS: u64 = 100;
/// What a small case prints at most; a child that prints more is ended by a signal (RLIMIT_FSIZE).
const PRINTED: u64 = 1 << 20;

/// Whether a case may be run beside others: not one that is watched, nor one with a limit below a child's.
pub(crate) fn may_share(backend: &dyn Backend, run: &Run) -> bool {
    let can = |name| backend.capabilities().contains(&name);
    let watched =
        run.coverage && can("coverage") || run.comparisons && can("comparisons") || run.reads && can("reads");
    !watched && run.wall_ms > WALL_MS
}

/// Run cases in turn until they are through or have taken a while; called in the forked child.
pub(crate) fn run_in_turn(backend: &mut dyn Backend, runs: &[Run], journal: Journal) {
    let Ok(mut printed) = Printed::capture() else { exit_now(1) };
    let started = Instant::now();
    for run in runs {
        backend.run_in_turn(run.buffers.iter().map(|buffer| buffer.to_vec()).collect(), journal);
        let Ok([stdout, stderr]) = printed.take() else { exit_now(1) };
        if !journal.case_end(&stdout, &stderr, largest_resident_bytes()) {
            exit_now(1);
        }
        if started.elapsed() >= SMALL {
            break;
        }
    }
    journal.through();
}

/// The largest resident size of this process until now.
fn largest_resident_bytes() -> u64 {
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    usage.ru_maxrss as u64 * 1024
}

/// This process's standard output and standard error, as files that are read after each case.
struct Printed([File; 2]);

impl Printed {
    fn capture() -> io::Result<Self> {
        let limit = libc::rlimit { rlim_cur: PRINTED, rlim_max: PRINTED };
        unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &limit) };
        Ok(Self([file_for(1)?, file_for(2)?]))
    }

    /// What was printed since the last call.
    fn take(&mut self) -> io::Result<[Vec<u8>; 2]> {
        let [stdout, stderr] = &mut self.0;
        Ok([content(stdout)?, content(stderr)?])
    }
}

fn file_for(fd: RawFd) -> io::Result<File> {
    let file = unsafe { libc::memfd_create(c"printed".as_ptr(), libc::MFD_CLOEXEC) };
    if file < 0 || unsafe { libc::dup2(file, fd) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(unsafe { File::from_raw_fd(file) })
}

fn content(file: &mut File) -> io::Result<Vec<u8>> {
    // The descriptors that the guest prints on share this one's position.
    let length = file.stream_position()? as usize;
    let mut text = vec![0; length.min(KEPT_OUTPUT)];
    if length > 0 {
        file.read_exact_at(&mut text, 0)?;
        file.set_len(0)?;
        file.rewind()?;
    }
    Ok(text)
}
