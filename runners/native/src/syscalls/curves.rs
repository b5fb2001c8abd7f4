//! Elliptic curves and their fields, by the textbook formulas on affine points.
//!
//! Points are little-endian limbs, x then y. The precompiles do not define sums of equal or opposite points,
//! and neither do these: such a call divides by zero, which is a panic.

use num_bigint::BigUint;

use super::integers::{number, store};
use super::memory::{place, value, words, words_mut};

/// The prime of a field, as the standards write it.
fn prime(hex: &str) -> BigUint {
    BigUint::parse_bytes(hex.as_bytes(), 16).expect("a hexadecimal literal")
}

const SECP256K1: &str = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";
const SECP256R1: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
const BN254: &str = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";
const BLS12381: &str =
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";
const ED25519: &str = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
/// -121665 / 121666 modulo the prime of Ed25519 (RFC 8032, section 5.1).
const ED25519_D: &str = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";

/// A prime field's operations on reduced numbers.
struct Field(BigUint);

impl Field {
    fn add(&self, a: &BigUint, b: &BigUint) -> BigUint {
        (a + b) % &self.0
    }

    fn sub(&self, a: &BigUint, b: &BigUint) -> BigUint {
        (a + &self.0 - b % &self.0) % &self.0
    }

    fn mul(&self, a: &BigUint, b: &BigUint) -> BigUint {
        (a * b) % &self.0
    }

    fn div(&self, a: &BigUint, b: &BigUint) -> BigUint {
        assert!((b % &self.0).bits() != 0, "the precompile does not define this sum of points");
        let exponent = &self.0 - 2u32;
        self.mul(a, &b.modpow(&exponent, &self.0))
    }
}

/// The third point of a line of this slope through `p` and a point with x-coordinate `other_x`, mirrored.
fn chord(field: &Field, p: &mut [u64], other_x: &BigUint, slope: &BigUint) {
    let half = p.len() / 2;
    let (x, y) = (number(&p[..half]), number(&p[half..]));
    let sum_x = field.sub(&field.sub(&field.mul(slope, slope), &x), other_x);
    let sum_y = field.sub(&field.mul(slope, &field.sub(&x, &sum_x)), &y);
    store(&sum_x, &mut p[..half]);
    store(&sum_y, &mut p[half..]);
}

fn add_points(field_prime: &str, p: &mut [u64], q: &[u64]) {
    let field = Field(prime(field_prime));
    let half = p.len() / 2;
    let (x, y) = (number(&p[..half]), number(&p[half..]));
    let (other_x, other_y) = (number(&q[..half]), number(&q[half..]));
    let slope = field.div(&field.sub(&other_y, &y), &field.sub(&other_x, &x));
    chord(&field, p, &other_x, &slope);
}

/// `minus_a` is the curve's coefficient a, negated: 3 on secp256r1, 0 on the others.
fn double_point(field_prime: &str, minus_a: u32, p: &mut [u64]) {
    let field = Field(prime(field_prime));
    let half = p.len() / 2;
    let (x, y) = (number(&p[..half]), number(&p[half..]));
    let tangent = field.sub(&(field.mul(&x, &x) * 3u32), &BigUint::from(minus_a));
    let slope = field.div(&tangent, &(y * 2u32));
    chord(&field, p, &x, &slope);
}

macro_rules! weierstrass {
    ($($add:ident, $double:ident, $prime:expr, $minus_a:expr, $limbs:expr;)*) => {$(
        #[doc = concat!("Add the point `q` to `p` (`", stringify!($add), "`).")]
        #[no_mangle]
        pub extern "C" fn $add(p: *mut [u64; $limbs], q: *const [u64; $limbs]) {
            add_points($prime, place(p), value(q));
        }

        #[doc = concat!("Double the point `p` (`", stringify!($double), "`).")]
        #[no_mangle]
        pub extern "C" fn $double(p: *mut [u64; $limbs]) {
            double_point($prime, $minus_a, place(p));
        }
    )*};
}

weierstrass! {
    syscall_secp256k1_add, syscall_secp256k1_double, SECP256K1, 0, 8;
    syscall_secp256r1_add, syscall_secp256r1_double, SECP256R1, 3, 8;
    syscall_bn254_add, syscall_bn254_double, BN254, 0, 8;
    syscall_bls12381_add, syscall_bls12381_double, BLS12381, 0, 12;
}

