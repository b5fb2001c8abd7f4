//! One case in a forked child: start it, watch its time and memory, collect what it prints, learn its fate.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use crate::journal::exit_now;
use crate::message::Run;

/// How often the resident size and the wall limit are looked at while a child runs.
const TICK: Duration = Duration::from_millis(20);
/// How much of what a guest prints is kept, for each of its two streams.
const KEPT_OUTPUT: usize = 64 << 10;

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
    let pid = unsafe { libc::fork() };
    if pid < 0 {
        return Err(io::Error::last_os_error());
    }
    if pid == 0 {
        unsafe {
            libc::setpgid(0, 0);
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
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
    let mut child = Child {
        pid,
        pidfd: pidfd(pid)?,
        output: [Captured::new(stdout_read), Captured::new(stderr_read)],
    };
    let stopped = child.watch(run, lifeline, started, idle)?;
    child.finish(stopped, started)
}

struct Child {
    pid: libc::pid_t,
    pidfd: OwnedFd,
    output: [Captured; 2],
}

impl Child {
    /// Wait for the end or for a limit; a limit that was reached is returned after the kill.
    fn watch(
        &mut self,
        run: &Run,
        lifeline: RawFd,
        started: Instant,
        idle: &mut dyn FnMut(),
    ) -> io::Result<Option<End>> {
        let deadline = started + Duration::from_millis(run.wall_ms);
        let mut next_look = started + TICK;
        loop {
            let wait = next_look.min(deadline).saturating_duration_since(Instant::now());
            let mut fds = [
                poll_fd(self.pidfd.as_raw_fd(), libc::POLLIN),
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
                exit_now(0);
            }
            let now = Instant::now();
            if now >= deadline {
                self.kill();
                return Ok(Some(End::Overtime));
            }
            if now >= next_look {
                next_look = now + TICK;
                idle();
                if resident_bytes(self.pid) > run.memory_bytes {
                    self.kill();
                    return Ok(Some(End::Overmemory));
                }
            }
        }
    }

    fn kill(&self) {
        unsafe {
            libc::kill(-self.pid, libc::SIGKILL);
            libc::kill(self.pid, libc::SIGKILL);
        }
    }

    fn finish(mut self, stopped: Option<End>, started: Instant) -> io::Result<Fate> {
        let mut status = 0;
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        while unsafe { libc::wait4(self.pid, &mut status, 0, &mut usage) } < 0 {
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        let elapsed = started.elapsed();
        let end = stopped.unwrap_or_else(|| {
            if libc::WIFSIGNALED(status) {
                End::Signalled(libc::WTERMSIG(status))
            } else {
                End::Exited(libc::WEXITSTATUS(status))
            }
        });
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

    /// Read all that is there now.
    fn take(&mut self) {
        let mut buffer = [0; 16 << 10];
        while let Some(pipe) = &self.pipe {
            let count = unsafe { libc::read(pipe.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len()) };
            if count > 0 {
                let room = KEPT_OUTPUT - self.kept.len();
                self.kept.extend_from_slice(&buffer[..(count as usize).min(room)]);
            } else if count == 0 {
                self.pipe = None;
            } else {
                return;
            }
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
