//! What a run of a compiled program covers: edges, computed jumps, operations.

mod common;

use std::collections::BTreeMap;

use common::*;
use rvref::{Edges, Host, Op, Xlen};

/// The bins of operations begin here, behind those of computed jumps, and here those of branches.
const FIRST_OP: usize = 1 << 14;
const FIRST_BRANCH: usize = 1 << 15;

/// Bin and bucket of what a program covers.
fn covered(text: &[u32], buffers: &[&[u8]]) -> BTreeMap<usize, u32> {
    let mut machine = load(Xlen::Rv64, text, &[]);
    let mut edges = Edges::new(machine.text().clone());
    let buffers = buffers.iter().map(|buffer| buffer.to_vec()).collect();
    machine.run(&mut Host::new(buffers, &mut Vec::new()), &mut edges);
    let features: Vec<u32> =
        edges.features().chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
    assert!(features.is_sorted());
    features.into_iter().map(|feature| ((feature / 8) as usize, feature % 8)).collect()
}

/// A loop that goes round `count` times, at slot 1, with its branch at slot 2.
fn round(count: i32) -> Vec<u32> {
    let mut text = vec![addi(S2, 0, count), addi(S2, S2, -1), b(-4, 1, S2, 0)];
    text.extend(halt(0));
    text
}

#[test]
fn a_branch_has_a_bin_for_each_way_and_buckets_for_its_counts() {
    let bucket = |count: i32| covered(&round(count), &[]).get(&(FIRST_BRANCH + 5)).copied();
    assert_eq!(bucket(1), None, "never taken");
    assert_eq!([2, 3, 4, 5, 9, 17, 33, 129].map(bucket), [0, 1, 2, 3, 4, 5, 6, 7].map(Some));
    assert_eq!(covered(&round(9), &[])[&(FIRST_BRANCH + 4)], 0, "it goes on behind the branch once");
}

#[test]
fn computed_jumps_are_told_apart_by_where_they_go_and_returns_are_left_out() {
    let jump = |target: i32| {
        let mut text = vec![u(0, 0x17, S2), jalr(0, S2, target), addi(0, 0, 0), addi(0, 0, 0)];
        text.extend(halt(0));
        covered(&text, &[]).into_keys().filter(|bin| *bin < FIRST_OP).collect::<Vec<_>>()
    };
    assert_eq!((jump(8).len(), jump(12).len()), (1, 1));
    assert_ne!(jump(8), jump(12));
    let mut text = vec![u(0, 0x17, 1), jalr(0, 1, 8)];
    text.extend(halt(0));
    assert!(covered(&text, &[]).into_keys().all(|bin| bin >= FIRST_OP));
}

#[test]
fn operations_have_bins_of_their_own() {
    let found = covered(&round(40), &[]);
    assert_eq!(
        found[&(FIRST_OP + Op::Bne as usize)],
        1,
        "40 is in the second bucket of 16 times the one before"
    );
    assert_eq!(found[&(FIRST_OP + Op::Ecall as usize)], 0);
    assert!(!found.contains_key(&(FIRST_OP + Op::Mul as usize)));
}
