"""The runners that are programs of their own: SP1's two executors, from one source, and the reference."""

import shutil
from pathlib import Path

import msgspec

from fuzzer.build.host_rust import HostRust
from fuzzer.build.keys import key_of, key_of_files, sha256_file
from fuzzer.build.mirror import copy_named, crate_files
from fuzzer.build.steps import Job, Step, Workshop, ensure
from fuzzer.build.versions import RVREF_VERSION, SP1_VERSION
from fuzzer.errors import UsageError, closest

_HASH = "sha256"
"""Name of the file beside a runner that holds its hash, so that it is taken once."""
_PROTOCOL = "protocol"
"""The crate that every runner is built on."""


class RunnerKind(msgspec.Struct, frozen=True):
    """How the runner of a target is built."""

    crate: str
    """Folder of its crate in `runners/`; its binary is called after it."""
    version: str
    """Version of what it runs programs on."""
    what: str
    """What it is, for people."""
    features: tuple[str, ...] = ()

    @property
    def binary(self) -> str:
        """Name of the executable."""
        return f"{self.crate}-runner"


RUNNER_KINDS = {
    "sp1": RunnerKind("sp1", SP1_VERSION, "SP1's JIT"),
    "sp1-portable": RunnerKind("sp1", SP1_VERSION, "SP1's portable interpreter", ("portable",)),
    "rvref": RunnerKind("rvref", RVREF_VERSION, "the harness's own RISC-V executor"),
}
"""The targets whose runner is built here."""


class BuiltRunner(msgspec.Struct, frozen=True, kw_only=True):
    """The executable behind a target."""

    target: str
    path: Path
    version: str
    """Version of the zkVM."""
    sha256: str
    key: str


def build_runner(shop: Workshop, host: HostRust, target: str) -> BuiltRunner:
    """The runner of a target, built on first use and when its sources change.

    Raises:
        UsageError: no runner is built for a target of that name.
        ToolchainError: it does not build.
    """
    kind = RUNNER_KINDS.get(target)
    if kind is None:
        raise UsageError(f"no target `{target}`", hint=closest(target, RUNNER_KINDS))
    sources = _ensure_sources(shop, kind.crate)
    key = key_of("runner", 1, target, kind.features, sources.name, host.key)
    step = Step(
        title=f"runner {target} {kind.version}",
        reason=kind.what,
        folder=shop.home.cache / "runners" / f"{target}-{key}",
        make=lambda job, draft: _make(shop, host, job, draft, sources=sources, kind=kind),
        made_from={kind.crate: kind.version, "rustc": host.version, "features": ",".join(kind.features)},
    )
    path = ensure(shop, step) / kind.binary
    return BuiltRunner(
        target=target, path=path, version=kind.version, sha256=path.with_name(_HASH).read_text(), key=key
    )


def _ensure_sources(shop: Workshop, crate: str) -> Path:
    """A copy of a runner's sources: an edit during a long build must not end up under an older key."""
    files = crate_files(shop.home.runners, (crate, _PROTOCOL))
    step = Step(
        title=f"sources of runner {crate}",
        folder=shop.home.cache / "sources" / f"runner-{crate}-{key_of_files(files)}",
        make=lambda _, draft: copy_named(files, draft),
    )
    return ensure(shop, step)


def _make(shop: Workshop, host: HostRust, job: Job, draft: Path, *, sources: Path, kind: RunnerKind) -> None:
    """Build in a target folder that runners of one crate share, under a lock: they have one binary's name."""
    target = shop.home.cache / "target" / f"runner-{kind.crate}-{host.key}"
    args = [host.cargo, "build", "--release", "--locked"]
    if kind.features:
        args += ["--features", ",".join(kind.features)]
    env = host.environment(shop.env, CARGO_TARGET_DIR=str(target), CARGO_ENCODED_RUSTFLAGS="")
    with shop.lock(target.name, "runner", job):
        job.run(args, cwd=sources / kind.crate, env=env)
        shutil.copy2(target / "release" / kind.binary, draft / kind.binary)
    (draft / _HASH).write_text(sha256_file(draft / kind.binary))
