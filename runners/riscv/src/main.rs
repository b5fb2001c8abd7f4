//! Generates RISC-V programs for the harness, and shows them to people.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match riscv_generator::commands::run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("riscv-generator: {message}");
            ExitCode::FAILURE
        }
    }
}
