//! What ECALL does, by zkVM.

mod hashes;
pub(crate) mod sp1;
