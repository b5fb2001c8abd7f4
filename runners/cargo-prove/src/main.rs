//! `cargo prove build`, as SP1's own `cargo-prove` has it: the same arguments, given to the same crate.
//!
//! SP1's command line tool does much more and takes minutes to build. Guests need only this part of it, and the
//! program that comes out is the same byte for byte.

use clap::{Args, Parser, Subcommand};
use sp1_build::{execute_build_program, BuildArgs};

/// How cargo calls a subcommand: its own name is the first argument.
#[derive(Parser)]
#[command(name = "cargo", bin_name = "cargo")]
enum Cargo {
    Prove(Prove),
}

#[derive(Args)]
#[command(version = "6.10.0 (sp1-build, built by fuzz)", arg_required_else_help = true)]
struct Prove {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build a program for SP1.
    Build(BuildArgs),
}

fn main() -> anyhow::Result<()> {
    let Cargo::Prove(Prove { command: Command::Build(args) }) = Cargo::parse();
    execute_build_program(&args, None)?;
    Ok(())
}
