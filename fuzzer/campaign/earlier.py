"""What earlier campaigns have left of a core's inputs: findings with a regression test, and what was kept."""

from collections.abc import Iterable, Iterator

import msgspec

from fuzzer.campaign.search.corpus import Earlier
from fuzzer.errors import InputError, StoreError
from fuzzer.model import Case
from fuzzer.store.artifact_store import LocalStore
from fuzzer.store.corpus import CORPUS, LARGEST_ENTRY, KeptCorpus
from fuzzer.store.finding import INPUT_NAME, RUN_LOG_NAME, case_of
from fuzzer.store.regression_tests import REGRESSION_TESTS_NAME, RegressionTest, decode_tests
from fuzzer.store.run_log import decode_log


class EarlierInputs(msgspec.Struct, frozen=True, kw_only=True):
    """The inputs of one core that a campaign runs first, behind its input files."""

    regressions: tuple[Earlier, ...] = ()
    kept: tuple[Earlier, ...] = ()
    problems: tuple[str, ...] = ()
    """What was passed over, and why; paths are relative to the artifacts."""

    @property
    def inputs(self) -> tuple[Earlier, ...]:
        """All of them, in the order in which they run."""
        return (*self.regressions, *self.kept)


def earlier_inputs(
    store: LocalStore, core: str, seeds: Iterable[Case], *, with_kept: bool = True
) -> EarlierInputs:
    """What there is of a core, without what its input files or each other have.

    Raises:
        StoreError: it was written by a newer `fuzz`.
    """
    known = {case.buffers for case in seeds}
    cases, problems = _regressions(store, core)
    regressions = _without(known, cases)
    kept: tuple[Earlier, ...] = ()
    if with_kept:
        read = KeptCorpus(store, core).read()
        problems += read.problems
        kept = _without(known, read.cases(f"{store.root.name}/{CORPUS}/{core}"))
    return EarlierInputs(regressions=regressions, kept=kept, problems=tuple(problems))


def _without(known: set[tuple[bytes, ...]], cases: Iterable[Case]) -> tuple[Earlier, ...]:
    """Those that are not known yet; from now on they are."""
    found = []
    for case in cases:
        if case.buffers not in known:
            known.add(case.buffers)
            found.append(Earlier(name=case.input_name, buffers=case.buffers, provenance=case.provenance))
    return tuple(found)


def _regressions(store: LocalStore, core: str) -> tuple[list[Case], list[str]]:
    """The inputs of a core's findings that have a regression test; what cannot be read is told."""
    if not store.exists(REGRESSION_TESTS_NAME):
        return [], []
    try:
        document = decode_tests(store.get(REGRESSION_TESTS_NAME), name=REGRESSION_TESTS_NAME)
    except StoreError as error:
        return [], [error.message]
    cases: list[Case] = []
    problems: list[str] = []
    for test in document.tests:
        if test.core == core:
            try:
                cases += _case(store, test)
            except (StoreError, InputError) as error:
                problems.append(error.message.removeprefix(f"{store.root.name}: "))
    return cases, problems


def _case(store: LocalStore, test: RegressionTest) -> Iterator[Case]:
    """The reduced input of a finding, called by its file; none where it is too large to be gone on from."""
    log = decode_log(store.get(f"{test.folder}/{RUN_LOG_NAME}"), name=f"{test.folder}/{RUN_LOG_NAME}")
    path = f"{test.folder}/{INPUT_NAME}"
    case = case_of(log, store.get(path))
    if sum(map(len, case.buffers)) <= LARGEST_ENTRY:
        yield msgspec.structs.replace(
            case,
            input_name=f"{store.root.name}/{path}",
            # Nobody makes it of a seed again: it was reduced.
            provenance=msgspec.structs.replace(case.provenance, rng_seed=""),
        )
