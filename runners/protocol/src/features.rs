//! Features, by which runners say what a run covered.

/// Counts are told as one of so many.
const BUCKETS: u32 = 8;

/// The feature of a bin that was hit so often: its number times 8, and the bucket that the count is in. These
/// begin at 1, 2, 3, 4, 8, 16, 32 and 128.
pub fn feature(bin: usize, count: u64) -> u32 {
    bin as u32 * BUCKETS + bucket(count)
}

fn bucket(count: u64) -> u32 {
    match count {
        0..=3 => count.max(1) as u32 - 1,
        4..=7 => 3,
        8..=15 => 4,
        16..=31 => 5,
        32..=127 => 6,
        _ => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_fall_into_eight_buckets() {
        assert_eq!([1, 2, 3, 4, 8, 16, 32, 128].map(bucket), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!([7, 15, 31, 127, u64::MAX].map(bucket), [3, 4, 5, 6, 7]);
        assert_eq!(feature(5, 2), 41);
    }
}
