//! ELF files, good and bad.

mod common;

use common::*;
use rvref::Xlen::{Rv32, Rv64};
use rvref::{Host, Machine, Profile, Region, Stop, Xlen};

fn error(file: &[u8]) -> String {
    match Machine::load(file, &Profile::SP1) {
        Ok(_) => panic!("it loads"),
        Err(message) => message,
    }
}

fn good() -> Vec<u8> {
    program(Rv64, &halt(0), &[1, 2, 3])
}

fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut file = good();
    change(&mut file);
    file
}

#[test]
fn both_widths_load() {
    for xlen in [Rv32, Rv64] {
        assert_eq!(run_with(xlen, &halt(5), &[], &[]).0, Stop::Halted(5));
    }
}

#[test]
fn wrong_headers_are_named() {
    let cases: [(usize, u8, &str); 9] = [
        (0, b'?', "not an ELF file"),
        (4, 1, "not one of 64 bits"),
        (5, 2, "not little-endian"),
        (6, 0, "not little-endian of version 1"),
        (16, 3, "type 3, not that of a static executable"),
        (18, 62, "for machine 62"),
        (48, 1, "flags 0x1"),
        (48, 5, "flags 0x5"),
        (54, 57, "program headers of 57 bytes"),
    ];
    for (at, byte, message) in cases {
        let error = error(&changed(|file| file[at] = byte));
        assert!(error.contains(message) && !error.contains('\n'), "{error}");
    }
    assert_eq!(error(b""), "this is not an ELF file");
    let narrow = Machine::load(&good(), profile(Rv32)).err().unwrap();
    assert_eq!(narrow, "the ELF file is not one of 32 bits");
}

#[test]
fn a_program_needs_an_entry() {
    for entry in [0, DATA, TEXT + 2, TEXT + 0x10000, u64::MAX] {
        let text = bytes(&halt(0));
        let file = elf(Rv64, entry, &[(5, TEXT, &text, text.len() as u64), (6, DATA, &[], 8)]);
        assert!(error(&file).starts_with("the program has no entry"), "{entry:#x}");
    }
    assert!(error(&elf(Rv64, TEXT, &[])).starts_with("the program has no entry"));
    // In the zeros behind the text.
    let text = bytes(&halt(0));
    let file = elf(Rv64, TEXT + text.len() as u64, &[(5, TEXT, &text, 1 << 20)]);
    assert!(error(&file).starts_with("the program has no entry"));
}

#[test]
fn segments_that_cannot_be_are_named() {
    let text = bytes(&halt(0));
    let with = |part: Part| error(&elf(Rv64, TEXT, &[(5, TEXT, &text, text.len() as u64), part]));
    let cases: [(Part, &str); 10] = [
        ((6, TEXT + 8, &[], 64), "overlaps another one or is out of order"),
        ((6, TEXT - 64, &[], 8), "overlaps another one or is out of order"),
        ((6, DATA, &[], u64::MAX), "has an absurd size"),
        ((6, DATA, &[], 1 << 50), "is out of the program's memory"),
        ((6, DATA, &[1; 8], 4), "more bytes in the file than in memory"),
        ((6, DATA + 2, &[], 8), "is misaligned"),
        ((0, DATA, &[], 8), "is not readable"),
        ((2, DATA, &[], 8), "is not readable"),
        ((7, DATA, &[], 8), "is both writable and executable"),
        ((5, DATA, &[0; 4], 4), "illegal instruction 0x00000000 at 0x78100000"),
    ];
    for (part, message) in cases {
        let error = with(part);
        assert!(error.contains(message), "{error}");
    }
    let below = elf(Rv64, 0x1000, &[(5, 0x1000, &text, text.len() as u64)]);
    assert!(error(&below).contains("is out of the program's memory"));
    let narrow = elf(Rv32, TEXT, &[(5, TEXT, &text, text.len() as u64), (6, 0xffff_f000, &[], 0x2000)]);
    assert!(Machine::load(&narrow, profile(Rv32)).err().unwrap().contains("absurd size"));
}

#[test]
fn a_dynamic_linker_is_refused() {
    for kind in [2, 3] {
        assert_eq!(error(&changed(|file| file[64] = kind)), "the program wants a dynamic linker");
    }
    // Notes and whatever else there is are passed over: here it was the text.
    assert!(error(&changed(|file| file[64] = 4)).starts_with("the program has no entry"));
}

#[test]
fn large_zeros_cost_nothing() {
    let text = bytes(&[commit(1 << 39, 8), halt(0)].concat());
    let file = elf(Rv64, TEXT, &[(5, TEXT, &text, text.len() as u64), (6, DATA, &[1], (1 << 40) - DATA)]);
    let mut machine = Machine::load(&file, &Profile::SP1).unwrap();
    let mut committed = Vec::new();
    machine.run(&mut Host::new(vec![], &mut committed), &mut ());
    assert_eq!(committed, [0; 8]);
}

#[test]
fn a_truncated_or_damaged_file_is_an_error_and_no_panic() {
    for xlen in [Rv32, Rv64] {
        let file = program(xlen, &halt(0), &[1, 2, 3]);
        for length in 0..file.len() {
            let error = Machine::load(&file[..length], profile(xlen)).err().expect("it is truncated");
            assert!(!error.contains('\n'), "{error}");
        }
        let headers = 64 + 2 * 56;
        for at in 0..headers {
            for byte in [0, 1, 0x7f, 0x80, 0xff] {
                let mut damaged = file.clone();
                damaged[at] = byte;
                drop(Machine::load(&damaged, profile(xlen)));
            }
        }
        // Everything behind the first bytes at once, many times, from a small generator.
        let mut state = 1u32;
        for _ in 0..5000 {
            let mut damaged = file.clone();
            for byte in &mut damaged[20..headers] {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                if state >> 28 == 0 {
                    *byte = (state >> 16) as u8;
                }
            }
            drop(Machine::load(&damaged, profile(xlen)));
        }
    }
}

#[test]
fn protected_segments_take_access_away() {
    static PROTECTED: Profile = Profile {
        protected_segments: true,
        memory: &[Region { range: 0x7000_0000..0x7900_0000, read: true, write: true }],
        ..Profile::SP1
    };
    let stop = |address: u64, store: bool| {
        let access = if store { s(0, 0, S2, 0) } else { i(0, 0, 0x03, 1, S2) };
        let text = bytes(&[li(S2, address), vec![access], halt(0)].concat());
        let parts = [(5, TEXT, &text[..], text.len() as u64), (4, DATA, &[1], 16), (6, DATA + 16, &[], 16)];
        let mut machine = Machine::load(&elf(Rv64, TEXT, &parts), &PROTECTED).unwrap();
        machine.run(&mut Host::new(vec![], &mut Vec::new()), &mut ())
    };
    let good = Stop::Halted(0);
    for address in [0x7000_0000, DATA - 1, DATA + 16, DATA + 32, 0x78ff_ffff] {
        assert_eq!((stop(address, false), stop(address, true)), (good, good), "{address:#x}");
    }
    for address in [TEXT, DATA, DATA + 15] {
        assert_eq!(stop(address, false), good, "{address:#x}");
        assert!(stop(address, true).to_string().contains("store"), "{address:#x}");
    }
    assert_ne!(stop(0x6fff_ffff, false), good);
    assert_ne!(stop(0x7900_0000, false), good);
}

#[test]
fn profiles_are_found_by_name() {
    assert_eq!(Profile::named("sp1").map(|profile| profile.xlen), Some(Xlen::Rv64));
    assert!(Profile::named("sp2").is_none());
}
