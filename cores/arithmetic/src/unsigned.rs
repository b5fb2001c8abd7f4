//! What only unsigned types have, and schoolbook multiplication to 256 bits.

use sp1_zkvm::io::commit;

macro_rules! exercise {
    ($a:ident, $b:ident, $($int:ident),+) => {$(
        let (a, b) = ($a as $int, $b as $int);
        commit(&(a.isqrt(), a.abs_diff(b), a.midpoint(b), a.is_power_of_two()));
        commit(&(a.checked_next_power_of_two(), a.checked_ilog2(), a.checked_ilog10()));
        commit(&a.checked_ilog(b.max(2)));
        commit(&a.saturating_pow((b & 15) as u32));
        if b != 0 {
            commit(&(a / b, a % b, a.div_ceil(b), a.checked_next_multiple_of(b)));
        }
    )+};
}

/// The 256-bit product, high half first, by four multiplications of 64 bits.
fn multiply_wide(a: u128, b: u128) -> (u128, u128) {
    const LOW: u128 = u64::MAX as u128;
    let (a_high, a_low, b_high, b_low) = (a >> 64, a & LOW, b >> 64, b & LOW);
    let low = a_low * b_low;
    let middle = a_high * b_low + (low >> 64);
    let cross = a_low * b_high + (middle & LOW);
    let high = a_high * b_high + (middle >> 64) + (cross >> 64);
    (high, (cross << 64) | (low & LOW))
}

pub fn exercise(a: i128, b: i128) {
    exercise!(a, b, u8, u16, u32, u64, u128);
    let (high, low) = multiply_wide(a as u128, b as u128);
    assert_eq!(low, (a as u128).wrapping_mul(b as u128));
    commit(&(high, low));
}
