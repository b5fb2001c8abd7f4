//! SP1's minimal executor as all releases offer it, and programs for it.

use std::any::Any;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;

use sp1_core_executor::Program;

/// Whether this is the portable interpreter; otherwise it is the JIT.
pub const PORTABLE: bool = cfg!(feature = "portable");

/// The executor. Since 6.2.0 its type says whether programs may change their own memory protection: no.
#[cfg(sp1_modes)]
pub type Executor = sp1_core_executor::MinimalExecutor<sp1_core_executor::SupervisorMode>;
/// The executor.
#[cfg(not(sp1_modes))]
pub type Executor = sp1_core_executor::MinimalExecutor;

/// Why a program is not run.
pub enum Refused {
    /// SP1 cannot read it, or panicked over it; the reason, for people.
    Unreadable(String),
    /// It asks for something that is left out here; the name of it.
    Unsupported(&'static str),
}

/// Read an ELF file.
pub fn read_program(elf: &[u8]) -> Result<Arc<Program>, Refused> {
    // SP1 panics on some malformed files.
    let program = catch_unwind(AssertUnwindSafe(|| Program::from(elf)))
        .map_err(|panic| Refused::Unreadable(format!("SP1 cannot read the program: {}", words_of(&*panic))))?
        .map_err(|error| Refused::Unreadable(format!("SP1 cannot read the program: {error}")))?;
    if program.enable_untrusted_programs {
        return Err(Refused::Unsupported("SP1's untrusted-programs mode"));
    }
    Ok(Arc::new(program))
}

/// Run to the program's end.
pub fn run_to_end(executor: &mut Executor) {
    while !executor.is_done() {
        executor.execute_chunk();
    }
}

/// The message of a panic that was caught.
pub fn words_of(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}
