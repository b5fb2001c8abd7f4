//! Running a program on a machine with a fault, instruction by instruction.

use std::cell::Cell;
use std::ops::{ControlFlow, Range};

use super::output::Spoiled;
use super::step::{Call, Past, Scene, Step};
use super::{Fault, Hook};
use crate::alu::fit;
use crate::host::Host;
use crate::isa::{Op, Xlen};
use crate::machine::{Cpu, Machine, State, Stop};
use crate::observe::{Observer, Retired};
use crate::registers::number::{A0, A1, A2};
use crate::trap::{Access, Trap};

/// As [`Machine::run`].
pub(crate) fn run<O: Observer>(
    machine: &mut Machine,
    fault: &'static Fault,
    host: &mut Host,
    observer: &mut O,
) -> Stop {
    let serving = Cell::new(0);
    let mut output = Spoiled::new(&fault.hook, &mut *host.output, &serving);
    let mut spoiled = Host { input: std::mem::take(&mut host.input), output: &mut output };
    let past = Past::new(machine.text.clone());
    let last = machine.state.cpu.pc;
    let mut run = Run { machine, hook: &fault.hook, past, last };
    let stop = loop {
        serving.set(run.machine.state.cpu.steps + 1);
        let stop = match run.machine.profile.xlen {
            Xlen::Rv32 => run.step::<32, O>(&mut spoiled, observer),
            Xlen::Rv64 => run.step::<64, O>(&mut spoiled, observer),
        };
        if let Some(stop) = stop {
            break stop;
        }
    };
    host.input = spoiled.input;
    output.finish();
    match (stop, &fault.hook) {
        (Stop::Halted(code), Hook::Exit(wrong)) => Stop::Halted(wrong(code)),
        _ => stop,
    }
}

struct Run<'a> {
    machine: &'a mut Machine,
    hook: &'static Hook,
    past: Past,
    /// Address of the instruction executed last.
    last: u64,
}

impl Run<'_> {
    fn step<const XLEN: u32, O: Observer>(&mut self, host: &mut Host, observer: &mut O) -> Option<Stop> {
        let ahead = Step::ahead(self.machine);
        let limit = (self.machine.state.cpu.steps + 1).min(self.machine.step_limit.unwrap_or(u64::MAX));
        let mut seen = Seen { observer, retired: None };
        let is_call = ahead.is_some_and(|step| step.is(Op::Ecall));
        let call = Call::of(&self.machine.state.cpu, self.machine.profile.xlen);
        if is_call {
            if let Some(stop) = self.before_call(call) {
                return Some(stop);
            }
        }
        let stop = self.machine.turn::<XLEN, _>(limit, &mut self.last, host, &mut seen);
        let retired = seen.retired;
        if stop.is_none() && is_call {
            self.after_call(call);
        }
        let mut end = stop;
        if let (None, Some(mut step)) = (stop, ahead) {
            self.finish(&mut step);
            end = self.spoil::<XLEN>(&mut step);
            self.past.remember(step);
        }
        let retired = retired.map(|seen| seen.after(&self.machine.state.cpu.x));
        match retired.map(|retired| observer.retired(&retired)) {
            Some(ControlFlow::Break(())) if O::EACH => Some(Stop::Observer),
            _ => end,
        }
    }

    fn before_call(&mut self, call: Call) -> Option<Stop> {
        let Hook::Call(spoil) = self.hook else { return None };
        let mut wrong = call;
        let stop = spoil(&mut wrong);
        self.set_arguments(wrong);
        stop
    }

    fn after_call(&mut self, call: Call) {
        match self.hook {
            Hook::Call(_) if call.is_write() => self.set_arguments(call),
            Hook::Return(spoil) => {
                let State { cpu, memory, .. } = &mut self.machine.state;
                spoil(&call, &mut Scene { cpu, memory, past: &mut self.past });
            }
            _ => {}
        }
    }

    fn set_arguments(&mut self, call: Call) {
        let fit = |value| if self.machine.profile.xlen == Xlen::Rv32 { fit::<32>(value) } else { value };
        for (register, value) in [A0, A1, A2].into_iter().zip(call.arguments) {
            self.machine.state.cpu.x.set(register, fit(value));
        }
    }

    /// Note what the instruction has done.
    fn finish(&mut self, step: &mut Step) {
        let cpu = &self.machine.state.cpu;
        step.result = cpu.x.get(step.instruction.rd);
        step.next = cpu.pc;
    }

    /// Make wrong what the fault makes wrong.
    fn spoil<const XLEN: u32>(&mut self, step: &mut Step) -> Option<Stop> {
        let state = &mut self.machine.state;
        match self.hook {
            Hook::Value(wrong) if step.writes() => {
                if let Some(value) = wrong(step, &mut self.past) {
                    step.result = fit::<XLEN>(value);
                    state.cpu.x.set(step.instruction.rd, step.result);
                }
            }
            Hook::Target(wrong) => {
                if let Some(target) = wrong(step, &mut self.past) {
                    self.last = step.pc;
                    if target % 4 != 0 {
                        let trap = Trap::Misaligned(Access::Fetch, target);
                        return Some(Stop::Fault { trap, pc: step.pc });
                    }
                    (state.cpu.pc, step.next) = (target, target);
                }
            }
            Hook::Effect(wrong) => {
                let State { cpu, memory, .. } = state;
                wrong(step, &mut Scene { cpu, memory, past: &mut self.past });
            }
            _ => {}
        }
        None
    }
}

/// Keeps the instruction, and passes everything else on.
struct Seen<'a, O> {
    observer: &'a mut O,
    retired: Option<Retired>,
}

impl<O: Observer> Observer for Seen<'_, O> {
    const EACH: bool = O::EACH;

    fn run(&mut self, slots: Range<usize>) {
        self.observer.run(slots);
    }

    fn retired(&mut self, retired: &Retired) -> ControlFlow<()> {
        self.retired = Some(*retired);
        ControlFlow::Continue(())
    }

    fn ecall(&mut self, cpu: &Cpu) {
        self.observer.ecall(cpu);
    }
}
