//! The precompiles for curves, their fields and 256-bit integers, called directly.
#![no_main]
sp1_zkvm::entrypoint!(main);

use sp1_zkvm::io::{commit_slice, read};
use sp1_zkvm::syscalls::*;

/// Little-endian limbs of a hexadecimal number.
fn limbs<const N: usize>(hex: &str) -> [u64; N] {
    let mut limbs = [0; N];
    for (place, digit) in hex.bytes().rev().enumerate() {
        let value = (digit as char).to_digit(16).expect("a hexadecimal digit");
        limbs[place / 16] |= u64::from(value) << (place % 16 * 4);
    }
    limbs
}

fn point<const N: usize>(x: &str, y: &str) -> [u64; N] {
    let mut point = [0; N];
    point[..N / 2].copy_from_slice(&limbs::<N>(x)[..N / 2]);
    point[N / 2..].copy_from_slice(&limbs::<N>(y)[..N / 2]);
    point
}

fn show(words: &[u64]) {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    commit_slice(&bytes);
}

/// Commit 2G, 3G, … of a generator.
macro_rules! multiples {
    ($rounds:expr, $add:ident, $double:ident, $limbs:expr, $x:expr, $y:expr) => {{
        let mut generator: [u64; $limbs] = point($x, $y);
        let mut sum = generator;
        $double(&mut sum);
        show(&sum);
        for _ in 0..$rounds {
            $add(&mut sum, &mut generator);
            show(&sum);
            $double(&mut sum);
        }
        show(&sum);
    }};
}

/// Commit what an operation makes of two field elements.
macro_rules! field {
    ($seed:expr, $limbs:expr, $($operation:ident),*) => {$(
        let mut x = [0u64; $limbs];
        let mut y = [0u64; $limbs];
        for i in 0..$limbs {
            x[i] = $seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(i as u32 * 7) >> 5;
            y[i] = $seed.wrapping_mul(0xd1b5_4a32_d192_ed03).rotate_left(i as u32 * 11) >> 5;
            // The top limb of each coefficient stays small, so that the number is reduced.
            if i % ($limbs / (1 + ($limbs > 6) as usize)) == $limbs / (1 + ($limbs > 6) as usize) - 1 {
                x[i] >>= 8;
                y[i] >>= 8;
            }
        }
        $operation(x.as_mut_ptr(), y.as_ptr());
        show(&x);
    )*};
}

pub fn main() {
    let rounds = read::<u32>();
    let seed = read::<u64>();
    multiples!(
        rounds, syscall_secp256k1_add, syscall_secp256k1_double, 8,
        "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
    );
    multiples!(
        rounds, syscall_secp256r1_add, syscall_secp256r1_double, 8,
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    );
    multiples!(rounds, syscall_bn254_add, syscall_bn254_double, 8, "1", "2");
    multiples!(
        rounds, syscall_bls12381_add, syscall_bls12381_double, 12,
        "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
        "08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1"
    );
    let base: [u64; 8] = point(
        "216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a",
        "6666666666666666666666666666666666666666666666666666666666666658",
    );
    let mut sum = base;
    for _ in 0..rounds {
        syscall_ed_add(&mut sum, &base);
        show(&sum);
    }
    field!(seed, 4, syscall_bn254_fp_addmod, syscall_bn254_fp_submod, syscall_bn254_fp_mulmod);
    field!(seed, 8, syscall_bn254_fp2_addmod, syscall_bn254_fp2_submod, syscall_bn254_fp2_mulmod);
    field!(seed, 6, syscall_bls12381_fp_addmod, syscall_bls12381_fp_submod, syscall_bls12381_fp_mulmod);
    field!(seed, 12, syscall_bls12381_fp2_addmod, syscall_bls12381_fp2_submod, syscall_bls12381_fp2_mulmod);
    integers(seed);
}

fn integers(seed: u64) {
    let a = [seed, !seed, seed.rotate_left(9), u64::MAX];
    let b = [!seed, seed.rotate_left(33), 3, seed];
    let c = [u64::MAX; 4];
    let (mut low, mut high) = ([0; 4], [0; 4]);
    syscall_uint256_add_with_carry(&a, &b, &c, &mut low, &mut high);
    show(&low);
    show(&high);
    syscall_uint256_mul_with_carry(&a, &b, &c, &mut low, &mut high);
    show(&low);
    show(&high);
    let mut product = a;
    let y_and_modulus = [b[0], b[1], b[2], b[3], 0, 0, 0, 0];
    syscall_uint256_mulmod(&mut product, y_and_modulus.as_ptr().cast());
    show(&product);
    let y_and_modulus = [b[0], b[1], b[2], b[3], seed | 1, 5, 0, 1 << 60];
    syscall_uint256_mulmod(&mut product, y_and_modulus.as_ptr().cast());
    show(&product);
}
