"""The runners that are programs of their own: SP1's two executors, from one source."""

import shutil
from pathlib import Path

import msgspec

from fuzzer.build.host_rust import HostRust
from fuzzer.build.keys import key_of, key_of_files, sha256_file
from fuzzer.build.mirror import copy_named, crate_files
from fuzzer.build.steps import Job, Step, Workshop, ensure
from fuzzer.build.versions import SP1_VERSION
from fuzzer.errors import UsageError, closest

_BINARY = "sp1-runner"
_HASH = "sha256"
"""Name of the file beside a runner that holds its hash, so that it is taken once."""
_SOURCES = ("sp1", "protocol")


class RunnerKind(msgspec.Struct, frozen=True):
    """How the runner of a target is built."""

    features: tuple[str, ...]
    what: str
    """What it is, for people."""


RUNNER_KINDS = {
    "sp1": RunnerKind((), "SP1's JIT"),
    "sp1-portable": RunnerKind(("portable",), "SP1's portable interpreter"),
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
    sources = _ensure_sources(shop)
    key = key_of("runner", 1, target, kind.features, sources.name, host.key)
    step = Step(
        title=f"runner {target} {SP1_VERSION}",
        reason=f"{kind.what}, from the crate sp1-core-executor",
        folder=shop.home.cache / "runners" / f"{target}-{key}",
        make=lambda job, draft: _make(shop, host, job, draft, sources=sources, features=kind.features),
        made_from={"sp1": SP1_VERSION, "rustc": host.version, "features": ",".join(kind.features)},
    )
    path = ensure(shop, step) / _BINARY
    return BuiltRunner(
        target=target, path=path, version=SP1_VERSION, sha256=path.with_name(_HASH).read_text(), key=key
    )


def _ensure_sources(shop: Workshop) -> Path:
    """A copy of the runners' sources: an edit during a long build must not end up under an older key."""
    files = crate_files(shop.home.runners, _SOURCES)
    step = Step(
        title="sources of the runners",
        folder=shop.home.cache / "sources" / f"runners-{key_of_files(files)}",
        make=lambda _, draft: copy_named(files, draft),
    )
    return ensure(shop, step)


def _make(
    shop: Workshop, host: HostRust, job: Job, draft: Path, *, sources: Path, features: tuple[str, ...]
) -> None:
    """Build in a target folder that both runners share, under a lock: the binary has one name for both."""
    target = shop.home.cache / "target" / f"runners-{host.key}"
    args = [host.cargo, "build", "--release", "--locked"]
    if features:
        args += ["--features", ",".join(features)]
    env = host.environment(shop.env, CARGO_TARGET_DIR=str(target), CARGO_ENCODED_RUSTFLAGS="")
    with shop.lock(target.name, "runner", job):
        job.run(args, cwd=sources / "sp1", env=env)
        shutil.copy2(target / "release" / _BINARY, draft / _BINARY)
    (draft / _HASH).write_text(sha256_file(draft / _BINARY))
