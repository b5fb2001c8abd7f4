"""The small pure parts of building: versions, arguments, messages, what a package needs, memos."""

import tomllib
from pathlib import Path

import msgspec
import pytest

from fuzzer.build.cargo_prove import version_in_help
from fuzzer.build.cores import compiler_errors, patch_arguments
from fuzzer.build.debian_packages import versioned_packages
from fuzzer.build.guest_toolchain import find_users_toolchain
from fuzzer.build.keys import key_of
from fuzzer.build.memo import recall, remember
from fuzzer.build.native_sdk import with_preferences, with_version
from fuzzer.build.sources import CoreSource
from fuzzer.build.versions import Version, find_version, required_major
from fuzzer.errors import ToolchainError

NATIVE_MANIFEST = """[package]
name = "sp1-zkvm"
version = "6.10.0"

[dependencies]
sp1-lib = { version = "=6.10.0", default-features = false }
other = { version = "=6.10.0" }
"""

SOURCE = CoreSource(
    name="fib",
    package="fib",
    bin="fib",
    features=(),
    crate_dir=Path("fib"),
    mirror=Path("mirror"),
    sha256="",
    key="",
    sp1_zkvm_version="6.10.0",
    sp1_lib_version="6.10.0",
    sp1_zkvm_source="registry",
    patch_table="crates-io",
    overlay="",
    workspace=".",
    crate=".",
)


def test_the_native_crate_takes_another_version() -> None:
    changed = with_version(NATIVE_MANIFEST, "6.3.1", "6.4.0")
    assert 'name = "sp1-zkvm"\nversion = "6.3.1"' in changed
    assert 'sp1-lib = { version = "=6.4.0", default' in changed
    assert 'other = { version = "=6.10.0" }' in changed


def test_a_native_manifest_of_another_form_is_refused() -> None:
    with pytest.raises(ToolchainError, match="version lines"):
        with_version('[package]\nname = "sp1-zkvm"\n', "6.3.1", "6.3.1")


def test_the_real_native_manifest_has_the_lines_that_are_replaced() -> None:
    manifest = Path(__file__).parents[3] / "runners" / "native" / "Cargo.toml"
    assert '"6.0.1"' in with_version(manifest.read_text(), "6.0.1", "6.0.1")


def test_a_registry_crate_is_patched_by_name() -> None:
    assert patch_arguments(SOURCE, Path("/sdk")) == [
        "--config",
        'patch.crates-io.sp1-zkvm.path="/sdk/native"',
    ]


def test_a_git_crate_is_patched_by_its_url() -> None:
    source = msgspec.structs.replace(SOURCE, sp1_zkvm_source="git", patch_table="file:///repo")
    assert patch_arguments(source, Path("/sdk"))[1].startswith('patch."file:///repo".sp1-zkvm.path=')


def test_a_path_crate_is_not_patched_but_overlaid() -> None:
    source = msgspec.structs.replace(SOURCE, sp1_zkvm_source="path", patch_table="", overlay="sp1-zkvm")
    assert patch_arguments(source, Path("/sdk")) == []
    assert source.native_overlay == Path("mirror/native/sp1-zkvm")


def test_cargos_errors_are_shown_from_the_first_on() -> None:
    output = "[sp1]     Compiling fib\n[sp1]  error[E0308]: mismatched types\n[sp1]   --> src/main.rs:6:18\n"
    assert compiler_errors(output).splitlines() == ["error[E0308]: mismatched types", " --> src/main.rs:6:18"]


def test_output_without_an_error_line_is_shown_whole() -> None:
    assert (
        compiler_errors("warning: spurious network error\nkilled")
        == "warning: spurious network error\nkilled"
    )


def test_packages_with_a_version_in_their_name_are_found() -> None:
    answers = {
        "libstd-rust-web-dev": "dev\n  Depends: libstd-rust-web-1.96\n  Conflicts: <rustup>\n",
        "libstd-rust-web-1.96": "libstd-rust-web-1.96\n  Depends: libc6\n  Depends: libllvm22\n",
    }
    assert versioned_packages(answers.__getitem__) == ("libstd-rust-web-1.96", "libllvm22", "lld-22")


def test_a_compiler_put_together_in_another_way_is_refused() -> None:
    with pytest.raises(ToolchainError) as caught:
        versioned_packages(lambda _: "")
    assert "sp1up" in caught.value.hint


def test_the_users_toolchain_is_found_where_rustup_or_sp1up_put_it(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "RUSTUP_HOME": str(tmp_path / "rustup")}
    assert find_users_toolchain(env) is None
    unpacked = tmp_path / ".sp1" / "toolchains" / "abc"
    (unpacked / "bin").mkdir(parents=True)
    (unpacked / "bin" / "rustc").touch()
    assert find_users_toolchain(env) == unpacked
    linked = tmp_path / "rustup" / "toolchains" / "succinct"
    linked.parent.mkdir(parents=True)
    other = tmp_path / "other"
    (other / "bin").mkdir(parents=True)
    (other / "bin" / "rustc").touch()
    linked.symlink_to(other)
    assert find_users_toolchain(env) == other


def test_the_release_of_cargo_prove_is_in_its_help() -> None:
    assert version_in_help("--tag <TAG>\n   [default: v6.10.0]\n") == "6.10.0"
    assert version_in_help("Usage: something else") == ""


def test_versions_are_found_and_ordered() -> None:
    assert find_version("rustc 1.96.0 (ac68faa20 2026-05-25)") == Version(1, 96, 0)
    assert Version(1, 91) < Version(1, 100)
    assert find_version("none") is None


def test_only_a_closed_requirement_has_a_major() -> None:
    assert [required_major(text) for text in ("^5.2", "=6.10.0", "6", ">=4, <7", "*")] == [
        5,
        6,
        6,
        None,
        None,
    ]


def test_keys_tell_boundaries_apart() -> None:
    assert key_of("ab", "c") != key_of("a", "bc")
    assert key_of(("a", "b")) == key_of(("a", "b"))


def test_a_memo_holds_while_its_state_does(tmp_path: Path) -> None:
    memo = tmp_path / "index" / "memo.json"
    assert recall(memo, Version, lambda _: "one") is None
    remember(memo, Version(1, 2, 3), "one")
    assert recall(memo, Version, lambda _: "one") == Version(1, 2, 3)
    assert recall(memo, Version, lambda _: "two") is None
    memo.write_text("{damaged")
    assert recall(memo, Version, lambda _: "one") is None


def test_the_core_keeps_its_versions_and_what_it_lacks_is_pinned() -> None:
    entry = '[[package]]\nname = "{}"\nversion = "{}"\nsource = "registry"\nchecksum = "00"\n'
    lock = "version = 4\n\n" + entry.format("libc", "0.2.1")
    preferred = (
        entry.format("libc", "0.2.9")
        + entry.format("rmp", "0.8.1")
        + '[[package]]\nname = "own"\nversion = "1.0.0"\n'
    )
    merged = tomllib.loads(with_preferences(lock, preferred))["package"]
    assert [(package["name"], package["version"]) for package in merged] == [
        ("libc", "0.2.1"),
        ("rmp", "0.8.1"),
    ]
    assert with_preferences(with_preferences(lock, preferred), preferred) == with_preferences(lock, preferred)
