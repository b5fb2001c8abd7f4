//! A panic on request: the commit before it must survive, the one after it must not appear.
#![no_main]
sp1_zkvm::entrypoint!(main);

use serde::Deserialize;

#[derive(Deserialize)]
struct Input {
    should_panic: bool,
}

/// FNV-1a over `bytes`, so that the commit depends on the whole input.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

pub fn main() {
    let bytes = sp1_zkvm::io::read_vec();
    let input: Input =
        serde_json::from_slice(&bytes).expect("input is JSON like {\"should_panic\": true}");

    sp1_zkvm::io::commit_slice(b"before");
    if input.should_panic {
        panic!("the input asked for a panic");
    }
    sp1_zkvm::io::commit(&checksum(&bytes));
    sp1_zkvm::io::commit_slice(b"after");
}
