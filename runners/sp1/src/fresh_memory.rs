//! Guest memory of its own for a forked child, without filling it word by word.
//!
//! The JIT's guest memory is a shared mapping of an anonymous file: a fork does not copy it, and a child that
//! wrote to it would write into its parent's. SP1's `reset` makes a new file and inserts the program's image
//! from a hash map, which costs more than running a small program. A child does better: it maps its parent's
//! file privately at the same address, and the kernel copies what the guest writes to.
//!
//! One thing shows the difference: an unconstrained block maps the file again, and would find the parent's
//! memory in it. So the file's descriptor is made useless in such a child; SP1's attempt to map it fails, and
//! the case is run again, as all later ones are, in a child with a file of its own.

use std::fs;
use std::io;
use std::os::fd::RawFd;

/// The memory of an executor that has loaded its program and has not run.
pub struct PristineMemory {
    fd: RawFd,
    address: usize,
    size: usize,
    /// Offset and length of what the program's image has written.
    written: Vec<(usize, usize)>,
}

impl PristineMemory {
    /// The guest memory of this process's only JIT executor; `None` when it cannot be told for certain.
    pub fn find() -> Option<Self> {
        let maps = fs::read_to_string("/proc/self/maps").ok()?;
        let mut mappings = maps.lines().filter(|line| line.contains("/memfd:"));
        let (mapping, None) = (mappings.next()?, mappings.next()) else { return None };
        let name = &mapping[mapping.find("/memfd:")?..];
        let (start, end) = mapping.split(' ').next()?.split_once('-')?;
        let address = usize::from_str_radix(start, 16).ok()?;
        let size = usize::from_str_radix(end, 16).ok()? - address;
        let fd = descriptor_of(name)?;
        Some(Self { fd, address, size, written: written_ranges(fd, size).ok()? })
    }

    /// Let this process, a forked child, write to the memory without its parent seeing it.
    ///
    /// The memory's file cannot be mapped again afterwards.
    pub fn privatise(&self) -> io::Result<()> {
        unsafe {
            self.map(self.fd, libc::MAP_PRIVATE)?;
            let useless =
                checked(i64::from(libc::open(c"/".as_ptr(), libc::O_PATH | libc::O_CLOEXEC)))? as RawFd;
            checked(i64::from(libc::dup2(useless, self.fd)))?;
            checked(i64::from(libc::close(useless)))?;
        }
        Ok(())
    }

    /// Give up what was written since [`PristineMemory::privatise`].
    pub fn restore(&self) -> io::Result<()> {
        let address = self.address as *mut libc::c_void;
        checked(i64::from(unsafe { libc::madvise(address, self.size, libc::MADV_DONTNEED) }))?;
        Ok(())
    }

    /// Put a copy in the place of the memory and of its file. For a forked child.
    pub fn copy(&self) -> io::Result<()> {
        unsafe {
            let fd = checked(libc::memfd_create(c"guest".as_ptr(), libc::MFD_CLOEXEC) as i64)? as RawFd;
            checked(i64::from(libc::ftruncate(fd, self.size as i64)))?;
            for (offset, length) in &self.written {
                let from = (self.address + offset) as *const libc::c_void;
                let copied = checked(libc::pwrite(fd, from, *length, *offset as i64) as i64)?;
                if copied as usize != *length {
                    return Err(io::Error::other("the guest's memory was copied only in part"));
                }
            }
            self.map(fd, libc::MAP_SHARED)?;
            checked(i64::from(libc::dup2(fd, self.fd)))?;
            checked(i64::from(libc::close(fd)))?;
        }
        Ok(())
    }

    /// Map a file where the memory is.
    unsafe fn map(&self, fd: RawFd, sharing: libc::c_int) -> io::Result<()> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = sharing | libc::MAP_FIXED | libc::MAP_NORESERVE;
        let address = libc::mmap(self.address as *mut libc::c_void, self.size, access, flags, fd, 0);
        if address == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}

fn checked(result: i64) -> io::Result<i64> {
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}

/// The descriptor of the anonymous file that /proc names so.
fn descriptor_of(name: &str) -> Option<RawFd> {
    fs::read_dir("/proc/self/fd").ok()?.filter_map(Result::ok).find_map(|entry| {
        let target = fs::read_link(entry.path()).ok()?;
        (target.to_str()? == name).then(|| entry.file_name().to_str()?.parse().ok()).flatten()
    })
}

fn written_ranges(fd: RawFd, size: usize) -> io::Result<Vec<(usize, usize)>> {
    let seek = |from: usize, whence| {
        let found = unsafe { libc::lseek(fd, from as i64, whence) };
        match checked(found) {
            Err(error) if error.raw_os_error() == Some(libc::ENXIO) => Ok(size),
            other => other.map(|offset| offset as usize),
        }
    };
    let mut ranges = Vec::new();
    let mut start = seek(0, libc::SEEK_DATA)?;
    while start < size {
        let end = seek(start, libc::SEEK_HOLE)?;
        ranges.push((start, end - start));
        start = seek(end, libc::SEEK_DATA)?;
    }
    Ok(ranges)
}
