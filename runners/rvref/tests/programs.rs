//! Whole programs through the backend, of both widths.

mod common;

use common::*;
use runner_protocol::{Backend, Ran};
use rvref::Xlen::{Rv32, Rv64};
use rvref::{Profile, Reference, Xlen};

const BOUND: u64 = 1 << 16;

fn ran(xlen: Xlen, text: &[Vec<u32>], data: &[u8]) -> Ran {
    Reference::new().run_program(&program(xlen, &text.concat(), data), BOUND)
}

#[test]
fn programs_of_both_widths_are_run() {
    assert!(Reference::new().capabilities().contains(&"programs"));
    for xlen in [Rv32, Rv64] {
        let text = [commit(DATA, 3), halt(0)];
        let cycles = Some((commit(0, 0).len() + halt(0).len()) as u64);
        assert_eq!(ran(xlen, &text, b"abcd"), Ran::halted(0, b"abc".to_vec(), cycles));
        let code = ran(xlen, &[halt(7)], &[]);
        assert_eq!((code.ended.exit_code, code.ended.message.as_str()), (Some(7), "exit code 7"));
    }
}

#[test]
fn programs_that_do_not_end_by_themselves() {
    for xlen in [Rv32, Rv64] {
        let faulty = ran(xlen, &[commit(DATA, 1), vec![jalr(0, 0, 0)]], b"a");
        let message = "jump 0x0 is outside of what is allowed at pc 0x78000";
        assert!(faulty.ended.message.starts_with(message), "{}", faulty.ended.message);
        assert_eq!((faulty.ended.stream.as_slice(), faulty.cycles), (&b"a"[..], None));
        let unsupported = ran(xlen, &[syscall(0x1_0107, &[])], &[]);
        assert!(unsupported.ended.message.starts_with("ED_ADD has no version in rvref"));
        assert_eq!(unsupported, Ran::unsupported(&unsupported.ended.message));
    }
    let mut backend = Reference::new();
    for damaged in [&b""[..], b"\x7fELF", b"\x7fELF\x01", b"nothing"] {
        let message = backend.run_program(damaged, BOUND).ended.message;
        assert!(message.contains("ELF file"), "{message}");
    }
}

#[test]
fn a_program_that_commits_without_end_is_stopped() {
    let endless = [commit(DATA, 4096), vec![j(-4 * commit(DATA, 4096).len() as i32, 0)]];
    let large = [commit(DATA, (1 << 40) - DATA), halt(0)];
    for (xlen, text) in [(Rv64, &endless), (Rv32, &endless), (Rv64, &large)] {
        let ran = ran(xlen, text, &[]);
        // One byte beyond it says that there was more.
        assert_eq!(ran.ended.stream.len() as u64, BOUND + 1);
    }
    let full = ran(Rv64, &[commit(DATA, BOUND), halt(0)], &[]);
    assert_eq!((full.ended.exit_code, full.ended.stream.len() as u64), (Some(0), BOUND));
}

#[test]
fn a_program_leaves_no_traces_in_the_next_one() {
    let mut backend = Reference::new();
    let dirty = [li(S3, 9), li(S2, DATA), vec![s(0, 3, S2, S3)], halt(0)].concat();
    let clean = [commit(DATA, 8), halt(0)].concat();
    backend.run_program(&program(Rv64, &dirty, &[]), BOUND);
    let ran = backend.run_program(&program(Rv64, &clean, &[]), BOUND);
    assert_eq!(ran.ended.stream, [0; 8]);
}

#[test]
fn coverage_is_told_once() {
    let mut backend = Reference::new();
    assert!(backend.coverage().is_empty());
    backend.run_program(&program(Rv64, &halt(0), &[]), BOUND);
    backend.run_program(b"\x7fELF\x01", BOUND);
    let coverage = backend.coverage();
    let bins: Vec<u32> =
        coverage.chunks_exact(8).map(|pair| u32::from_le_bytes(pair[..4].try_into().unwrap())).collect();
    assert!(!bins.is_empty() && bins.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(coverage.len() % 8, 0);
    assert!(backend.coverage().is_empty());
}

#[test]
fn the_width_is_that_of_the_file() {
    assert_eq!(Profile::of(&program(Rv32, &halt(0), &[])).name, "rv32");
    assert_eq!(Profile::of(&program(Rv64, &halt(0), &[])).name, "sp1");
    assert_eq!(Profile::of(b"").name, "sp1");
    assert_eq!(Profile::named("rv32").map(|profile| profile.xlen), Some(Rv32));
}

#[test]
fn addresses_of_32_bits_are_unsigned() {
    let high = 0x9000_0000u64;
    let text = [li(S2, high), li(S3, 0x6162_6364), vec![s(0, 2, S2, S3)], commit(high, 4), halt(0)];
    assert_eq!(ran(Rv32, &text, &[]).ended.stream, b"dcba");
    // The last page is not there, nor does anything go around the end.
    for text in [commit(0xffff_f000, 1), commit(0xffff_effc, 5), commit(8, 0xffff_ffff)] {
        assert!(ran(Rv32, &[text, halt(0)], &[]).ended.message.contains("outside of what is allowed"));
    }
    assert_eq!(ran(Rv32, &[commit(0xffff_effc, 4), halt(0)], &[]).ended.stream, [0; 4]);
    let store = ran(Rv32, &[vec![s(-4, 2, 0, 0)], halt(0)], &[]);
    assert!(store.ended.message.starts_with("store 0xfffffffc is outside"), "{}", store.ended.message);
}

#[test]
fn precompiles_are_for_64_bits() {
    for (id, name) in [(0x30_0105, "SHA_EXTEND"), (0x1_0106, "SHA_COMPRESS"), (0x1_0109, "KECCAK_PERMUTE")] {
        let message = ran(Rv32, &[syscall(id, &[DATA, DATA + 512])], &[]).ended.message;
        assert!(message.starts_with(&format!("{name} has no version")), "{message}");
    }
}
