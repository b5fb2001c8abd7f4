//! The portable executor's memory, many times over.
//!
//! Each executor fills 2 MB of tables, and 6 MB more for each 2 MB of addresses that its program uses, and
//! frees them again. By default the allocator asks the kernel for them anew, in pages of 4 KB, until it has
//! seen the pattern: that costs a fresh process as much as running 50 small programs. Here it is told to keep
//! them, and the kernel to use large pages where it can.

/// The largest block that the allocator can be told to take from its heap.
const BLOCK: usize = 32 << 20;
/// Such blocks that are put on large pages: enough for the tables of most programs.
const BLOCKS: usize = 2;
/// Size of the kernel's large pages.
const LARGE_PAGE: usize = 2 << 20;
/// How much freed memory is kept: what a program that used much leaves must not count for those after it.
const KEPT: usize = 128 << 20;

/// Keep freed memory in this process, and put the heap's first part on large pages.
pub fn keep() {
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, BLOCK as libc::c_int);
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT as libc::c_int);
    }
    let size = BLOCK - LARGE_PAGE;
    let blocks: [Vec<u8>; BLOCKS] = std::array::from_fn(|_| Vec::with_capacity(size));
    for block in &blocks {
        let start = (block.as_ptr() as usize).next_multiple_of(LARGE_PAGE);
        // Where the kernel does not want to, all works as before.
        unsafe { libc::madvise(start as *mut libc::c_void, size - LARGE_PAGE, libc::MADV_HUGEPAGE) };
    }
}
