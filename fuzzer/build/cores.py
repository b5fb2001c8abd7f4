"""Building cores: for SP1 by `cargo prove build`, for the host with our `sp1-zkvm` in place of SP1's.

Each half is kept under a key of its own, so a change of the host's `sp1-zkvm` leaves the guest alone. Cores
are built one by one: cargo gives crates that are built together the features that any of them asks for, and
then what comes out would depend on its neighbours and not on its key.
"""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from fuzzer.build.cargo_facts import locked_sources
from fuzzer.build.cargo_prove import CargoProve
from fuzzer.build.guest_sysroot import GUEST_TARGET
from fuzzer.build.guest_toolchain import GuestToolchain
from fuzzer.build.host_rust import HostRust
from fuzzer.build.keys import key_of, sha256_file
from fuzzer.build.layout import GUEST_CRATE, LOCK
from fuzzer.build.native_sdk import ensure_native_sdk, with_preferences
from fuzzer.build.sources import PATH, CoreSource
from fuzzer.build.steps import Job, Step, Workshop, ensure
from fuzzer.build.tools import ToolFailed, clean_environment, in_front_of_path
from fuzzer.errors import ToolchainError
from fuzzer.model import CoreInfo

_RECIPE = 1
"""Goes up when cores are built in another way, so that older builds are not taken for new ones."""
_STAMP = "core.json"
_COUNTING_RUSTC = "counting-rustc"
_DETAIL_LINES = 120
_ERROR = re.compile(r"^error(\[E\d+\])?:")
_SP1_PREFIX = re.compile(r"^\[sp1\] ? ?", re.MULTILINE)


class GuestTools(msgspec.Struct, frozen=True):
    """What guests are built with."""

    toolchain: GuestToolchain
    prove: CargoProve


class Half(msgspec.Struct, frozen=True, kw_only=True):
    """One of a core's two executables, as its stamp has it."""

    core: str
    bin: str
    sha256: str
    sources_sha256: str
    sp1_zkvm_version: str
    rustc: str
    built_by: str
    """The program that built it, with its version."""


class CountedBuild(msgspec.Struct, frozen=True, kw_only=True):
    """An executable for the host that also says what its runs cover."""

    path: Path
    sha256: str


class BuiltCore(msgspec.Struct, frozen=True, kw_only=True):
    """A core built for SP1 and for the host."""

    source: CoreSource
    guest_elf: Path
    native: Path
    guest: Half
    host: Half
    counted: CountedBuild | None = None
    """Its executable for the host that counts what it executes, where it was asked for."""

    def info(self, project: Path) -> CoreInfo:
        """What artifacts say of this build."""
        return CoreInfo(
            name=self.source.name,
            path=os.path.relpath(self.source.crate_dir, project),
            crate=self.source.crate,
            bin=self.source.bin,
            features=self.source.features,
            sources_sha256=self.source.sha256,
            guest_elf_sha256=self.guest.sha256,
            sp1_zkvm_version=self.source.sp1_zkvm_version,
            rustc_version=self.host.rustc,
            guest_rustc_version=self.guest.rustc,
        )


class _Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """How one half of a core is built."""

    source: CoreSource
    kind: str
    """Part of the folder's name."""
    file: str
    where: str
    """For people: what it is built for."""
    key: str
    target: Path
    """The target folder that cargo is given."""
    build: Callable[[Job], object]
    built: Path
    """Where the build leaves the executable."""
    rustc: str
    built_by: str


def build_guest(shop: Workshop, host: HostRust, tools: GuestTools, source: CoreSource) -> tuple[Path, Half]:
    """A core's ELF for SP1, built on first use and when something it is made from changes.

    Raises:
        ToolchainError: it does not compile; the details are cargo's own errors.
    """
    toolchain, prove = tools.toolchain, tools.prove
    target = shop.home.cache / "target" / f"guest-{toolchain.key}"
    env = clean_environment(shop.env, CARGO_TARGET_DIR=str(target))
    env["PATH"] = in_front_of_path(env, Path(toolchain.bin_dir), Path(host.bin_dir))
    args = [prove.path, "prove", "build", "--packages", source.package, "--binaries", source.bin]
    args += ["--features", ",".join(source.features)] if source.features else []
    recipe = _Recipe(
        source=source,
        kind="guest",
        file="guest.elf",
        where="SP1",
        key=key_of("guest", _RECIPE, source.key, toolchain.key, prove.key),
        target=target,
        build=lambda job: job.run(args, cwd=source.guest_workspace, env=env),
        built=target / "elf-compilation" / GUEST_TARGET / "release" / source.bin,
        rustc=toolchain.version,
        built_by=f"cargo-prove {prove.version} ({prove.kind})",
    )
    return _build_half(shop, recipe)


def build_counted(shop: Workshop, host: HostRust, source: CoreSource) -> CountedBuild:
    """The same as `build_native`, of crates that are compiled to count what they execute."""
    path, half = build_native(shop, host, source, counted=True)
    return CountedBuild(path=path, sha256=half.sha256)


