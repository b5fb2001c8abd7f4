//! `BTreeMap`, `HashMap`, `VecDeque` and `BinaryHeap`.

use sp1_zkvm::io::commit;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// FNV-1a: the same keys land in the same places on every run.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

type FnvMap<K, V> = HashMap<K, V, BuildHasherDefault<Fnv>>;

/// Positions by value: ranges, splitting, entries, first and last.
fn tree(numbers: &[i64]) {
    let mut places: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
    for (place, number) in (0..).zip(numbers) {
        places.entry(*number).or_default().push(place);
    }
    commit(&places);
    commit(&places.range(-100..=100).count().to_le_bytes());
    commit(&places.first_key_value());

    let upper = places.split_off(&0);
    places.retain(|_, found| found.len() % 2 == 1);
    commit(&(&places, upper.last_key_value()));

    let low: BTreeSet<i64> = places.into_keys().map(i64::wrapping_abs).collect();
    let high: BTreeSet<i64> = upper.into_keys().collect();
    commit(&low.intersection(&high).collect::<Vec<_>>());
    commit(&low.symmetric_difference(&high).collect::<Vec<_>>());
}

/// Inserting, overwriting and removing by hash; committed in the order of the keys.
fn table(numbers: &[i64]) {
    let mut counts: FnvMap<i64, u32> = FnvMap::default();
    for number in numbers {
        *counts.entry(number.rem_euclid(97)).or_insert(0) += 1;
        if number % 5 == 0 {
            let removed = counts.remove(&(number / 5).rem_euclid(97));
            commit(&removed);
        }
    }
    let mut entries: Vec<_> = counts.into_iter().collect();
    entries.sort_unstable();
    commit(&entries);
}

/// A queue used at both ends and turned round.
fn queue(numbers: &[i64]) {
    let mut queue = VecDeque::with_capacity(4);
    for number in numbers {
        match number.rem_euclid(4) {
            0 => queue.push_front(*number),
            1 => queue.push_back(*number),
            2 => commit(&queue.pop_front()),
            _ => commit(&queue.pop_back()),
        }
        let steps = numbers.len().min(queue.len() / 2);
        queue.rotate_left(steps);
    }
    queue.make_contiguous().reverse();
    commit(&queue);
}

/// The smallest numbers come first, then what is left as a sorted list.
fn heap(numbers: &[i64]) {
    let mut heap: BinaryHeap<Reverse<i64>> = numbers.iter().copied().map(Reverse).collect();
    for _ in 0..numbers.len() / 2 {
        if let Some(Reverse(least)) = heap.pop() {
            commit(&least);
            heap.push(Reverse(least.wrapping_mul(3).wrapping_add(1)));
        }
    }
    let rest: Vec<i64> = heap.into_sorted_vec().into_iter().map(|n| n.0).collect();
    commit(&rest);
}

pub fn exercise(numbers: &[i64]) {
    tree(numbers);
    table(numbers);
    queue(numbers);
    heap(numbers);
}
