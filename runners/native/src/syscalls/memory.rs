//! The guest's memory behind a syscall's pointers.
//!
//! The syscalls are safe functions that take raw pointers: that is the signature of the real ones, which guests
//! are written against. What a guest passes is the guest's to answer for, here as there.
#![allow(clippy::not_unsafe_ptr_arg_deref)]

/// The words at an address.
pub(super) fn value<'a, const N: usize>(address: *const [u64; N]) -> &'a [u64; N] {
    unsafe { &*address }
}

/// The words at an address, to be written.
pub(super) fn place<'a, const N: usize>(address: *mut [u64; N]) -> &'a mut [u64; N] {
    unsafe { &mut *address }
}

/// `count` words from an address on.
pub(super) fn words<'a>(address: *const u64, count: usize) -> &'a [u64] {
    unsafe { std::slice::from_raw_parts(address, count) }
}

/// `count` words from an address on, to be written.
pub(super) fn words_mut<'a>(address: *mut u64, count: usize) -> &'a mut [u64] {
    unsafe { std::slice::from_raw_parts_mut(address, count) }
}

/// `count` bytes from an address on.
pub(super) fn bytes<'a>(address: *const u8, count: usize) -> &'a [u8] {
    unsafe { std::slice::from_raw_parts(address, count) }
}

/// `count` bytes from an address on, to be written.
pub(super) fn bytes_mut<'a>(address: *mut u8, count: usize) -> &'a mut [u8] {
    unsafe { std::slice::from_raw_parts_mut(address, count) }
}
