//! HALT, WRITE, HINT_LEN, HINT_READ, the unconstrained blocks, and memory.

use std::io::Write;

use sp1_lib::io::{FD_HINT, FD_PUBLIC_VALUES};

use super::memory;
use crate::guest::{guest, halt};

/// End the run.
#[no_mangle]
pub extern "C" fn syscall_halt(exit_code: u8) -> ! {
    halt(i32::from(exit_code))
}

/// Write to one of SP1's file descriptors: 1 and 2 print, 13 commits, 14 gives a hint to a later read.
#[no_mangle]
pub extern "C" fn syscall_write(fd: u32, write_buf: *const u8, nbytes: usize) {
    let bytes = memory::bytes(write_buf, nbytes);
    // A guest whose reader has gone prints into the void, as it does in a zkVM.
    match fd {
        1 => drop(std::io::stdout().write_all(bytes)),
        2 => drop(std::io::stderr().write_all(bytes)),
        FD_PUBLIC_VALUES => guest().commit(bytes),
        FD_HINT => {
            let mut guest = guest();
            guest.input.push_front(bytes.to_vec());
            if guest.unconstrained {
                guest.journal.hint(bytes);
            }
        }
        _ => guest()
            .journal
            .unsupported(&format!("syscall_write to fd {fd} (a hook of SP1) has no native version")),
    }
}

/// Length of the next input buffer; `usize::MAX` when there is none.
#[no_mangle]
pub extern "C" fn syscall_hint_len() -> usize {
    guest().input.front().map_or(usize::MAX, Vec::len)
}

/// Read the next input buffer, of which `syscall_hint_len` gave the length.
#[no_mangle]
pub extern "C" fn syscall_hint_read(ptr: *mut u8, len: usize) {
    let buffer = guest().input.pop_front().expect("hint stream is not empty");
    assert_eq!(buffer.len(), len, "hint input stream read length mismatch");
    memory::bytes_mut(ptr, len).copy_from_slice(&buffer);
}

/// Start a block whose effects on memory are undone at its end; true inside the block.
///
/// The block runs in a forked child; this process waits for its end and takes over the hints it gave.
#[no_mangle]
pub extern "C" fn syscall_enter_unconstrained() -> bool {
    let journal = guest().journal;
    let mark = journal.mark();
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "an unconstrained block cannot be forked: {}", std::io::Error::last_os_error());
    if pid == 0 {
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        guest().unconstrained = true;
        return true;
    }
    let mut status = 0;
    unsafe { libc::waitpid(pid, &mut status, 0) };
    if libc::WIFSIGNALED(status) {
        unsafe { libc::raise(libc::WTERMSIG(status)) };
    }
    if libc::WEXITSTATUS(status) != UNCONSTRAINED_END {
        // The program ended inside the block; the journal says how.
        unsafe { libc::_exit(libc::WEXITSTATUS(status)) };
    }
    for hint in journal.hints_since(mark) {
        guest().input.push_front(hint);
    }
    false
}

const UNCONSTRAINED_END: i32 = 86;

/// The end of an unconstrained block: the process that ran it ends.
#[no_mangle]
pub extern "C" fn syscall_exit_unconstrained() {
    let _ = std::io::stdout().flush();
    unsafe { libc::_exit(UNCONSTRAINED_END) }
}

/// Memory from the guest's allocator.
///
/// # Safety
/// `align` is a power of two and `bytes` is not 0.
#[no_mangle]
pub unsafe extern "C" fn sys_alloc_aligned(bytes: usize, align: usize) -> *mut u8 {
    std::alloc::alloc(std::alloc::Layout::from_size_align(bytes, align).expect("a valid layout"))
}
