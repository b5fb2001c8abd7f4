//! A guest with a type error.
#![no_main]
sp1_zkvm::entrypoint!(main);

pub fn main() {
    let n: u32 = "twenty-four";
    sp1_zkvm::io::commit(&n);
}
