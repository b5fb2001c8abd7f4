//! SHA-256 (FIPS 180-4) and Keccak-f[1600] (FIPS 202) on the word layouts of SP1's precompiles.

use super::memory::{place, value};

/// SHA_EXTEND: fill words 16..64 of the message schedule; each 32-bit word lies in a 64-bit one.
#[no_mangle]
pub extern "C" fn syscall_sha256_extend(w: *mut [u64; 64]) {
    let w = place(w);
    for i in 16..64 {
        let (a, b) = (w[i - 15] as u32, w[i - 2] as u32);
        let s0 = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
        let s1 = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
        let sum = (w[i - 16] as u32).wrapping_add(s0).wrapping_add(w[i - 7] as u32).wrapping_add(s1);
        w[i] = u64::from(sum);
    }
}

/// SHA_COMPRESS: one block's 64 rounds over an extended schedule, added into `state`.
#[no_mangle]
pub extern "C" fn syscall_sha256_compress(w: *mut [u64; 64], state: *mut [u64; 8]) {
    let (w, state) = (value(w), place(state));
    let mut v = state.map(|word| word as u32);
    for (k, word) in ROUND_CONSTANTS.iter().zip(w) {
        let [a, b, c, d, e, f, g, h] = v;
        let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let t1 = h.wrapping_add(s1).wrapping_add(choice).wrapping_add(*k).wrapping_add(*word as u32);
        let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        v = [t1.wrapping_add(s0.wrapping_add(majority)), a, b, c, d.wrapping_add(t1), e, f, g];
    }
    for (word, add) in state.iter_mut().zip(v) {
        *word = u64::from((*word as u32).wrapping_add(add));
    }
}

/// KECCAK_PERMUTE.
#[no_mangle]
pub extern "C" fn syscall_keccak_permute(state: *mut [u64; 25]) {
    keccak::f1600(place(state));
}

/// FIPS 180-4, section 4.2.2.
const ROUND_CONSTANTS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];
