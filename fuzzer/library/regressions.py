"""Regression tests as items of pytest: each finding of a `regression_tests.json` is run again.

An item fails with the first difference, or with what kept it from being compared. Results are pytest's alone:
the ones that a gate counts are those of `fuzz regress`.
"""

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fuzzer.build.plan import Built, build
from fuzzer.build.runners import parse_target
from fuzzer.campaign.allowances import allowances_of
from fuzzer.campaign.program import parse_plants
from fuzzer.campaign.regress import run_test
from fuzzer.campaign.selection import KnownCore
from fuzzer.errors import FuzzerError
from fuzzer.home import Home, find_home, find_project
from fuzzer.library.core import LoggedProgress
from fuzzer.store.regression_tests import (
    GateVerdict,
    Movement,
    RegressionResult,
    RegressionTest,
    decode_tests,
)

TARGETS_OPTION, PLANTS_OPTION = "--fuzz-target", "--fuzz-plant"


class RegressionBlockedError(AssertionError):
    """A test's finding shows, or it cannot be told whether it does."""

    def __init__(self, result: RegressionResult) -> None:
        super().__init__(result.reason)
        self.result = result


class RegressionFile(pytest.File):
    """A `regression_tests.json`."""

    def collect(self) -> Iterator["RegressionItem"]:
        """An item for each test.

        Raises:
            CollectError: it holds no tests, or is no such document.
        """
        try:
            tests = decode_tests(self.path.read_bytes(), name=self.path.name).tests
            workshop = TestWorkshop(self.path.parent)
            stand_ins = _stand_ins(workshop.home, self.config.getoption(TARGETS_OPTION) or ())
            plants = self.config.getoption(PLANTS_OPTION) or ()
            faults = parse_plants(plants, [word.partition(":")[0] for word in plants])
        except OSError as error:
            raise self.CollectError(f"{self.path.name} cannot be read: {error.strerror}") from None
        except FuzzerError as error:
            raise self.CollectError(_with_hint(error)) from None
        if not tests:  # an empty list must not look like tests that passed
            raise self.CollectError(f"{self.path.name} holds no test; `fuzz regressions generate` adds them")
        for test in tests:
            item = RegressionItem.from_parent(self, name=test.test_id)
            item.prepare(test, workshop, stand_ins, faults)
            yield item


class RegressionItem(pytest.Item):
    """One test."""

    def prepare(
        self,
        test: RegressionTest,
        workshop: "TestWorkshop",
        stand_ins: Mapping[str, str],
        faults: Mapping[str, str],
    ) -> None:
        """Say what it runs."""
        self._test = test
        self._workshop = workshop
        self._stand_ins = stand_ins
        self._faults = faults

    def runtest(self) -> None:
        """Run it.

        Raises:
            RegressionBlockedError: it does not let through.
        """
        result = run_test(
            self._test,
            self.path.parent,
            self._workshop,
            stand_ins=self._stand_ins,
            faults=self._faults,
            allowed=self._workshop.allowed,
            today=datetime.now(UTC).date(),
        )
        if result.verdict is GateVerdict.BLOCK:
            raise RegressionBlockedError(result)
        if result.movement is Movement.ALLOWED:
            pytest.xfail(result.reason)  # it differs as before: a pass would hide that

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: None = None) -> str:  # type: ignore[override]  # plain text
        """What differs and where it is kept; for what cannot be run at all, why."""
        error = excinfo.value
        if isinstance(error, FuzzerError):
            return _with_hint(error)
        if not isinstance(error, RegressionBlockedError):
            return str(super().repr_failure(excinfo, style))
        result = error.result
        folder = os.path.relpath(self.path.parent / self._test.folder, self.config.invocation_params.dir)
        return "\n".join(
            (
                f"{result.test_id} {result.movement}: {result.signature}",
                *(f"  {reason}" for reason in result.reason.split("; ")),
                f"  on {', '.join(result.targets)}" if result.targets else "  on no target",
                f"  look     {folder}/README.md",
                f"  replay   bash {shlex.quote(f'{folder}/repro.sh')}",
            )
        )

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where it stands, and its name."""
        return self.path, None, f"{self.name}: {self._test.signature}"


class TestWorkshop:
    """Builds what tests need; the logger `fuzzer` says what."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.home: Home = find_home()
        project = find_project(folder, self.home)
        self.project_root: Path = project.root
        self.allowed = allowances_of(self.home, project)

    def built(self, cores: Sequence[KnownCore], targets: Sequence[str]) -> Built:
        """See `fuzzer.campaign.recorded.Workshop`."""
        requests = [core.request for core in cores]
        return build(self.home, cores=requests, targets=targets, progress=LoggedProgress())

    def note(self, text: str) -> None:
        """See `fuzzer.campaign.recorded.Workshop`: what is noted stands in the captured output."""
        LoggedProgress().note(text)


def _stand_ins(home: Home, targets: Sequence[str]) -> dict[str, str]:
    for target in targets:
        parse_target(home, target)
    return {target.partition("@")[0]: target for target in targets}


def _with_hint(error: FuzzerError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message
