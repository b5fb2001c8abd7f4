//! Fibonacci numbers: one JSON buffer in, three commits out.
//!
//! The smallest useful guest: a parse, a loop of wrapping additions, typed and raw commits.
#![no_main]
sp1_zkvm::entrypoint!(main);

use serde::Deserialize;

#[derive(Deserialize)]
struct Input {
    n: u32,
}

/// The numbers `F(n)` and `F(n + 1)`, modulo 2^64.
fn fibonacci(n: u32) -> (u64, u64) {
    (0..n).fold((0, 1), |(a, b), _| (b, a.wrapping_add(b)))
}

pub fn main() {
    let bytes = sp1_zkvm::io::read_vec();
    let input: Input = serde_json::from_slice(&bytes).expect("input is JSON like {\"n\": 24}");
    let (current, next) = fibonacci(input.n);

    sp1_zkvm::io::commit(&input.n);
    sp1_zkvm::io::commit_slice(&current.to_le_bytes());
    sp1_zkvm::io::commit_slice(&next.to_le_bytes());
}
