"""Writes what was decided about findings into the project's own files, which belong into version control."""

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from fuzzer.errors import ConfigError
from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.redact import Redactor, redactor_of_process
from fuzzer.store.toml_text import table_text
from fuzzer.triage.allowed import parse_allowed
from fuzzer.triage.marks import Mark, parse_marks

_HEAD = """\
# What was decided about findings, by signature. `fuzz triage mark` and `fuzz retest` write this file; it
# belongs into version control. Accepted findings are in allowed_divergences.toml.
"""
_ENTRY = "[[allowed]]"


class TriageState:
    """The files `triage.toml` and `allowed_divergences.toml` of a project.

    The lock of the project's artifacts keeps other writers out, so that two at once lose nothing. Secrets are
    taken out of what is added.
    """

    def __init__(
        self, store: ArtifactStore, *, marks: Path, allowed: Path, redactor: Redactor | None = None
    ) -> None:
        self._store = store
        self._redactor = redactor or redactor_of_process()
        self._marks = marks
        self._allowed = allowed

    def read(self) -> dict[str, Mark]:
        """The marks by signature."""
        return parse_marks(_read(self._marks), name=self._marks.name)

    def update(self, change: Callable[[Mapping[str, Mark]], Mapping[str, Mark]]) -> None:
        """Write the marks that `change` gives for those that the file holds now."""
        with self._store.lock():
            marks = change(self.read())
            tables = [
                self._table("finding", {name: getattr(mark, name) for name in Mark.__struct_fields__})
                for _, mark in sorted(marks.items())
            ]
            _write(self._marks, "\n".join([_HEAD, *tables]))

    def accept(self, entries: Sequence[Mapping[str, object]], *, prefix: str) -> None:
        """Put these entries of the allowed divergences in place of those whose ids begin with `prefix`."""
        with self._store.lock():
            text = _read(self._allowed)
            others = _without(text, prefix).rstrip()
            tables = [self._table("allowed", entry) for entry in entries]
            changed = "\n\n".join([others, *(table.rstrip() for table in tables)]).lstrip("\n") + "\n"
            if entries or others != text.rstrip():
                parse_allowed(changed, name=self._allowed.name)
                _write(self._allowed, changed)

    def _table(self, heading: str, values: Mapping[str, object]) -> str:
        # Value by value: what is a secret may also be the name of a field.
        return table_text(heading, {key: self._redactor.clean_value(value) for key, value in values.items()})


def _without(text: str, prefix: str) -> str:
    """The text without the entries whose ids begin so; everything else stays as people wrote it."""
    head, *entries = text.split(_ENTRY)
    kept = [entry for entry in entries if f'\nid = "{prefix}' not in f"\n{entry.strip()}"]
    return text if len(kept) == len(entries) else _ENTRY.join([head, *kept])


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path.name}: {error}", hint="look at the file") from None


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise ConfigError(
            f"cannot write {path.name}: {error.strerror}", hint="the folder `inputs` of the project holds it"
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
