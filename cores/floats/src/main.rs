//! `f32` and `f64`: arithmetic, comparison, rounding, conversion, text in both directions.
//!
//! IEEE 754 and Rust fix every result here, with one exception: the bits of a NaN that an
//! operation makes. So every NaN is committed as one and the same. No function whose last digit
//! is a library's choice (sine, logarithm, powers) is used.
#![no_main]
sp1_zkvm::entrypoint!(main);

mod convert;
mod operate;

use serde::Deserialize;

#[derive(Deserialize)]
struct Input {
    /// Decimal texts, names like `inf`, or bit patterns like `0x7ff0000000000001`.
    values: Vec<String>,
}

fn parse(text: &str) -> f64 {
    match text.strip_prefix("0x") {
        Some(digits) => {
            f64::from_bits(u64::from_str_radix(digits, 16).expect("bits are hexadecimal"))
        }
        None => text.parse().expect("values are numbers"),
    }
}

pub fn main() {
    let bytes = sp1_zkvm::io::read_vec();
    let input: Input =
        serde_json::from_slice(&bytes).expect("input is JSON like {\"values\": [\"0.1\"]}");
    let values: Vec<f64> = input.values.iter().map(|text| parse(text)).collect();

    for a in &values {
        convert::exercise(*a);
        for b in &values {
            operate::pair_f64(*a, *b);
            operate::pair_f32(*a as f32, *b as f32);
        }
    }
    operate::sum(&values);
}
