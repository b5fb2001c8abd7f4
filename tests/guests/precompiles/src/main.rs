//! SHA-256, Keccak-256, modular multiplication and a curve point, by SP1's syscalls directly.
#![no_main]
sp1_zkvm::entrypoint!(main);

mod hash;

use sp1_zkvm::lib::secp256k1::Secp256k1Point;
use sp1_zkvm::lib::utils::{words_to_bytes_le, AffinePoint};
use sp1_zkvm::lib::{syscall_keccak_permute, syscall_uint256_mulmod};

/// The order of the secp256k1 group, least significant word first.
const ORDER: [u64; 4] = [
    0xbfd2_5e8c_d036_4141,
    0xbaae_dce6_af48_a03b,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
];

fn scalar(digest: &[u8; 32]) -> [u64; 4] {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(digest.chunks(8)) {
        *word = u64::from_le_bytes(bytes.try_into().unwrap());
    }
    words
}

/// `x * y` modulo the group order. The syscall expects the modulus right behind `y`.
fn multiply(mut x: [u64; 4], y: [u64; 4]) -> [u64; 4] {
    let operands = [y, ORDER];
    // SAFETY: both pointers are valid for as long as the call takes.
    unsafe { syscall_uint256_mulmod(&mut x, operands.as_ptr()) };
    x
}

/// `2^steps * G + 3 * G` on secp256k1.
fn point(steps: u8) -> Vec<u8> {
    let mut sum = Secp256k1Point::GENERATOR_T;
    sum.double();
    sum.add_assign(&Secp256k1Point::GENERATOR_T);
    let mut power = Secp256k1Point::GENERATOR_T;
    for _ in 0..steps {
        power.double();
    }
    power.complete_add_assign(&sum);
    power.to_le_bytes()
}

pub fn main() {
    let message = sp1_zkvm::io::read_vec();
    let sha = hash::sha256(&message);
    let keccak = hash::keccak256(&message);
    sp1_zkvm::io::commit_slice(&sha);
    sp1_zkvm::io::commit_slice(&keccak);

    let product = multiply(scalar(&sha), scalar(&keccak));
    sp1_zkvm::io::commit_slice(&words_to_bytes_le(&product));
    sp1_zkvm::io::commit_slice(&point(4 + sha[0] % 4));

    let mut state = [0; 25];
    state[..4].copy_from_slice(&product);
    // SAFETY: the state is valid for reads and writes.
    unsafe { syscall_keccak_permute(&mut state) };
    sp1_zkvm::io::commit(&state[24]);
}
