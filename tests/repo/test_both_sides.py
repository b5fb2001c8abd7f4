"""What is written down twice, in Python and in Rust or in a document, is the same in both places."""

import re
import tomllib

from checkout import rows, section, text_of

from fuzzer.build.versions import OLDEST_RUST, SP1_MAJOR, SP1_VERSION
from fuzzer.campaign.program import FAULTS
from fuzzer.execute.protocol import PROTOCOL
from fuzzer.model import Status

OF_SP1 = re.compile(r"(sp1|slop)-[\w-]+")


def locked(path: str) -> dict[str, set[str]]:
    """The versions of each package in a lock file."""
    versions: dict[str, set[str]] = {}
    for package in tomllib.loads(text_of(path))["package"]:
        versions.setdefault(package["name"], set()).add(package["version"])
    return versions


def pinned(path: str, *keys: str) -> str:
    """The version that a manifest pins with `=`."""
    value = tomllib.loads(text_of(path))
    for key in keys:
        value = value[key]
    return str(value).removeprefix("=")


def test_faults_are_those_of_the_runners() -> None:
    source = text_of("runners/protocol/src/plant.rs")
    table = source[source.index("const ALL") :].partition("];")[0]
    assert re.findall(r'\("([a-z-]+)", Self::\w+\)', table) != []
    assert sorted(re.findall(r'\("([a-z-]+)", Self::\w+\)', table)) == sorted(FAULTS)


def test_faults_are_documented() -> None:
    table = rows(section(text_of("docs/protocol.md"), "## Planted faults"))
    assert sorted(name for name, _ in table) == sorted(FAULTS)


def test_statuses_are_those_of_the_runners() -> None:
    source = text_of("runners/protocol/src/message.rs")
    body = source[source.index("pub enum Status {") :].partition("\n}")[0]
    assert {name.lower() for name in re.findall(r"^    ([A-Z]\w*),$", body, re.MULTILINE)} == {
        status.value for status in Status if status is not Status.ERROR
    }


def test_the_protocol_version_is_the_same() -> None:
    source = text_of("runners/protocol/src/message.rs")
    assert re.findall(r"pub const PROTOCOL: u32 = (\d+);", source) == [str(PROTOCOL)]
    assert f"protocol version **{PROTOCOL}**" in text_of("docs/protocol.md")


def test_manifests_pin_the_version_of_sp1() -> None:
    assert {
        pinned("cores/Cargo.toml", "workspace", "dependencies", "sp1-zkvm"),
        pinned("runners/cargo-prove/Cargo.toml", "dependencies", "sp1-build"),
        pinned("runners/cargo-prove/Cargo.toml", "package", "version"),
        pinned("runners/native/Cargo.toml", "package", "version"),
        pinned("runners/native/Cargo.toml", "dependencies", "sp1-lib", "version"),
    } == {SP1_VERSION}
    assert f'version = "{SP1_VERSION} (' in text_of("runners/cargo-prove/src/main.rs")
    assert SP1_VERSION.startswith(f"{SP1_MAJOR}.")


def test_lock_files_hold_one_version_of_sp1() -> None:
    for path in ("cores/Cargo.lock", "runners/sp1/Cargo.lock", "runners/cargo-prove/Cargo.lock"):
        of_sp1 = {name: found for name, found in locked(path).items() if OF_SP1.fullmatch(name)}
        of_sp1.pop("sp1-runner", None)
        assert of_sp1
        assert {name: found for name, found in of_sp1.items() if found != {SP1_VERSION}} == {}, path


def test_the_oldest_rust_is_the_one_that_the_manifest_and_the_readme_name() -> None:
    oldest = f"{OLDEST_RUST.major}.{OLDEST_RUST.minor}"
    assert pinned("runners/cargo-prove/Cargo.toml", "package", "rust-version") == oldest
    assert f"Rust {oldest} or newer" in text_of("README.md")


def test_the_readme_names_what_the_host_has_no_version_of() -> None:
    source = text_of("runners/native/src/syscalls/mod.rs")
    block = source[source.index("\nunsupported! {") :]
    names = re.findall(r"^    syscall_(\w+)\(", block, re.MULTILINE)
    assert names
    limits = section(text_of("README.md"), "## Limits, and what it does not see")
    assert [name for name in names if f"`{name}`" not in limits] == []
