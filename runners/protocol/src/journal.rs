//! Memory shared between the runner and its child, in which the child writes down what it does.
//!
//! The child appends records; the runner reads them after the child's end, however it ended. So the commits of
//! a run that was killed are not lost.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::batch::Ran;
use crate::told::{Told, ToldCase};

const HEADER: usize = 16;
/// Room for what is not committed bytes: messages, ends, record heads.
const SLACK: usize = 1 << 20;

pub(crate) const BYTES: u8 = b'B';
pub(crate) const COMMIT_END: u8 = b'E';
pub(crate) const PANIC: u8 = b'P';
pub(crate) const FAULT: u8 = b'F';
pub(crate) const UNSUPPORTED: u8 = b'U';
pub(crate) const FULL: u8 = b'L';
const HINT: u8 = b'H';
pub(crate) const ENDED: u8 = b'X';
pub(crate) const AGAIN: u8 = b'A';
const PROGRAM: u8 = b'R';
pub(crate) const COVERAGE: u8 = b'C';
pub(crate) const READ: u8 = b'I';
const CASE: u8 = b'K';
const THROUGH: u8 = b'T';

/// The shared memory. A copy of the value names the same memory.
#[derive(Clone, Copy)]
pub struct Journal {
    base: *mut u8,
    size: usize,
}

// The memory stays mapped as long as any process uses the value, and appends come from one thread at a time:
// guests have a single thread.
unsafe impl Send for Journal {}
unsafe impl Sync for Journal {}

