//! Axes of loads and stores: where they go, and what a load has of the store before it.

use std::ops::Range;

use super::map::{Bin, Builder, NOWHERE};
use crate::alu::unsigned;
use crate::elf::Image;
use crate::isa::{Format, Op, Xlen};
use crate::observe::Retired;

const PAGE: u64 = 4096;
const LOADS: [(Op, u64); 7] =
    [(Op::Lb, 1), (Op::Lh, 2), (Op::Lw, 4), (Op::Ld, 8), (Op::Lbu, 1), (Op::Lhu, 2), (Op::Lwu, 4)];
const STORES: [(Op, u64); 4] = [(Op::Sb, 1), (Op::Sh, 2), (Op::Sw, 4), (Op::Sd, 8)];
const WIDTHS: [(u64, &str); 4] = [(1, "1"), (2, "2"), (4, "4"), (8, "8")];
const PLACES: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "7"];
const EDGES: [&str; 3] = ["inside", "first", "last"];
const SIGNS: [&str; 3] = ["zero", "positive", "negative"];
const RELATIONS: [&str; 5] = ["same", "low part", "inner part", "more", "more before"];

/// What lies at an address when the program starts.
pub const KINDS: [&str; 5] = ["text", "rodata", "data", "bss", "outside"];
const OUTSIDE: usize = 4;

/// Where a program's segments lie.
pub struct Segments(Vec<(Range<u64>, usize)>);

impl Segments {
    pub fn of(image: &Image) -> Self {
        let mut ranges = Vec::with_capacity(image.segments.len() + 1);
        for segment in &image.segments {
            let Range { start, end } = segment.range;
            match (segment.execute, segment.write) {
                (true, _) => ranges.push((start..end, 0)),
                (_, false) => ranges.push((start..end, 1)),
                (_, true) => {
                    let zeros = start + segment.bytes.len() as u64;
                    ranges.extend([(start..zeros, 2), (zeros..end, 3)]);
                }
            }
        }
        Self(ranges)
    }

    /// The kind of segment at an address, by its place in [`KINDS`].
    #[inline(always)]
    pub fn kind(&self, address: u64) -> usize {
        let found = self.0.iter().find(|(range, _)| range.contains(&address));
        found.map_or(OUTSIDE, |(_, kind)| *kind)
    }
}

/// Address and width of the store before, once there was one.
pub type LastStore = Option<(u64, Op)>;

/// Numbers of the bins.
pub struct Accesses {
    /// By store or load, logarithm of the width, place in a word, edge, kind, sign.
    places: Vec<Bin>,
    /// By operation of the store, operation of the load, relation.
    forwarding: Vec<Bin>,
    xlen: Xlen,
}

impl Accesses {
    pub fn new(builder: &mut Builder, xlen: Xlen) -> Self {
        let places = vec![NOWHERE; place(true, 8, 8, 0, 0, 0)];
        let forwarding = vec![NOWHERE; STORES.len() * LOADS.len() * RELATIONS.len()];
        let mut new = Self { places, forwarding, xlen };
        let widest = if xlen == Xlen::Rv64 { 8 } else { 4 };
        builder.axis(
            "access",
            "load or store, width in bytes, address modulo 8, place in its page, segment, sign of the offset",
        );
        for (store, name) in [(false, "load"), (true, "store")] {
            for (width, label) in WIDTHS.into_iter().filter(|(width, _)| *width <= widest) {
                new.number(builder, store, width, &[name, label]);
            }
        }
        builder.axis("forwarding", "store, a load behind it with no store between, what the load has of it");
        for (number, (store, stored)) in STORES.iter().enumerate().filter(|(_, s)| s.1 <= widest) {
            for (other, (load, loaded)) in LOADS.iter().enumerate().filter(|(_, l)| l.1 <= widest) {
                if xlen == Xlen::Rv32 && *load == Op::Lwu {
                    continue;
                }
                for (place, relation) in RELATIONS.iter().enumerate() {
                    if relations(*stored, *loaded).contains(&place) {
                        let bin = builder.bin(&[store.name(), load.name(), relation]);
                        new.forwarding[forward(number, other, place)] = bin;
                    }
                }
            }
        }
        new
    }

