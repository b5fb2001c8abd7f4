"""What is built from the crates in `runners/` that are programs of their own.

These are the runners of SP1's two executors, of any release and from one source, and of the reference
executor; and the generator of RISC-V programs.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fuzzer.build import sp1_releases
from fuzzer.build.host_rust import HostRust
from fuzzer.build.keys import key_of, key_of_files, sha256_file
from fuzzer.build.mirror import copy_named, crate_files
from fuzzer.build.sp1_releases import known_releases, release_lock
from fuzzer.build.steps import Job, Step, Workshop, ensure
from fuzzer.build.versions import GENERATOR_VERSION, RVREF_VERSION, SP1_VERSION
from fuzzer.errors import UsageError, closest
from fuzzer.home import Home

_HASH = "sha256"
"""Name of the file beside an executable that holds its hash, so that it is taken once."""
_PROTOCOL = "protocol"
"""The crate that every runner is built on."""
_SEPARATOR = "@"
"""Between the name of a target and a release."""


class Executable(msgspec.Struct, frozen=True, kw_only=True):
    """How a crate of `runners/` becomes an executable."""

    crate: str
    """Folder of the crate in `runners/`."""
    binary: str
    """Name of the executable."""
    version: str
    """Version of the crate, or of what it runs programs on."""
    features: tuple[str, ...] = ()
    beside: tuple[str, ...] = (_PROTOCOL,)
    """Folders of the crates in `runners/` that it depends on."""


class RunnerKind(msgspec.Struct, frozen=True):
    """How the runner of a target is built."""

    crate: str
    """Folder of its crate in `runners/`; its binary is called after it."""
    version: str
    """Version of what it runs programs on, where the target's name does not say another one."""
    what: str
    """What it is, for people."""
    features: tuple[str, ...] = ()

    @property
    def executable(self) -> Executable:
        """How it is built."""
        return Executable(
            crate=self.crate,
            binary=f"{self.crate}-runner",
            version=self.version,
            features=self.features,
        )

    @property
    def has_releases(self) -> bool:
        """Whether it is built on any release of SP1."""
        return self.crate == sp1_releases.CRATE


RUNNER_KINDS = {
    "sp1": RunnerKind("sp1", SP1_VERSION, "SP1's JIT"),
    "sp1-portable": RunnerKind("sp1", SP1_VERSION, "SP1's portable interpreter", ("portable",)),
    "rvref": RunnerKind("rvref", RVREF_VERSION, "the harness's own RISC-V executor"),
    "rvref-faulty": RunnerKind("rvref", RVREF_VERSION, "rvref with a fault planted in it", ("faults",)),
}
"""The targets whose runner is built here. Those of SP1 also exist as `sp1@VERSION`."""

GENERATOR = Executable(
    crate="riscv", binary="riscv-generator", version=GENERATOR_VERSION, beside=("rvref", _PROTOCOL)
)
"""The generator of RISC-V programs."""


class TargetSpec(msgspec.Struct, frozen=True):
    """A target with a runner of its own, as people name it: `sp1`, `sp1-portable@6.2.1`."""

    name: str
    """A key of `RUNNER_KINDS`."""
    release: str | None = None
    """The release of SP1; None for the one that the harness is made for."""

    def __str__(self) -> str:
        """As people write it."""
        return self.name if self.release is None else f"{self.name}{_SEPARATOR}{self.release}"

    @property
    def kind(self) -> RunnerKind:
        """How its runner is built, with the version that this target runs programs on."""
        kind = RUNNER_KINDS[self.name]
        return kind if self.release is None else msgspec.structs.replace(kind, version=self.release)


class BuiltRunner(msgspec.Struct, frozen=True, kw_only=True):
    """The executable behind a target."""

    target: str
    path: Path
    version: str
    """Version of the zkVM."""
    sha256: str
    key: str


def parse_target(home: Home, text: str) -> TargetSpec:
    """The target that a text names.

    Raises:
        UsageError: there is no such target, it has no releases, or not this one; the hint names those that
            are close.
    """
    name, separator, release = text.partition(_SEPARATOR)
    kind = RUNNER_KINDS.get(name)
    if kind is None:
        raise UsageError(f"no target `{text}`", hint=closest(name, RUNNER_KINDS))
    if not separator:
        return TargetSpec(name)
    if not kind.has_releases:
        releasable = ", ".join(f"`{known}`" for known, kind in RUNNER_KINDS.items() if kind.has_releases)
        raise UsageError(
            f"no target `{text}`: `{name}` has no releases",
            hint=f"name it without `{_SEPARATOR}`; {releasable} have releases",
        )
    release_lock(home, release)
    return TargetSpec(name, release)