/// ED_ADD: the twisted Edwards addition law of RFC 8032, section 5.1.4, on affine points.
#[no_mangle]
pub extern "C" fn syscall_ed_add(p: *mut [u64; 8], q: *const [u64; 8]) {
    let (p, q) = (place(p), value(q));
    let field = Field(prime(ED25519));
    let (x1, y1) = (number(&p[..4]), number(&p[4..]));
    let (x2, y2) = (number(&q[..4]), number(&q[4..]));
    let (x1y2, x2y1) = (field.mul(&x1, &y2), field.mul(&x2, &y1));
    let (x1x2, y1y2) = (field.mul(&x1, &x2), field.mul(&y1, &y2));
    let scaled = field.mul(&prime(ED25519_D), &field.mul(&x1x2, &y1y2));
    let one = BigUint::from(1u32);
    store(&field.div(&field.add(&x1y2, &x2y1), &field.add(&one, &scaled)), &mut p[..4]);
    store(&field.div(&field.add(&y1y2, &x1x2), &field.sub(&one, &scaled)), &mut p[4..]);
}

type Operation = fn(&Field, &BigUint, &BigUint) -> BigUint;

/// One operation on each coefficient: the field itself, and addition and subtraction of its extensions.
fn by_coefficient(field_prime: &str, operation: Operation, x: &mut [u64], y: &[u64], coefficients: usize) {
    let field = Field(prime(field_prime));
    let limbs = x.len() / coefficients;
    for (x, y) in x.chunks_mut(limbs).zip(y.chunks(limbs)) {
        store(&operation(&field, &number(x), &number(y)), x);
    }
}

/// (a0 + a1 u)(b0 + b1 u) with u² = -1.
fn quadratic_product(field_prime: &str, x: &mut [u64], y: &[u64]) {
    let field = Field(prime(field_prime));
    let half = x.len() / 2;
    let (a0, a1) = (number(&x[..half]), number(&x[half..]));
    let (b0, b1) = (number(&y[..half]), number(&y[half..]));
    store(&field.sub(&field.mul(&a0, &b0), &field.mul(&a1, &b1)), &mut x[..half]);
    store(&field.add(&field.mul(&a0, &b1), &field.mul(&a1, &b0)), &mut x[half..]);
}

macro_rules! field_operations {
    ($($name:ident, $prime:expr, $operation:expr, $limbs:expr, $coefficients:expr;)*) => {$(
        #[doc = concat!("`x = x op y` (`", stringify!($name), "`).")]
        #[no_mangle]
        pub extern "C" fn $name(x: *mut u64, y: *const u64) {
            let x = words_mut(x, $limbs);
            by_coefficient($prime, $operation, x, words(y, $limbs), $coefficients);
        }
    )*};
}

field_operations! {
    syscall_bls12381_fp_addmod, BLS12381, Field::add, 6, 1;
    syscall_bls12381_fp_submod, BLS12381, Field::sub, 6, 1;
    syscall_bls12381_fp_mulmod, BLS12381, Field::mul, 6, 1;
    syscall_bls12381_fp2_addmod, BLS12381, Field::add, 12, 2;
    syscall_bls12381_fp2_submod, BLS12381, Field::sub, 12, 2;
    syscall_bn254_fp_addmod, BN254, Field::add, 4, 1;
    syscall_bn254_fp_submod, BN254, Field::sub, 4, 1;
    syscall_bn254_fp_mulmod, BN254, Field::mul, 4, 1;
    syscall_bn254_fp2_addmod, BN254, Field::add, 8, 2;
    syscall_bn254_fp2_submod, BN254, Field::sub, 8, 2;
}

/// Multiply in the quadratic extension of the field of BLS12-381.
#[no_mangle]
pub extern "C" fn syscall_bls12381_fp2_mulmod(x: *mut u64, y: *const u64) {
    quadratic_product(BLS12381, words_mut(x, 12), words(y, 12));
}

/// Multiply in the quadratic extension of the field of BN254.
#[no_mangle]
pub extern "C" fn syscall_bn254_fp2_mulmod(x: *mut u64, y: *const u64) {
    quadratic_product(BN254, words_mut(x, 8), words(y, 8));
}
