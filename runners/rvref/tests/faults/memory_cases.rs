//! Programs for faults of loads and stores.

use super::common::*;
use super::{show, Case};

const RESULT: u32 = 20;
const LOAD: u32 = 3;

pub fn cases() -> Vec<Case> {
    [widths(), places(), neighbours()].concat()
}

/// With `s2` at an address and `s3` with a value, over data that has all bits set.
fn with(name: &'static str, address: u64, value: u64, words: &[u32]) -> Case {
    let show_memory = commit(address.wrapping_sub(8), 16);
    let text = [li(S2, address), li(S3, value), words.to_vec(), show_memory, show(RESULT), halt(0)];
    (name, text.concat(), vec![0xff; 4096])
}

/// A load with this `funct3` and offset.
fn load(funct3: u32, offset: i32) -> u32 {
    i(offset, funct3, LOAD, RESULT, S2)
}

fn widths() -> Vec<Case> {
    let at = DATA + 64;
    vec![
        with("lb-zero-extended", at, 0, &[load(0, 0)]),
        with("lh-zero-extended", at, 0, &[load(1, 0)]),
        with("lhu-sign-extended", at, 0, &[load(5, 0)]),
        with("lw-zero-extended", at, 0, &[load(2, 0)]),
        with("lwu-sign-extended", at, 0, &[load(6, 0)]),
        with("sb-clears-next-byte", at, 1, &[s(0, 0, S2, S3)]),
        with("sh-writes-a-word", at, 1, &[s(0, 1, S2, S3)]),
        with("sw-clears-lower-word", at, 1, &[s(4, 2, S2, S3)]),
    ]
}

fn places() -> Vec<Case> {
    let end = DATA + 4096;
    vec![
        with("sd-loses-upper-word", end, 1 << 32, &[s(-8, 3, S2, S3)]),
        with("sb-last-byte-of-page", end, 1, &[s(-1, 0, S2, S3)]),
        with("load-back-over-page", end, 0, &[load(3, -8)]),
        with("load-least-offset", end, 0, &[load(3, -2048)]),
        with("store-largest-offset", DATA + 64, 1, &[s(2040, 3, S2, S3), addi(S2, S2, -2048), load(3, -8)]),
        with("load-to-base", end, 0, &[i(-8, 3, LOAD, S2, S2), addi(RESULT, S2, 0)]),
        with(
            "unwritten-memory",
            end + 4096,
            5,
            &[s(0, 3, S2, S3), s(8, 3, S2, S3), s(16, 3, S2, S3), s(24, 3, S2, S3), load(3, 128)],
        ),
    ]
}

fn neighbours() -> Vec<Case> {
    let at = DATA + 64;
    vec![
        with("narrow-load-behind-store", at, 1, &[s(0, 3, S2, S3), load(4, 0)]),
        with("wide-load-behind-store", at, 1, &[s(0, 1, S2, S3), load(3, 0)]),
        with(
            "store-4096-bytes-away",
            at,
            1,
            &[u(1, 0x37, 5), r(0, 0, 0x33, 5, 5, S2), s(0, 3, S2, S3), i(0, 3, LOAD, RESULT, 5)],
        ),
    ]
}
