//! Prints the public values that the program commits for a given `n`.
use alloy_sol_types::SolType;
use fibonacci_lib::{fibonacci, PublicValuesStruct};

fn main() {
    let n = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(20);
    let (a, b) = fibonacci(n);
    let bytes = PublicValuesStruct::abi_encode(&PublicValuesStruct { n, a, b });
    for byte in bytes {
        print!("{byte:02x}");
    }
    println!();
}
