//! What a run covers, in a build whose compiler counts it (`counting-rustc`): a byte for each stretch of the
//! crates that were compiled so. Other builds have no counters, and nothing here does anything.

use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use runner_protocol::{feature, Journal};

static FIRST: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Called by what the compiler adds, before `main`, with where the counters of the whole program are (LLVM's
/// SanitizerCoverage, `inline-8bit-counters`).
#[no_mangle]
extern "C" fn __sanitizer_cov_8bit_counters_init(first: *mut u8, end: *mut u8) {
    FIRST.store(first, Ordering::Relaxed);
    COUNT.store(end as usize - first as usize, Ordering::Relaxed);
}

pub(crate) fn are_there() -> bool {
    COUNT.load(Ordering::Relaxed) > 0
}

/// Forget what has run so far.
pub(crate) fn clear() {
    if are_there() {
        unsafe { FIRST.load(Ordering::Relaxed).write_bytes(0, COUNT.load(Ordering::Relaxed)) };
    }
}

/// Write down what has run since.
pub(crate) fn tell(journal: Journal) {
    let first = FIRST.load(Ordering::Relaxed);
    let mut features = Vec::new();
    for bin in 0..COUNT.load(Ordering::Relaxed) {
        match unsafe { first.add(bin).read_volatile() } {
            0 => {}
            count => features.extend(feature(bin, count.into()).to_le_bytes()),
        }
    }
    if !features.is_empty() {
        journal.coverage(&features);
    }
}
