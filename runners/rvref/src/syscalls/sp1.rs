//! SP1's syscalls: the number in `t0`, arguments in `a0` to `a2`, a result, where there is one, in `t0`.
//!
//! Numbers and arguments are those of the guest library, `sp1-zkvm`; what is not told there (which calls an
//! unconstrained block may make, what follows a hint in memory) is what SP1 6.10.0 was seen to do.

use super::hashes::{sha256_compress, sha256_schedule};
use crate::alu::{fit, unsigned};
use crate::host::{Host, Output, Stream};
use crate::machine::State;
use crate::memory::Memory;
use crate::profile::Next;
use crate::registers::number::{A0, A1, A2, T0};
use crate::trap::Trap;

/// Stacks grow down from here, and images begin here.
pub const STACK_TOP: u64 = 0x7800_0000;
/// What its executors give a guest; they fail in different ways beyond it.
pub const MEMORY_END: u64 = 1 << 40;
/// With 32 bits, everything but the last page: so no range ends at 2^32, which no register can hold, and
/// there are addresses to be refused.
pub const MEMORY_END_32: u64 = (1 << 32) - 0x1000;

pub const HALT: u32 = 0x00;
pub const WRITE: u32 = 0x02;
pub const ENTER_UNCONSTRAINED: u32 = 0x03;
pub const EXIT_UNCONSTRAINED: u32 = 0x04;
pub const COMMIT: u32 = 0x10;
pub const COMMIT_DEFERRED_PROOFS: u32 = 0x1a;
pub const HINT_LEN: u32 = 0xf0;
pub const HINT_READ: u32 = 0xf1;
pub const SHA_EXTEND: u32 = 0x30_01_05;
pub const SHA_COMPRESS: u32 = 0x01_01_06;
pub const KECCAK_PERMUTE: u32 = 0x01_01_09;

/// Why an unconstrained block ends a program.
pub const IN_A_BLOCK: &str = "not allowed in an unconstrained block";
/// Not the program's doing: the host takes no more.
pub const OUTPUT_FULL: &str = "the output is full";

/// Words in the digest of the public values.
pub const DIGEST_WORDS: u64 = 8;

/// Serve the syscall that the registers ask for.
pub fn ecall(state: &mut State, host: &mut Host) -> Result<Next, Trap> {
    serve::<64>(state, host)
}

/// The same for 32-bit programs, without the precompiles: their memory is in 64-bit words.
pub fn ecall_32(state: &mut State, host: &mut Host) -> Result<Next, Trap> {
    serve::<32>(state, host)
}

fn serve<const XLEN: u32>(state: &mut State, host: &mut Host) -> Result<Next, Trap> {
    let id = state.cpu.x.get(T0) as u32;
    let name = name(id).ok_or(Trap::UnknownSyscall(id.into()))?;
    if state.before_block.is_some() && !matches!(id, WRITE | EXIT_UNCONSTRAINED) {
        return Err(Trap::Syscall(name, IN_A_BLOCK));
    }
    let [a0, a1, a2] = [A0, A1, A2].map(|register| unsigned::<XLEN>(state.cpu.x.get(register)));
    let check = |good: bool, why| if good { Ok(()) } else { Err(Trap::Syscall(name, why)) };
    match id {
        HALT => return Ok(Next::Halt(a0 as i32)),
        WRITE => write(&state.memory, host, a0 as u32, a1, a2)?,
        ENTER_UNCONSTRAINED => enter_unconstrained(state),
        EXIT_UNCONSTRAINED => check(exit_unconstrained(state), "there is no unconstrained block")?,
        COMMIT => check(a0 < DIGEST_WORDS && u32::try_from(a1).is_ok(), "not a word of a digest")?,
        COMMIT_DEFERRED_PROOFS => {}
        HINT_LEN => {
            let length = host.input.front().map_or(u64::MAX, |buffer| buffer.len() as u64);
            state.cpu.x.set(T0, fit::<XLEN>(length));
        }
        HINT_READ => {
            check(a0 % 8 == 0, "the address is not a multiple of 8")?;
            check(
                host.input.front().is_some_and(|b| b.len() as u64 == a1),
                "not the length of the next hint",
            )?;
            let mut buffer = host.input.pop_front().unwrap_or_default();
            // Whole words, at least one byte of zeros at the end.
            buffer.resize(buffer.len() / 8 * 8 + 8, 0);
            state.memory.write(a0, &buffer)?;
        }
        SHA_EXTEND | SHA_COMPRESS | KECCAK_PERMUTE if XLEN == 64 => {
            check(a0 % 8 == 0 && a1 % 8 == 0, "the address is not a multiple of 8")?;
            check(id == SHA_COMPRESS || a1 == 0, "the second argument is not 0")?;
            hash(&mut state.memory, id, a0, a1)?;
        }
        _ => return Err(Trap::Unsupported(name)),
    }
    Ok(Next::Continue)
}

