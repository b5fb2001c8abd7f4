//! Loads and stores, policies, permissions, and the way back.

mod common;

use common::*;
use rvref::Xlen::{Rv32, Rv64};
use rvref::{Access, Alignment, Memory, Region, Trap};

const BYTES: [u8; 16] = [0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x08, 9, 10, 11, 12, 13, 14, 15];

fn memory(alignment: Alignment) -> Memory {
    let region = |range, write| Region { range, read: true, write };
    Memory::new(vec![region(0x1000..0x3004, true), region(0x3004..0x4000, false)], alignment)
}

#[test]
fn loads_extend_the_sign_or_zeros() {
    // funct3, offset, RV64, RV32
    let cases: [(u32, i32, u64, Option<u64>); 8] = [
        (0, 0, 0xffff_ffff_ffff_ff80, Some(0xffff_ffff_ffff_ff80)),
        (0, 8, 8, Some(8)),
        (1, 2, 0xffff_ffff_ffff_8382, Some(0xffff_ffff_ffff_8382)),
        (2, 4, 0xffff_ffff_8786_8584, Some(0xffff_ffff_8786_8584)),
        (3, 0, 0x8786_8584_8382_8180, None),
        (4, 1, 0x81, Some(0x81)),
        (5, 6, 0x8786, Some(0x8786)),
        (6, 0, 0x8382_8180, None),
    ];
    for (funct3, offset, wide, narrow) in cases {
        let text = [li(S2, DATA), vec![i(offset, funct3, 0x03, 1, S2)]].concat();
        assert_eq!(register_after(Rv64, &text, &BYTES, 1), wide);
        if let Some(narrow) = narrow {
            assert_eq!(register_after(Rv32, &text, &BYTES, 1), narrow);
        }
    }
}

#[test]
fn stores_write_their_width_only() {
    for (funct3, width) in [(0, 1), (1, 2), (2, 4), (3, 8)] {
        let mut text = [li(S2, DATA + 2048), li(S3, 0x1122_3344_5566_7788)].concat();
        text.push(s(-2048, funct3, S2, S3));
        text.extend([commit(DATA, 16), halt(0)].concat());
        let mut expected = BYTES;
        expected[..width].copy_from_slice(&0x1122_3344_5566_7788u64.to_le_bytes()[..width]);
        assert_eq!(run(&text, &BYTES).1, expected, "width {width}");
    }
}

#[test]
fn addresses_wrap_at_the_width() {
    let text = [li(S2, 4), vec![i(-8, 2, 0x03, 1, S2)]].concat();
    let refused = |xlen| run_with(xlen, &text, &[], &[]).0.to_string();
    assert!(refused(Rv64).starts_with("load 0xfffffffffffffffc is outside"));
    // 2^32 - 4 is memory of this profile.
    assert!(refused(Rv32).starts_with("jump"));
}

#[test]
fn misaligned_access_follows_the_policy() {
    let mut strict = memory(Alignment::Natural);
    let mut lax = memory(Alignment::Any);
    for address in [0x1001, 0x1002, 0x1004, 0x1fff] {
        assert_eq!(strict.load::<8>(address), Err(Trap::Misaligned(Access::Load, address)));
        assert_eq!(strict.store::<8>(address, 1), Err(Trap::Misaligned(Access::Store, address)));
    }
    assert_eq!(strict.load::<2>(0x1003), Err(Trap::Misaligned(Access::Load, 0x1003)));
    assert_eq!(strict.load::<1>(0x1003), Ok(0));
    // Across the border of two pages, in each order of first use.
    for at in 0x1ff9..0x2008u64 {
        lax.store::<8>(at, 0x0102_0304_0506_0708).unwrap();
        assert_eq!(lax.load::<8>(at), Ok(0x0102_0304_0506_0708));
        assert_eq!(lax.load::<4>(at + 4), Ok(0x0102_0304));
        assert_eq!(lax.load::<2>(at + 1), Ok(0x0607));
    }
}

