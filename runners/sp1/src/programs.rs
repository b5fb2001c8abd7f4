//! Whole programs, each on an executor of its own, many in one process.

use std::cell::RefCell;
use std::panic::{catch_unwind, set_hook, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Arc, Once};

use runner_protocol::Ran;
use sp1_core_executor::Program;

use crate::executor::{read_program, run_to_end, words_of, Executor, Refused};

/// What Rust says when a panic has come to a function that cannot be left by one, as the JIT's callbacks are.
const NO_WAY_OUT: &str = "panic in a function that cannot unwind";

thread_local! {
    /// The message of this thread's last panic, for when it turns out to have no way out.
    static LAST_WORDS: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Prepare this process for running programs: their panics are outcomes and are not printed.
pub fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        set_hook(Box::new(keep_last_words));
        #[cfg(feature = "portable")]
        crate::arena::keep();
    });
}

/// Parse, translate and run a program that reads nothing, and take down how it ended.
pub fn run(elf: &[u8]) -> Ran {
    match read_program(elf) {
        Ok(program) => run_parsed(program),
        Err(Refused::Unreadable(reason)) => Ran::fault(&reason, Vec::new()),
        Err(Refused::Unsupported(what)) => Ran::unsupported(what),
    }
}

fn run_parsed(program: Arc<Program>) -> Ran {
    let mut executor = match catch_unwind(AssertUnwindSafe(|| Executor::simple(program))) {
        Ok(executor) => executor,
        Err(panic) => return Ran::fault(&panicked(words_of(&*panic)), Vec::new()),
    };
    let ran = catch_unwind(AssertUnwindSafe(|| run_to_end(&mut executor)));
    let (code, cycles) = (executor.exit_code() as i32, executor.global_clk());
    let stream = executor.into_public_values_stream();
    match ran {
        Ok(()) => Ran::halted(code, stream, Some(cycles)),
        Err(panic) => Ran::fault(&panicked(words_of(&*panic)), stream),
    }
}

fn panicked(message: &str) -> String {
    format!("the executor panicked: {message}")
}

fn keep_last_words(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("without a message");
    if message.starts_with(NO_WAY_OUT) {
        // The process ends here. What it prints last is read as its message.
        LAST_WORDS.with_borrow(|last| eprintln!("{}", panicked(last)));
        std::process::abort();
    }
    LAST_WORDS.with_borrow_mut(|last| message.clone_into(last));
}
