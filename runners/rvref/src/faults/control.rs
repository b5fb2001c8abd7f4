//! Faults of branches and jumps.

use super::step::{Past, Scene, Step};
use super::{Fault, Hook};
use crate::isa::Op;
use crate::registers::DISCARD;

const fn target(
    name: &'static str,
    description: &'static str,
    wrong: fn(&Step, &mut Past) -> Option<u64>,
) -> Fault {
    Fault::new("control", name, description, Hook::Target(wrong))
}

/// The register of `s2`.
const S2: u8 = 18;

pub static FAULTS: [Fault; 19] = [
    target("bge-of-equal", "bge of equal numbers is not taken", |s, _| {
        (s.is(Op::Bge) && s.a == s.b).then(|| behind(s))
    }),
    target("bgeu-of-equal", "bgeu of equal numbers is not taken", |s, _| {
        (s.is(Op::Bgeu) && s.a == s.b).then(|| behind(s))
    }),
    target("bltu-signed", "bltu compares signed numbers", |s, _| {
        s.is(Op::Bltu).then(|| branch(s, (s.a as i64) < s.b as i64))
    }),
    target("bgeu-signed", "bgeu compares signed numbers", |s, _| {
        s.is(Op::Bgeu).then(|| branch(s, s.a as i64 >= s.b as i64))
    }),
    target("blt-of-x0", "blt with x0 first asks whether the other one is negative", |s, _| {
        (s.is(Op::Blt) && s.instruction.rs1 == 0).then(|| branch(s, (s.b as i64) < 0))
    }),
    target("beq-lower-half", "beq looks at the lower 32 bits", |s, _| {
        s.is(Op::Beq).then(|| branch(s, s.a as u32 == s.b as u32))
    }),
    target("bne-same-register", "bne of a register and itself is taken", |s, _| {
        (s.is(Op::Bne) && s.instruction.rs1 == s.instruction.rs2).then(|| branch(s, true))
    }),
    target("branch-least-offset", "a branch by -4096 goes by 4096", |s, _| {
        (s.is_branch() && s.jumped() && s.imm as i64 == -4096).then(|| s.wrapped(s.pc.wrapping_add(4096)))
    }),
    target("branch-largest-offset", "a branch by 4092 goes by 4088", |s, _| {
        (s.is_branch() && s.jumped() && s.imm == 4092).then(|| s.pc + 4088)
    }),
    target(
        "branch-far-back",
        "a branch back by more than 1024 bytes goes one instruction too far",
        |s, _| {
            let far = (s.imm as i64) < -1024;
            (s.is_branch() && s.jumped() && far).then(|| s.next.wrapping_sub(4))
        },
    ),
    target("jalr-keeps-lowest-bit", "jalr does not clear the lowest bit", |s, _| {
        s.is(Op::Jalr).then(|| s.wrapped(s.a.wrapping_add(s.imm)))
    }),
    target(
        "jalr-link-is-base",
        "jalr with its base as the link register goes where the link says",
        |s, _| {
            let same = s.instruction.rd == s.instruction.rs1;
            (s.is(Op::Jalr) && same).then(|| s.wrapped(behind(s).wrapping_add(s.imm)) & !1)
        },
    ),
    target("jalr-unsigned-offset", "jalr zero-extends its offset", |s, _| {
        s.is(Op::Jalr).then(|| s.wrapped(s.a.wrapping_add(s.imm & 0xfff)) & !1)
    }),
    Fault::new(
        "control",
        "jal-link-backward",
        "a jal backward with ra as the link register links to the instruction behind the next one",
        Hook::Value(|s, _| {
            (s.is(Op::Jal) && s.instruction.rd == 1 && (s.imm as i64) < 0).then_some(s.result.wrapping_add(4))
        }),
    ),
    target(
        "jump-into-block-skips",
        "a jalr into a block that nothing else enters there skips an instruction",
        |s, past| (s.is(Op::Jalr) && past.blocks.is_inside(s.next)).then(|| s.next.wrapping_add(4)),
    ),
    target(
        "fused-compare-signed",
        "a branch on whether sltu, right before it, gave 1 compares signed",
        |s, past| {
            let compare = past.previous.filter(|p| p.is(Op::Sltu) && p.writes())?;
            let on_it = s.instruction.rs1 == compare.instruction.rd && s.instruction.rs2 == 0;
            let less = (compare.a as i64) < compare.b as i64;
            match s.op() {
                Op::Bne if on_it => Some(branch(s, less)),
                Op::Beq if on_it => Some(branch(s, !less)),
                _ => None,
            }
        },
    ),
    target("short-loop-at-line", "a branch by -8 to a multiple of 64 is not taken", |s, _| {
        (s.is_branch() && s.jumped() && s.imm as i64 == -8 && s.next % 64 == 0).then(|| behind(s))
    }),
    Fault::new(
        "control",
        "join-keeps-register",
        "a block entered by a branch has s2 as it was when the block was last fallen into",
        Hook::Effect(keep_register),
    ),
    Fault::new(
        "control",
        "call-loses-register",
        "a jalr that links, to another register than its base, clears t6",
        Hook::Effect(|s, scene| {
            let calls =
                s.is(Op::Jalr) && s.instruction.rd != DISCARD && s.instruction.rd != s.instruction.rs1;
            if calls && s.instruction.rd != 31 {
                scene.cpu.x.set(31, 0);
            }
        }),
    ),
];

fn behind(step: &Step) -> u64 {
    step.wrapped(step.pc.wrapping_add(4))
}

/// Where a branch goes if it is taken, or not.
fn branch(step: &Step, taken: bool) -> u64 {
    match taken {
        true => step.wrapped(step.pc.wrapping_add(step.imm)),
        false => behind(step),
    }
}

fn keep_register(step: &Step, scene: &mut Scene) {
    if scene.past.blocks.is_inside(step.next) {
        return;
    }
    if !step.jumped() {
        scene.past.fallen_into.insert(step.next, scene.cpu.x.get(S2));
    } else if let Some(kept) = scene.past.fallen_into.get(&step.next).filter(|_| step.is_branch()) {
        scene.cpu.x.set(S2, *kept);
    }
}
