//! Branches, jumps, loops and calls. All of them end by construction: they go forward, count, or return.

use rvref::Op as Opcode;

use super::builder::{Builder, Function, LEVELS};
use super::evaluate::taken;
use super::state::State;
use crate::ir::{JumpForm, Op};

/// The conditional branches.
pub const BRANCHES: [Opcode; 6] =
    [Opcode::Beq, Opcode::Bne, Opcode::Blt, Opcode::Bge, Opcode::Bltu, Opcode::Bgeu];
const COMPARES: [Opcode; 2] = [Opcode::Slt, Opcode::Sltu];

/// What a branch does.
#[derive(Clone, Copy)]
pub struct Outcome {
    /// Whether it is taken when it is reached first.
    taken: bool,
    /// Whether it is the same each time.
    sure: bool,
}

/// More steps than this inside of loops make no program more interesting.
const LOOP_STEPS: u64 = 4000;

impl Builder {
    /// Some ops; shapes with control flow in them down to a depth.
    pub fn body(&mut self, depth: usize) {
        for _ in 0..self.random.between(1, 6) {
            self.shape(depth);
        }
    }

    fn branch(&mut self, to: u32) -> Outcome {
        let name = self.random.pick(&BRANCHES);
        let (rs1, rs2) = match self.random.below(8) {
            0 => (self.source(), 0),
            1 => (0, self.source()),
            2 => {
                let register = self.source();
                (register, register)
            }
            3 => (self.source(), self.source()),
            _ => self.operand_pair(),
        };
        self.branch_on(name, rs1, rs2, to)
    }

    /// A branch on these registers.
    pub fn branch_on(&mut self, name: Opcode, rs1: u8, rs2: u8, to: u32) -> Outcome {
        let (a, b) = (self.state.x[usize::from(rs1)], self.state.x[usize::from(rs2)]);
        let sure = self.state.is_sure(rs1) && self.state.is_sure(rs2);
        self.emit(Op::Branch { name, rs1, rs2, to });
        Outcome { taken: taken(name, a, b), sure }
    }

    /// Begin a way that is reached from where the state was `before`, and perhaps from the way just written.
    fn way(&mut self, before: &State, live: bool) {
        let written = self.state.written;
        self.state = before.clone();
        self.state.written = 0;
        self.state.forget(written);
        self.live = live;
    }

    /// Ways meet: this is what the one that is taken has left, and everything that any of them has written to
    /// is not sure.
    fn meet(&mut self, before: &State, after: State, written: u64, live: bool) {
        self.state = after;
        self.state.written = before.written;
        self.state.forget(written);
        self.live = live;
    }

    /// A branch over something.
    pub fn branch_over(&mut self, depth: usize) {
        let join = self.label();
        let outcome = self.branch(join);
        self.over(join, outcome, |builder| builder.body(depth));
    }

    /// A comparison, and a branch on its result.
    pub fn compare(&mut self, depth: usize) {
        let (rs1, rs2) = self.operand_pair();
        let (name, rd) = (self.random.pick(&COMPARES), self.target());
        self.emit(Op::Ins { name, rd, rs1, rs2, imm: 0 });
        let join = self.label();
        let name = self.random.pick(&[Opcode::Beq, Opcode::Bne]);
        let outcome = self.branch_on(name, rd, 0, join);
        self.over(join, outcome, |builder| builder.body(depth));
    }

    /// What a branch or jump to `join` goes over.
    pub fn over(&mut self, join: u32, outcome: Outcome, what: impl FnOnce(&mut Self)) {
        let Outcome { taken, sure } = outcome;
        let (before, live) = (self.state.clone(), self.live);
        self.bound();
        self.state.written = 0;
        self.live = live && !taken;
        what(self);
        let (written, after) = (self.state.written, self.state.clone());
        self.bind(join);
        let (after, unsure) = match (taken, sure) {
            (true, true) => (before.clone(), 0),
            (true, false) => (before.clone(), written),
            // What it has written to is as sure as it says.
            (false, true) => (after, 0),
            (false, false) => (after, written),
        };
        self.meet(&before, after, unsure, live);
        self.state.written |= written;
    }

