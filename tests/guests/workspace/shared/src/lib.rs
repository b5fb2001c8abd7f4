//! What the guest and its build script have in common.

/// Twice a number, and at most 1,000.
pub fn twice(number: u32) -> u32 {
    if number > 500 {
        return 1_000;
    }
    2 * number
}
