//! Classes of operands: values at which operations change what they do, each class as likely as another.

use rvref::Xlen;

use crate::random::Random;

/// What is special about a value. A value belongs to the first class that fits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// 0
    Zero,
    /// 1
    One,
    /// All bits set: -1, and the largest unsigned number.
    MinusOne,
    /// The smallest signed number.
    Min,
    /// The largest signed number.
    Max,
    /// Where the lower half of a register overflows, signed or unsigned: with 64 bits 2^31 and 2^32, what is next
    /// to them, and -2^31.
    HalfEdge,
    /// 2^k
    PowerOfTwo,
    /// 2^k - 1, or its complement.
    Ones,
    /// From -64 to 64: shift amounts, small dividends and divisors.
    Small,
    /// The sign extension of the lower half, as W operations make it.
    SignExtended,
    /// A special lower half below an upper half that is not its sign extension.
    DirtyUpper,
    /// Anything.
    Other,
}

impl Class {
    /// All classes.
    pub const ALL: [Class; 12] = [
        Class::Zero,
        Class::One,
        Class::MinusOne,
        Class::Min,
        Class::Max,
        Class::HalfEdge,
        Class::PowerOfTwo,
        Class::Ones,
        Class::Small,
        Class::SignExtended,
        Class::DirtyUpper,
        Class::Other,
    ];

    /// The class of a register's value, sign-extended to 64 bits.
    pub fn of(value: u64, xlen: Xlen) -> Class {
        let unsigned = value & mask(xlen);
        let min = 1 << (bits(xlen) - 1);
        match unsigned {
            0 => Class::Zero,
            1 => Class::One,
            _ if unsigned == mask(xlen) => Class::MinusOne,
            _ if unsigned == min => Class::Min,
            _ if unsigned == min - 1 => Class::Max,
            _ if half_edges(xlen).contains(&unsigned) => Class::HalfEdge,
            _ if unsigned.is_power_of_two() => Class::PowerOfTwo,
            _ if (unsigned + 1).is_power_of_two() => Class::Ones,
            _ if ((!unsigned & mask(xlen)) + 1).is_power_of_two() => Class::Ones,
            _ if (-64..=64).contains(&(value as i64)) => Class::Small,
            _ if low_half(value, xlen) == value => Class::SignExtended,
            _ if special(low_half(value, xlen), xlen) => Class::DirtyUpper,
            _ => Class::Other,
        }
    }

    /// A value of this class, sign-extended to 64 bits.
    pub fn value(self, random: &mut Random, xlen: Xlen) -> u64 {
        let bits = bits(xlen);
        let half = u64::from(bits / 2);
        let value = match self {
            Class::Zero => 0,
            Class::One => 1,
            Class::MinusOne => u64::MAX,
            Class::Min => 1 << (bits - 1),
            Class::Max => (1 << (bits - 1)) - 1,
            Class::HalfEdge => random.pick(&half_edges(xlen)),
            Class::PowerOfTwo => 1 << random.below(bits.into()),
            Class::Ones => {
                let ones = (1 << (1 + random.below(u64::from(bits) - 1))) - 1;
                ones ^ random.pick(&[0, u64::MAX])
            }
            Class::Small => random.between(-64, 64) as u64,
            Class::SignExtended => {
                // Of any length, so that products and sums do not always overflow.
                low_half(random.bits() >> random.below(half), xlen)
            }
            Class::DirtyUpper => {
                let low = random.pick(&[0, 1, mask(xlen), half_min(xlen), half_min(xlen) - 1, 7]);
                let low = low & (mask(xlen) >> half);
                random.bits() << half | low
            }
            Class::Other => random.bits(),
        };
        fit(value, xlen)
    }
}

/// The lowest XLEN bits, sign-extended: how register values are kept here.
pub fn fit(value: u64, xlen: Xlen) -> u64 {
    match xlen {
        Xlen::Rv64 => value,
        Xlen::Rv32 => value as i32 as u64,
    }
}

fn bits(xlen: Xlen) -> u32 {
    crate::bits(xlen)
}

fn mask(xlen: Xlen) -> u64 {
    u64::MAX >> (64 - bits(xlen))
}

fn half_min(xlen: Xlen) -> u64 {
    1 << (bits(xlen) / 2 - 1)
}

fn low_half(value: u64, xlen: Xlen) -> u64 {
    match xlen {
        Xlen::Rv64 => value as i32 as u64,
        Xlen::Rv32 => value as i16 as u64,
    }
}

fn half_edges(xlen: Xlen) -> [u64; 8] {
    let half = half_min(xlen);
    let end = 2 * half;
    let minus = half.wrapping_neg() & mask(xlen);
    [half - 1, half, half + 1, end - 1, end, end + 1, minus, (minus - 1) & mask(xlen)]
}

/// Whether a lower half is special as a number of its own.
fn special(low: u64, xlen: Xlen) -> bool {
    (-64..=64).contains(&(low as i64)) || half_edges(xlen).contains(&(low & mask(xlen)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_belong_to_their_class_or_to_a_narrower_one() {
        let mut random = Random::new(&[1]);
        for xlen in [Xlen::Rv32, Xlen::Rv64] {
            for class in Class::ALL {
                let hits =
                    (0..200).filter(|_| Class::of(class.value(&mut random, xlen), xlen) == class).count();
                assert!(hits >= 100, "{class:?}: {hits} of 200");
            }
        }
    }
}