    /// A branch to one of two ways.
    pub fn branch_either(&mut self, depth: usize) {
        let (other, join) = (self.label(), self.label());
        let Outcome { taken, .. } = self.branch(other);
        let (before, live) = (self.state.clone(), self.live);
        self.bound();
        self.state.written = 0;
        self.live = live && !taken;
        self.body(depth);
        self.jump_to(join);
        let first = self.state.clone();
        self.bind(other);
        self.way(&before, live && taken);
        self.body(depth);
        let written = first.written | self.state.written;
        let after = if taken { self.state.clone() } else { first };
        self.bind(join);
        self.meet(&before, after, written, live);
    }

    /// A jump over something that is reached by nobody, or only by those who come back for it.
    pub fn jump_over(&mut self, depth: usize) {
        let join = self.label();
        self.jump_to(join);
        self.over(join, Outcome { taken: true, sure: true }, |builder| builder.body(depth));
    }

    /// A jump in one of its forms; what it links is data.
    fn jump_to(&mut self, to: u32) {
        let rd = if self.random.chance(1, 2) { 0 } else { self.target() };
        let base = if rd != 0 && self.random.chance(1, 3) { rd } else { self.target() };
        self.jump(rd, base, to);
    }

    fn jump(&mut self, rd: u8, base: u8, to: u32) {
        let form = self.random.pick(&[JumpForm::Jal, JumpForm::Far, JumpForm::Computed]);
        let op = match form {
            JumpForm::Jal => Op::Jump { rd, to, form, base: 0, offset: 0, odd: 0, blend: None },
            JumpForm::Far => Op::Jump { rd, to, form, base, offset: 0, odd: 0, blend: None },
            JumpForm::Computed => {
                let any = self.random.between(-2048, 2047) as i32;
                let offset = self.random.pick(&[0, 0, any, 1, -1, 2047, -2048]);
                let odd = u8::from(self.random.chance(1, 3));
                Op::Jump { rd, to, form, base, offset, odd, blend: None }
            }
        };
        self.emit(op);
    }

    /// A jump through a table to one of several ways, each of which runs into the next one.
    pub fn switch(&mut self, depth: usize) {
        let ways = self.random.pick(&[2, 2, 4, 4, 8]);
        let labels: Vec<u32> = (0..ways).map(|_| self.label()).collect();
        let index = self.source();
        let rd = if self.random.chance(1, 3) { self.target() } else { 0 };
        let base = self.target();
        let chosen = self.state.x[usize::from(index)] as usize % ways;
        let mut to = labels.clone();
        // Two entries may go the same way.
        if self.random.chance(1, 3) {
            to[0] = to[ways - 1];
        }
        let first = if chosen == 0 && to[0] != labels[0] { ways - 1 } else { chosen };
        self.emit(Op::Switch { rd, base, index, to });
        let (before, live) = (self.state.clone(), self.live);
        self.state.written = 0;
        let mut reached = false;
        for (number, label) in labels.into_iter().enumerate() {
            reached |= number == first;
            let (after, written) = (self.state.clone(), self.state.written);
            self.bind(label);
            if number <= first {
                self.way(&before, live && reached);
            } else {
                self.state = after;
                self.state.forget(written);
                self.live = live;
            }
            self.shape(depth.saturating_sub(1));
        }
        let (after, written) = (self.state.clone(), self.state.written);
        self.bound();
        self.meet(&before, after, written, live);
    }

