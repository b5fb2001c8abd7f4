//! SP1's syscalls. What they do beyond the guest library's documentation was seen on SP1 6.10.0.

mod common;

use common::*;
use rvref::{Stop, Trap, Xlen::Rv64};

const ENTER: u64 = 3;
const EXIT: u64 = 4;
const HINT_LEN: u64 = 0xf0;
const HINT_READ: u64 = 0xf1;

fn trap(text: &[u32], buffers: &[&[u8]]) -> Trap {
    match run_with(Rv64, &[text, &halt(0)].concat(), &[], buffers).0 {
        Stop::Fault { trap, .. } => trap,
        other => panic!("{other}"),
    }
}

/// Commit a register.
fn show(register: u32) -> Vec<u32> {
    [li(S2, DATA + 2048), vec![s(0, 3, S2, register)], commit(DATA + 2048, 8)].concat()
}

/// An unconstrained block with this body.
fn unconstrained(body: &[u32]) -> Vec<u32> {
    let body = [body, &syscall(EXIT, &[])].concat();
    [syscall(ENTER, &[]), vec![b(4 * (body.len() as i32 + 1), 0, T0, 0)], body].concat()
}

#[test]
fn halt_ends_with_the_low_word_of_the_code() {
    for (code, expected) in [(0, 0), (7, 7), (256, 256), (1 << 32 | 1, 1), (u64::MAX, -1)] {
        assert_eq!(run(&halt(code), &[]).0, Stop::Halted(expected));
    }
}

#[test]
fn cycles_are_instructions_with_the_last_one() {
    let (_, _, cycles) = run_with(Rv64, &halt(0), &[], &[]);
    assert_eq!(cycles, halt(0).len() as u64);
}

#[test]
fn commits_come_as_they_are_and_t0_stays() {
    let text = [commit(DATA + 1, 2), commit(0, 0), commit(DATA, 1), show(T0), halt(0)].concat();
    let (_, committed) = run(&text, b"abcd");
    assert_eq!(committed, [&b"bca"[..], &2u64.to_le_bytes()].concat());
    // Only the low word of the descriptor counts.
    let (_, committed) = run(&[syscall(2, &[1 << 32 | 13, DATA, 1]), halt(0)].concat(), b"a");
    assert_eq!(committed, b"a");
    assert!(matches!(trap(&commit(1 << 40, 1), &[]), Trap::Refused(..)));
    assert!(matches!(trap(&commit(DATA, u64::MAX), &[]), Trap::Refused(..)));
}

#[test]
fn descriptors_without_meaning_are_passed_over_and_hooks_are_named() {
    for fd in [0, 3, 10, 12, 22, 99] {
        assert_eq!(run(&[syscall(2, &[fd, DATA, 4]), halt(0)].concat(), &[]).0, Stop::Halted(0));
    }
    let Trap::Unsupported(name) = trap(&syscall(2, &[21, DATA, 4]), &[]) else { panic!() };
    assert_eq!(name, "the hook FD_FP_INV");
}

#[test]
fn hints_are_read_in_whole_words() {
    let read = |buffer: &[u8]| {
        let text = [
            syscall(HINT_LEN, &[]),
            show(T0),
            syscall(HINT_READ, &[DATA, buffer.len() as u64]),
            commit(DATA, 24),
            halt(0),
        ];
        run_with(Rv64, &text.concat(), &[0xee; 24], &[buffer]).1
    };
    let length = |n: u64| n.to_le_bytes().to_vec();
    assert_eq!(read(b"abc"), [length(3), b"abc\0\0\0\0\0".to_vec(), vec![0xee; 16]].concat());
    assert_eq!(read(b"12345678"), [length(8), b"12345678\0\0\0\0\0\0\0\0".to_vec(), vec![0xee; 8]].concat());
    assert_eq!(read(b""), [length(0), vec![0; 8], vec![0xee; 16]].concat());
    let (_, none) = run(&[syscall(HINT_LEN, &[]), show(T0), halt(0)].concat(), &[]);
    assert_eq!(none, [0xff; 8]);
}

#[test]
fn hints_that_cannot_be_read() {
    let read = |address, length| syscall(HINT_READ, &[address, length]);
    assert!(matches!(trap(&read(DATA, 2), &[b"abc"]), Trap::Syscall("HINT_READ", _)));
    assert!(matches!(trap(&read(DATA, 4), &[b"abc"]), Trap::Syscall("HINT_READ", _)));
    assert!(matches!(trap(&read(DATA, 0), &[]), Trap::Syscall("HINT_READ", _)));
    assert!(matches!(trap(&read(DATA + 4, 3), &[b"abc"]), Trap::Syscall("HINT_READ", _)));
    assert!(matches!(trap(&read(1 << 40, 3), &[b"abc"]), Trap::Refused(..)));
}

#[test]
fn the_last_hint_given_is_the_next_one_read() {
    let text = [
        syscall(2, &[14, DATA, 4]),
        syscall(2, &[14, DATA + 4, 3]),
        syscall(HINT_READ, &[DATA + 64, 3]),
        commit(DATA + 64, 3),
        syscall(HINT_LEN, &[]),
        show(T0),
        halt(0),
    ];
    let (_, committed, _) = run_with(Rv64, &text.concat(), b"abcdefgh", &[b"input"]);
    assert_eq!(committed, [&b"efg"[..], &4u64.to_le_bytes()].concat());
}

