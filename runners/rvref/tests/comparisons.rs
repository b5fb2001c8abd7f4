//! What a run compares, and the values that would make the sides equal.

mod common;

use common::*;
use rvref::{Comparisons, Host, Xlen};

/// The bins of branches begin here.
const FIRST_BRANCH: u32 = 1 << 15;
const S4: u32 = 20;
const SLLI: (u32, u32) = (0, 1);
const SRLI: (u32, u32) = (0, 5);

/// Bin, one side and the other of each pair of numbers.
fn compared(text: &[u32], data: &[u64]) -> Vec<(u32, u64, u64)> {
    let data: Vec<u8> = data.iter().flat_map(|value| value.to_le_bytes()).collect();
    let mut machine = load(Xlen::Rv64, text, &data);
    let mut comparisons = Comparisons::new(machine.text().clone());
    machine.run(&mut Host::new(Vec::new(), &mut Vec::new()), &mut comparisons);
    let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap());
    let told = comparisons.told();
    told.chunks_exact(21)
        .map(|piece| {
            assert_eq!(piece[4], 8, "the width of a number");
            (u32::from_le_bytes(piece[..4].try_into().unwrap()), number(&piece[5..13]), number(&piece[13..]))
        })
        .collect()
}

/// The same of what is done with the values in `S2` and `S3`, that were read from memory, and of a `beq` of
/// `S2` and a register behind it.
fn read(values: [u64; 2], work: &[u32], other: u32) -> Vec<(u64, u64)> {
    let mut text = li(S4, DATA);
    text.extend([i(0, 3, 3, S2, S4), i(8, 3, 3, S3, S4)]);
    text.extend(work);
    let branch = FIRST_BRANCH + 2 * text.len() as u32;
    text.push(b(8, 0, S2, other));
    text.extend([addi(0, 0, 0), addi(0, 0, 0)]);
    text.extend(halt(0));
    let found = compared(&text, &values);
    assert!(found.iter().all(|(bin, _, _)| *bin == branch), "the branch was not taken");
    found.into_iter().map(|(_, one, other)| (one, other)).collect()
}

fn shift((funct7, funct3): (u32, u32), by: i32) -> u32 {
    i((funct7 << 5) as i32 | by, funct3, 0x13, S2, S2)
}

#[test]
fn the_operands_of_a_branch_that_went_one_way_are_told() {
    assert_eq!(read([500, 7], &[], S3), [(500, 7)]);
    assert_eq!(read([7, 7], &[], S3), [], "they are equal");
}

#[test]
fn a_value_is_followed_back_through_sums() {
    let sum = r(0, 0, 0x33, S2, S2, S3);
    assert_eq!(read([30, 12], &[sum, addi(T0, 0, 100)], T0), [(42, 100), (30, 88), (12, 70)]);
    let difference = r(0x20, 0, 0x33, S2, S2, S3);
    let both = read([30, 12], &[difference, addi(S2, S2, 2), addi(T0, 0, 50)], T0);
    assert!(both.contains(&(30, 60)), "30 - 12 + 2 is 20, and 60 - 12 + 2 is 50: {both:?}");
    assert!(both.contains(&(12, (-18i64) as u64)), "30 + 18 + 2 is 50: {both:?}");
}

#[test]
fn a_value_is_followed_back_through_shifts_and_multiplications() {
    // How a range of 16 numbers from 800 on is compiled.
    assert_eq!(read([500, 0], &[shift(SRLI, 4), addi(T0, 0, 50)], T0), [(31, 50), (500, 804)]);
    // The lower half of a register.
    let half = [shift(SLLI, 32), shift(SRLI, 32), addi(T0, 0, 9)];
    assert_eq!(read([5 << 32 | 4, 0], &half, T0), [(4, 9), (5 << 32 | 4, 5 << 32 | 9)]);
    let product = [addi(T0, 0, 7), r(1, 0, 0x33, S2, S2, T0), addi(T0, 0, 91)];
    assert_eq!(read([5, 0], &product, T0), [(35, 91), (5, 13)]);
}

#[test]
fn a_remainder_says_what_has_that_remainder() {
    // 1234 % 100, as 1234 - 12 * 100.
    let work = [addi(T0, 0, 12), addi(S3, 0, 100), r(1, 0, 0x33, T0, T0, S3)];
    let work = [&work[..], &[r(0x20, 0, 0x33, S2, S2, T0), addi(T0, 0, 77)]].concat();
    assert!(read([1234, 0], &work, T0).contains(&(1234, 1277)));
}

#[test]
fn what_overflows_is_left_out() {
    let work = [shift(SRLI, 63), shift(SRLI, 63), shift(SRLI, 63), addi(T0, 0, 1)];
    assert_eq!(read([1 << 63, 0], &work, T0), [(0, 1)]);
}
