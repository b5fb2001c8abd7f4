//! What the runner's commands print, for programs of both widths.

mod common;

use std::path::PathBuf;
use std::process::Command;

use common::*;
use rvref::Xlen::{Rv32, Rv64};

/// What a command prints; it must succeed.
fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rvref-runner")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A file of this test's own.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("rvref-{}-{name}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn commands_take_programs_of_both_widths() {
    for (xlen, name) in [(Rv32, "narrow"), (Rv64, "wide")] {
        let path = file(name, &program(xlen, &[commit(DATA, 3), halt(0)].concat(), &[]));
        let elf = path.to_str().unwrap();
        let counted = printed(&["count", elf]);
        assert!(counted.contains(" 2 ecall\n") && counted.ends_with("exit code 0\n"), "{counted}");
        assert!(printed(&["trace", elf, "--limit", "3"]).ends_with("more than 3 instructions\n"));
        assert!(printed(&["loop", elf, "2"]).starts_with("{\"cases\": 2, "));
        let covered = printed(&["cover", elf]);
        let first = if xlen == Rv64 { "[[0," } else { "[[18" };
        assert!(covered.starts_with(first) && covered.ends_with("]]\n"), "{covered}");
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn the_bins_are_printed_as_json() {
    let bins = printed(&["bins"]);
    assert!(bins
        .starts_with("{\"version\":1,\"axes\":[\n{\"name\":\"sp1.opcode\",\"description\":\"operation\","));
    assert!(bins.ends_with("]}\n]}\n"));
}

#[test]
fn the_faults_are_those_of_the_build() {
    let faults = printed(&["faults"]);
    if cfg!(feature = "faults") {
        assert!(faults.starts_with("[{\"name\":\"") && faults.ends_with("\"}]\n"), "{faults}");
    } else {
        assert_eq!(faults, "[]\n");
    }
}

#[test]
fn a_build_without_faults_plants_none() {
    let runner = env!("CARGO_BIN_EXE_rvref-runner");
    let arguments = ["--requests", "0", "--answers", "1", "--plant", "div-by-zero-is-zero"];
    let output = Command::new(runner).args(arguments).stdin(std::process::Stdio::null()).output().unwrap();
    assert_eq!(output.status.success(), cfg!(feature = "faults"));
}