    /// A loop, if there is a counter left for it and it would not take too long.
    pub fn repeat(&mut self, depth: usize) {
        let times = match self.random.below(12) {
            0 => 0,
            1 => self.random.below(40),
            _ => 1 + self.random.below(6),
        };
        if self.level >= LEVELS || self.times * times * 20 > LOOP_STEPS {
            return self.branch_over(depth);
        }
        let counter = self.counters[self.level];
        self.emit(Op::LoopStart { counter, times: times as u32 });
        let (before, outside) = (self.state.clone(), self.times);
        self.level += 1;
        self.state.written = 0;
        // A part of the loop that is run once: later rounds begin behind it.
        if self.random.chance(1, 4) {
            self.bound();
            self.body(depth);
        }
        let again = self.bound();
        self.times = outside * times.max(1);
        // What the last round has left is what this one begins with.
        self.state.sure = 1;
        self.body(depth);
        if times < 4 && self.random.chance(1, 8) {
            self.emit(Op::Checkpoint {});
        }
        self.emit(Op::LoopEnd { counter, to: again });
        self.level -= 1;
        let (after, written) = (self.state.clone(), self.state.written);
        self.bound();
        // What the last round is sure of stays so.
        let sure = after.sure;
        let live = self.live;
        self.meet(&before, after, written, live);
        self.times = outside;
        self.state.sure = before.sure & !written | sure & written;
    }

    /// A call of a function: one that there is, or a new one.
    pub fn call(&mut self, depth: usize) {
        if self.level >= LEVELS {
            return self.branch_over(depth);
        }
        let new = self.functions.len() + self.pending < self.links.len() && self.random.chance(1, 2);
        if !new && self.functions.is_empty() {
            return self.jump_over(depth);
        }
        if new {
            return self.new_function(depth);
        }
        let number = self.random.below(self.functions.len() as u64) as usize;
        let Function { label, link, written, steps } = self.functions[number].clone();
        if steps * self.times > LOOP_STEPS {
            return self.jump_over(depth);
        }
        self.jump(link, link, label);
        self.work += steps * self.times;
        self.steps += if self.live { steps * self.times } else { 0 };
        self.state.forget(written);
        self.bound();
    }

    /// Call a function that is written on this occasion.
    fn new_function(&mut self, depth: usize) {
        let link = self.links[self.functions.len() + self.pending];
        self.pending += 1;
        let label = self.label();
        self.jump(link, link, label);
        let (before, level, work) = (self.state.clone(), self.level, self.work);
        let caller = self.elsewhere();
        self.bind(label);
        // Loops of functions have a counter of their own, whichever loop the call is in.
        self.level = LEVELS - 1;
        self.state.written = 0;
        self.state.sure = 1;
        self.body(depth);
        self.body(depth);
        let rd = match self.random.below(4) {
            0 => self.target(),
            1 => link,
            _ => 0,
        };
        // The lowest bit of a target does not count.
        let offset = i32::from(self.random.chance(1, 3));
        self.emit(Op::Return { rd, link, offset });
        self.back(caller);
        self.level = level;
        self.pending -= 1;
        let (after, written) = (self.state.clone(), self.state.written);
        let steps = (self.work - work) / self.times;
        self.functions.push(Function { label, link, written, steps });
        let (sure, live) = (after.sure, self.live);
        self.meet(&before, after, written, live);
        self.state.sure = before.sure & !written | sure & written;
        self.bound();
    }

    /// A branch that goes as far forward or backward as it can, or one instruction farther.
    pub fn edge(&mut self) {
        let farther = self.random.below(2) as u32;
        let (name, rs1, rs2) = (self.random.pick(&BRANCHES), self.source(), self.source());
        if self.random.chance(1, 2) {
            let join = self.label();
            self.branch_on(name, rs1, rs2, join);
            self.bound();
            // This branch, the pad, and what shows that a jump fell short: 4092 bytes.
            self.emit(Op::Pad { count: 1021 + farther });
            let rd = self.target();
            self.emit(Op::Ins { name: Opcode::Addi, rd, rs1: rd, rs2: 0, imm: 1 });
            return self.bind(join);
        }
        // Over a pad to a branch back to its beginning, from where a jump goes on.
        let (back, on, end) = (self.label(), self.label(), self.label());
        self.jump_to(on);
        self.bind(back);
        let jump = |to| Op::Jump { rd: 0, to, form: JumpForm::Jal, base: 0, offset: 0, odd: 0, blend: None };
        self.emit(jump(end));
        self.bound();
        self.emit(Op::Pad { count: 1023 + farther });
        self.bind(on);
        self.branch_on(name, rs1, rs2, back);
        self.bind(end);
    }
}
