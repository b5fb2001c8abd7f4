//! One case in a forked child: start it, watch its time and memory, collect what it prints, learn its fate.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use crate::journal::exit_now;
use crate::message::Run;

/// How often the resident size and the wall limit are looked at while a child runs.
const TICK: Duration = Duration::from_millis(20);
/// How much of what a guest prints is kept, for each of its two streams.
pub(crate) const KEPT_OUTPUT: usize = 64 << 10;
/// How often a stream is read before the limits are looked at again. All that a pipe holds fits well in this
/// many reads, so nothing of an ended child is lost.
const READS: usize = 16;

/// What became of a child.
pub(crate) struct Fate {
    pub end: End,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub elapsed: Duration,
    pub peak_memory: u64,
}

/// How a child ended.
pub(crate) enum End {
    Exited(i32),
    Signalled(i32),
    Overtime,
    Overmemory,
}

/// Run `body` in a forked child within the limits of `run`.
///
/// `idle` is called whenever the child has run for a tick, so that finished outcomes need not wait for it. The
/// end of `lifeline`, the request stream, means that nobody waits for the answer: the child is killed.
pub(crate) fn run_forked(
    run: &Run,
    close_in_child: &[RawFd],
    lifeline: RawFd,
    idle: &mut dyn FnMut(),
    body: &mut dyn FnMut(),
) -> io::Result<Fate> {
    let (stdout_read, stdout_write) = pipe()?;
    let (stderr_read, stderr_write) = pipe()?;
    let started = Instant::now();
    let runner = unsafe { libc::getpid() };
    let pid = unsafe { libc::fork() };
    if pid < 0 {
        return Err(io::Error::last_os_error());
    }
    if pid == 0 {
        unsafe {
            libc::setpgid(0, 0);
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            if libc::getppid() != runner {
                exit_now(0); // the runner has died before it could be said that its death is ours
            }
            libc::dup2(stdout_write.as_raw_fd(), 1);
            libc::dup2(stderr_write.as_raw_fd(), 2);
            for fd in close_in_child {
                libc::close(*fd);
            }
        }
        drop((stdout_read, stdout_write, stderr_read, stderr_write));
        body();
        exit_now(0);
    }
    drop((stdout_write, stderr_write));
    let output = [Captured::new(stdout_read), Captured::new(stderr_read)];
    let mut child = Child { pid, output };
    let watched = child.watch(run, lifeline, started, idle);
    let fate = child.finish(started);
    let (stopped, mut fate) = (watched?, fate?);
    if let Some(limit) = stopped {
        fate.end = limit;
    }
    Ok(fate)
}

struct Child {
    pid: libc::pid_t,
    output: [Captured; 2],
}

impl Child {
    /// Wait for the end or for a limit, which is returned.
    fn watch(
        &mut self,
        run: &Run,
        lifeline: RawFd,
        started: Instant,
        idle: &mut dyn FnMut(),
    ) -> io::Result<Option<End>> {
        let pidfd = pidfd(self.pid)?;
        let deadline = started.checked_add(Duration::from_millis(run.wall_ms));
        let mut next_look = started + TICK;
        loop {
            let wake = deadline.map_or(next_look, |deadline| next_look.min(deadline));
            let wait = wake.saturating_duration_since(Instant::now());
            let mut fds = [
                poll_fd(pidfd.as_raw_fd(), libc::POLLIN),
                poll_fd(self.output[0].poll_target(), libc::POLLIN),
                poll_fd(self.output[1].poll_target(), libc::POLLIN),
                poll_fd(lifeline, 0),
            ];
            poll(&mut fds, wait)?;
            for (captured, fd) in self.output.iter_mut().zip(&fds[1..3]) {
                if fd.revents != 0 {
                    captured.take();
                }
            }
            if fds[0].revents != 0 {
                return Ok(None);
            }
            if fds[3].revents & (libc::POLLHUP | libc::POLLERR) != 0 {
                self.kill();
                self.reap()?;
                exit_now(0);
            }
            let now = Instant::now();
            if deadline.is_some_and(|deadline| now >= deadline) {
                return Ok(Some(End::Overtime));
            }
            if now >= next_look {
                next_look = now + TICK;
                idle();
                if resident_bytes(self.pid) > run.memory_bytes {
                    return Ok(Some(End::Overmemory));
                }
            }
        }
    }

    /// Kill what is left: the child, unless it has ended, and processes that the guest has started.
    fn kill(&self) {
        unsafe {
            libc::kill(-self.pid, libc::SIGKILL);
            libc::kill(self.pid, libc::SIGKILL);
        }
    }

    fn reap(&self) -> io::Result<(i32, libc::rusage)> {
        let mut status = 0;
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        while unsafe { libc::wait4(self.pid, &mut status, 0, &mut usage) } < 0 {
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        Ok((status, usage))
    }

    fn finish(mut self, started: Instant) -> io::Result<Fate> {
        self.kill();
        let (status, usage) = self.reap()?;
        let elapsed = started.elapsed();
        let end = if libc::WIFSIGNALED(status) {
            End::Signalled(libc::WTERMSIG(status))
        } else {
            End::Exited(libc::WEXITSTATUS(status))
        };
        let [stdout, stderr] = &mut self.output;
        stdout.take();
        stderr.take();
        Ok(Fate {
            end,
            stdout: std::mem::take(&mut stdout.kept),
            stderr: std::mem::take(&mut stderr.kept),
            elapsed,
            peak_memory: usage.ru_maxrss as u64 * 1024,
        })
    }
}

/// One output stream of the child: read to its end so that the guest never blocks, kept up to a bound.
struct Captured {
    pipe: Option<OwnedFd>,
    kept: Vec<u8>,
}

impl Captured {
    fn new(pipe: OwnedFd) -> Self {
        Self { pipe: Some(pipe), kept: Vec::new() }
    }

