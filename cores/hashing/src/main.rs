//! SHA-256 and Keccak-256 of an input of any length, by the ordinary crates.
//!
//! One-shot and piecewise digests must agree, the lengths around the block sizes (64 and 136
//! bytes) are hashed each, and a chain feeds each digest into the other function.
#![no_main]
sp1_zkvm::entrypoint!(main);

use sha2::{Digest, Sha256};
use tiny_keccak::{Hasher, Keccak};

/// Lengths at which the padding of one of the functions changes its shape.
const EDGES: [usize; 12] = [0, 1, 55, 56, 63, 64, 65, 119, 128, 135, 136, 137];
/// Piece lengths for piecewise hashing: odd, just below and just above a block.
const PIECES: [usize; 3] = [7, 63, 137];
const CHAIN_LENGTH: usize = 16;

type Hash = [u8; 32];

fn sha256(data: &[u8]) -> Hash {
    Sha256::digest(data).into()
}

fn keccak256(data: &[u8]) -> Hash {
    let mut keccak = Keccak::v256();
    keccak.update(data);
    finish(keccak)
}

fn finish(keccak: Keccak) -> Hash {
    let mut hash = Hash::default();
    keccak.finalize(&mut hash);
    hash
}

/// Both digests of `data`, fed in pieces of `length` bytes.
fn in_pieces(data: &[u8], length: usize) -> (Hash, Hash) {
    let mut sha = Sha256::new();
    let mut keccak = Keccak::v256();
    for piece in data.chunks(length) {
        sha.update(piece);
        keccak.update(piece);
    }
    (sha.finalize().into(), finish(keccak))
}

/// Alternates the two functions, each over the digest before it and a part of the data.
fn chain(data: &[u8]) -> Hash {
    (0..CHAIN_LENGTH).fold(Hash::default(), |link, round| {
        let mut message = link.to_vec();
        message.extend(data.iter().skip(round).step_by(CHAIN_LENGTH).take(200));
        if round % 2 == 0 {
            sha256(&message)
        } else {
            keccak256(&message)
        }
    })
}

pub fn main() {
    let data = sp1_zkvm::io::read_vec();
    sp1_zkvm::io::commit(&(data.len() as u64));

    let whole = (sha256(&data), keccak256(&data));
    sp1_zkvm::io::commit_slice(&whole.0);
    sp1_zkvm::io::commit_slice(&whole.1);
    for length in PIECES {
        assert_eq!(in_pieces(&data, length), whole, "pieces of {length}");
    }

    for length in EDGES.into_iter().take_while(|length| *length <= data.len()) {
        sp1_zkvm::io::commit_slice(&sha256(&data[..length]));
        sp1_zkvm::io::commit_slice(&keccak256(&data[..length]));
    }
    sp1_zkvm::io::commit_slice(&chain(&data));
}