def build_native(
    shop: Workshop, host: HostRust, source: CoreSource, *, counted: bool = False
) -> tuple[Path, Half]:
    """A core's executable for the host, which is its own runner.

    With `counted`, the crates of the core's own workspace count what they execute.

    Raises:
        ToolchainError: it does not compile for the host; the details are cargo's own errors.
    """
    sdk = ensure_native_sdk(shop, source.sp1_zkvm_version, source.sp1_lib_version)
    target = shop.home.cache / "target" / f"native-{host.key}"
    env = host.environment(shop.env, CARGO_TARGET_DIR=str(target), CARGO_ENCODED_RUSTFLAGS="")
    args = [host.cargo, "build", "--release", "--package", source.package, "--bin", source.bin]
    args += ["--features", ",".join(source.features)] if source.features else []
    args += patch_arguments(source, sdk)
    if counted:  # with a target named, what runs while building is told apart from what is built
        args += ["--target", host.target]
        env["RUSTC_WORKSPACE_WRAPPER"] = str(sdk / "native" / _COUNTING_RUSTC)

    def build(job: Job) -> None:
        if source.native_overlay is not None:
            _overlay(source.native_overlay, sdk)
        lock = source.native_workspace / LOCK
        lock.write_text(with_preferences(lock.read_text(), (sdk / "native" / LOCK).read_text()))
        job.run(args, cwd=source.native_workspace, env=env)
        _check_replaced(source)

    recipe = _Recipe(
        source=source,
        kind="counted" if counted else "native",
        file="native",
        where="the host, counting" if counted else "the host",
        key=key_of(
            "counted" if counted else "native",
            _RECIPE,
            source.key,
            source.sp1_zkvm_source,
            source.patch_table,
            sdk.name,
            host.key,
        ),
        target=target,
        build=build,
        built=target / (host.target if counted else "") / "release" / source.bin,
        rustc=host.version,
        built_by="cargo",
    )
    return _build_half(shop, recipe)


def _build_half(shop: Workshop, recipe: _Recipe) -> tuple[Path, Half]:
    """Run a build in a target folder shared by all cores, and keep what comes out beside a stamp.

    The lock on the target folder lasts until the file is copied: another core may have a binary of that name.
    """
    source = recipe.source
    title = f"core {source.name} ({recipe.where})"

    def make(job: Job, draft: Path) -> None:
        executable = draft / recipe.file
        with shop.lock(recipe.target.name, title, job):
            try:
                recipe.build(job)
            except ToolFailed as error:
                raise _does_not_build(source, recipe.where, error) from error
            shutil.copy2(recipe.built, executable)
        half = Half(
            core=source.package,
            bin=source.bin,
            sha256=sha256_file(executable),
            sources_sha256=source.sha256,
            sp1_zkvm_version=source.sp1_zkvm_version,
            rustc=recipe.rustc,
            built_by=recipe.built_by,
        )
        (draft / _STAMP).write_bytes(msgspec.json.format(msgspec.json.encode(half)))

    step = Step(
        title=title,
        folder=shop.home.cache / "cores" / f"{source.package}-{recipe.kind}-{recipe.key}",
        make=make,
        made_from={"sources": source.key, "rustc": recipe.rustc},
    )
    folder = ensure(shop, step)
    return folder / recipe.file, msgspec.json.decode((folder / _STAMP).read_bytes(), type=Half)


def patch_arguments(source: CoreSource, sdk: Path) -> list[str]:
    """The arguments that make cargo take our `sp1-zkvm`; none when it lies over the core's own copy."""
    if source.sp1_zkvm_source == PATH:
        return []
    table = source.patch_table
    if not re.fullmatch(r"[A-Za-z0-9_-]+", table):
        table = _toml_string(table)
    return ["--config", f"patch.{table}.{GUEST_CRATE}.path={_toml_string(str(sdk / 'native'))}"]


def _toml_string(text: str) -> str:
    return msgspec.json.encode(text).decode()


def _overlay(folder: Path, sdk: Path) -> None:
    """Put our `sp1-zkvm` in the place of a path dependency of that name, in the copy of the core."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sdk / "native", folder)
    manifest = folder / "Cargo.toml"
    protocol = _toml_string(str(sdk / "protocol"))
    manifest.write_text(re.sub(r'"\.\./protocol"', lambda _: protocol, manifest.read_text()))


def _check_replaced(source: CoreSource) -> None:
    """Refuse a native build that holds SP1's own `sp1-zkvm`: it would not be what it is taken for."""
    lock = (source.native_workspace / LOCK).read_text()
    kept = [origin for origin in locked_sources(lock, GUEST_CRATE) if origin is not None]
    if kept:
        raise ToolchainError(
            f"core `{source.name}`: the host's `{GUEST_CRATE}` could not take the place of {', '.join(kept)}",
            hint=f"all its crates must take `{GUEST_CRATE}` from the same place and in the same version",
        )


def _does_not_build(source: CoreSource, where: str, error: ToolFailed) -> ToolchainError:
    what = "does not compile" if "could not compile" in error.output else "could not be built"
    return ToolchainError(
        f"core `{source.name}` {what} for {where}",
        hint=f"the crate is `{source.crate_dir}`; {error.message}",
        details=compiler_errors(error.output),
    )


def compiler_errors(output: str) -> str:
    """Cargo's own errors in what a build printed: from the first one on, or all when there is none."""
    lines = _SP1_PREFIX.sub("", output).splitlines()
    first = next((number for number, line in enumerate(lines) if _ERROR.match(line)), 0)
    return "\n".join(lines[first : first + _DETAIL_LINES])
