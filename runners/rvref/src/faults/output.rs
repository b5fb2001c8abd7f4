//! Faults of the host, which takes what programs commit.

use std::cell::Cell;

use super::{Fault, Hook};
use crate::host::{Output, Stream};

/// What becomes of commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoil {
    /// Every 64th byte is lost.
    LoseBytes,
    /// Two commits of the same length, one right after the other, change places.
    Swap,
    /// Of a commit that goes over the end of a page, the pages come in the wrong order.
    PageOrder,
    /// A commit that is the same as the one before is lost.
    Repeated,
    /// The last commit is lost if it is one byte 0.
    LastZero,
}

const fn fault(name: &'static str, description: &'static str, spoil: Spoil) -> Fault {
    Fault::new("host", name, description, Hook::Output(spoil))
}

pub static FAULTS: [Fault; 5] = [
    fault("commit-loses-64th-byte", "every 64th committed byte is lost", Spoil::LoseBytes),
    fault("commit-order-of-equals", "two commits of the same length change places", Spoil::Swap),
    fault("commit-page-order", "a commit over the end of a page has its parts swapped", Spoil::PageOrder),
    fault("commit-once", "a commit that is the same as the one before is lost", Spoil::Repeated),
    fault("commit-last-zero", "a last commit of one zero byte is lost", Spoil::LastZero),
];

/// A commit that is larger is passed on as it is: it would take memory to hold it back.
const LARGE: usize = 1 << 20;

/// An output that passes on what the fault has left.
pub struct Spoiled<'a> {
    spoil: Option<Spoil>,
    to: &'a mut dyn Output,
    /// Number of the syscall that is being served: the parts of a commit come in the same one.
    serving: &'a Cell<u64>,
    /// The commit that is coming in, and the syscall that it comes with.
    current: Vec<u8>,
    call: u64,
    /// Length of its first part.
    first: usize,
    /// The commit before, if it may be wanted.
    before: Vec<u8>,
    /// Number of bytes so far.
    count: u64,
}

impl<'a> Spoiled<'a> {
    pub fn new(hook: &Hook, to: &'a mut dyn Output, serving: &'a Cell<u64>) -> Self {
        let spoil = match hook {
            Hook::Output(spoil) => Some(*spoil),
            _ => None,
        };
        let (current, before) = (Vec::new(), Vec::new());
        Self { spoil, to, serving, current, call: 0, first: 0, before, count: 0 }
    }

    /// There will be no more: pass on what was held back.
    pub fn finish(mut self) {
        self.complete();
        match self.spoil {
            Some(Spoil::LastZero) if self.before == [0] => self.before.clear(),
            Some(Spoil::Repeated) => self.before.clear(),
            _ => {}
        }
        self.to.commit(&self.before);
    }

    /// A commit is there as a whole.
    fn complete(&mut self) {
        let current = std::mem::take(&mut self.current);
        if current.is_empty() {
            return;
        }
        match self.spoil {
            Some(Spoil::Swap) if self.before.len() == current.len() => {
                self.to.commit(&current);
                self.to.commit(&std::mem::take(&mut self.before));
            }
            Some(Spoil::Swap | Spoil::LastZero) => {
                self.to.commit(&std::mem::replace(&mut self.before, current));
            }
            Some(Spoil::PageOrder) => {
                let (first, second) = current.split_at(self.first.min(current.len()));
                self.to.commit(second);
                self.to.commit(first);
            }
            Some(Spoil::Repeated) if self.before == current => {}
            _ => {
                self.to.commit(&current);
                self.before = current;
            }
        }
    }

    fn lose(&mut self, bytes: &[u8]) {
        let numbered = (self.count + 1..).zip(bytes);
        let kept: Vec<u8> = numbered.filter(|(number, _)| number % 64 != 0).map(|(_, byte)| *byte).collect();
        self.count += bytes.len() as u64;
        self.to.commit(&kept);
    }
}

impl Output for Spoiled<'_> {
    fn commit(&mut self, bytes: &[u8]) {
        match self.spoil {
            None => return self.to.commit(bytes),
            Some(Spoil::LoseBytes) => return self.lose(bytes),
            _ => {}
        }
        if self.serving.get() != self.call {
            self.complete();
            (self.call, self.first) = (self.serving.get(), bytes.len());
        }
        self.current.extend_from_slice(bytes);
        if self.current.len() > LARGE {
            self.to.commit(&std::mem::take(&mut self.current));
        }
    }

    fn print(&mut self, stream: Stream, bytes: &[u8]) {
        self.to.print(stream, bytes);
    }

    fn is_full(&self) -> bool {
        self.to.is_full()
    }
}