#[test]
fn an_unconstrained_block_leaves_hints_and_output_only() {
    let body = [
        li(S3, 9),
        li(S2, DATA),
        vec![s(0, 3, S2, S3), s(2000, 3, S2, S3)],
        commit(DATA, 1),
        syscall(2, &[14, DATA, 5]),
    ];
    let after = [show(T0), show(S3), commit(DATA, 1), syscall(HINT_LEN, &[]), show(T0), halt(0)].concat();
    let block = unconstrained(&body.concat());
    let (stop, committed, cycles) = run_with(Rv64, &[block.clone(), after.clone()].concat(), b"x", &[]);
    assert_eq!(stop, Stop::Halted(0));
    let words = [0u64, 0].map(u64::to_le_bytes).concat();
    assert_eq!(committed, [&[9][..], &words, b"x", &5u64.to_le_bytes()].concat());
    // Counted: the ENTER, the branch, and what follows.
    assert_eq!(cycles, (syscall(ENTER, &[]).len() + 1 + after.len()) as u64);
    let twice = [block.clone(), block, commit(DATA, 1), halt(0)].concat();
    assert_eq!(run(&twice, b"x").1, [9, 9, b'x']);
}

#[test]
fn what_an_unconstrained_block_may_not_do() {
    for id in [0, ENTER, 0x10, HINT_LEN, HINT_READ, 0x30_0105, 0x1b] {
        let trap = trap(&unconstrained(&syscall(id, &[DATA, DATA])), &[b""]);
        assert!(matches!(trap, Trap::Syscall(_, "not allowed in an unconstrained block")), "{id:#x} {trap}");
    }
    assert!(matches!(trap(&syscall(EXIT, &[]), &[]), Trap::Syscall("EXIT_UNCONSTRAINED", _)));
}

#[test]
fn digests_are_committed_word_by_word() {
    assert_eq!(
        run(&[syscall(0x10, &[7, 0xffff_ffff]), syscall(0x1a, &[9, 1 << 40]), halt(0)].concat(), &[]).0,
        Stop::Halted(0)
    );
    assert!(matches!(trap(&syscall(0x10, &[8, 0]), &[]), Trap::Syscall("COMMIT", _)));
    assert!(matches!(trap(&syscall(0x10, &[0, 1 << 32]), &[]), Trap::Syscall("COMMIT", _)));
}

#[test]
fn other_syscalls() {
    assert_eq!(trap(&syscall(0x77, &[]), &[]), Trap::UnknownSyscall(0x77));
    assert_eq!(trap(&syscall(0x1_0107, &[DATA, DATA]), &[]), Trap::Unsupported("ED_ADD"));
    assert_eq!(trap(&syscall(0x42, &[]), &[]).to_string(), "DELETE_PROFILER_SYMBOLS has no version in rvref");
}

/// 32-bit numbers in the layout of SP1's SHA-256 syscalls.
fn wide(words: impl IntoIterator<Item = u32>) -> Vec<u8> {
    words.into_iter().flat_map(|word| u64::from(word).to_le_bytes()).collect()
}

#[test]
fn sha256_of_abc() {
    let mut block = [0; 16];
    (block[0], block[15]) = (0x6162_6380, 24);
    const START: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    // FIPS 180-4's example.
    const DIGEST: [u32; 8] = [
        0xba78_16bf,
        0x8f01_cfea,
        0x4141_40de,
        0x5dae_2223,
        0xb003_61a3,
        0x9617_7a9c,
        0xb410_ff61,
        0xf200_15ad,
    ];
    let mut data = wide(block);
    data.resize(512, 0xee);
    data.extend(wide(START));
    let text = [
        syscall(0x30_0105, &[DATA, 0]),
        syscall(0x1_0106, &[DATA, DATA + 512]),
        commit(DATA + 512, 64),
        halt(0),
    ];
    assert_eq!(run(&text.concat(), &data).1, wide(DIGEST));
}

#[test]
fn keccak_of_zeros() {
    let (_, committed) = run(&[syscall(0x1_0109, &[DATA, 0]), commit(DATA, 16), halt(0)].concat(), &[]);
    // The first lanes of Keccak-f[1600] on zeros, from the Keccak team's test vectors.
    let lanes = [0xf125_8f79_40e1_dde7u64, 0x84d5_ccf9_33c0_478a];
    assert_eq!(committed, lanes.map(u64::to_le_bytes).concat());
}

#[test]
fn precompiles_want_aligned_memory_and_no_second_argument() {
    for (id, second) in [(0x30_0105, 0), (0x1_0106, DATA + 512), (0x1_0109, 0)] {
        assert!(matches!(trap(&syscall(id, &[DATA + 4, second]), &[]), Trap::Syscall(..)));
        assert!(matches!(trap(&syscall(id, &[DATA, second + 1]), &[]), Trap::Syscall(..)));
        assert!(matches!(trap(&syscall(id, &[1 << 40, second]), &[]), Trap::Refused(..)));
    }
}