def target_names(home: Home) -> tuple[str, ...]:
    """Every target that `parse_target` takes: the plain names first, then those with a release."""
    releases = known_releases(home)
    versioned = (
        str(TargetSpec(name, release))
        for name, kind in RUNNER_KINDS.items()
        if kind.has_releases
        for release in releases
    )
    return (*RUNNER_KINDS, *versioned)


def build_runner(shop: Workshop, host: HostRust, target: str) -> BuiltRunner:
    """The runner of a target, built on first use and when its sources change.

    Raises:
        UsageError: no runner is built for a target of that name.
        ToolchainError: it does not build.
    """
    spec = parse_target(shop.home, target)
    kind = spec.kind
    lock = release_lock(shop.home, kind.version) if kind.has_releases else None
    older = kind.has_releases and kind.version != SP1_VERSION
    path, key = _build(
        shop,
        host,
        kind.executable,
        # `sp1` and `sp1@…` of the same release are one runner.
        name=str(spec) if older else spec.name,
        title=f"runner {spec.name}",
        reason=kind.what,
        lock=lock,
    )
    sha256 = path.with_name(_HASH).read_text()
    return BuiltRunner(target=target, path=path, version=kind.version, sha256=sha256, key=key)


def build_generator(shop: Workshop, host: HostRust) -> Path:
    """The executable that generates RISC-V programs, built on first use and when its sources change.

    Raises:
        ToolchainError: it does not build.
    """
    reason = "makes the programs of `fuzz riscv`"
    return _build(shop, host, GENERATOR, name=GENERATOR.binary, title=GENERATOR.binary, reason=reason)[0]


def _build(
    shop: Workshop,
    host: HostRust,
    executable: Executable,
    *,
    name: str,
    title: str,
    reason: str,
    lock: Path | None = None,
) -> tuple[Path, str]:
    """An executable in a folder called after `name`, and its key; `lock` takes the place of its own lock."""
    sources = _ensure_sources(shop, executable, lock)
    key = key_of("runner", 2, executable.features, executable.binary, sources.name, host.key)
    step = Step(
        title=f"{title} {executable.version}",
        reason=reason,
        folder=shop.home.cache / "runners" / f"{name}-{key}",
        make=lambda job, draft: _make(shop, host, job, draft, sources=sources, executable=executable),
        made_from=_made_from(executable, host),
    )
    return ensure(shop, step) / executable.binary, key


def _made_from(executable: Executable, host: HostRust) -> Mapping[str, str]:
    return {
        executable.crate: executable.version,
        "rustc": host.version,
        "features": ",".join(executable.features),
    }


def _ensure_sources(shop: Workshop, executable: Executable, lock: Path | None) -> Path:
    """A copy of the sources: an edit during a long build must not end up under an older key."""
    files = source_files(shop.home, executable, lock)
    step = Step(
        title=f"sources of {executable.binary}",
        folder=shop.home.cache / "sources" / f"runner-{executable.crate}-{key_of_files(files)}",
        make=lambda _, draft: copy_named(files, draft),
    )
    return ensure(shop, step)


def source_files(home: Home, executable: Executable, lock: Path | None = None) -> list[tuple[str, Path]]:
    """What an executable is made from, with names relative to `runners/`; lock files of releases are not."""
    crates = (executable.crate, *executable.beside)
    left_out = f"{executable.crate}/{sp1_releases.FOLDER}/"
    files = dict(file for file in crate_files(home.runners, crates) if not file[0].startswith(left_out))
    if lock is not None:
        files[f"{executable.crate}/Cargo.lock"] = lock
    return list(files.items())


def _make(
    shop: Workshop, host: HostRust, job: Job, draft: Path, *, sources: Path, executable: Executable
) -> None:
    """Build in a target folder that builds of one crate share, under a lock: they have one binary's name.

    Releases share it too: cargo keeps versions of a crate apart, and all crates but SP1's own are the same.
    A release adds some 100 MB to the folder, for both of its runners.
    """
    target = shop.home.cache / "target" / f"runner-{executable.crate}-{host.key}"
    args = [host.cargo, "build", "--release", "--locked"]
    if executable.features:
        args += ["--features", ",".join(executable.features)]
    env = host.environment(shop.env, CARGO_TARGET_DIR=str(target), CARGO_ENCODED_RUSTFLAGS="")
    with shop.lock(target.name, executable.binary, job):
        _look_new(sources)
        job.run(args, cwd=sources / executable.crate, env=env)
        shutil.copy2(target / "release" / executable.binary, draft / executable.binary)
    (draft / _HASH).write_text(sha256_file(draft / executable.binary))


def _look_new(sources: Path) -> None:
    """Let cargo build these sources, whatever it has built from another copy of them.

    To cargo the copies are one crate, and it tells by files' times alone whether something has changed. So
    it would take what another copy's build script said, or another copy's code, for this one's.
    """
    for path in sources.rglob("*"):
        if path.is_file():
            path.touch()
