//! What only signed types have.

use sp1_zkvm::io::commit;

macro_rules! exercise {
    ($a:ident, $b:ident, $($int:ident),+) => {$(
        let (a, b) = ($a as $int, $b as $int);
        commit(&(a.wrapping_abs(), a.unsigned_abs(), a.checked_abs(), a.saturating_neg()));
        commit(&(a.signum(), a.is_negative(), a.abs_diff(b)));
        commit(&a.checked_isqrt());
        commit(&(a.midpoint(b), a.checked_add_unsigned(b.unsigned_abs())));
        commit(&(a.saturating_sub_unsigned(b.unsigned_abs()), a >> 1));
    )+};
}

/// Widening and narrowing across types.
fn convert(a: i128) {
    commit(&(a as i8 as i128, a as i16 as i64, a as u8 as i8 as u64));
    commit(&(a as i32 as u128, a as u32 as i128, a as i64 as u8));
    commit(&(i8::try_from(a).ok(), u16::try_from(a).ok()));
    commit(&(i32::try_from(a).ok(), u64::try_from(a).ok()));
    commit(&(i64::try_from(a).ok(), u128::try_from(a).ok()));
}

pub fn exercise(a: i128, b: i128) {
    exercise!(a, b, i8, i16, i32, i64, i128);
    convert(a);
    convert(b);
}
