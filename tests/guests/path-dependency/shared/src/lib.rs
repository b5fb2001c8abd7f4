//! Code that the program shares with the host.

/// Folds pairs of neighbours until one number is left.
pub fn fold(leaves: &[u8]) -> u32 {
    let mut level: Vec<u32> = leaves.iter().copied().map(u32::from).collect();
    while level.len() > 1 {
        level = level.chunks(2).map(join).collect();
    }
    level.first().copied().unwrap_or(u32::MAX)
}

fn join(pair: &[u32]) -> u32 {
    pair.iter().fold(0x811c_9dc5, |hash: u32, leaf| {
        (hash ^ leaf).wrapping_mul(0x0100_0193).rotate_left(5)
    })
}
