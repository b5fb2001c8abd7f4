//! The standard library's collections and strings, driven by a list of numbers and a text.
//!
//! Nothing depends on the order of a hash table, on ties of an unstable sort or on a capacity:
//! these are not specified.
#![no_main]
sp1_zkvm::entrypoint!(main);

mod containers;
mod sorting;
mod text;

use serde::Deserialize;

#[derive(Deserialize)]
struct Input {
    numbers: Vec<i64>,
    text: String,
}

pub fn main() {
    let bytes = sp1_zkvm::io::read_vec();
    let input: Input = serde_json::from_slice(&bytes)
        .expect("input is JSON like {\"numbers\": [1], \"text\": \"\"}");
    containers::exercise(&input.numbers);
    sorting::exercise(&input.numbers);
    text::exercise(&input.text);
}
