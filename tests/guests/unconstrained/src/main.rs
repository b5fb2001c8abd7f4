//! Unconstrained blocks: hints come out of them, and nothing else that they do to memory.
#![no_main]
sp1_zkvm::entrypoint!(main);

use std::sync::atomic::{AtomicU64, Ordering};

use sp1_zkvm::io;

static SEEN: AtomicU64 = AtomicU64::new(7);
static ROUNDS: AtomicU64 = AtomicU64::new(0);

/// A divisor of `number` above 1, found where it costs nothing and checked where it counts.
fn divisor(number: u64) -> u64 {
    sp1_zkvm::lib::unconstrained! {
        SEEN.store(number, Ordering::Relaxed);
        let found = (2..=number).find(|divisor| number % divisor == 0);
        io::hint(&found.unwrap_or(1));
        io::hint_slice(b"between");
    }
    assert_eq!(io::read_vec(), b"between");
    let divisor = io::read::<u64>();
    assert_eq!(number % divisor, 0);
    ROUNDS.fetch_add(1, Ordering::Relaxed);
    divisor
}

pub fn main() {
    let mut number = io::read::<u64>();
    while number > 1 {
        let factor = divisor(number);
        io::commit(&factor);
        number /= factor;
    }
    io::commit(&(SEEN.load(Ordering::Relaxed), ROUNDS.load(Ordering::Relaxed)));
}