/// WRITE: 1 and 2 print, 13 commits, 14 is the next hint; the hooks follow, and all others do nothing.
fn write(memory: &Memory, host: &mut Host, fd: u32, address: u64, length: u64) -> Result<(), Trap> {
    let output = &mut *host.output;
    match fd {
        1 => give(memory, address, length, output, |output, piece| output.print(Stream::Out, piece)),
        2 => give(memory, address, length, output, |output, piece| output.print(Stream::Err, piece)),
        13 => give(memory, address, length, output, |output, piece| output.commit(piece)),
        14 => {
            let mut hint = Vec::new();
            memory.read(address, length, &mut |piece| hint.extend_from_slice(piece))?;
            host.input.push_front(hint);
            Ok(())
        }
        15..=21 => Err(Trap::Unsupported(HOOKS[fd as usize - 15])),
        _ => Ok(()),
    }
}

/// Pass memory to the output, for as long as it takes any: a program can ask for the whole address space.
fn give(
    memory: &Memory,
    address: u64,
    length: u64,
    output: &mut dyn Output,
    pass: impl Fn(&mut dyn Output, &[u8]),
) -> Result<(), Trap> {
    memory.read_while(address, length, &mut |piece| {
        pass(output, piece);
        !output.is_full()
    })?;
    match output.is_full() {
        true => Err(Trap::Syscall("WRITE", OUTPUT_FULL)),
        false => Ok(()),
    }
}

/// Everything but hints and output is undone at the block's end; inside it `t0` is 1.
fn enter_unconstrained(state: &mut State) {
    state.before_block = Some(state.cpu.clone());
    state.memory.snapshot();
    state.cpu.x.set(T0, 1);
}

/// Back to behind the ENTER, now with 0 in `t0`. False outside of a block.
fn exit_unconstrained(state: &mut State) -> bool {
    let Some(before) = state.before_block.take() else { return false };
    let (steps, undone) = (state.cpu.steps, state.cpu.steps - before.steps);
    state.cpu = before;
    state.cpu.steps = steps;
    state.cpu.undone += undone;
    state.cpu.x.set(T0, 0);
    state.memory.roll_back();
    true
}

fn hash(memory: &mut Memory, id: u32, a0: u64, a1: u64) -> Result<(), Trap> {
    match id {
        SHA_EXTEND => {
            let mut w = narrow(load_words::<64>(memory, a0)?);
            sha256_schedule(&mut w);
            store_words(memory, a0 + 16 * 8, &wide(w)[16..])
        }
        SHA_COMPRESS => {
            let (w, mut hash) = (narrow(load_words::<64>(memory, a0)?), narrow(load_words::<8>(memory, a1)?));
            sha256_compress(&w, &mut hash);
            store_words(memory, a1, &wide(hash))
        }
        _ => {
            let mut lanes = load_words::<25>(memory, a0)?;
            keccak::f1600(&mut lanes);
            store_words(memory, a0, &lanes)
        }
    }
}

fn load_words<const N: usize>(memory: &Memory, address: u64) -> Result<[u64; N], Trap> {
    let mut bytes = Vec::with_capacity(8 * N);
    memory.read(address, 8 * N as u64, &mut |piece| bytes.extend_from_slice(piece))?;
    let mut words = bytes.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().expect("8 bytes")));
    Ok(std::array::from_fn(|_| words.next().expect("N words")))
}

