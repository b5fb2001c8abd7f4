//! Reads several inputs of different types and commits each, and what follows from them.
#![no_main]
sp1_zkvm::entrypoint!(main);

pub fn main() {
    let count = sp1_zkvm::io::read::<u32>();
    let name = sp1_zkvm::io::read::<String>();
    let values = sp1_zkvm::io::read::<Vec<u64>>();
    let offset = sp1_zkvm::io::read::<Option<i64>>();
    let (flag, letter, ratio) = sp1_zkvm::io::read::<(bool, char, f64)>();
    let root = sp1_zkvm::io::read::<[u8; 32]>();

    let greeting = format!("{name}{letter}").repeat(count.min(8) as usize);
    let total = values.iter().fold(offset.unwrap_or(-1), |sum, value| {
        sum.wrapping_add(*value as i64)
    });
    let mask = root.iter().fold(0, |mask, byte| mask ^ byte);

    sp1_zkvm::io::commit(&count);
    sp1_zkvm::io::commit(&greeting);
    sp1_zkvm::io::commit(&total);
    sp1_zkvm::io::commit(&(flag, ratio * 0.5, mask));
    sp1_zkvm::io::commit_slice(&root);
}
