//! Making constants depend on what was computed.
//!
//! After "asymmetric pre-simulation" of Cascade (Solt, Ceesay-Seitz, Razavi: *Cascade: CPU Fuzzing via Intricate
//! Program Generation*, USENIX Security 2024): a first run tells what registers hold where a constant of the
//! pool is loaded. If a register always holds the same there, the constant can be that register and a
//! difference. Then a wrong result anywhere before becomes a wrong address, operand or target. Neither the
//! layout nor any value of a right machine changes.

use rvref::Xlen;

use crate::hex::Hex;
use crate::ir::{Blend, Form, JumpForm, Op, Program, With};
use crate::layout::Layout;
use crate::prerun::{self, Snapshot, Snapshots};
use crate::random::Random;

/// Blend registers into constants of the pool. The error says why the program does not run.
pub(super) fn entangle(
    program: &mut Program,
    layout: &Layout,
    limit: u64,
    random: &mut Random,
) -> Result<(), String> {
    let places = layout.places.iter();
    let pooled: Vec<_> = places
        .filter(|place| {
            let op =
                program.blocks.get(place.block as usize).and_then(|block| block.ops.get(place.op as usize));
            op.is_some_and(is_pooled)
        })
        .collect();
    let mut snapshots =
        Snapshots::at(layout.text_base, layout.words.len(), pooled.iter().map(|place| place.pc));
    let ran = prerun::run(&layout.elf, program.xlen, limit, &mut snapshots)?;
    if ran.stop != rvref::Stop::Halted(program.exit_code) {
        return Err(ran.stop.to_string());
    }
    let frame = program.frame.registers;
    for (place, snapshot) in pooled.iter().zip(snapshots.taken()) {
        if snapshot.times == 0 || !random.chance(5, 6) {
            continue;
        }
        let Some(via) = register(snapshot, frame, random) else { continue };
        let held = Hex(hold(snapshot.registers[usize::from(via)], program.xlen));
        let with = random.pick(&[With::Add, With::Sub, With::Xor]);
        set(&mut program.blocks[place.block as usize].ops[place.op as usize], Blend { via, held, with });
    }
    Ok(())
}

fn is_pooled(op: &Op) -> bool {
    match op {
        Op::Set { to: constant, .. } | Op::Access { at: constant, .. } | Op::Masked { at: constant, .. } => {
            constant.form == Form::Pool
        }
        Op::Jump { form, .. } => *form == JumpForm::Computed,
        _ => false,
    }
}

fn set(op: &mut Op, blend: Blend) {
    match op {
        Op::Set { to: constant, .. } | Op::Access { at: constant, .. } | Op::Masked { at: constant, .. } => {
            constant.blend = Some(blend);
        }
        Op::Jump { blend: old, .. } => *old = Some(blend),
        _ => {}
    }
}

/// A register that always held the same, rather one that did not hold 0.
fn register(snapshot: &Snapshot, frame: [u8; 2], random: &mut Random) -> Option<u8> {
    let fit = |register: &u8| snapshot.constant >> register & 1 == 1 && !frame.contains(register);
    let drawn = (0..8).map(|_| 1 + random.below(31) as u8).filter(fit);
    let drawn: Vec<u8> = drawn.collect();
    let rich = drawn.iter().find(|register| snapshot.registers[usize::from(**register)] != 0);
    rich.or(drawn.first()).copied()
}

/// As the program says it: without what is above the register's width.
fn hold(value: u64, xlen: Xlen) -> u64 {
    match xlen {
        Xlen::Rv64 => value,
        Xlen::Rv32 => value & 0xffff_ffff,
    }
}
