//! Make forks cheap: put what a process has in its private memory into a file that is mapped in its place.
//!
//! A fork copies the page table of private memory that was written to, page by page, and the child's end takes
//! it down again; for a runner with a translated program that costs more than a small case. Of a file that is
//! mapped privately the kernel copies nothing: a child gets the pages that it reads when it reads them, and a
//! copy of those that it writes to, as it would of its parent's memory.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// A smaller mapping is left as it is: there is little to copy.
const LEAST: usize = 64 << 10;
/// So is a larger one: all of it would have to be written.
const MOST: usize = 32 << 20;

/// Do so with this process's private memory. Without effect where there is another thread, which might write to
/// the memory meanwhile; a mapping with which it does not work stays as it was.
pub fn freeze_private_memory() {
    if fs::read_dir("/proc/self/task").map_or(0, Iterator::count) != 1 {
        return;
    }
    let Ok(maps) = fs::read_to_string("/proc/self/maps") else { return };
    let mappings: Vec<Mapping> = maps.lines().filter_map(Mapping::parse).collect();
    for mapping in &mappings {
        drop(mapping.freeze());
    }
}

/// Private memory without a file.
struct Mapping {
    address: usize,
    size: usize,
    access: libc::c_int,
}

impl Mapping {
    /// One line of /proc/PID/maps (proc(5)): `START-END rwxp OFFSET DEVICE INODE NAME`.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let rights = words.next()?.as_bytes();
        let has_file = words.nth(2)? != "0";
        let is_special = words.next().is_some_and(|name| name != "[heap]");
        let address = usize::from_str_radix(start, 16).ok()?;
        let size = usize::from_str_radix(end, 16).ok()? - address;
        let is_usual = rights.first() == Some(&b'r') && rights.get(3) == Some(&b'p');
        if has_file || is_special || !is_usual || !(LEAST..=MOST).contains(&size) {
            return None;
        }
        let mut access = libc::PROT_READ;
        access |= if rights[1] == b'w' { libc::PROT_WRITE } else { 0 };
        access |= if rights[2] == b'x' { libc::PROT_EXEC } else { 0 };
        Some(Self { address, size, access })
    }

    /// Nothing may be allocated between the copy and the mapping: the memory may be the heap.
    fn freeze(&self) -> io::Result<()> {
        let fd = unsafe { libc::memfd_create(c"frozen".as_ptr(), libc::MFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        let file = unsafe { OwnedFd::from_raw_fd(fd) };
        let mut written = 0;
        while written < self.size {
            let from = (self.address + written) as *const libc::c_void;
            let count = unsafe { libc::write(file.as_raw_fd(), from, self.size - written) };
            if count <= 0 {
                return Err(io::Error::last_os_error());
            }
            written += count as usize;
        }
        let flags = libc::MAP_PRIVATE | libc::MAP_FIXED;
        let at = self.address as *mut libc::c_void;
        let mapped = unsafe { libc::mmap(at, self.size, self.access, flags, file.as_raw_fd(), 0) };
        if mapped == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 128 << 10;

    #[test]
    fn only_private_memory_of_a_usual_size_is_taken() {
        let heap = Mapping::parse("55e4c0000000-55e4c0100000 rw-p 00000000 00:00 0      [heap]").unwrap();
        assert_eq!((heap.address, heap.size), (0x55e4_c000_0000, 1 << 20));
        assert_eq!(heap.access, libc::PROT_READ | libc::PROT_WRITE);
        let code = Mapping::parse("7f0000000000-7f0000100000 r-xp 00000000 00:00 0").unwrap();
        assert_eq!(code.access, libc::PROT_READ | libc::PROT_EXEC);
        for other in [
            "7f0000000000-7f0000001000 rw-p 00000000 00:00 0",
            "7f0000000000-7f0100000000 rw-p 00000000 00:00 0",
            "7f0000000000-7f0000100000 ---p 00000000 00:00 0",
            "7f0000000000-7f0000100000 rw-s 00000000 00:01 77      /memfd:guest (deleted)",
            "7f0000000000-7f0000100000 r-xp 00000000 fe:00 77      /usr/lib/libc.so.6",
            "7ffc00000000-7ffc00100000 rw-p 00000000 00:00 0       [stack]",
            "",
        ] {
            assert!(Mapping::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn frozen_memory_holds_what_it_held_and_a_child_does_not_write_to_its_parents() {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let memory = unsafe {
            let address = libc::mmap(std::ptr::null_mut(), SIZE, access, flags, -1, 0);
            assert_ne!(address, libc::MAP_FAILED);
            std::slice::from_raw_parts_mut(address.cast::<u8>(), SIZE)
        };
        memory.iter_mut().enumerate().for_each(|(at, byte)| *byte = at as u8);
        Mapping { address: memory.as_ptr() as usize, size: SIZE, access }.freeze().unwrap();
        let child = unsafe { libc::fork() };
        if child == 0 {
            memory.fill(0xff);
            unsafe { libc::_exit(i32::from(memory[77] != 0xff)) };
        }
        let mut status = -1;
        unsafe { libc::waitpid(child, &mut status, 0) };
        assert_eq!(status, 0);
        assert!(memory.iter().enumerate().all(|(at, byte)| *byte == at as u8));
        memory[5] = 1;
        assert_eq!(memory[5], 1);
    }
}
