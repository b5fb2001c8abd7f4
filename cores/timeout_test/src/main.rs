//! A loop of a given length, or one without end: what a wall limit must stop.
#![no_main]
sp1_zkvm::entrypoint!(main);

use serde::Deserialize;
use std::hint::black_box;

#[derive(Deserialize)]
struct Input {
    /// How often to go round; `null` means for ever.
    iterations: Option<u32>,
}

/// One round: a step of a 64-bit linear congruential generator.
fn step(state: u64) -> u64 {
    black_box(state)
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407)
}

fn loop_for_ever(mut state: u64) -> ! {
    loop {
        state = step(state);
    }
}

pub fn main() {
    let bytes = sp1_zkvm::io::read_vec();
    let input: Input =
        serde_json::from_slice(&bytes).expect("input is JSON like {\"iterations\": 1000}");

    sp1_zkvm::io::commit_slice(b"start");
    let Some(iterations) = input.iterations else {
        loop_for_ever(1)
    };
    sp1_zkvm::io::commit(&iterations);
    sp1_zkvm::io::commit(&(0..iterations).fold(1, |state, _| step(state)));
}
