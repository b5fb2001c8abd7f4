//! Integers of any size: ring operations, division, gcd, modular power and inverse, radix text.
//!
//! The numbers come as hexadecimal strings, optionally signed. An operation that is not defined
//! for them (division by zero, no inverse) commits `none` instead.
#![no_main]
sp1_zkvm::entrypoint!(main);

use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use serde::Deserialize;

#[derive(Deserialize)]
struct Input {
    a: String,
    b: String,
    /// The exponent of the modular power.
    exponent: String,
    modulus: String,
    #[serde(default)]
    shift: u16,
}

fn parse(text: &str) -> BigInt {
    BigInt::parse_bytes(text.as_bytes(), 16).expect("numbers are hexadecimal strings")
}

/// Commits a sign and the digits as two raw commits, so that neither hides in the other.
fn commit(value: &BigInt) {
    let (sign, digits) = value.to_bytes_le();
    let sign = match sign {
        Sign::Minus => b'-',
        Sign::NoSign => b'0',
        Sign::Plus => b'+',
    };
    sp1_zkvm::io::commit(&sign);
    sp1_zkvm::io::commit_slice(&digits);
}

fn commit_option(value: Option<BigInt>) {
    match value {
        Some(value) => commit(&value),
        None => sp1_zkvm::io::commit_slice(b"none"),
    }
}

fn commit_ring(a: &BigInt, b: &BigInt) {
    for value in [a + b, a - b, b - a, a * b, a * a - b * b, -a] {
        commit(&value);
    }
    assert_eq!((a + b) * (a - b), a * a - b * b);
}

fn commit_division(a: &BigInt, b: &BigInt) {
    commit_option(a.checked_div(b));
    if b.sign() == Sign::NoSign {
        return;
    }
    let (quotient, remainder) = a.div_rem(b);
    assert_eq!(&(&quotient * b + &remainder), a);
    let (floor, modulo) = a.div_mod_floor(b);
    for value in [quotient, remainder, floor, modulo] {
        commit(&value);
    }
}

fn commit_divisors(a: &BigInt, b: &BigInt) {
    let extended = a.extended_gcd(b);
    assert_eq!(a * &extended.x + b * &extended.y, extended.gcd);
    assert_eq!(a.gcd(b), extended.gcd);
    for value in [extended.gcd, extended.x, extended.y, a.lcm(b)] {
        commit(&value);
    }
}

fn commit_modular(a: &BigInt, exponent: &BigUint, modulus: &BigInt) {
    let defined = modulus.sign() != Sign::NoSign;
    let exponent = BigInt::from(exponent.clone());
    commit_option(defined.then(|| a.modpow(&exponent, modulus)));
    let inverse = if defined { a.modinv(modulus) } else { None };
    if let Some(inverse) = &inverse {
        let one = BigInt::from(1u8).mod_floor(modulus);
        assert_eq!((a * inverse).mod_floor(modulus), one);
    }
    commit_option(inverse);
}

/// Shifts, bitwise operations and roots.
fn commit_bits(a: &BigInt, b: &BigInt, shift: u16) {
    for value in [a << shift, a >> shift, a & b, a | b, a ^ b, !a] {
        commit(&value);
    }
    let magnitude = a.magnitude();
    commit(&magnitude.sqrt().into());
    commit(&magnitude.cbrt().into());
    sp1_zkvm::io::commit(&(magnitude.bits(), magnitude.count_ones()));
    sp1_zkvm::io::commit(&magnitude.trailing_zeros());
}

fn commit_text(a: &BigInt) {
    for radix in [2, 7, 10, 16, 36] {
        let text = a.to_str_radix(radix);
        assert_eq!(&BigInt::parse_bytes(text.as_bytes(), radix).unwrap(), a);
        sp1_zkvm::io::commit_slice(text.as_bytes());
    }
}

pub fn main() {
    let bytes = sp1_zkvm::io::read_vec();
    let input: Input = serde_json::from_slice(&bytes).expect("input is JSON");
    let (a, b) = (parse(&input.a), parse(&input.b));
    let exponent = parse(&input.exponent)
        .to_biguint()
        .expect("the exponent is not negative");

    sp1_zkvm::io::commit(&(a.cmp(&b) as i8));
    commit_ring(&a, &b);
    commit_division(&a, &b);
    commit_divisors(&a, &b);
    commit_modular(&a, &exponent, &parse(&input.modulus));
    commit_bits(&a, &b, input.shift);
    commit_text(&a);
}
