//! Where a program's text, data and windows are.
//!
//! A *window* is a small range of memory that the program writes to and publishes. Windows lie across all that
//! an address space can have edges at: pages, segments, what is in the file and what is not, 2^31 and 2^32,
//! addresses that differ in their upper half only, and memory that no segment is near to.

use std::ops::Range;

use rvref::Xlen;

use crate::hex::Hex;
use crate::ir::Segment;
use crate::random::Random;

const PAGE: u64 = 4096;
/// Below it, SP1 takes an address for a mistake.
const LOWEST: u64 = 0x1_0000;
/// The first address that no segment of a program may have: what is above belongs to nobody.
const HIGHEST_64: u64 = (1 << 40) - (1 << 16);
/// The same for 32-bit programs.
const HIGHEST_32: u64 = (1 << 32) - (1 << 16);
/// SP1 takes no segment below it.
const TEXT: u64 = 0x7800_0000;
/// Room for the text; for one that jumps as far as a jump can go; and for the frame's segment behind it.
///
/// Together with the windows near to it, all of it lies within 2 MiB as a rule: SP1's portable executor fills
/// megabytes for each 2 MiB that a program uses, which takes longer than anything else in a small one. So most
/// scenes have no other windows.
const TEXT_ROOM: u64 = 1 << 20;
const LONG_TEXT_ROOM: u64 = 2 << 20;
const FRAME_ROOM: u64 = 1 << 18;
/// Of it, what publishing stores to. It stays away from the ends of pages, so that a fault there shows where the
/// program accesses memory, not where it publishes.
const SAVED: u64 = 512;

/// Bytes that any hash syscall finds room in.
const HASHED: u64 = 72 * 8;

/// A range of memory whose contents are known.
#[derive(Clone, Debug)]
pub struct Area {
    /// The first address.
    pub address: u64,
    /// What it holds at first.
    pub bytes: Vec<u8>,
    /// Whether the program may write to it.
    pub writable: bool,
}

impl Area {
    /// Its addresses.
    pub fn range(&self) -> Range<u64> {
        self.address..self.address + self.bytes.len() as u64
    }
}

/// The addresses of a program.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Of the first instruction.
    pub text: u64,
    /// Of the frame's segment.
    pub frame: u64,
    /// Data segments.
    pub segments: Vec<Segment>,
    /// What the program may access: windows first, then what is only read.
    pub areas: Vec<Area>,
    /// Whether all of it is near to the text.
    near: bool,
}

impl Scene {
    /// Draw a scene; one for `hashes` has a window that is large enough for them, and one for a `long` text room
    /// for it.
    pub fn new(random: &mut Random, xlen: Xlen, hashes: bool, long: bool) -> Self {
        let text = text(random, xlen);
        let room = if long { LONG_TEXT_ROOM } else { TEXT_ROOM };
        let frame = text / PAGE * PAGE + room + PAGE * random.below(8) + 8 * random.below((PAGE - SAVED) / 8);
        let near = random.chance(7, 8);
        let mut scene = Self { text, frame, segments: Vec::new(), areas: Vec::new(), near };
        for _ in 0..1 + random.weighted(&[3, 4, 2]) {
            let most = random.pick(&[4, 12, 24]);
            let size = 8 * (1 + random.below(most));
            scene.window(random, xlen, size);
        }
        if hashes {
            let size = HASHED + 8 * random.below(3);
            scene.window(random, xlen, size);
        }
        if random.chance(1, 4) {
            scene.twin(random, xlen);
        }
        if random.chance(1, 3) {
            scene.read_only(random, xlen);
        }
        if random.chance(1, 3) {
            scene.never_written(random, xlen);
        }
        scene
    }

    /// A window, with or without a segment around it or under a part of it.
    fn window(&mut self, random: &mut Random, xlen: Xlen, size: u64) {
        let address = self.place(random, xlen, size);
        self.window_at(random, address, size);
    }

    fn window_at(&mut self, random: &mut Random, address: u64, size: u64) {
        let fill = random.weighted(&[6, 2, 2, 3]);
        // In fours, because that is what SP1 wants of a segment's address.
        let segment = match fill {
            // All of it, and something around it.
            0 => address - 4 * random.below(8)..address + size + random.below(48),
            // The first part of it, or the last one, which begins inside the window.
            1 => address - 4 * random.below(8)..address + 1 + random.below(size),
            2 => address + 4 * random.below(size / 4)..address + size + random.below(48),
            _ => address..address,
        };
        let mut bytes = vec![0; size as usize];
        if !segment.is_empty() && segment.start >= TEXT && self.free(&segment) {
            let segment = self.segment(random, segment, true);
            for (byte, at) in bytes.iter_mut().zip(address..) {
                let place = at.wrapping_sub(segment.address.0) as usize;
                *byte = segment.bytes.get(place).copied().unwrap_or(0);
            }
            self.segments.push(segment);
        }
        if self.free_of_areas(&(address..address + size)) {
            self.areas.insert(0, Area { address, bytes, writable: true });
        }
    }

