//! What signed and unsigned types share: the four forms of each operation, shifts, bit counts.

use sp1_zkvm::io::{commit, commit_slice};

macro_rules! exercise {
    ($a:ident, $b:ident, $shifts:ident, $($int:ident),+) => {$(
        let (a, b) = ($a as $int, $b as $int);
        commit(&[a.wrapping_add(b), a.wrapping_sub(b), a.wrapping_mul(b), a.wrapping_neg()]);
        commit(&[a.saturating_add(b), a.saturating_sub(b), a.saturating_mul(b)]);
        commit(&[a.overflowing_add(b), a.overflowing_sub(b), a.overflowing_mul(b)]);
        commit(&[a.checked_add(b), a.checked_sub(b), a.checked_mul(b), a.checked_neg()]);
        commit(&[a.checked_div(b), a.checked_rem(b)]);
        commit(&[a.checked_div_euclid(b), a.checked_rem_euclid(b)]);
        commit(&a.checked_pow((b & 7) as u32));
        commit(&a.wrapping_pow((b & 31) as u32));
        if b != 0 {
            commit(&[a.wrapping_div(b), a.wrapping_rem(b)]);
            commit(&[a.overflowing_div(b), a.overflowing_rem(b)]);
            commit(&a.saturating_div(b));
        }
        commit(&[a & b, a | b, a ^ b, !a, a.swap_bytes(), a.reverse_bits()]);
        commit(&[a.leading_zeros(), a.trailing_zeros(), a.leading_ones(), a.trailing_ones()]);
        commit(&[a.count_ones(), b.count_zeros()]);
        commit(&(a.cmp(&b) as i8, a == b, a.min(b), a.max(b)));
        for shift in $shifts {
            commit(&[a.wrapping_shl(*shift), a.wrapping_shr(*shift)]);
            commit(&[a.checked_shl(*shift), a.checked_shr(*shift)]);
            commit(&[a.rotate_left(*shift), b.rotate_right(*shift)]);
        }
        commit_slice(a.to_string().as_bytes());
        commit_slice(format!("{b:#x}").as_bytes());
    )+};
}

pub fn exercise(a: i128, b: i128, shifts: &[u32]) {
    exercise!(a, b, shifts, u8, u16, u32, u64, u128);
    exercise!(a, b, shifts, i8, i16, i32, i64, i128);
}
