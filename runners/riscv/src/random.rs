//! Random numbers that depend on nothing but their seed: the same on every machine and in every version.
//!
//! The generator is xoshiro256** of Blackman and Vigna, its state filled by their splitmix64.

/// A source of random numbers.
#[derive(Clone, Debug)]
pub struct Random {
    state: [u64; 4],
}

/// One step of splitmix64: advances `state` and gives the next number.
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

impl Random {
    /// A source for these numbers; every one of them matters, and so does their order.
    pub fn new(seeds: &[u64]) -> Self {
        let mut mixed = 0;
        for seed in seeds {
            let mut one = mixed ^ seed;
            mixed = splitmix(&mut one).rotate_left(17) ^ mixed.wrapping_mul(0x2545_f491_4f6c_dd1d);
        }
        Self { state: std::array::from_fn(|_| splitmix(&mut mixed)) }
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.state;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// A number below `bound`; 0 where the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as u64) as i64
    }

    /// True in `numerator` of `denominator` cases.
    pub fn chance(&mut self, numerator: u64, denominator: u64) -> bool {
        self.below(denominator) < numerator
    }

    /// One of these, which must not be none.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// A place among these weights, each with a probability in proportion to it; 0 where all are 0.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.below(weights.iter().map(|weight| u64::from(*weight)).sum());
        for (place, weight) in weights.iter().enumerate() {
            if left < u64::from(*weight) {
                return place;
            }
            left -= u64::from(*weight);
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_from_the_seeds_and_their_order() {
        let first = |seeds: &[u64]| Random::new(seeds).bits();
        assert_eq!(first(&[1, 2]), first(&[1, 2]));
        let all =
            [first(&[1, 2]), first(&[2, 1]), first(&[1]), first(&[1, 2, 0]), first(&[0]), first(&[0, 0])];
        assert!((0..6).all(|i| (0..i).all(|j| all[i] != all[j])), "{all:x?}");
    }

    #[test]
    fn numbers_keep_within_their_bounds_and_reach_them() {
        let mut random = Random::new(&[7]);
        let seen: Vec<i64> = (0..1000).map(|_| random.between(-3, 3)).collect();
        assert!((-3..=3).all(|number| seen.contains(&number)));
        assert!(seen.iter().all(|number| (-3..=3).contains(number)));
        let mut counts = [0; 3];
        (0..1000).for_each(|_| counts[random.weighted(&[3, 0, 1])] += 1);
        assert!(counts[1] == 0 && counts[0] > 2 * counts[2] && counts[2] > 150, "{counts:?}");
        assert_eq!((random.below(0), random.weighted(&[0, 0])), (0, 0));
    }
}
