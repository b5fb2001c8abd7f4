//! Sparse memory in pages, with permissions, an alignment policy, and a way back to an earlier state.

use std::collections::HashMap;
use std::ops::Range;

use crate::trap::{Access, Trap};

const PAGE: usize = 4096;
const OFFSET: u64 = PAGE as u64 - 1;
const LOOKASIDE: usize = 256;

/// What becomes of a load or store whose address is not a multiple of its width (section "Load and Store
/// Instructions": the execution environment decides).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alignment {
    /// It is a fault of the program.
    Natural,
    /// It works.
    Any,
}

/// A range of addresses and what a program may do there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The addresses.
    pub range: Range<u64>,
    /// Whether loads are allowed.
    pub read: bool,
    /// Whether stores are allowed.
    pub write: bool,
}

/// A page that was used lately. A tag is the page's address, or [`NEVER`].
#[derive(Clone, Copy)]
struct Recent {
    read: u64,
    write: u64,
    frame: usize,
}

/// A tag that no access has: what is compared with a tag has zeros in the place of this bit.
const NEVER: u64 = 1 << 11;
const NOTHING_RECENT: [Recent; LOOKASIDE] = [Recent { read: NEVER, write: NEVER, frame: 0 }; LOOKASIDE];

/// A program's memory; bytes that nothing was written to are 0.
#[derive(Clone)]
pub struct Memory {
    regions: Vec<Region>,
    alignment: Alignment,
    /// Contents of pages, in the order of their first use. The first frame is for all that were only read.
    frames: Vec<[u8; PAGE]>,
    /// Where in `frames` a page lies, by page number.
    pages: HashMap<u64, usize>,
    recent: [Recent; LOOKASIDE],
    /// Since the last snapshot: pages that were written to, as they were. `None` without a snapshot.
    saved: Option<HashMap<u64, Vec<u8>>>,
}

impl Memory {
    /// Empty memory; `regions` are sorted and do not overlap.
    pub fn new(regions: Vec<Region>, alignment: Alignment) -> Self {
        let frames = vec![[0; PAGE]];
        Self { regions, alignment, frames, pages: HashMap::new(), recent: NOTHING_RECENT, saved: None }
    }

    /// Load N bytes as an unsigned little-endian number.
    #[inline(always)]
    pub fn load<const N: usize>(&mut self, address: u64) -> Result<u64, Trap> {
        let recent = &self.recent[(address / PAGE as u64) as usize % LOOKASIDE];
        // One comparison for page, permission and alignment.
        if recent.read == address & (!OFFSET | (N as u64 - 1)) {
            let offset = (address & OFFSET & !(N as u64 - 1)) as usize;
            let mut word = [0; 8];
            word[..N].copy_from_slice(&self.frames[recent.frame][offset..offset + N]);
            return Ok(u64::from_le_bytes(word));
        }
        self.load_slowly(address, N)
    }

    /// Store the lowest N bytes of a number, little-endian.
    #[inline(always)]
    pub fn store<const N: usize>(&mut self, address: u64, value: u64) -> Result<(), Trap> {
        let recent = &self.recent[(address / PAGE as u64) as usize % LOOKASIDE];
        if recent.write == address & (!OFFSET | (N as u64 - 1)) {
            let offset = (address & OFFSET & !(N as u64 - 1)) as usize;
            self.frames[recent.frame][offset..offset + N].copy_from_slice(&value.to_le_bytes()[..N]);
            return Ok(());
        }
        self.store_slowly(address, &value.to_le_bytes()[..N])
    }

    #[cold]
    #[inline(never)]
    fn load_slowly(&mut self, address: u64, size: usize) -> Result<u64, Trap> {
        self.check(Access::Load, address, size)?;
        let mut word = [0; 8];
        let mut at = 0;
        self.each_piece(address, size as u64, &mut |piece| {
            word[at..at + piece.len()].copy_from_slice(piece);
            at += piece.len();
            true
        });
        self.remember(address, Access::Load);
        Ok(u64::from_le_bytes(word))
    }

    #[cold]
    #[inline(never)]
    fn store_slowly(&mut self, address: u64, bytes: &[u8]) -> Result<(), Trap> {
        self.check(Access::Store, address, bytes.len())?;
        self.place(address, bytes);
        self.remember(address, Access::Store);
        Ok(())
    }

