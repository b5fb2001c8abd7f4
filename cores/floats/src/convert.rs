//! Conversions: between the widths, to and from integers, to and from text.

use crate::operate::{commit_f32, commit_f64};
use sp1_zkvm::io::{commit, commit_slice};

/// A cast to an integer rounds towards zero and saturates; NaN becomes zero.
fn to_integers(value: f64) {
    let single = value as f32;
    commit(&(
        value as u8,
        value as u16,
        value as u32,
        value as u64,
        value as u128,
    ));
    commit(&(
        value as i8,
        value as i16,
        value as i32,
        value as i64,
        value as i128,
    ));
    commit(&(single as u8, single as u32, single as u64, single as u128));
    commit(&(single as i8, single as i32, single as i64, single as i128));
}

/// Integers made of the number's own bits, so that rounding has something to do.
fn from_integers(bits: u64) {
    let wide = (u128::from(bits) << 64) | u128::from(bits.reverse_bits());
    for value in [bits as f64, bits as i64 as f64, bits as u32 as f64] {
        commit_f64(value);
    }
    for value in [wide as f64, wide as i128 as f64, (wide >> 7) as f64] {
        commit_f64(value);
    }
    for value in [
        bits as f32,
        bits as i64 as f32,
        wide as f32,
        wide as i128 as f32,
    ] {
        commit_f32(value);
    }
}

fn text(value: f64) {
    let single = value as f32;
    for text in [
        format!("{value}"),
        format!("{value:?}"),
        format!("{value:e}"),
        format!("{value:.3}"),
        format!("{value:+012.4E}"),
        format!("{single}"),
        format!("{single:?}"),
    ] {
        commit_slice(text.as_bytes());
    }
    let again: f64 = value.to_string().parse().expect("its own text is a number");
    commit(&(again == value));
    commit_f32(
        format!("{value:e}")
            .parse()
            .expect("its own text is a number"),
    );
}

pub fn exercise(value: f64) {
    commit_f32(value as f32);
    commit_f64(f64::from(value as f32));
    to_integers(value);
    if !value.is_nan() {
        from_integers(value.to_bits());
    }
    text(value);
}