    /// What to poll: a negative number, which poll ignores, once the stream has ended.
    fn poll_target(&self) -> RawFd {
        self.pipe.as_ref().map_or(-1, AsRawFd::as_raw_fd)
    }

    /// Read what is there now; from a child that prints without an end, a part of it.
    fn take(&mut self) {
        let mut buffer = [0; 16 << 10];
        for _ in 0..READS {
            let Some(pipe) = &self.pipe else { return };
            let count = unsafe { libc::read(pipe.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len()) };
            if count < 0 {
                return;
            }
            if count == 0 {
                self.pipe = None;
            }
            let room = KEPT_OUTPUT - self.kept.len();
            self.kept.extend_from_slice(&buffer[..(count as usize).min(room)]);
        }
    }
}

fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } < 0 {
        return Err(io::Error::last_os_error());
    }
    let [read, write] = ends.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) });
    // Only the reading end: a guest that prints must block, not fail, when it is faster than its reader.
    unsafe { libc::fcntl(read.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) };
    Ok((read, write))
}

fn pidfd(pid: libc::pid_t) -> io::Result<OwnedFd> {
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}

fn poll_fd(fd: RawFd, events: i16) -> libc::pollfd {
    libc::pollfd { fd, events, revents: 0 }
}

fn poll(fds: &mut [libc::pollfd], wait: Duration) -> io::Result<()> {
    let timeout = libc::timespec { tv_sec: wait.as_secs() as _, tv_nsec: wait.subsec_nanos() as _ };
    let ready = unsafe { libc::ppoll(fds.as_mut_ptr(), fds.len() as _, &timeout, std::ptr::null()) };
    if ready < 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
        fds.iter_mut().for_each(|fd| fd.revents = 0);
    }
    Ok(())
}

/// Resident size of a process, shared pages included; 0 when it is gone.
fn resident_bytes(pid: libc::pid_t) -> u64 {
    let pages = std::fs::read_to_string(format!("/proc/{pid}/statm"))
        .ok()
        .and_then(|line| line.split(' ').nth(1)?.parse::<u64>().ok())
        .unwrap_or(0);
    pages * unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(wall_ms: u64) -> Run {
        Run {
            id: 0,
            buffers: Vec::new(),
            wall_ms,
            memory_bytes: 1 << 30,
            output_bytes: 0,
            coverage: false,
            comparisons: false,
            reads: false,
        }
    }

    /// Run `body` in a child, with a request stream that stays open.
    fn fate_of(run: &Run, body: &mut dyn FnMut()) -> Fate {
        let (requests, _open) = pipe().unwrap();
        run_forked(run, &[], requests.as_raw_fd(), &mut || (), body).unwrap()
    }

    fn print(fd: RawFd, text: &[u8]) -> isize {
        unsafe { libc::write(fd, text.as_ptr().cast(), text.len()) }
    }

    #[test]
    fn exit_code_and_both_streams_are_kept_apart() {
        let fate = fate_of(&limits(10_000), &mut || {
            print(1, b"out");
            print(2, b"err");
            exit_now(7);
        });
        assert!(matches!(fate.end, End::Exited(7)));
        assert_eq!((fate.stdout.as_slice(), fate.stderr.as_slice()), (&b"out"[..], &b"err"[..]));
    }

    #[test]
    fn a_limit_of_all_time_is_no_limit() {
        assert!(matches!(fate_of(&limits(u64::MAX), &mut || exit_now(0)).end, End::Exited(0)));
    }

    #[test]
    fn a_guest_that_prints_without_end_meets_its_wall_limit() {
        let text = vec![b'x'; 64 << 10];
        let fate = fate_of(&limits(200), &mut || while print(1, &text) > 0 {});
        assert!(matches!(fate.end, End::Overtime));
        assert_eq!(fate.stdout.len(), KEPT_OUTPUT);
        assert!(fate.elapsed < Duration::from_secs(5));
    }

    #[test]
    fn processes_that_a_guest_leaves_behind_are_killed() {
        let (still_open, held) = pipe().unwrap();
        let fate = fate_of(&limits(10_000), &mut || {
            if unsafe { libc::fork() } == 0 {
                loop {
                    std::thread::sleep(Duration::from_secs(60));
                }
            }
            exit_now(0);
        });
        assert!(matches!(fate.end, End::Exited(0)));
        drop(held);
        let mut fds = [poll_fd(still_open.as_raw_fd(), 0)];
        poll(&mut fds, Duration::from_secs(5)).unwrap();
        assert_eq!(fds[0].revents, libc::POLLHUP, "nobody holds the other end");
    }
}
