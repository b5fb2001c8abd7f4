//! The instruction loop.
//!
//! Instructions are executed in *runs*: one after the other in memory, from where a jump went to up to the
//! next transfer of control. What must be counted or checked is counted and checked once for each run.

use std::ops::ControlFlow;

use crate::alu::{self, fit, unsigned};
use crate::host::Host;
use crate::isa::{Op, Xlen};
use crate::machine::{Cpu, Machine, State, Stop};
use crate::observe::{Observer, Retired};
use crate::profile::Next;
use crate::registers::Registers;
use crate::text::{Part, Text};
use crate::trap::{Access, Trap};

/// Why a run is over.
enum End {
    /// Its last instruction goes to this address.
    Jump(u64),
    /// Its last instruction is ECALL.
    Ecall,
    /// Its last instruction cannot be executed.
    Trap(Trap),
    /// What follows is not in the same part of the text, or is beyond the step limit.
    Edge,
    /// The observer has seen enough.
    Observer,
}

impl Machine {
    /// Execute from the present state until the program ends.
    pub fn run<O: Observer>(&mut self, host: &mut Host, observer: &mut O) -> Stop {
        #[cfg(feature = "faults")]
        if let Some(fault) = self.fault {
            return crate::faults::run(self, fault, host, observer);
        }
        match self.profile.xlen {
            Xlen::Rv32 => self.execute::<32, O>(host, observer),
            Xlen::Rv64 => self.execute::<64, O>(host, observer),
        }
    }

    fn execute<const XLEN: u32, O: Observer>(&mut self, host: &mut Host, observer: &mut O) -> Stop {
        let limit = self.step_limit.unwrap_or(u64::MAX);
        let mut last = self.state.cpu.pc;
        loop {
            if let Some(stop) = self.turn::<XLEN, O>(limit, &mut last, host, observer) {
                return stop;
            }
        }
    }

    /// Execute until something is to be done that is not the instructions' own, and do it: a stop, if that
    /// ends the program. A limit in steps that was reached before is a stop, too; one that is reached now is
    /// not. `last` is the address of the instruction executed last.
    #[inline(always)]
    pub(crate) fn turn<const XLEN: u32, O: Observer>(
        &mut self,
        limit: u64,
        last: &mut u64,
        host: &mut Host,
        observer: &mut O,
    ) -> Option<Stop> {
        let Self { profile, text, state, .. } = self;
        let Some(part) = text.part(state.cpu.pc) else {
            return Some(Stop::Fault { trap: Trap::Refused(Access::Fetch, state.cpu.pc), pc: *last });
        };
        if state.cpu.steps >= limit {
            return Some(Stop::StepLimit(limit));
        }
        let end = execute_part::<XLEN, O>(state, text, part, limit, observer);
        // Of the last instruction, which is the one that ended it.
        let pc = state.cpu.pc.wrapping_sub(4);
        *last = pc;
        match end {
            End::Edge => {}
            End::Jump(target) if target % 4 != 0 => {
                return Some(Stop::Fault { trap: Trap::Misaligned(Access::Fetch, target), pc });
            }
            End::Jump(target) => state.cpu.pc = target,
            End::Ecall => {
                observer.ecall(&state.cpu);
                match (profile.ecall)(state, host) {
                    Ok(Next::Continue) => {}
                    Ok(Next::Halt(code)) => return Some(Stop::Halted(code)),
                    Err(trap) => return Some(Stop::Fault { trap, pc }),
                }
            }
            End::Trap(trap) => return Some(Stop::Fault { trap, pc }),
            End::Observer => return Some(Stop::Observer),
        }
        None
    }
}

