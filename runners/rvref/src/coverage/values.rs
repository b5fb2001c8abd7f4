//! Classes of operand values: those that arithmetic is wrong for, if it is wrong at all.

/// How an operation looks at its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// 32 bits, all that RV32 has.
    Narrow,
    /// 64 bits.
    Wide,
    /// The lower half of 64 bits: the W operations of RV64.
    Lower,
}

/// Number of classes.
pub const CLASSES: usize = 10;

/// Names, by class. `min` and `max` are the signed extremes of the width that the operation looks at; `2^k`
/// are greater than 1; `small` fits the immediate of an I-type; `word` fits 32 bits, as a signed number.
/// `dirty` is a value whose bit 31 is not its sign, and for [`Width::Lower`] any whose upper half says more
/// than the sign of the lower one.
pub const NAMES: [&str; CLASSES] = ["0", "1", "-1", "min", "max", "2^k", "small", "word", "dirty", "other"];

const MIN: usize = 3;
const MAX: usize = 4;
const WORD: usize = 7;
const DIRTY: usize = 8;
const OTHER: usize = 9;

/// Whether a value of this class exists.
pub fn exists(class: usize, width: Width) -> bool {
    match width {
        Width::Narrow => !matches!(class, WORD | DIRTY),
        Width::Wide => true,
        Width::Lower => class != OTHER,
    }
}

/// Whether a load or store can succeed with a base of this class: nothing of 64-bit memory is near the signed
/// extremes.
pub fn is_base(class: usize, width: Width) -> bool {
    exists(class, width) && (width == Width::Narrow || !matches!(class, MIN | MAX))
}

/// The class of a value as a register keeps it, sign-extended.
#[inline(always)]
pub fn class(value: u64, width: Width) -> usize {
    let wide = value as i64;
    let fits = wide == i64::from(wide as i32);
    let extremes = match width {
        Width::Wide => (i64::MIN, i64::MAX),
        Width::Narrow | Width::Lower => (i64::from(i32::MIN), i64::from(i32::MAX)),
    };
    match wide {
        _ if !fits && width == Width::Lower => DIRTY,
        0 => 0,
        1 => 1,
        -1 => 2,
        _ if wide == extremes.0 => MIN,
        _ if wide == extremes.1 => MAX,
        2.. if value.is_power_of_two() => 5,
        -2048..=2047 => 6,
        _ if width == Width::Narrow => OTHER,
        _ if fits => WORD,
        _ if (wide < 0) != ((wide as i32) < 0) => DIRTY,
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(value: i64, width: Width) -> &'static str {
        NAMES[class(value as u64, width)]
    }

    #[test]
    fn every_width_has_its_extremes() {
        assert_eq!(name(i64::MIN, Width::Wide), "min");
        assert_eq!(name(i64::MAX, Width::Wide), "max");
        for width in [Width::Narrow, Width::Lower] {
            assert_eq!(name(i32::MIN.into(), width), "min");
            assert_eq!(name(i32::MAX.into(), width), "max");
        }
        assert_eq!(name(i32::MIN.into(), Width::Wide), "word");
    }

    #[test]
    fn upper_halves_are_told_apart() {
        assert_eq!(name(0x1234_5678, Width::Wide), "word");
        assert_eq!(name(0xffff_fff0, Width::Wide), "dirty");
        assert_eq!(name(0x1_0000_1234, Width::Wide), "other");
        assert_eq!(name(0x1_0000_1234, Width::Lower), "dirty");
        assert_eq!(name(0x1234_5678, Width::Lower), "word");
        assert_eq!(name(0x1234_5678, Width::Narrow), "other");
    }

    #[test]
    fn only_classes_that_exist_are_given() {
        for bits in 0..64 {
            for offset in -3..=3 {
                let value = (1i64 << bits).wrapping_add(offset);
                for value in [value, value.wrapping_neg()] {
                    assert!(exists(class(value as u64, Width::Wide), Width::Wide));
                    assert!(exists(class(value as u64, Width::Lower), Width::Lower));
                    assert!(exists(class(value as i32 as u64, Width::Narrow), Width::Narrow));
                }
            }
        }
    }
}
