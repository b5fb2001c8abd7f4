//! Says whether it finds anything that a run before it has left behind.
#![no_main]
sp1_zkvm::entrypoint!(main);

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Mutex;

use sp1_zkvm::io;

static RUNS: AtomicU64 = AtomicU64::new(7);
static SEEN: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

pub fn main() {
    let input = io::read_vec();
    let runs = RUNS.fetch_add(1, Ordering::Relaxed);
    let mut seen = SEEN.lock().expect("a run has one thread");
    seen.push(input.repeat(1000));
    println!("{runs} runs, {} inputs seen", seen.len());
    eprintln!("{}", input.len());
    io::commit(&(runs, seen.len() as u64));
    if input.contains(&b'!') {
        drop(seen);
        panic!("asked to after {runs}");
    }
}
