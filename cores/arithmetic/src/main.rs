//! Integer arithmetic from 8 to 128 bits, signed and unsigned, in every form that Rust offers.
//!
//! Each pair of numbers is cut to each type. An operation that has no result (division by zero,
//! an overflow of a checked form) leaves its mark instead of a number.
#![no_main]
sp1_zkvm::entrypoint!(main);

mod common;
mod signed;
mod unsigned;

use serde::Deserialize;

#[derive(Deserialize)]
struct Input {
    pairs: Vec<(i128, i128)>,
    shifts: Vec<u32>,
}

pub fn main() {
    let bytes = sp1_zkvm::io::read_vec();
    let input: Input = serde_json::from_slice(&bytes)
        .expect("input is JSON like {\"pairs\": [[1, 2]], \"shifts\": [3]}");
    for (a, b) in input.pairs {
        common::exercise(a, b, &input.shifts);
        signed::exercise(a, b);
        unsigned::exercise(a, b);
    }
}