    /// A window at the same place of another page as one that there is.
    fn twin(&mut self, random: &mut Random, xlen: Xlen) {
        let Some(size) = self.areas.first().map(|area| area.bytes.len() as u64) else { return };
        let range = self.areas[0].range();
        let distance = PAGE * random.pick(&[1, 1, 1, 2, 16]);
        let start =
            if random.chance(1, 2) { range.start + distance } else { range.start.wrapping_sub(distance) };
        let nearby = start.saturating_sub(64)..start.saturating_add(size + 64);
        if nearby.start >= LOWEST && nearby.end <= highest(xlen) && self.free(&nearby) {
            self.window_at(random, start, size);
        }
    }

    fn read_only(&mut self, random: &mut Random, xlen: Xlen) {
        let size = 8 * (1 + random.below(16));
        let address = self.place(random, xlen, size);
        if address < TEXT {
            return;
        }
        let segment = self.segment(random, address..address + size, false);
        let mut bytes = segment.bytes.clone();
        bytes.resize(size as usize, 0);
        self.areas.push(Area { address, bytes, writable: false });
        self.segments.push(segment);
    }

    /// Memory that nobody writes to: next to a window, or anywhere.
    fn never_written(&mut self, random: &mut Random, xlen: Xlen) {
        let after = self.areas.first().map_or(0, |area| area.range().end.next_multiple_of(8));
        let place = self.place(random, xlen, 64);
        let address = if random.chance(1, 2) && after > 0 { after } else { place };
        let range = address..address + 64;
        if self.free(&range) && range.end < highest(xlen) {
            self.areas.push(Area { address, bytes: vec![0; 64], writable: false });
        }
    }

    /// A segment at this place: some of its bytes in the file, the rest zeros.
    fn segment(&self, random: &mut Random, range: Range<u64>, writable: bool) -> Segment {
        let size = range.end - range.start;
        let file_size = if random.chance(1, 3) { random.below(size + 1) } else { size };
        let mut bytes: Vec<u8> = (0..file_size).map(|_| random.bits() as u8).collect();
        if random.chance(1, 4) {
            bytes.fill(random.pick(&[0, 0x80, 0xff]));
        }
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        Segment { address: Hex(range.start), size, file_size, writable, bytes }
    }

    /// A place for so many bytes, a multiple of 8, with nothing else nearby.
    fn place(&self, random: &mut Random, xlen: Xlen, size: u64) -> u64 {
        for _ in 0..100 {
            let around = self.somewhere(random, xlen);
            // Across the boundary, right below it, or right above it.
            let across = 8 * random.below(size / 8 + 1);
            let below = random.pick(&[across, size, 0]);
            let Some(address) = around.checked_sub(below) else { continue };
            let nearby = address.saturating_sub(64)..address + size + 64;
            if nearby.start >= LOWEST && nearby.end <= highest(xlen) && self.free(&nearby) {
                return address;
            }
        }
        // Behind everything else that is drawn here.
        self.frame / PAGE * PAGE + FRAME_ROOM + PAGE * (64 + self.areas.len() as u64)
    }

    /// A boundary that a window may lie at.
    fn somewhere(&self, random: &mut Random, xlen: Xlen) -> u64 {
        let behind_frame = self.frame / PAGE * PAGE + FRAME_ROOM;
        let near = behind_frame + PAGE * (1 + random.below(16));
        if self.near {
            return near;
        }
        let wide = xlen == Xlen::Rv64;
        match random.weighted(if wide { &[8, 2, 2, 2, 2, 2] } else { &[8, 2, 0, 2, 2, 2] }) {
            1 if wide => 1 << random.between(31, 39),
            1 => 1 << 31,
            // The lower half of the addresses is that of another window.
            2 => {
                let low = self.areas.first().map_or(near, |area| area.address) & 0xffff_ffff;
                low + (random.between(1, 0xfe) << 32) as u64
            }
            3 => LOWEST + PAGE * random.below(TEXT / PAGE - 0x20),
            4 => TEXT - PAGE * random.below(4),
            5 => PAGE * random.below(highest(xlen) / PAGE),
            _ => near,
        }
    }

    fn free(&self, range: &Range<u64>) -> bool {
        let frame = self.text..self.frame + FRAME_ROOM;
        let segments = self.segments.iter().map(|s| s.address.0..s.address.0 + s.size);
        segments.chain([frame]).all(|used| used.end <= range.start || range.end <= used.start)
            && self.free_of_areas(range)
    }

    fn free_of_areas(&self, range: &Range<u64>) -> bool {
        let mut areas = self.areas.iter().map(Area::range);
        areas.all(|used| used.end <= range.start || range.end <= used.start)
    }
}

fn highest(xlen: Xlen) -> u64 {
    match xlen {
        Xlen::Rv32 => HIGHEST_32,
        Xlen::Rv64 => HIGHEST_64,
    }
}

/// Where the text begins: as a rule where SP1's linker lets it begin.
fn text(random: &mut Random, xlen: Xlen) -> u64 {
    let wide = xlen == Xlen::Rv64;
    match random.weighted(if wide { &[12, 4, 1, 1, 1] } else { &[12, 4, 0, 0, 0] }) {
        1 => TEXT + 4 * random.below(2 * PAGE),
        // Across 2^31 or 2^32, soon after the prologue.
        2 => (1 << 31) - 4 * random.below(160),
        3 => (1 << 32) - 4 * random.below(160),
        4 => (TEXT << random.below(6)) + 4 * random.below(PAGE),
        _ => TEXT,
    }
}