fn store_words(memory: &mut Memory, address: u64, words: &[u64]) -> Result<(), Trap> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    memory.write(address, &bytes)
}

/// SP1 keeps each 32-bit word of SHA-256 in a 64-bit one.
fn narrow<const N: usize>(words: [u64; N]) -> [u32; N] {
    words.map(|word| word as u32)
}

fn wide<const N: usize>(words: [u32; N]) -> [u64; N] {
    words.map(u64::from)
}

const HOOKS: [&str; 7] = [
    "the hook FD_ECRECOVER_HOOK",
    "the hook FD_EDDECOMPRESS",
    "the hook FD_RSA_MUL_MOD",
    "the hook FD_BLS12_381_SQRT",
    "the hook FD_BLS12_381_INVERSE",
    "the hook FD_FP_SQRT",
    "the hook FD_FP_INV",
];

/// The syscall's name, if there is such a syscall.
fn name(id: u32) -> Option<&'static str> {
    NAMES.iter().find(|(number, _)| *number == id).map(|(_, name)| *name)
}

/// All syscalls, by number.
pub const NAMES: [(u32, &str); 48] = [
    (HALT, "HALT"),
    (WRITE, "WRITE"),
    (ENTER_UNCONSTRAINED, "ENTER_UNCONSTRAINED"),
    (EXIT_UNCONSTRAINED, "EXIT_UNCONSTRAINED"),
    (COMMIT, "COMMIT"),
    (COMMIT_DEFERRED_PROOFS, "COMMIT_DEFERRED_PROOFS"),
    (HINT_LEN, "HINT_LEN"),
    (HINT_READ, "HINT_READ"),
    (SHA_EXTEND, "SHA_EXTEND"),
    (SHA_COMPRESS, "SHA_COMPRESS"),
    (KECCAK_PERMUTE, "KECCAK_PERMUTE"),
    (0x010107, "ED_ADD"),
    (0x000108, "ED_DECOMPRESS"),
    (0x01010a, "SECP256K1_ADD"),
    (0x00010b, "SECP256K1_DOUBLE"),
    (0x00010c, "SECP256K1_DECOMPRESS"),
    (0x01012c, "SECP256R1_ADD"),
    (0x00012d, "SECP256R1_DOUBLE"),
    (0x00012e, "SECP256R1_DECOMPRESS"),
    (0x01012f, "U256XU2048_MUL"),
    (0x01010e, "BN254_ADD"),
    (0x00010f, "BN254_DOUBLE"),
    (0x00001b, "VERIFY_SP1_PROOF"),
    (0x00011c, "BLS12381_DECOMPRESS"),
    (0x01011d, "UINT256_MUL"),
    (0x01011e, "BLS12381_ADD"),
    (0x00011f, "BLS12381_DOUBLE"),
    (0x010120, "BLS12381_FP_ADD"),
    (0x010121, "BLS12381_FP_SUB"),
    (0x010122, "BLS12381_FP_MUL"),
    (0x010123, "BLS12381_FP2_ADD"),
    (0x010124, "BLS12381_FP2_SUB"),
    (0x010125, "BLS12381_FP2_MUL"),
    (0x010126, "BN254_FP_ADD"),
    (0x010127, "BN254_FP_SUB"),
    (0x010128, "BN254_FP_MUL"),
    (0x010129, "BN254_FP2_ADD"),
    (0x01012a, "BN254_FP2_SUB"),
    (0x01012b, "BN254_FP2_MUL"),
    (0x010130, "UINT256_ADD_CARRY"),
    (0x010131, "UINT256_MUL_CARRY"),
    (0x000132, "MPROTECT"),
    (0x000133, "POSEIDON2"),
    (0x000134, "SIG_RETURN"),
    (0x000035, "HINT_MPROTECT_FLUSH"),
    (0x000040, "DUMP_ELF"),
    (0x000041, "INSERT_PROFILER_SYMBOLS"),
    (0x000042, "DELETE_PROFILER_SYMBOLS"),
];
