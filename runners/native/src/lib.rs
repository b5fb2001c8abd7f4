//! `sp1-zkvm` for the host.
//!
//! A guest that is built with this crate in place of the real one becomes a runner: [`entrypoint!`] makes the
//! runner's `main`, and the syscalls under the real `sp1-lib` read the case's buffers and record commits with
//! their boundaries. `io` and `lib` are the real ones of the release that the guest asks for, so that typed
//! reads, encodings and messages are the guest's own.

mod counters;
mod guest;
mod reads;
pub mod syscalls;

/// Input and output, as guests import it.
pub mod io {
    pub use sp1_lib::io::*;

    /// Read a deserializable object, and tell its form where that is asked for.
    #[track_caller]
    pub fn read<T: serde::de::DeserializeOwned>() -> T {
        crate::reads::typed::<T>();
        sp1_lib::io::read()
    }

    /// Commit a serializable object. The value is encoded in several writes; they are one commit.
    pub fn commit<T: serde::Serialize>(value: &T) {
        crate::guest::one_commit(|| sp1_lib::io::commit(value));
    }

    /// Commit bytes; no bytes are a commit too.
    pub fn commit_slice(bytes: &[u8]) {
        crate::guest::one_commit(|| sp1_lib::io::commit_slice(bytes));
    }
}

/// The real `sp1-lib`, with the input and output of this crate.
pub mod lib {
    pub use crate::io;
    pub use sp1_lib::*;
}

/// The number of 32 bit words that the public values digest is composed of.
pub const PV_DIGEST_NUM_WORDS: usize = 8;
/// The number of words of a Poseidon digest.
pub const POSEIDON_NUM_WORDS: usize = 8;

pub use guest::read_vec_raw;
pub use sp1_lib::ReadVecResult;

#[doc(hidden)]
pub use guest::main as __main;

/// Make `fn()` the program of this runner.
#[macro_export]
macro_rules! entrypoint {
    ($path:path) => {
        const ZKVM_ENTRY: fn() = $path;

        mod zkvm_generated_main {
            #[no_mangle]
            extern "C" fn main() -> i32 {
                $crate::__main(super::ZKVM_ENTRY)
            }
        }
    };
}
