"""`fuzz new-core`: a core to start from."""

import re
import tomllib
from pathlib import Path

import click

from fuzzer.build.versions import SP1_VERSION
from fuzzer.cli.session import Session
from fuzzer.errors import InputError, UsageError

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

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
def new_core(name: str, path: Path | None) -> None:
    """Make a core that builds and runs, with one input, to be changed into yours."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"`{name}` cannot be a core's name", hint="lower-case letters, digits and _, a letter first"
        )
    session = Session()
    folder = (path or session.home.cores) / name
    if folder.exists() or (path is None and name in session.cores):
        raise InputError(f"{folder} exists already", hint="choose another name")
    (folder / "src").mkdir(parents=True)
    (folder / "Cargo.toml").write_text(_MANIFEST.format(name=name, version=SP1_VERSION))
    (folder / "src" / "main.rs").write_text(_SOURCE)
    if path is None:
        _add_member(session.home.cores / "Cargo.toml", name)
        _write_input(session.home.root / "inputs" / f"{name}_three.stdin.json")
        session.show(
            f"made cores/{name}/ and inputs/{name}_three.stdin.json\n  run      fuzz run --core {name}"
        )
    else:
        _write_input(folder / "inputs" / "three.stdin.json")
        session.show(f"made {folder}/\n  run      fuzz run --core-path {folder}")


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
