//! Operations on one, two and many numbers.

use sp1_zkvm::io::{commit, commit_slice};

macro_rules! operations {
    ($name:ident, $float:ident, $commit:ident, $bits:ident, $nan:literal) => {
        /// Commits the bits, with one pattern for all NaNs. Only integers are compared and chosen:
        /// LLVM 22 turns a choice by `is_nan` into one between floats and then keeps the NaN that
        /// it has (on x86-64, for a square root).
        pub fn $commit(value: $float) {
            const INFINITY: $bits = $float::INFINITY.to_bits();
            let bits = value.to_bits();
            let is_nan = bits & !(1 << ($bits::BITS - 1)) > INFINITY;
            commit(&if is_nan { $nan } else { bits });
        }

        pub fn $name(a: $float, b: $float) {
            for value in [a + b, a - b, a * b, a / b, a % b, -a, a.sqrt(), a.abs()] {
                $commit(value);
            }
            for value in [a.floor(), a.ceil(), a.trunc(), a.round(), a.fract()] {
                $commit(value);
            }
            for value in [
                a.round_ties_even(),
                a.mul_add(b, a),
                a.rem_euclid(b),
                a.recip(),
            ] {
                $commit(value);
            }
            // The sign of a zero that `min` and `max` choose is not specified; adding zero drops it.
            $commit(a.min(b) + 0.0);
            $commit(a.max(b) + 0.0);
            commit(&[a < b, a <= b, a == b, a != b, a >= b, a > b]);
            commit(&a.partial_cmp(&b).map(|order| order as i8));
            commit(&(a.is_nan(), a.is_finite(), a.is_normal(), a.classify() as u8));
        }
    };
}

operations!(pair_f64, f64, commit_f64, u64, 0x7ff8_0000_0000_0000);
operations!(pair_f32, f32, commit_f32, u32, 0x7fc0_0000);

/// Sums in several orders: rounding makes them differ, alike everywhere.
pub fn sum(values: &[f64]) {
    commit_f64(values.iter().sum());
    commit_f64(values.iter().rev().sum());
    commit_f32(values.iter().map(|value| *value as f32).sum());
    commit_f64(values.iter().product());

    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    commit_f64(sorted.iter().sum());
    let (sum, _) = sorted.iter().fold((0.0, 0.0), |(sum, lost), value| {
        let value: f64 = value - lost;
        let next: f64 = sum + value;
        (next, (next - sum) - value)
    });
    commit_f64(sum);
    commit_slice(format!("{sorted:?}").as_bytes());
}
