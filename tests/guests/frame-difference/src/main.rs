//! A frame of a binary protocol, read byte by byte. Behind six conditions, each inside the one before, the guest
//! is wrong by one: magic number, version, kind in big endian, a length that is true, a word, a sum that is true.
#![no_main]
sp1_zkvm::entrypoint!(main);

fn main() {
    let input = sp1_zkvm::io::read_vec();
    sp1_zkvm::io::commit(&opened(&input).unwrap_or(u32::MAX));
}

/// The digest of a frame; `None` for one that is too short.
fn opened(input: &[u8]) -> Option<u32> {
    let digest = input.iter().fold(0x811c_9dc5u32, |digest, byte| (digest ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    Some(match u32::from_le_bytes(input.get(..4)?.try_into().ok()?) {
        0x0000_5049 => digest,
        0xc0de_f00d => versioned(input.get(4..)?, digest)?,
        _ => !digest,
    })
}

#[inline(never)]
fn versioned(rest: &[u8], digest: u32) -> Option<u32> {
    match rest.first()? {
        11 => kinded(rest.get(1..)?, digest ^ 11),
        version => Some(digest ^ u32::from(*version)),
    }
}

#[inline(never)]
fn kinded(rest: &[u8], digest: u32) -> Option<u32> {
    match u16::from_be_bytes(rest.get(..2)?.try_into().ok()?) {
        0x1b39 => measured(rest.get(2..)?, digest / 3),
        kind => Some(digest.rotate_left(u32::from(kind) % 31)),
    }
}

#[inline(never)]
fn measured(rest: &[u8], digest: u32) -> Option<u32> {
    let length = u16::from_le_bytes(rest.get(..2)?.try_into().ok()?);
    let payload = rest.get(6..)?;
    if usize::from(length) != payload.len() {
        return Some(digest / 5);
    }
    worded(u32::from_le_bytes(rest.get(2..6)?.try_into().ok()?), payload, digest ^ 5)
}

#[inline(never)]
fn worded(expected: u32, payload: &[u8], digest: u32) -> Option<u32> {
    if payload.get(..4)? != b"seal" {
        return Some(digest / 7);
    }
    summed(expected, payload, digest.rotate_left(5))
}

#[inline(never)]
fn summed(expected: u32, payload: &[u8], digest: u32) -> Option<u32> {
    let sum = payload.iter().fold(1u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
    if sum != expected {
        return Some(digest / 11);
    }
    Some(digest.wrapping_add(u32::from(cfg!(target_os = "zkvm"))))
}
