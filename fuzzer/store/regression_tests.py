"""`regression_tests.json`: one test for each finding, kept for good, and what the last run of them said."""

from enum import StrEnum

import msgspec

from fuzzer.errors import StoreError
from fuzzer.model import SCHEMA_VERSION, TargetInfo
from fuzzer.store.document import decode_document

REGRESSION_TESTS_NAME = "regression_tests.json"
REGRESSION_RESULTS_NAME = "regression_results.json"


class GateVerdict(StrEnum):
    """Whether something may go out."""

    ALLOW = "ALLOW"
    BLOCK = "BLOCK"


class Movement(StrEnum):
    """What a run of a test says beside what was expected."""

    STANDS = "stands"
    """It differs, as it did before."""
    FIXED = "fixed"
    """It does not differ any more."""
    HOLDS = "holds"
    """It was fixed before and still is."""
    RETURNED = "returned"
    """It was fixed before and differs again."""
    ALLOWED = "allowed"
    """It differs only in ways that entries of `allowed_divergences.toml` allow today: it is not fixed."""
    UNKNOWN = "unknown"
    """Nothing could be compared, so it counts as not fixed."""


class RegressionTest(msgspec.Struct, frozen=True, kw_only=True):
    """One finding that must not come back; the first four fields are the contract's."""

    test_id: str
    """`REG_` and the failure."""
    source_failure: str
    expected_verdict: GateVerdict
    """BLOCK while the divergence stands, ALLOW once it is fixed."""
    max_safe_turn: int
    """How many commits agree before the first one that differs."""
    folder: str
    """The finding's folder, which holds all that it takes to run it; relative to this document."""
    signature: str
    severity: str
    core: str
    planted: str = ""
    """Says which fault was planted on purpose when it was found; it is not planted again by itself."""


class RegressionTests(msgspec.Struct, frozen=True, kw_only=True):
    """The document."""

    tests: tuple[RegressionTest, ...]
    schema_version: int = SCHEMA_VERSION


class RegressionResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one test did on the targets as they are."""

    test_id: str
    expected_verdict: GateVerdict
    """As it was before this run."""
    verdict: GateVerdict
    movement: Movement
    reason: str
    """One line, with what an entry allows, too; empty when everything agreed."""
    first_failure_turn: int | None
    """Number of the first commit that differed this time; None when none did."""
    targets: tuple[str, ...]
    """With their versions: `sp1 6.10.0`."""
    severity: str
    signature: str
    ran_on: tuple[TargetInfo, ...] = ()
    """The targets as they were, the reference first: a gate on other ones does not count this result."""
    created_utc: str = ""
    subject: str = ""
    """The campaign, or the first of the runs, that it was run for: no gate on another one counts it."""


class RegressionResults(msgspec.Struct, frozen=True, kw_only=True):
    """What the last run of all tests said."""

    created_utc: str
    planted: str
    """Faults that were planted on purpose in this run; empty for a real one."""
    results: tuple[RegressionResult, ...]
    schema_version: int = SCHEMA_VERSION


def decode_tests(data: bytes, *, name: str) -> RegressionTests:
    """The document in these bytes.

    Raises:
        StoreError: it is damaged or newer, or a test points out of the folder that it lies in.
    """
    tests = decode_document(data, RegressionTests, name=name, what="a list of regression tests")
    for place, test in enumerate(tests.tests):
        if test.folder.startswith("/") or ".." in test.folder.split("/") or not test.folder:
            raise StoreError(
                f"{name}: $.tests[{place}].folder is not a path inside its folder: {test.folder!r}",
                hint="a test's finding lies beside the document or below it",
            )
    return tests


def decode_results(data: bytes, *, name: str) -> RegressionResults:
    """The document in these bytes."""
    return decode_document(data, RegressionResults, name=name, what="results of regression tests")
