"""What entries of `allowed_divergences.toml` accept, and which a whole run has no use for."""

from collections.abc import Collection
from datetime import date
from fnmatch import fnmatchcase

import msgspec

from fuzzer.campaign.program import Program
from fuzzer.home import Home, Project
from fuzzer.model import CaseResult
from fuzzer.triage.allowed import AllowedDivergence, AllowedDivergences, load_allowed

ALLOWED_FILE = "allowed_divergences.toml"


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What took part in a run, of what there is."""

    known_cores: Collection[str]
    cores: Collection[str]
    targets: Collection[str]

    def covers(self, entry: AllowedDivergence) -> bool:
        """Whether everything that the entry speaks of took part."""
        meant = {core for core in self.known_cores if fnmatchcase(core, entry.core)}
        return meant <= set(self.cores) and set(entry.targets) <= set(self.targets)


def stale(allowed: AllowedDivergences, *, used: Collection[str], ran: Ran, today: date) -> list[str]:
    """A warning for each entry that has expired, or that nothing needed although all it speaks of ran."""
    judged = AllowedDivergences(tuple(entry for entry in allowed.entries if ran.covers(entry)))
    warnings = [
        f"allowed divergence `{entry.id}` expired on {entry.expires} and allows nothing any more"
        for entry in judged.expired(today)
    ]
    warnings += [
        f"allowed divergence `{entry.id}` was not needed: the difference does not show any more"
        for entry in judged.unused(used)
        if not entry.is_expired(today)
    ]
    return warnings


def with_allowances(
    program: Program, result: CaseResult, allowed: AllowedDivergences, today: date
) -> CaseResult:
    """The result with the entries that accept its differences."""
    comparisons = tuple(
        msgspec.structs.replace(
            entry,
            allowed_by=allowed.match(result.case, program.targets[entry.target], entry.verdict, today),
        )
        for entry in result.comparisons
    )
    return msgspec.structs.replace(result, comparisons=comparisons)


def load_all_allowed(home: Home, project: Project) -> AllowedDivergences:
    """The entries of the checkout, and those of a project that is not the checkout itself."""
    allowed = load_allowed(home.root / "inputs" / ALLOWED_FILE)
    if project.root == home.root:
        return allowed
    return allowed.joined_with(load_allowed(project.inputs / ALLOWED_FILE))