/// Execute from the present state on, within one part of the text, until something is to be done that is not
/// the instructions' own. The pc is then that behind the last instruction.
#[inline(never)]
fn execute_part<const XLEN: u32, O: Observer>(
    state: &mut State,
    text: &Text,
    part: Part,
    limit: u64,
    observer: &mut O,
) -> End {
    let State { cpu: Cpu { x, pc: state_pc, steps, .. }, memory, .. } = state;
    let mut first = part.slot(*state_pc).expect("the part is that of the pc");
    loop {
        let left = usize::try_from(limit - *steps).unwrap_or(usize::MAX);
        let slots = &text.slots()[..part.slots().end.min(first.saturating_add(left))];
        let mut next = first;
        let mut seen = None;
        let end = loop {
            if O::EACH && report(observer, seen.take(), x).is_break() {
                break End::Observer;
            }
            // By reference: taking the fields out of a copy costs a third of the speed.
            let Some(instruction) = slots.get(next) else { break End::Edge };
            next += 1;
            // What not every instruction needs is a closure: computing it for all of them costs as much.
            let pc = || part.pc(next - 1);
            if O::EACH {
                seen = Some(Retired::before(next - 1, pc(), *instruction, x));
            }
            let (a, b) = (x.get(instruction.rs1), x.get(instruction.rs2));
            let rd = instruction.rd;
            let imm = instruction.imm as u64;
            let address = || unsigned::<XLEN>(a.wrapping_add(imm));
            let target = || unsigned::<XLEN>(pc().wrapping_add(imm));
            let link = || fit::<XLEN>(pc().wrapping_add(4));
            macro_rules! attempt {
                ($access:expr) => {
                    match $access {
                        Ok(value) => value,
                        Err(trap) => break End::Trap(trap),
                    }
                };
            }
            macro_rules! branch {
                ($taken:expr) => {{
                    if $taken {
                        break End::Jump(target());
                    }
                    continue;
                }};
            }
            let result = match instruction.op {
                Op::Addi => alu::add::<XLEN>(a, imm),
                Op::Slti => alu::slt(a, imm),
                Op::Sltiu => alu::sltu(a, imm),
                Op::Andi => a & imm,
                Op::Ori => a | imm,
                Op::Xori => a ^ imm,
                Op::Slli => alu::sll::<XLEN>(a, imm),
                Op::Srli => alu::srl::<XLEN>(a, imm),
                Op::Srai => alu::sra::<XLEN>(a, imm),
                Op::Lui => imm,
                Op::Auipc => alu::add::<XLEN>(pc(), imm),
                Op::Add => alu::add::<XLEN>(a, b),
                Op::Sub => alu::sub::<XLEN>(a, b),
                Op::Slt => alu::slt(a, b),
                Op::Sltu => alu::sltu(a, b),
                Op::And => a & b,
                Op::Or => a | b,
                Op::Xor => a ^ b,
                Op::Sll => alu::sll::<XLEN>(a, b),
                Op::Srl => alu::srl::<XLEN>(a, b),
                Op::Sra => alu::sra::<XLEN>(a, b),
                Op::Jal => {
                    x.set(rd, link());
                    break End::Jump(target());
                }
                // "then setting the least-significant bit of the result to zero"
                Op::Jalr => {
                    x.set(rd, link());
                    break End::Jump(address() & !1);
                }
                Op::Beq => branch!(a == b),
                Op::Bne => branch!(a != b),
                Op::Blt => branch!(alu::slt(a, b) == 1),
                Op::Bge => branch!(alu::slt(a, b) == 0),
                Op::Bltu => branch!(alu::sltu(a, b) == 1),
                Op::Bgeu => branch!(alu::sltu(a, b) == 0),
                Op::Lb => attempt!(memory.load::<1>(address())) as i8 as u64,
                Op::Lh => attempt!(memory.load::<2>(address())) as i16 as u64,
                Op::Lw => attempt!(memory.load::<4>(address())) as i32 as u64,
                Op::Ld => attempt!(memory.load::<8>(address())),
                Op::Lbu => attempt!(memory.load::<1>(address())),
                Op::Lhu => attempt!(memory.load::<2>(address())),
                Op::Lwu => attempt!(memory.load::<4>(address())),
                Op::Sb => {
                    attempt!(memory.store::<1>(address(), b));
                    continue;
                }
                Op::Sh => {
                    attempt!(memory.store::<2>(address(), b));
                    continue;
                }
                Op::Sw => {
                    attempt!(memory.store::<4>(address(), b));
                    continue;
                }
                Op::Sd => {
                    attempt!(memory.store::<8>(address(), b));
                    continue;
                }
                // There is one hart, and nothing that its accesses could be out of order with.
                Op::Fence => continue,
                Op::Ecall => break End::Ecall,
                Op::Ebreak => break End::Trap(Trap::Breakpoint),
                Op::Illegal => break End::Trap(Trap::Illegal(imm as u32)),
                // RV64I, "Integer Computational Instructions": W is the operation at 32 bits.
                Op::Addiw => alu::add::<32>(a, imm),
                Op::Slliw => alu::sll::<32>(a, imm),
                Op::Srliw => alu::srl::<32>(a, imm),
                Op::Sraiw => alu::sra::<32>(a, imm),
                Op::Addw => alu::add::<32>(a, b),
                Op::Subw => alu::sub::<32>(a, b),
                Op::Sllw => alu::sll::<32>(a, b),
                Op::Srlw => alu::srl::<32>(a, b),
                Op::Sraw => alu::sra::<32>(a, b),
                Op::Mul => alu::mul::<XLEN>(a, b),
                Op::Mulh => alu::mulh::<XLEN>(a, b),
                Op::Mulhsu => alu::mulhsu::<XLEN>(a, b),
                Op::Mulhu => alu::mulhu::<XLEN>(a, b),
                Op::Mulw => alu::mul::<32>(a, b),
                Op::Div => alu::div::<XLEN>(a, b),
                Op::Divu => alu::divu::<XLEN>(a, b),
                Op::Rem => alu::rem::<XLEN>(a, b),
                Op::Remu => alu::remu::<XLEN>(a, b),
                Op::Divw => alu::div::<32>(a, b),
                Op::Divuw => alu::divu::<32>(a, b),
                Op::Remw => alu::rem::<32>(a, b),
                Op::Remuw => alu::remu::<32>(a, b),
            };
            x.set(rd, result);
        };
        if O::EACH && !matches!(end, End::Trap(_)) {
            let _ = report(observer, seen, x);
        }
        observer.run(first..next);
        *steps += (next - first) as u64;
        let inside = match end {
            End::Jump(target) if target % 4 == 0 => part.slot(target),
            _ => None,
        };
        let Some(slot) = inside else {
            *state_pc = part.pc(next);
            return end;
        };
        if O::EACH {
            observer.jumped(x, memory);
        }
        first = slot;
    }
}

/// Tell the observer of an instruction, if there was one.
fn report<O: Observer>(observer: &mut O, seen: Option<Retired>, x: &Registers) -> ControlFlow<()> {
    seen.map_or(ControlFlow::Continue(()), |seen| observer.retired(&seen.after(x)))
}