impl Journal {
    /// Map shared memory for `output_bytes` of committed bytes; pages are taken only when they are written.
    pub fn new(output_bytes: u64) -> std::io::Result<Self> {
        // A commit of one byte costs a record of 6 bytes and one of 5: leave room for both.
        let size = HEADER + SLACK + (output_bytes as usize).saturating_mul(2);
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                size,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(std::io::Error::last_os_error());
        }
        Ok(Self { base: base.cast(), size })
    }

    /// Unmap; no copy of this value may be used afterwards.
    pub(crate) fn unmap(self) {
        unsafe { libc::munmap(self.base.cast(), self.size) };
    }

    fn used(&self) -> &AtomicU64 {
        unsafe { &*self.base.cast::<AtomicU64>() }
    }

    /// Forget all records, and give large memory back.
    pub(crate) fn clear(&self) {
        if self.used().swap(0, Ordering::SeqCst) > SLACK as u64 {
            unsafe { libc::madvise(self.base.cast(), self.size, libc::MADV_REMOVE) };
        }
    }

    fn append(&self, tag: u8, parts: &[&[u8]], reserve: usize) -> bool {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let used = self.used().load(Ordering::Relaxed) as usize;
        if HEADER + used + 5 + length + reserve > self.size {
            return false;
        }
        let mut at = HEADER + used;
        let mut put = |bytes: &[u8]| {
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.base.add(at), bytes.len()) };
            at += bytes.len();
        };
        put(&[tag]);
        put(&(length as u32).to_le_bytes());
        for part in parts {
            put(part);
        }
        self.used().store((at - HEADER) as u64, Ordering::Release);
        true
    }

    /// Append committed bytes. When the limit is reached the process ends here.
    pub fn bytes(&self, bytes: &[u8]) {
        if !self.append(BYTES, &[bytes], SLACK / 2) {
            self.append(FULL, &[], 0);
            exit_now(0);
        }
    }

    /// The bytes since the last call are one commit.
    pub fn commit_end(&self) {
        if !self.append(COMMIT_END, &[], SLACK / 2) {
            self.append(FULL, &[], 0);
            exit_now(0);
        }
    }

    /// The program panicked with this message.
    pub fn panic(&self, message: &str) {
        self.append(PANIC, &[clip(message)], 64);
    }

    /// The executor itself failed with this message.
    pub fn fault(&self, message: &str) {
        self.append(FAULT, &[clip(message)], 64);
    }

    /// The program asked for `what`, which this target does not offer; the process ends here.
    pub fn unsupported(&self, what: &str) -> ! {
        self.append(UNSUPPORTED, &[clip(what)], 64);
        exit_now(0)
    }

    /// This run counts for nothing: it is to be made again after [`crate::Backend::run_again`]. The process
    /// ends here.
    pub fn again(&self) -> ! {
        self.append(AGAIN, &[], 0);
        exit_now(0)
    }

    /// A hint written in an unconstrained block, for the process that waits for the block's end.
    pub fn hint(&self, bytes: &[u8]) {
        if !self.append(HINT, &[bytes], SLACK / 2) {
            self.append(FULL, &[], 0);
            exit_now(0);
        }
    }

    /// The program ended by itself; the process ends here.
    pub fn ended(&self, exit_code: i32, elapsed_ns: u64, cycles: Option<u64>) -> ! {
        self.note_end(exit_code, elapsed_ns, cycles);
        exit_now(0)
    }

    /// The program ended by itself; the process may run another case.
    pub fn note_end(&self, exit_code: i32, elapsed_ns: u64, cycles: Option<u64>) {
        let counted = u8::from(cycles.is_some());
        self.append(
            ENDED,
            &[
                &exit_code.to_le_bytes(),
                &elapsed_ns.to_le_bytes(),
                &[counted],
                &cycles.unwrap_or(0).to_le_bytes(),
            ],
            0,
        );
    }

    /// The records since the last call are a case that has ended, which printed this; false when there is no
    /// room to say it.
    pub(crate) fn case_end(&self, stdout: &[u8], stderr: &[u8], peak_memory: u64) -> bool {
        let printed = (stdout.len() as u32).to_le_bytes();
        self.append(CASE, &[&peak_memory.to_le_bytes(), &printed, stdout, stderr], 64)
    }

    /// The process ends with nothing left half done.
    pub(crate) fn through(&self) {
        self.append(THROUGH, &[], 0);
    }

    /// A program of a batch has ended so; false when there is no room to say it.
    pub(crate) fn program(&self, ran: &Ran) -> bool {
        let body = rmp_serde::to_vec(ran).expect("plain data encodes");
        self.append(PROGRAM, &[&body], SLACK / 2)
    }

    /// What a run, or the programs of a batch, covered; lost when there is no room for it.
    pub fn coverage(&self, map: &[u8]) {
        self.append(COVERAGE, &[map], 0);
    }

    /// The program is about to read an input buffer, described in the target's own form. Whether there was room
    /// for it.
    pub fn read(&self, description: &[u8]) -> bool {
        self.append(READ, &[description], SLACK / 2)
    }

    /// The programs of a batch that have ended, and what was covered.
    pub(crate) fn batch(&self) -> (Vec<Ran>, Vec<u8>) {
        let (mut programs, mut coverage) = (Vec::new(), Vec::new());
        self.each(0, |tag, body| match tag {
            PROGRAM => programs.extend(rmp_serde::from_slice::<Ran>(body)),
            COVERAGE => coverage = body.to_vec(),
            _ => {}
        });
        (programs, coverage)
    }

    /// Number of bytes used so far, a mark for [`Journal::hints_since`].
    pub fn mark(&self) -> u64 {
        self.used().load(Ordering::Acquire)
    }

    /// The hints written since `mark`, in order.
    pub fn hints_since(&self, mark: u64) -> Vec<Vec<u8>> {
        let mut hints = Vec::new();
        self.each(mark as usize, |tag, bytes| {
            if tag == HINT {
                hints.push(bytes.to_vec());
            }
        });
        hints
    }

    fn each(&self, from: usize, mut visit: impl FnMut(u8, &[u8])) {
        let used = (self.used().load(Ordering::Acquire) as usize).min(self.size - HEADER);
        let memory = unsafe { std::slice::from_raw_parts(self.base.add(HEADER), used) };
        let mut rest = memory.get(from..).unwrap_or_default();
        // A guest that scribbles over its journal must not take the runner down: lengths are checked.
        while let [tag, a, b, c, d, tail @ ..] = rest {
            let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
            let Some((body, next)) = tail.split_at_checked(length) else { break };
            visit(*tag, body);
            rest = next;
        }
    }

    /// Read all records back.
    pub(crate) fn told(&self) -> Told {
        let mut told = Told::default();
        self.each(0, |tag, body| told.take(tag, body));
        told
    }

    /// Read the cases back that ended by themselves, and whether the process ended with nothing left half done.
    pub(crate) fn cases(&self) -> (Vec<ToldCase>, bool) {
        let (mut cases, mut through, mut told) = (Vec::new(), false, Told::default());
        let mut readable = true;
        self.each(0, |tag, body| match tag {
            CASE => match ToldCase::of(std::mem::take(&mut told), body) {
                Some(case) if readable => cases.push(case),
                _ => readable = false,
            },
            THROUGH => through = true,
            _ => told.take(tag, body),
        });
        (cases, through && readable)
    }
}

