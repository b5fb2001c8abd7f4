//! A check that only the host's build has: behind four conditions, each inside the one before, it goes wrong. The
//! guest has none of them, so that what the guest covers says nothing of how far an input gets.
#![no_main]
sp1_zkvm::entrypoint!(main);

fn main() {
    let input = sp1_zkvm::io::read_vec();
    let digest =
        input.iter().fold(0x811c_9dc5u32, |digest, byte| (digest ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    #[cfg(not(target_os = "zkvm"))]
    let digest = host::checked(&input, digest);
    sp1_zkvm::io::commit(&digest);
}

#[cfg(not(target_os = "zkvm"))]
mod host {
    /// The digest, unless the input is the one that it goes wrong for.
    pub fn checked(input: &[u8], digest: u32) -> u32 {
        match input {
            [b'h', rest @ ..] => second(rest, digest),
            _ => digest,
        }
    }

    #[inline(never)]
    fn second(input: &[u8], digest: u32) -> u32 {
        match input {
            [0xc3, rest @ ..] => third(rest, digest),
            _ => digest,
        }
    }

    #[inline(never)]
    fn third(input: &[u8], digest: u32) -> u32 {
        match input {
            [0x51 | 0x59, rest @ ..] => fourth(rest, digest),
            _ => digest,
        }
    }

    #[inline(never)]
    fn fourth(input: &[u8], digest: u32) -> u32 {
        match input {
            [251..=255, ..] => !digest,
            _ => digest,
        }
    }
}
