//! What programs have covered: a map of numbered bins, counters for them, and an observer that fills it.
//!
//! A bin is something that can happen, such as "mulhsu of the smallest number and -1". What can never happen
//! has no bin. There are axes for each profile, since a program of one covers nothing of the other.

mod accesses;
mod comparisons;
mod control;
mod edges;
mod endings;
mod map;
mod operands;
mod pairs;
mod syscalls;
mod values;

use std::ops::ControlFlow;

use accesses::{Accesses, LastStore, Segments};
pub use comparisons::Comparisons;
pub(crate) use control::Blocks;
use control::Control;
pub use edges::Edges;
use endings::{Endings, Shape};
pub use map::{Axis, Bin, Map};
use map::{Builder, NOWHERE};
use operands::Operands;
use pairs::{Before, Pairs};
use syscalls::Syscalls;

use crate::elf::Image;
use crate::machine::{Cpu, Machine, Stop};
use crate::observe::{Observer, Retired};
use crate::profile::Profile;
use crate::registers::number::{A0, A2, T0};
use crate::syscalls::sp1;

/// One counter for every number there is, so that counting needs no check.
type Counters = [u32; NOWHERE as usize + 1];

/// How often each bin was hit, up to `u32::MAX`.
pub struct Coverage {
    axes: Vec<(&'static Profile, Axes)>,
    counters: Box<Counters>,
}

/// The axes of one profile.
struct Axes {
    operands: Operands,
    pairs: Pairs,
    accesses: Accesses,
    control: Control,
    syscalls: Syscalls,
    endings: Endings,
}

impl Axes {
    fn new(builder: &mut Builder, profile: &'static Profile) -> Self {
        builder.profile(profile.name);
        Self {
            operands: Operands::new(builder, profile),
            pairs: Pairs::new(builder, profile),
            accesses: Accesses::new(builder, profile.xlen),
            control: Control::new(builder, profile.xlen),
            syscalls: Syscalls::new(builder, profile),
            endings: Endings::new(builder, profile),
        }
    }
}

impl Default for Coverage {
    fn default() -> Self {
        Self::new()
    }
}

impl Coverage {
    /// Nothing is covered.
    pub fn new() -> Self {
        Self::with_map().0
    }

    /// The description of all bins.
    pub fn map() -> Map {
        Self::with_map().1
    }

    fn with_map() -> (Self, Map) {
        let mut builder = Builder::new();
        let axes = Profile::ALL.iter().map(|profile| (profile, Axes::new(&mut builder, profile))).collect();
        let counters = vec![0; NOWHERE as usize + 1].into_boxed_slice().try_into().expect("it has that size");
        (Self { axes, counters }, builder.finish())
    }

    fn axes_of(&self, profile: &Profile) -> usize {
        let found =
            self.axes.iter().position(|(other, _)| (other.name, other.xlen) == (profile.name, profile.xlen));
        found.expect("every profile has its axes")
    }

    /// An observer of one run of a program, which was loaded from this image and has not run yet. The profile
    /// is one of [`Profile::ALL`].
    pub fn watch<'a>(&'a mut self, image: &Image, machine: &Machine) -> Watch<'a> {
        let place = self.axes_of(machine.profile);
        Watch {
            axes: &self.axes[place].1,
            counters: &mut self.counters,
            segments: Segments::of(image),
            blocks: Blocks::new(machine.text().clone()),
            before: None,
            last_store: None,
            shape: Shape { text: machine.text().slots().len() as u64, ..Shape::default() },
        }
    }

    /// A program for this profile was not even loaded.
    pub fn unloaded(&mut self, profile: &Profile) {
        let bin = self.axes[self.axes_of(profile)].1.endings.unloaded();
        hit(&mut self.counters, bin);
    }

    /// The bins that were hit, with their counts, in ascending order.
    pub fn covered(&self) -> impl Iterator<Item = (Bin, u32)> + '_ {
        let numbered = (0..NOWHERE).zip(self.counters.iter().copied());
        numbered.filter(|(_, count)| *count > 0)
    }

    /// How often something happened that has no bin: always 0, or the map is wrong.
    pub fn astray(&self) -> u32 {
        self.counters[usize::from(NOWHERE)]
    }

    /// What was covered since the last call, for the harness: number and count of each bin that was hit, as
    /// `u32` in little endian, in ascending order.
    pub fn take(&mut self) -> Vec<u8> {
        let pairs = self.covered().flat_map(|(bin, count)| [u32::from(bin), count]);
        let bytes = pairs.flat_map(u32::to_le_bytes).collect();
        self.counters.fill(0);
        bytes
    }
}

#[inline(always)]
fn hit(counters: &mut Counters, bin: Bin) {
    let counter = &mut counters[usize::from(bin)];
    *counter = counter.saturating_add(1);
}

/// Counts what one run of a program covers.
pub struct Watch<'a> {
    axes: &'a Axes,
    counters: &'a mut Counters,
    segments: Segments,
    blocks: Blocks,
    before: Before,
    last_store: LastStore,
    shape: Shape,
}

impl Watch<'_> {
    /// The run is over: count how it ended.
    pub fn ended(mut self, stop: &Stop, machine: &Machine) {
        let last = match stop {
            Stop::Fault { pc, .. } => machine.text().slot(*pc).map(|slot| machine.text().slots()[slot].op),
            _ => None,
        };
        self.shape.steps = machine.state().cpu.steps;
        let counters = self.counters;
        self.axes.endings.visit(stop, last, &self.shape, &mut |bin| hit(counters, bin));
    }
}

impl Observer for Watch<'_> {
    const EACH: bool = true;

    #[inline(always)]
    fn retired(&mut self, retired: &Retired) -> ControlFlow<()> {
        let counters = &mut *self.counters;
        let mut hit = |bin| hit(counters, bin);
        self.axes.operands.visit(retired, &mut hit);
        self.axes.pairs.visit(&mut self.before, &retired.instruction, &mut hit);
        self.axes.accesses.visit(retired, &self.segments, &mut self.last_store, &mut hit);
        self.axes.control.visit(retired, &mut self.blocks, &mut hit);
        ControlFlow::Continue(())
    }

    fn ecall(&mut self, cpu: &Cpu) {
        let counters = &mut *self.counters;
        self.axes.syscalls.visit(cpu, &self.segments, &mut |bin| hit(counters, bin));
        if cpu.x.get(T0) as u32 == sp1::WRITE && cpu.x.get(A0) as u32 == 13 {
            self.shape.commits += 1;
            self.shape.bytes = self.shape.bytes.saturating_add(cpu.x.get(A2));
        }
    }
}
