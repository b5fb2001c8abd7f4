//! Padding in software, rounds by syscall.

use sp1_zkvm::syscalls::{syscall_keccak_permute, syscall_sha256_compress, syscall_sha256_extend};

/// Bytes of the Keccak-256 state that take input.
const RATE: usize = 136;

const SHA256_START: [u64; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

pub fn sha256(message: &[u8]) -> [u8; 32] {
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize((padded.len() + 8).next_multiple_of(64) - 8, 0);
    padded.extend((message.len() as u64 * 8).to_be_bytes());

    let mut state = SHA256_START;
    for block in padded.chunks(64) {
        let mut schedule = [0u64; 64];
        for (word, bytes) in schedule.iter_mut().zip(block.chunks(4)) {
            *word = u64::from(u32::from_be_bytes(bytes.try_into().unwrap()));
        }
        syscall_sha256_extend(&mut schedule);
        syscall_sha256_compress(&mut schedule, &mut state);
    }

    let mut digest = [0; 32];
    for (bytes, word) in digest.chunks_mut(4).zip(state) {
        bytes.copy_from_slice(&(word as u32).to_be_bytes());
    }
    digest
}

pub fn keccak256(message: &[u8]) -> [u8; 32] {
    let mut padded = message.to_vec();
    padded.push(1);
    padded.resize(padded.len().next_multiple_of(RATE), 0);
    *padded.last_mut().unwrap() |= 0x80;

    let mut state = [0u64; 25];
    for block in padded.chunks(RATE) {
        for (lane, bytes) in state.iter_mut().zip(block.chunks(8)) {
            *lane ^= u64::from_le_bytes(bytes.try_into().unwrap());
        }
        syscall_keccak_permute(&mut state);
    }

    let mut digest = [0; 32];
    for (bytes, lane) in digest.chunks_mut(8).zip(state) {
        bytes.copy_from_slice(&lane.to_le_bytes());
    }
    digest
}
