"""Known differences that were looked at and accepted: `inputs/allowed_divergences.toml`.

An entry names what it allows, why, and where that was decided:

- `id`, `reason`, `link`;
- `core`, `targets` (a list), `symptom` (`output`, `lost-panic`, `crash`, `hang`, `robustness`);
- optional: `input` and `versions` (a list), without which it allows all of them; `signature`, without which
  it allows findings of any; and `expires`, the day from which on it allows nothing.

`core`, `input` and `versions` may be globs.
"""

import os
import tomllib
from collections.abc import Collection
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from fuzzer.errors import ConfigError, closest
from fuzzer.model import Case, Symptom, TargetInfo, Verdict, VerdictKind

ALLOWED_FILE = "allowed_divergences.toml"
_HINT = "`fuzz triage mark --state accepted` writes such entries; docs/artifacts.md has their fields"


class AllowedDivergence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One accepted difference, an `[[allowed]]` table."""

    id: str
    core: str
    targets: tuple[str, ...]
    symptom: Symptom
    reason: str
    link: str
    input: str = "*"
    versions: tuple[str, ...] = ("*",)
    signature: str = ""
    """Exactly this one, no glob."""
    expires: date | None = None

    def is_expired(self, today: date) -> bool:
        """Whether it allows nothing any more."""
        return self.expires is not None and today >= self.expires

    def covers(self, case: Case, target: TargetInfo, symptom: Symptom, *, signature: str = "") -> bool:
        """Whether it speaks of this case, on this version of this target, with this symptom."""
        return (
            symptom is self.symptom
            and self.signature in ("", signature)
            and target.name in self.targets
            and fnmatchcase(case.core, self.core)
            and fnmatchcase(case.input_name, self.input)
            and any(fnmatchcase(target.version, version) for version in self.versions)
        )


class AllowedDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file as it is written."""

    allowed: tuple[AllowedDivergence, ...] = ()


class AllowedDivergences(msgspec.Struct, frozen=True):
    """All entries of the file, in its order."""

    entries: tuple[AllowedDivergence, ...] = ()

    def joined_with(self, others: "AllowedDivergences") -> "AllowedDivergences":
        """The entries of two files, these first."""
        return AllowedDivergences((*self.entries, *others.entries))

    def in_force(self, today: date) -> list[AllowedDivergence]:
        """The entries that are not expired."""
        return [entry for entry in self.entries if not entry.is_expired(today)]

    def match(
        self, case: Case, target: TargetInfo, verdict: Verdict, today: date, *, signature: str = ""
    ) -> str:
        """The id of the first entry in force that allows this divergence, or an empty string."""
        if verdict.kind is not VerdictKind.DIVERGE or verdict.symptom is None:
            return ""
        for entry in self.entries:
            if not entry.is_expired(today) and entry.covers(
                case, target, verdict.symptom, signature=signature
            ):
                return entry.id
        return ""

    def unused(self, used: Collection[str]) -> list[AllowedDivergence]:
        """The entries whose id is not among the used ones."""
        return [entry for entry in self.entries if entry.id not in used]

    def expired(self, today: date) -> list[AllowedDivergence]:
        """The entries that are expired."""
        return [entry for entry in self.entries if entry.is_expired(today)]


def load_allowed(path: Path) -> AllowedDivergences:
    """The entries of a file; none when there is no such file."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return AllowedDivergences()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}", hint="look at the file") from None
    return parse_allowed(text, name=os.path.relpath(path))


def parse_allowed(text: str, *, name: str) -> AllowedDivergences:
    """The entries of a document; `name` is what errors call it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: broken TOML: {error}", hint=_HINT) from None
    _refuse_unknown(document.keys(), {"allowed"}, name)
    tables = document.get("allowed", [])
    if not isinstance(tables, list):
        raise ConfigError(f"{name}: `allowed` is not a list", hint="each entry begins with [[allowed]]")
    entries = tuple(_entry(table, f"{name}: [[allowed]] #{index}") for index, table in enumerate(tables, 1))
    ids = [entry.id for entry in entries]
    if doubled := sorted({id_ for id_ in ids if ids.count(id_) > 1}):
        raise ConfigError(f"{name}: two entries have the id `{doubled[0]}`", hint="give each its own")
    return AllowedDivergences(entries)


def _entry(table: object, where: str) -> AllowedDivergence:
    if isinstance(table, dict):
        _refuse_unknown(table.keys(), AllowedDivergence.__struct_fields__, where)
    try:
        return msgspec.convert(table, AllowedDivergence)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {error}", hint=_HINT) from None


def _refuse_unknown(keys: Collection[str], known: Collection[str], where: str) -> None:
    if unknown := sorted(set(keys) - set(known)):
        raise ConfigError(f"{where}: unknown key `{unknown[0]}`", hint=closest(unknown[0], known))
