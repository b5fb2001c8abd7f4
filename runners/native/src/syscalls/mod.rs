//! SP1's syscalls over the host. What the host has no version of ends the run as `unsupported`, by name.

mod curves;
mod hashes;
mod integers;
mod memory;
mod process;

pub use curves::*;
pub use hashes::*;
pub use integers::*;
pub use process::*;

macro_rules! unsupported {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {$(
        #[doc = concat!("`", stringify!($name), "` has no version on the host.")]
        #[no_mangle]
        pub extern "C" fn $name($(_: $kind),*) {
            crate::guest::guest().journal.unsupported(concat!(stringify!($name), " has no native version"))
        }
    )*};
}

unsupported! {
    syscall_read(fd: u32, buffer: *mut u8, length: usize);
    syscall_ed_decompress(point: &mut [u64; 8]);
    syscall_secp256k1_decompress(point: &mut [u64; 8], is_odd: bool);
    syscall_secp256r1_decompress(point: &mut [u64; 8], is_odd: bool);
    syscall_bls12381_decompress(point: &mut [u64; 12], is_odd: bool);
    syscall_u256x2048_mul(a: *const [u64; 4], b: *const [u64; 32], lo: *mut [u64; 32], hi: *mut [u64; 4]);
    syscall_verify_sp1_proof(vk_digest: &[u64; 4], pv_digest: &[u64; 4]);
    syscall_mprotect(address: *const u8, protection: u8);
    syscall_mprotect_flush();
    syscall_poseidon2(state: *mut u64);
    syscall_dump_elf();
    syscall_insert_profiler_symbols(address: *const u8, length: u64);
    syscall_delete_profiler_symbols(address: *const u8, length: u64);
}
