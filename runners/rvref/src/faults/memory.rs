//! Faults of loads and stores.

use super::step::{Past, Scene, Step};
use super::{Fault, Hook};
use crate::isa::{Op, Xlen};

const PAGE: u64 = 4096;

const fn value(
    name: &'static str,
    description: &'static str,
    wrong: fn(&Step, &mut Past) -> Option<u64>,
) -> Fault {
    Fault::new("memory", name, description, Hook::Value(wrong))
}

const fn effect(name: &'static str, description: &'static str, wrong: fn(&Step, &mut Scene)) -> Fault {
    Fault::new("memory", name, description, Hook::Effect(wrong))
}

pub static FAULTS: [Fault; 18] = [
    value("lb-zero-extended", "lb does not sign-extend", |s, _| s.is(Op::Lb).then_some(s.result & 0xff)),
    value("lh-zero-extended", "lh does not sign-extend", |s, _| s.is(Op::Lh).then_some(s.result & 0xffff)),
    value("lhu-sign-extended", "lhu sign-extends", |s, _| s.is(Op::Lhu).then_some(s.result as i16 as u64)),
    value("lw-zero-extended", "lw does not sign-extend", |s, _| {
        (s.is(Op::Lw) && s.xlen == Xlen::Rv64).then_some(s.result & 0xffff_ffff)
    }),
    value("lwu-sign-extended", "lwu sign-extends", |s, _| s.is(Op::Lwu).then_some(s.result as i32 as u64)),
    effect("sb-clears-next-byte", "sb to an even address writes two bytes", |s, scene| {
        if s.is(Op::Sb) && s.address() % 2 == 0 {
            scene.poke(s.address(), 2, s.b & 0xff);
        }
    }),
    effect("sh-writes-a-word", "sh to a multiple of 4 writes four bytes", |s, scene| {
        if s.is(Op::Sh) && s.address() % 4 == 0 {
            scene.poke(s.address(), 4, s.b);
        }
    }),
    effect("sw-clears-lower-word", "sw to the upper half of 8 bytes clears the lower one", |s, scene| {
        if s.is(Op::Sw) && s.address() % 8 == 4 {
            scene.poke(s.address() - 4, 4, 0);
        }
    }),
    effect("sd-loses-upper-word", "sd to the end of a page writes four bytes", |s, scene| {
        if s.is(Op::Sd) && s.address() % PAGE == PAGE - 8 {
            scene.poke(s.address() + 4, 4, s.old_word >> 32);
        }
    }),
    effect("sb-last-byte-of-page", "sb to the last byte of a page is lost", |s, scene| {
        if s.is(Op::Sb) && s.address() % PAGE == PAGE - 1 {
            scene.poke(s.address(), 1, s.old_word >> 56);
        }
    }),
    effect(
        "load-back-over-page",
        "a load from the page before that of its base reads the base's page",
        |s, scene| {
            let (base, address) = (s.wrapped(s.a), s.address());
            if s.is_load() && s.writes() && (s.imm as i64) < 0 && base / PAGE == address / PAGE + 1 {
                let bytes = scene.peek(address + PAGE, s.size());
                scene.cpu.x.set(s.instruction.rd, s.loaded(bytes));
            }
        },
    ),
    effect("load-least-offset", "a load with the least offset reads at the offset 2048", |s, scene| {
        if s.is_load() && s.writes() && s.imm as i64 == -2048 {
            let bytes = scene.peek(s.address().wrapping_add(PAGE), s.size());
            scene.cpu.x.set(s.instruction.rd, s.loaded(bytes));
        }
    }),
    effect(
        "store-largest-offset",
        "a store with an offset above 2039 goes to the offset minus 4096, too",
        |s, scene| {
            if s.is_store() && s.imm as i64 > 2039 && s.address() >= PAGE {
                scene.poke(s.address() - PAGE, s.size(), s.b);
            }
        },
    ),
    value(
        "load-to-base",
        "a load to its own base register with a negative offset leaves the base",
        |s, _| {
            let same = s.instruction.rd == s.instruction.rs1;
            (s.is_load() && same && (s.imm as i64) < 0).then_some(s.a)
        },
    ),
    value(
        "unwritten-memory",
        "a word never stored to reads as the last store, if it is 0 and 4 words were",
        |s, past| {
            let fresh = s.old_word == 0 && !past.stored.contains(&(s.address() & !7));
            let last = past.last_store.filter(|_| s.is_load() && fresh && past.stored.len() >= 4)?;
            Some(s.loaded(last.b))
        },
    ),
    value(
        "narrow-load-behind-store",
        "a load of a part of what was just stored reads what was there before",
        |s, past| {
            let store = just_stored(s, past)?;
            (s.size() < store.size()).then(|| s.loaded(store.old_word >> (8 * (s.address() % 8))))
        },
    ),
    value(
        "wide-load-behind-store",
        "a load of more than was just stored reads what was there before",
        |s, past| {
            let store = just_stored(s, past)?;
            (s.size() > store.size()).then(|| s.loaded(store.old_word >> (8 * (s.address() % 8))))
        },
    ),
    value("store-4096-bytes-away", "a load gets what was just stored 4096 bytes away", |s, past| {
        let store = past.previous.filter(|p| s.is_load() && p.is_store())?;
        let distance = store.address().abs_diff(s.address());
        (distance == PAGE && store.size() == s.size()).then(|| s.loaded(store.b))
    }),
];

/// The instruction before a load, if it stored to some of the same 8 bytes that the load reads.
fn just_stored(step: &Step, past: &Past) -> Option<Step> {
    let store = past.previous.filter(|p| step.is_load() && p.is_store())?;
    let (start, address) = (store.address(), step.address());
    (address < start + store.size() && start < address + step.size()).then_some(store)
}