    /// Number the bins of one width: addresses are multiples of it, all else is a trap.
    fn number(&mut self, builder: &mut Builder, store: bool, width: u64, shared: &[&'static str]) {
        for at in (0..8).step_by(width as usize) {
            for (edge, edge_name) in EDGES.iter().enumerate() {
                if edge == 1 && at != 0 || edge == 2 && at != 8 - width {
                    continue;
                }
                for (kind, kind_name) in KINDS.iter().enumerate() {
                    let labels = [shared, &[PLACES[at as usize], edge_name, kind_name]].concat();
                    let bins = builder.bins(&labels, SIGNS);
                    let first = place(store, width, at, edge, kind, 0);
                    self.places[first..first + SIGNS.len()].copy_from_slice(&bins);
                }
            }
        }
    }

    /// The bins of an instruction, if it is a load or store.
    #[inline(always)]
    pub fn visit(
        &self,
        retired: &Retired,
        segments: &Segments,
        last: &mut LastStore,
        hit: &mut impl FnMut(Bin),
    ) {
        let op = retired.instruction.op;
        let store = match op.format() {
            Format::Load if op != Op::Jalr => false,
            Format::Store => true,
            _ => return,
        };
        let imm = retired.instruction.imm;
        let address = retired.a.wrapping_add(imm as u64);
        let address = if self.xlen == Xlen::Rv32 { unsigned::<32>(address) } else { address };
        let width = width_of(op);
        let edge = match address % PAGE {
            0 => 1,
            offset if offset == PAGE - width => 2,
            _ => 0,
        };
        let sign = if imm == 0 { 0 } else { 1 + usize::from(imm < 0) };
        hit(self.places[place(store, width, address % 8, edge, segments.kind(address), sign)]);
        if store {
            *last = Some((address, op));
        } else if let Some((start, stored)) = *last {
            if let Some(relation) = relation(start, width_of(stored), address, width) {
                let (first, second) = (stored as usize - Op::Sb as usize, op as usize - Op::Lb as usize);
                hit(self.forwarding[forward(first, second, relation)]);
            }
        }
    }
}

fn place(store: bool, width: u64, at: u64, edge: usize, kind: usize, sign: usize) -> usize {
    let index = usize::from(store) * 4 + width.trailing_zeros() as usize;
    (((index * 8 + at as usize) * EDGES.len() + edge) * KINDS.len() + kind) * SIGNS.len() + sign
}

fn forward(store: usize, load: usize, relation: usize) -> usize {
    (store * LOADS.len() + load) * RELATIONS.len() + relation
}

fn width_of(op: Op) -> u64 {
    match op {
        Op::Lb | Op::Lbu | Op::Sb => 1,
        Op::Lh | Op::Lhu | Op::Sh => 2,
        Op::Lw | Op::Lwu | Op::Sw => 4,
        _ => 8,
    }
}

/// What a load has of a store, both aligned; `None` when nothing.
#[inline(always)]
fn relation(start: u64, stored: u64, address: u64, loaded: u64) -> Option<usize> {
    match () {
        () if address >= start + stored || start >= address + loaded => None,
        () if address < start => Some(4),
        () if address > start => Some(2),
        () => Some(match stored.cmp(&loaded) {
            std::cmp::Ordering::Equal => 0,
            std::cmp::Ordering::Greater => 1,
            std::cmp::Ordering::Less => 3,
        }),
    }
}

/// The relations that these widths can have.
fn relations(stored: u64, loaded: u64) -> &'static [usize] {
    match stored.cmp(&loaded) {
        std::cmp::Ordering::Equal => &[0],
        std::cmp::Ordering::Greater => &[1, 2],
        std::cmp::Ordering::Less => &[3, 4],
    }
}
