"""Settings: `fuzzer.toml` of the project, with a default for each key.

The command line overrides the file; the file overrides the defaults here. A key that is not known is an
error, so that a typing mistake does not silently change what is tested.
"""

import os
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path

import msgspec

from fuzzer.errors import ConfigError, closest
from fuzzer.model import Limits, Record

LEAST: Mapping[str, float] = {
    "timeout_s": 0.001,
    "memory_mb": 16,
    "output_mb": 1,
    "confirmations": 1,
    "jobs": 0,
}
"""The least value of each number in `[run]`."""
_MOST = 10**9


class RunSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[run]`."""

    targets: tuple[str, ...] = ("sp1", "sp1-portable")
    """What is compared with `native`."""
    timeout_s: float = 30.0
    memory_mb: int = 2_048
    output_mb: int = 64
    jobs: int = 0
    """Runners per target; 0 means one for each processor."""
    record: Record = Record.ALL
    confirmations: int = 3
    """Fresh processes in which a divergence must repeat."""

    @property
    def limits(self) -> Limits:
        """The limits of one run."""
        wall_ms = max(1, round(self.timeout_s * 1000))
        return Limits(wall_ms=wall_ms, memory_mb=self.memory_mb, output_mb=self.output_mb)

    @property
    def parallel(self) -> int:
        """Runners per target, with the default worked out."""
        return self.jobs or len(os.sched_getaffinity(0))


class CoreSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table `[cores.NAME]`: a core outside `cores/`; paths are relative to the file."""

    path: str
    inputs: str = ""
    """A file or folder of inputs; without it, the files of `inputs/` named after the core."""
    bin: str = ""
    features: tuple[str, ...] = ()


class ArtifactSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[artifacts]`: where a copy of the artifacts goes; credentials come from the environment."""

    url: str = ""
    """`s3://bucket/prefix`; empty keeps them in the folder alone."""
    endpoint: str = ""
    """Of an S3-compatible server other than Amazon's, for example `https://example.org:9000`."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of `fuzzer.toml`."""

    run: RunSettings = RunSettings()
    cores: Mapping[str, CoreSettings] = {}
    artifacts: ArtifactSettings = ArtifactSettings()


def load_settings(path: Path | None) -> Settings:
    """The settings of a file, or the defaults where there is none."""
    if path is None:
        return Settings()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} cannot be read: {error}") from None
    return parse_settings(text, name=path.name)


def parse_settings(text: str, *, name: str) -> Settings:
    """The settings of a document; `name` is what errors call it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: broken TOML: {error}") from None
    _refuse_unknown(name, document, Settings.__struct_fields__)
    _refuse_unknown(f"{name}: [run]", _table(document, "run"), RunSettings.__struct_fields__)
    _refuse_unknown(f"{name}: [artifacts]", _table(document, "artifacts"), ArtifactSettings.__struct_fields__)
    for core, table in _table(document, "cores").items():
        if isinstance(table, dict):
            _refuse_unknown(f"{name}: [cores.{core}]", table, CoreSettings.__struct_fields__)
    try:
        settings = msgspec.convert(document, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name}: {error}") from None
    check_run(settings.run, where=f"{name}: ")
    return settings


def overridden(
    run: RunSettings,
    *,
    timeout_s: float | None = None,
    memory_mb: int | None = None,
    record: Record | None = None,
    jobs: int | None = None,
) -> RunSettings:
    """The settings with what a call says put over them.

    Raises:
        ConfigError: nothing could run under them.
    """
    words = {"timeout_s": timeout_s, "memory_mb": memory_mb, "record": record, "jobs": jobs}
    given = {key: value for key, value in words.items() if value is not None}
    changed = msgspec.structs.replace(run, **given)
    check_run(changed)
    return changed


def check_run(run: RunSettings, *, where: str = "") -> None:
    """Refuse limits under which nothing could run."""
    for key, least in LEAST.items():
        value = getattr(run, key)
        if not least <= value <= _MOST:
            raise ConfigError(
                f"{where}{key} is {value}", hint=f"it must be a number from {least} to {_MOST:,}"
            )


def _table(document: Mapping[str, object], key: str) -> Mapping[str, object]:
    table = document.get(key, {})
    return table if isinstance(table, dict) else {}


def _refuse_unknown(where: str, table: Mapping[str, object], known: Collection[str]) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(f"{where}: unknown key `{key}`", hint=closest(key, known))
