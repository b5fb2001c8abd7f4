//! 256-bit integers on little-endian 64-bit limbs.

use num_bigint::BigUint;

use super::memory::{place, value, words};

/// The number in little-endian limbs.
pub(super) fn number(limbs: &[u64]) -> BigUint {
    BigUint::from_bytes_le(&limbs.iter().flat_map(|limb| limb.to_le_bytes()).collect::<Vec<_>>())
}

/// Write the low limbs of a number; what lies above them is cut off.
pub(super) fn store(value: &BigUint, limbs: &mut [u64]) {
    limbs.fill(0);
    limbs.iter_mut().zip(value.iter_u64_digits()).for_each(|(limb, digit)| *limb = digit);
}

/// UINT256_MUL: `x = x * y mod m`, with `m` behind `y` in memory; a modulus of 0 stands for 2^256.
#[no_mangle]
pub extern "C" fn syscall_uint256_mulmod(x: *mut [u64; 4], y: *const [u64; 4]) {
    let y_and_modulus = words(y.cast::<u64>(), 8);
    let (y, modulus) = y_and_modulus.split_at(4);
    store(&mulmod(&number(value(x)), &number(y), &number(modulus)), place(x));
}

/// `result = x * y mod modulus`, as `sp1-zkvm` offers it to C.
#[no_mangle]
pub extern "C" fn sys_bigint(
    result: *mut [u64; 4],
    _op: u64,
    x: *const [u64; 4],
    y: *const [u64; 4],
    modulus: *const [u64; 4],
) {
    store(&mulmod(&number(value(x)), &number(value(y)), &number(value(modulus))), place(result));
}

fn mulmod(x: &BigUint, y: &BigUint, modulus: &BigUint) -> BigUint {
    let product = x * y;
    if modulus.bits() == 0 {
        product
    } else {
        product % modulus
    }
}

/// UINT256_ADD_CARRY: `d` and `e` are the low and high 256 bits of `a + b + c`.
#[no_mangle]
pub extern "C" fn syscall_uint256_add_with_carry(
    a: *const [u64; 4],
    b: *const [u64; 4],
    c: *const [u64; 4],
    d: *mut [u64; 4],
    e: *mut [u64; 4],
) {
    split(&(number(value(a)) + number(value(b)) + number(value(c))), d, e);
}

/// UINT256_MUL_CARRY: `d` and `e` are the low and high 256 bits of `a * b + c`.
#[no_mangle]
pub extern "C" fn syscall_uint256_mul_with_carry(
    a: *const [u64; 4],
    b: *const [u64; 4],
    c: *const [u64; 4],
    d: *mut [u64; 4],
    e: *mut [u64; 4],
) {
    split(&(number(value(a)) * number(value(b)) + number(value(c))), d, e);
}

fn split(value: &BigUint, low: *mut [u64; 4], high: *mut [u64; 4]) {
    store(value, place(low));
    store(&(value >> 256u32), place(high));
}
