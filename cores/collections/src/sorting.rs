//! Sorting, searching and selecting in slices.

use sp1_zkvm::io::commit;
use std::cmp::Reverse;

/// Equal keys keep their order: the places tell.
fn stable(numbers: &[i64]) {
    let mut places: Vec<(u32, i64)> = (0..).zip(numbers.iter().copied()).collect();
    places.sort_by_key(|(_, number)| number.rem_euclid(7));
    commit(&places);
    places.sort_by_key(|(_, number)| Reverse(number.unsigned_abs()));
    commit(&places);
    places.sort_by_cached_key(|(_, number)| number.to_string());
    commit(&places);
}

/// Unstable sorting and what builds on sorted slices.
fn sorted(numbers: &[i64]) {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    commit(&sorted);
    for needle in [-1, 0, 1, 42, i64::MAX] {
        let found = sorted.binary_search(&needle);
        commit(&found.map_or_else(|place| (false, place as u64), |place| (true, place as u64)));
    }
    let (small, large) = sorted.split_at(sorted.partition_point(|number| *number < 0));
    commit(&(small.len() as u64, large.len() as u64));
}

fn selected(numbers: &[i64]) {
    let mut pool = numbers.to_vec();
    if pool.is_empty() {
        return;
    }
    let middle = pool.len() / 2;
    let (_, median, _) = pool.select_nth_unstable(middle);
    commit(median);
}

/// Chunks, windows and rotation.
fn pieces(numbers: &[i64]) {
    for window in numbers.windows(3).filter(|window| window.is_sorted()) {
        commit(&window);
    }
    let sums = numbers.chunks(4).map(|chunk| {
        chunk
            .iter()
            .fold(0i64, |sum, number| sum.wrapping_add(*number))
    });
    commit(&sums.collect::<Vec<_>>());
    let mut turned = numbers.to_vec();
    turned.rotate_right(numbers.len() / 3);
    commit(&turned);
}

pub fn exercise(numbers: &[i64]) {
    stable(numbers);
    sorted(numbers);
    selected(numbers);
    pieces(numbers);
}