#[test]
fn permissions_hold_to_the_byte() {
    let mut memory = memory(Alignment::Any);
    assert_eq!(memory.load::<1>(0xfff), Err(Trap::Refused(Access::Load, 0xfff)));
    assert_eq!(memory.load::<8>(0xffc), Err(Trap::Refused(Access::Load, 0xffc)));
    assert_eq!(memory.store::<4>(0x3000, 7), Ok(()));
    assert_eq!(memory.store::<4>(0x3004, 7), Err(Trap::Refused(Access::Store, 0x3004)));
    assert_eq!(memory.store::<4>(0x3002, 7), Err(Trap::Refused(Access::Store, 0x3004)));
    assert_eq!(memory.load::<8>(0x3000), Ok(7));
    assert_eq!(memory.load::<8>(0x3ffc), Err(Trap::Refused(Access::Load, 0x4000)));
    assert_eq!(memory.load::<8>(u64::MAX - 3), Err(Trap::Refused(Access::Load, u64::MAX - 3)));
    assert_eq!(memory.write(0x3000, &[1; 5]), Err(Trap::Refused(Access::Store, 0x3004)));
    assert_eq!(memory.load::<1>(0x3000), Ok(7), "a refused write leaves nothing behind");
    let mut seen = 0;
    assert!(memory.read(0x1000, 1 << 60, &mut |_| seen += 1).is_err() && seen == 0);
    assert_eq!(memory.read(0, 0, &mut |_| seen += 1), Ok(()));
}

#[test]
fn a_page_that_was_read_can_be_written() {
    let mut memory = memory(Alignment::Natural);
    assert_eq!(memory.load::<8>(0x1000), Ok(0));
    memory.store::<8>(0x1008, 1).unwrap();
    memory.write(0x1010, &[2]).unwrap();
    assert_eq!(
        (memory.load::<8>(0x1000), memory.load::<8>(0x1008), memory.load::<8>(0x1010)),
        (Ok(0), Ok(1), Ok(2))
    );
    // By a syscall after a load: the page is new to the load that follows.
    assert_eq!(memory.load::<8>(0x2000), Ok(0));
    memory.write(0x2000, &[3]).unwrap();
    assert_eq!(memory.load::<8>(0x2000), Ok(3));
}

#[test]
fn rolling_back_undoes_every_write() {
    let mut memory = memory(Alignment::Natural);
    memory.store::<8>(0x1000, 1).unwrap();
    for _ in 0..2 {
        memory.snapshot();
        memory.store::<8>(0x1000, 2).unwrap();
        memory.store::<8>(0x1008, 3).unwrap();
        memory.store::<8>(0x2000, 4).unwrap();
        memory.write(0x2ffc, &[5; 8]).unwrap();
        assert_eq!(memory.load::<8>(0x1000), Ok(2));
        memory.roll_back();
        for (address, value) in [(0x1000, 1), (0x1008, 0), (0x2000, 0), (0x2ff8, 0), (0x3000, 0)] {
            assert_eq!(memory.load::<8>(address), Ok(value), "{address:#x}");
        }
    }
    memory.store::<8>(0x2000, 6).unwrap();
    assert_eq!(memory.load::<8>(0x2000), Ok(6));
}

#[test]
fn many_pages_share_the_lookaside() {
    let region = Region { range: 0..1 << 40, read: true, write: true };
    let mut memory = Memory::new(vec![region], Alignment::Natural);
    let addresses: Vec<u64> = (0..1000).map(|n| n * 0x10_0000 + n % 512 * 8).collect();
    addresses.iter().for_each(|address| memory.store::<8>(*address, !address).unwrap());
    assert!(addresses.iter().all(|address| memory.load::<8>(*address) == Ok(!address)));
}

#[test]
fn storing_to_the_text_changes_data_only() {
    // The store hits the third instruction from the end, which still sets s3 to 1.
    let mut text = [li(S2, TEXT), li(1, addi(S3, 0, 2).into())].concat();
    let at = 4 * (text.len() as i32 + 1);
    text.extend([s(at, 2, S2, 1), addi(S3, 0, 1)]);
    text.extend([commit(TEXT + at as u64, 4), halt(0)].concat());
    assert_eq!(run(&text, &[]).1, addi(S3, 0, 2).to_le_bytes());
    assert_eq!(register_after(Rv64, &text, &[], S3 as u8), 1);
}