fn clip(message: &str) -> &[u8] {
    let bytes = message.as_bytes();
    &bytes[..bytes.len().min(16 << 10)]
}

/// End this process without running anything more of it.
pub(crate) fn exit_now(code: i32) -> ! {
    unsafe { libc::_exit(code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> Journal {
        Journal::new(64).unwrap()
    }

    /// Write over everything behind the journal's back, as a guest with a wild pointer does.
    fn scribble(journal: Journal, used: u64, mut byte_at: impl FnMut(usize) -> u8) {
        for at in 0..journal.size - HEADER {
            unsafe { journal.base.add(HEADER + at).write(byte_at(at)) };
        }
        journal.used().store(used, Ordering::SeqCst);
    }

    #[test]
    fn what_is_written_down_is_told() {
        let journal = journal();
        journal.bytes(b"ab");
        journal.bytes(b"c");
        journal.commit_end();
        journal.commit_end();
        journal.panic("boom");
        journal.bytes(b"cut off");
        let told = journal.told();
        assert_eq!(told.stream, b"abccut off");
        assert_eq!(told.commit_ends, [3, 3]);
        assert_eq!(told.panic.as_deref(), Some("boom"));
        assert!(told.ended.is_none() && !told.full && told.fault.is_none());
    }

    #[test]
    fn hints_since_a_mark_leave_earlier_ones_out() {
        let journal = journal();
        journal.hint(b"before");
        let mark = journal.mark();
        journal.bytes(b"commit");
        journal.hint(b"");
        journal.hint(b"after");
        assert_eq!(journal.hints_since(mark), [b"".to_vec(), b"after".to_vec()]);
    }

    #[test]
    fn a_cleared_journal_tells_nothing_of_the_run_before() {
        let journal = journal();
        journal.bytes(b"old");
        journal.panic("old");
        journal.clear();
        journal.bytes(b"new");
        let told = journal.told();
        assert_eq!((told.stream.as_slice(), told.panic), (&b"new"[..], None));
    }

    #[test]
    fn a_scribbled_journal_can_be_read_and_used_again() {
        let journal = journal();
        for used in [0, 1, 4, 5, 1 << 10, (journal.size - HEADER) as u64, u64::MAX] {
            scribble(journal, used, |_| 0xff);
            assert!(journal.told().stream.is_empty());
            scribble(journal, used, |at| b"BX\x03\0\0\0"[at % 6]);
            journal.told();
            journal.hints_since(u64::MAX);
        }
        journal.clear();
        journal.bytes(b"new");
        assert_eq!(journal.told().stream, b"new");
    }

    #[test]
    fn cases_of_one_process_are_told_apart() {
        let journal = journal();
        journal.bytes(b"one");
        journal.note_end(0, 5, None);
        assert!(journal.case_end(b"out", b"err", 7));
        journal.note_end(1, 6, Some(2));
        assert!(journal.case_end(b"", b"", 8));
        journal.bytes(b"half done");
        let (cases, through) = journal.cases();
        assert_eq!((cases.len(), through), (2, false));
        assert_eq!((cases[0].told.stream.as_slice(), cases[0].fate.peak_memory), (&b"one"[..], 7));
        let printed = (cases[0].fate.stdout.as_slice(), cases[0].fate.stderr.as_slice());
        assert_eq!(printed, (&b"out"[..], &b"err"[..]));
        assert!(cases[1].told.stream.is_empty());
        assert_eq!(cases[1].told.ended.as_ref().map(|ended| ended.exit_code), Some(1));
        journal.through();
        assert!(journal.cases().1);
    }

    #[test]
    fn a_long_message_is_cut() {
        let journal = journal();
        journal.fault(&"x".repeat(1 << 20));
        assert_eq!(journal.told().fault.map(|message| message.len()), Some(16 << 10));
    }
}
