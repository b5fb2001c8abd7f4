//! What stands on the other side of a program's syscalls.

use std::collections::VecDeque;

/// Where a program prints to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Takes what a program gives out, in pieces as they come.
pub trait Output {
    /// Committed bytes.
    fn commit(&mut self, bytes: &[u8]);
    /// Printed bytes.
    fn print(&mut self, stream: Stream, bytes: &[u8]);
    /// Whether it takes no more: then the program ends.
    fn is_full(&self) -> bool {
        false
    }
}

/// Keeps what is committed; what is printed is lost.
impl Output for Vec<u8> {
    fn commit(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn print(&mut self, _stream: Stream, _bytes: &[u8]) {}
}

/// Input and output of one run.
pub struct Host<'a> {
    /// What the program reads next, buffer by buffer.
    pub input: VecDeque<Vec<u8>>,
    /// What takes its output.
    pub output: &'a mut dyn Output,
}

impl<'a> Host<'a> {
    /// A host that gives these buffers and passes output on.
    pub fn new(buffers: Vec<Vec<u8>>, output: &'a mut dyn Output) -> Self {
        Self { input: buffers.into(), output }
    }
}
