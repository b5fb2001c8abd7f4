//! Faults of what ECALL does.

use super::step::{Call, Scene};
use super::{Fault, Hook};
use crate::machine::Stop;
use crate::registers::number::A0;
use crate::syscalls::sp1::{KECCAK_PERMUTE, SHA_COMPRESS, SHA_EXTEND};

const fn call(name: &'static str, description: &'static str, wrong: fn(&mut Call) -> Option<Stop>) -> Fault {
    Fault::new("syscalls", name, description, Hook::Call(wrong))
}

const fn after(name: &'static str, description: &'static str, wrong: fn(&Call, &mut Scene)) -> Fault {
    Fault::new("syscalls", name, description, Hook::Return(wrong))
}

/// Registers that have no part in a syscall.
const RA: u8 = 1;
const T6: u8 = 31;

pub static FAULTS: [Fault; 13] = [
    call("write-of-nothing-halts", "a WRITE of length 0 ends the program", |call| {
        (call.is_write() && call.arguments[2] == 0).then_some(Stop::Halted(0))
    }),
    call("write-cut-at-256", "a WRITE of more than 256 bytes writes 256", |call| {
        let [.., length] = &mut call.arguments;
        *length = if call.id == crate::syscalls::sp1::WRITE { (*length).min(256) } else { *length };
        None
    }),
    call("write-rounds-pointer", "a WRITE begins at a multiple of 4", |call| {
        if call.is_write() {
            call.arguments[1] &= !3;
        }
        None
    }),
    call("write-odd-length", "a WRITE of an odd length above 8 writes one byte less", |call| {
        let length = call.arguments[2];
        call.arguments[2] -= u64::from(call.is_write() && length > 8 && length % 2 == 1);
        None
    }),
    after("write-clobbers-a0", "a WRITE leaves the number of bytes in a0", |call, scene| {
        if call.is_write() {
            scene.cpu.x.set(A0, call.arguments[2]);
        }
    }),
    after("write-clobbers-t6", "a WRITE of more than one page clears t6", |call, scene| {
        if call.is_write() && call.arguments[1] % 4096 + call.arguments[2] > 4096 {
            scene.cpu.x.set(T6, 0);
        }
    }),
    after("hint-len-clobbers-ra", "HINT_LEN leaves its result in ra, too", |call, scene| {
        if call.id == crate::syscalls::sp1::HINT_LEN {
            scene.cpu.x.set(RA, scene.cpu.x.get(crate::registers::number::T0));
        }
    }),
    Fault::new(
        "syscalls",
        "halt-code-of-8-bits",
        "HALT takes 8 bits of the code",
        Hook::Exit(|code| code & 0xff),
    ),
    Fault::new(
        "syscalls",
        "halt-code-lost",
        "HALT with any code but 1 gives 0",
        Hook::Exit(|code| i32::from(code == 1)),
    ),
    after("sha-extend-last-word", "SHA_EXTEND has a bit of the last word wrong", |call, scene| {
        flip(scene, call.id == SHA_EXTEND, call.arguments[0] + 63 * 8);
    }),
    after("sha-compress-last-word", "SHA_COMPRESS has a bit of the last word wrong", |call, scene| {
        flip(scene, call.id == SHA_COMPRESS, call.arguments[1].wrapping_add(7 * 8));
    }),
    after("keccak-round-constant", "KECCAK_PERMUTE has a bit of the first lane wrong", |call, scene| {
        flip(scene, call.id == KECCAK_PERMUTE, call.arguments[0]);
    }),
    after("keccak-over-page", "KECCAK_PERMUTE has a bit wrong behind the end of a page", |call, scene| {
        let end = (call.arguments[0] / 4096 + 1).wrapping_mul(4096);
        let crosses = call.arguments[0] % 4096 + 200 > 4096;
        flip(scene, call.id == KECCAK_PERMUTE && crosses, end);
    }),
];

/// Make the lowest bit of the word at an address wrong.
fn flip(scene: &mut Scene, applies: bool, address: u64) {
    if applies {
        let word = scene.peek(address, 8);
        scene.poke(address, 8, word ^ 1);
    }
}
