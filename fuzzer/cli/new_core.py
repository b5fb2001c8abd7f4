"""`fuzz new-core`: a core to start from."""

import os
import re
import tomllib
from pathlib import Path

import click

from fuzzer.build.versions import SP1_VERSION
from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.errors import InputError, StoreError, UsageError

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

_KEYWORDS = frozenset(
    (  # noqa: SIM905 - words read best as text
        "abstract alloc as async await become box break const continue core crate do dyn else enum extern "
        "false final fn for gen if impl in let loop macro match mod move mut override priv pub ref return "
        "self static std struct super test trait true try type typeof unsafe unsized use virtual where while "
        "yield"
    ).split()
)
"""Words that cargo takes for no package's name, or that would hide a crate of Rust's own."""

_MANIFEST = """[package]
name = "{name}"
version = "0.1.0"
edition = "2021"

[dependencies]
sp1-zkvm = "={version}"
"""

_SOURCE = """//! What this core does.
#![no_main]
sp1_zkvm::entrypoint!(main);

pub fn main() {
    let values = sp1_zkvm::io::read::<Vec<u32>>();
    let sum = values.iter().fold(0u32, |sum, value| sum.wrapping_add(*value));
    sp1_zkvm::io::commit(&sum);
    sp1_zkvm::io::commit_slice(&values.len().to_le_bytes());
}
"""

_INPUT = """{"stdin": [{"bincode": [{"u64": 3}, {"u32": 1}, {"u32": 2}, {"u32": 4294967295}]}]}
"""


@click.command("new-core")
@click.argument("name")
@click.option("--path", type=click.Path(path_type=Path), help="Folder to make it in, outside of cores/.")
@json_option
def new_core(name: str, path: Path | None, *, as_json: bool) -> None:
    """Make a core to start from.

    It builds and runs as it is, with one input.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"`{name}` cannot be a core's name", hint="lower-case letters, digits and _, a letter first"
        )
    if name in _KEYWORDS:
        raise UsageError(f"`{name}` is a word of Rust's own", hint="choose another name")
    session = Session(as_json=as_json)
    folder = (path or session.home.cores) / name
    if folder.exists() or (path is None and name in session.cores):
        raise InputError(f"{os.path.relpath(folder)} exists already", hint="choose another name")
    try:
        _make(session, name, folder, path)
    except OSError as error:
        raise StoreError(
            f"{os.path.relpath(folder)} cannot be made: {error.strerror}", hint="check its permissions"
        ) from error


def _make(session: Session, name: str, folder: Path, path: Path | None) -> None:
    (folder / "src").mkdir(parents=True)
    (folder / "Cargo.toml").write_text(_MANIFEST.format(name=name, version=SP1_VERSION))
    (folder / "src" / "main.rs").write_text(_SOURCE)
    if path is None:
        _add_member(session.home.cores / "Cargo.toml", name)
        _write_input(session.home.root / "inputs" / f"{name}_three.stdin.json")
        made, run = f"cores/{name}/ and inputs/{name}_three.stdin.json", f"run --core {name}"
    else:
        _write_input(folder / "inputs" / "three.stdin.json")
        made, run = f"{folder}/", f"run --core-path {folder}"
    session.show(f"made {made}\n  run      {session.launcher} {run}")
    session.emit("core", {"name": name, "path": os.path.relpath(folder), "run": f"{session.launcher} {run}"})


def _write_input(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(_INPUT)


def _add_member(manifest: Path, name: str) -> None:
    """Add a member to the workspace of the cores, unless a pattern there takes it in."""
    text = manifest.read_text()
    members = tomllib.loads(text)["workspace"]["members"]
    if name in members or "*" in members:
        return
    manifest.write_text(re.sub(r"members = \[", f'members = [\n    "{name}",', text, count=1))
