//! The running guest: its input, its commits, its end.

use std::collections::VecDeque;
use std::panic::{catch_unwind, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::Instant;

use runner_protocol::{serve, Backend, Journal, Options};
use sp1_lib::ReadVecResult;

/// SP1 gives a guest this much stack: everything below its image (`sp1_primitives::consts::STACK_TOP`).
const STACK_BYTES: u64 = 0x7800_0000;

/// What belongs to one run; it exists only in the forked child.
pub(crate) struct Guest {
    pub input: VecDeque<Vec<u8>>,
    pub journal: Journal,
    started: Instant,
    /// Inside [`one_commit`]: writes gather, and the end comes with the commit's.
    gathering: bool,
    /// The journal's mark at the start of an unconstrained block, in the process that runs the block.
    pub unconstrained: bool,
}

static GUEST: OnceLock<Mutex<Guest>> = OnceLock::new();

/// The running guest. A poisoned lock is one of a guest that panicked: its state is still good.
pub(crate) fn guest() -> MutexGuard<'static, Guest> {
    let guest = GUEST.get().expect("syscalls are made by a running guest");
    guest.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The runner's `main`, which `entrypoint!` calls.
pub fn main(program: fn()) -> i32 {
    raise_stack_limit();
    let served = Options::parse(std::env::args().skip(1))
        .and_then(|options| serve(&mut Native { program }, options).map_err(|error| error.to_string()));
    match served {
        Ok(()) => 0,
        Err(message) => {
            eprintln!("native runner: {message}");
            1
        }
    }
}

/// Give the process the stack that SP1 gives a guest, so that deep recursion is no difference. The limit of
/// the main thread is read at exec: set it and start over, once.
fn raise_stack_limit() {
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        if libc::getrlimit(libc::RLIMIT_STACK, &mut limit) != 0 || limit.rlim_cur == STACK_BYTES {
            return;
        }
        if limit.rlim_max < STACK_BYTES {
            return;
        }
        limit.rlim_cur = STACK_BYTES;
        if libc::setrlimit(libc::RLIMIT_STACK, &limit) == 0 {
            let arguments: Vec<_> = std::env::args()
                .map(|argument| std::ffi::CString::new(argument).expect("arguments have no NUL"))
                .collect();
            let mut pointers: Vec<_> = arguments.iter().map(|argument| argument.as_ptr()).collect();
            pointers.push(std::ptr::null());
            libc::execv(c"/proc/self/exe".as_ptr(), pointers.as_ptr());
        }
    }
}

struct Native {
    program: fn(),
}

impl Backend for Native {
    fn name(&self) -> &str {
        "native"
    }

    fn vm_version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    fn capabilities(&self) -> &[&'static str] {
        if crate::counters::are_there() {
            &["commits", "reads", "coverage"]
        } else {
            &["commits", "reads"]
        }
    }

    fn load(&mut self, _program: &[u8]) -> Result<(), String> {
        Err("a native runner has its program built in".to_owned())
    }

    fn run_reading(&mut self, buffers: Vec<Vec<u8>>, journal: Journal) {
        crate::reads::tell(journal);
        self.run(buffers, journal);
    }

    fn run(&mut self, buffers: Vec<Vec<u8>>, journal: Journal) {
        std::panic::set_hook(Box::new(move |info| end_in_panic(info, journal)));
        let state = Guest {
            input: buffers.into(),
            journal,
            started: Instant::now(),
            gathering: false,
            unconstrained: false,
        };
        assert!(GUEST.set(Mutex::new(state)).is_ok(), "a child runs one case");
        crate::counters::clear();
        // The hook ends the process; an unwinding that gets here is one of a hook of the guest's own.
        if catch_unwind(AssertUnwindSafe(self.program)).is_err() {
            journal.panic("the program panicked under a panic hook of its own");
            halt(1);
        }
        halt(0);
    }
}

/// Guests are built with `panic = "abort"` for SP1: a panic ends the run, whatever would catch it here.
fn end_in_panic(info: &PanicHookInfo, journal: Journal) {
    let message = info.payload_as_str().unwrap_or("Box<dyn Any>");
    match info.location() {
        Some(place) => eprintln!("thread 'main' panicked at {place}:\n{message}"),
        None => eprintln!("thread 'main' panicked:\n{message}"),
    }
    journal.panic(message);
    halt(1)
}

/// End the run with an exit code, as the HALT syscall does.
pub(crate) fn halt(exit_code: i32) -> ! {
    // Not `guest()`: the panic may come from within a syscall that holds the lock.
    let (journal, elapsed) = match GUEST.get().map(|guest| guest.try_lock()) {
        Some(Ok(guest)) => (guest.journal, guest.started.elapsed()),
        _ => unsafe { libc::_exit(exit_code) },
    };
    crate::counters::tell(journal);
    journal.ended(exit_code, elapsed.as_nanos() as u64, None)
}

/// Everything that `write` commits is one commit.
pub(crate) fn one_commit(write: impl FnOnce()) {
    guest().gathering = true;
    write();
    let mut guest = guest();
    guest.gathering = false;
    guest.journal.commit_end();
}

impl Guest {
    /// Bytes written to the public values.
    pub(crate) fn commit(&mut self, bytes: &[u8]) {
        self.journal.bytes(bytes);
        if !self.gathering {
            self.journal.commit_end();
        }
    }
}

/// The next input buffer in memory of the guest's allocator; a null pointer when there is none.
#[no_mangle]
pub extern "C" fn read_vec_raw() -> ReadVecResult {
    crate::reads::taken();
    let Some(input) = guest().input.pop_front() else {
        return ReadVecResult { ptr: std::ptr::null_mut(), len: 0, capacity: 0 };
    };
    // The capacity is visible to the guest: the same as on SP1.
    let mut buffer = Vec::with_capacity(input.len() / 8 * 8 + 8);
    buffer.extend_from_slice(&input);
    let mut buffer = std::mem::ManuallyDrop::new(buffer);
    ReadVecResult { ptr: buffer.as_mut_ptr(), len: buffer.len(), capacity: buffer.capacity() }
}