    fn check(&self, access: Access, address: u64, size: usize) -> Result<(), Trap> {
        if self.alignment == Alignment::Natural && !address.is_multiple_of(size as u64) {
            return Err(Trap::Misaligned(access, address));
        }
        self.check_range(access, address, size as u64)
    }

    /// An error unless `access` is allowed at each of these addresses.
    fn check_range(&self, access: Access, address: u64, length: u64) -> Result<(), Trap> {
        let Some(end) = address.checked_add(length) else { return Err(Trap::Refused(access, address)) };
        let mut at = address;
        let first = self.regions.partition_point(|region| region.range.end <= address);
        for region in &self.regions[first..] {
            let allowed = match access {
                Access::Load => region.read,
                Access::Store => region.write,
                Access::Fetch => false,
            };
            if at >= end || !allowed || !region.range.contains(&at) {
                break;
            }
            at = region.range.end;
        }
        if at >= end {
            Ok(())
        } else {
            Err(Trap::Refused(access, at))
        }
    }

    /// Let the next accesses to a page be fast, as far as they are allowed on all of it.
    fn remember(&mut self, address: u64, access: Access) {
        let page = address & !OFFSET;
        let tag = |allowed: bool| if allowed { page } else { NEVER };
        let whole = |access| self.check_range(access, page, PAGE as u64).is_ok();
        self.recent[(address / PAGE as u64) as usize % LOOKASIDE] = Recent {
            read: tag(whole(Access::Load)),
            // Only once it has a frame of its own, and that has been saved.
            write: tag(access == Access::Store && whole(Access::Store)),
            frame: self.pages.get(&(address / PAGE as u64)).copied().unwrap_or(0),
        };
    }

    /// Read bytes for a syscall, piece by piece.
    pub fn read(&self, address: u64, length: u64, visit: &mut dyn FnMut(&[u8])) -> Result<(), Trap> {
        self.read_while(address, length, &mut |piece| {
            visit(piece);
            true
        })
    }

    /// Read bytes for a syscall, piece by piece, until `visit` returns false.
    pub fn read_while(
        &self,
        address: u64,
        length: u64,
        visit: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), Trap> {
        self.check_range(Access::Load, address, length)?;
        self.each_piece(address, length, visit);
        Ok(())
    }

    /// Write bytes for a syscall: all of them or none.
    pub fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), Trap> {
        self.check_range(Access::Store, address, bytes.len() as u64)?;
        self.place(address, bytes);
        Ok(())
    }

    fn each_piece(&self, address: u64, length: u64, visit: &mut dyn FnMut(&[u8]) -> bool) {
        let mut at = address;
        let end = address + length;
        while at < end {
            let (page, offset) = (at / PAGE as u64, (at & OFFSET) as usize);
            let size = (PAGE - offset).min((end - at) as usize);
            let frame = self.pages.get(&page).copied().unwrap_or(0);
            if !visit(&self.frames[frame][offset..offset + size]) {
                break;
            }
            at += size as u64;
        }
    }

    /// Write bytes without asking whether the program may.
    pub fn place(&mut self, address: u64, bytes: &[u8]) {
        let mut at = address;
        let mut rest = bytes;
        while !rest.is_empty() {
            let offset = (at & OFFSET) as usize;
            let (piece, tail) = rest.split_at(rest.len().min(PAGE - offset));
            let frame = self.frame_to_write(at / PAGE as u64);
            self.frames[frame][offset..offset + piece.len()].copy_from_slice(piece);
            at += piece.len() as u64;
            rest = tail;
        }
    }

    fn frame_to_write(&mut self, page: u64) -> usize {
        let Self { frames, pages, recent, saved, .. } = self;
        let frame = *pages.entry(page).or_insert_with(|| {
            // It may be known as one that was only read.
            recent[page as usize % LOOKASIDE] = NOTHING_RECENT[0];
            frames.push([0; PAGE]);
            frames.len() - 1
        });
        if let Some(saved) = saved {
            saved.entry(page).or_insert_with(|| frames[frame].to_vec());
        }
        frame
    }

    /// Remember the present state; it replaces an earlier snapshot.
    pub fn snapshot(&mut self) {
        self.saved = Some(HashMap::new());
        self.recent = NOTHING_RECENT;
    }

    /// Go back to the state of the snapshot and forget it.
    pub fn roll_back(&mut self) {
        for (page, bytes) in self.saved.take().unwrap_or_default() {
            let frame = self.frame_to_write(page);
            self.frames[frame].copy_from_slice(&bytes);
        }
    }
}
