"""Guests of users are built for SP1 and for the host with the real tools, and stay as they are."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from fuzzer.build.cargo_prove import USERS as USERS_PROVE
from fuzzer.build.cargo_prove import cargo_prove
from fuzzer.build.guest_toolchain import USERS as USERS_TOOLCHAIN
from fuzzer.build.guest_toolchain import guest_toolchain
from fuzzer.build.host_rust import host_rust
from fuzzer.build.plan import Built, build
from fuzzer.build.sources import CoreRequest
from fuzzer.build.steps import Silent, Workshop
from fuzzer.errors import ExitCode, FuzzerError, InputError, ToolchainError
from fuzzer.home import find_home

pytestmark = pytest.mark.real

GUESTS = Path(__file__).parents[1] / "guests"
_ELF = b"\x7fELF"
_RISCV = 243


class Recorded(Silent):
    """A progress that keeps the titles of what was made."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def begin(self, step: str, reason: str) -> None:
        """Keep the title."""
        del reason
        self.made.append(step)


def build_one(path: Path, progress: Recorded | None = None) -> Built:
    request = CoreRequest(name=path.name, path=path)
    return build(find_home(), cores=[request], targets=[], progress=progress or Recorded())


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and times of all files of a tree."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def assert_built(built: Built) -> None:
    (core,) = built.cores
    header = core.guest_elf.read_bytes()[:20]
    assert header[:4] == _ELF
    assert int.from_bytes(header[18:20], "little") == _RISCV
    assert core.native.read_bytes()[:4] == _ELF
    assert os.access(core.native, os.X_OK)
    assert b"runner_protocol" in core.native.read_bytes()


@pytest.mark.parametrize(
    ("project", "crate"),
    [
        ("fibonacci-project", "program"),
        ("typed-reads", "."),
        ("bincode-structs", "."),
        ("path-dependency", "program"),
        ("precompiles", "."),
    ],
)
def test_a_guest_is_built_and_left_as_it_is(tmp_path: Path, project: str, crate: str) -> None:
    shutil.copytree(GUESTS / project, tmp_path / project)
    before = contents(tmp_path)
    built = build_one(tmp_path / project / crate)
    assert_built(built)
    assert contents(tmp_path) == before
    (original,) = build_one(GUESTS / project / crate).cores
    assert original.source.key == built.cores[0].source.key
    assert original.guest_elf == built.cores[0].guest_elf


def test_a_build_that_is_there_costs_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    build_one(GUESTS / "typed-reads")

    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    progress = Recorded()
    start = time.perf_counter()
    assert_built(build_one(GUESTS / "typed-reads", progress))
    assert time.perf_counter() - start < 0.15
    assert progress.made == []


def test_a_changed_source_is_built_again(tmp_path: Path) -> None:
    crate = tmp_path / "typed-reads"
    shutil.copytree(GUESTS / "typed-reads", crate)
    (before,) = build_one(crate).cores
    with (crate / "src" / "main.rs").open("a") as file:
        file.write("\n// changed\n")
    (after,) = build_one(crate).cores
    assert before.source.key != after.source.key
    assert before.guest_elf != after.guest_elf


@pytest.mark.parametrize(
    ("guest", "says"), [("not-a-guest", "not an SP1 guest"), ("older-major", "this harness runs 6.x")]
)
def test_what_is_no_guest_of_this_major_is_refused(guest: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        build_one(GUESTS / guest)
    assert caught.value.hint


def test_a_guest_that_does_not_compile_shows_cargos_message() -> None:
    with pytest.raises(ToolchainError, match="core `does-not-compile` does not compile for") as caught:
        build_one(GUESTS / "does-not-compile")
    error: FuzzerError = caught.value
    assert error.exit_code is ExitCode.TOOLCHAIN
    assert error.details.startswith("error")
    assert "src/main.rs" in error.details


def sp1_zkvm_sources(folder: Path) -> Path:
    """A copy of SP1's own `sp1-zkvm` as cargo has unpacked it for a build before."""
    build_one(GUESTS / "typed-reads")
    cargo_home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    (found,) = cargo_home.glob("registry/src/*/sp1-zkvm-6.10.0")
    return Path(shutil.copytree(found, folder, ignore=shutil.ignore_patterns("Cargo.lock", ".cargo*")))


def a_guest(folder: Path, dependency: str) -> Path:
    (folder / "src").mkdir(parents=True)
    package = '[package]\nname = "from-elsewhere"\nversion = "0.1.0"\nedition = "2021"\n'
    (folder / "Cargo.toml").write_text(f"{package}\n[dependencies]\n{dependency}\n")
    (folder / "src" / "main.rs").write_text(
        "#![no_main]\nsp1_zkvm::entrypoint!(main);\n"
        "pub fn main() {\n    let n: u32 = sp1_zkvm::io::read();\n    sp1_zkvm::io::commit(&n);\n}\n"
    )
    return folder


def test_a_guest_with_sp1_zkvm_from_a_path(tmp_path: Path) -> None:
    sp1_zkvm_sources(tmp_path / "sp1" / "zkvm")
    guest = a_guest(tmp_path / "program", 'sp1-zkvm = { path = "../sp1/zkvm" }')
    before = contents(tmp_path)
    built = build_one(guest)
    assert_built(built)
    assert built.cores[0].source.sp1_zkvm_source == "path"
    assert contents(tmp_path) == before


def test_a_guest_with_sp1_zkvm_from_git(tmp_path: Path) -> None:
    repository = sp1_zkvm_sources(tmp_path / "sp1")
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.invalid"]
    for command in (["init", "--quiet"], ["add", "."], [*identity, "commit", "--quiet", "-m", "sources"]):
        subprocess.run(["git", *command], cwd=repository, check=True)
    built = build_one(a_guest(tmp_path / "program", f'sp1-zkvm = {{ git = "file://{repository}" }}'))
    assert_built(built)
    assert built.cores[0].source.sp1_zkvm_source == "git"


def test_the_users_own_tools_come_first(tmp_path: Path) -> None:
    tools = build_one(GUESTS / "typed-reads").tools
    assert tools is not None
    (tmp_path / ".sp1" / "toolchains").mkdir(parents=True)
    (tmp_path / ".sp1" / "bin").mkdir()
    (tmp_path / ".sp1" / "toolchains" / "abc").symlink_to(Path(tools.toolchain.bin_dir).parent)
    (tmp_path / ".sp1" / "bin" / "cargo-prove").symlink_to(tools.prove.path)
    env = dict(os.environ) | {
        "CARGO_HOME": os.environ.get("CARGO_HOME", str(Path.home() / ".cargo")),
        "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup")),
        "HOME": str(tmp_path),
    }
    with Workshop(find_home(), Silent(), env) as shop:
        host = host_rust(shop.home, env)
        toolchain, prove = guest_toolchain(shop, host), cargo_prove(shop, host)
    assert (toolchain.kind, prove.kind) == (USERS_TOOLCHAIN, USERS_PROVE)
    rustc = subprocess.run(
        [f"{toolchain.bin_dir}/rustc", "--version"], capture_output=True, text=True, check=True, env=env
    )
    assert rustc.stdout.startswith(toolchain.version)
