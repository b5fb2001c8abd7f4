"""The plugin of pytest: cores as fixtures, and a finding's folder for each test in which targets disagree.

It is loaded into every run of pytest where the package is installed, so nothing else of the harness is
imported before a test asks for a core.
"""

import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fuzzer.library.core import Core

ZkvmCore = Callable[..., "Core"]
"""Gives the core of a folder: the arguments are those of `Core.at`."""

_CORE_MARK = "fuzz_core"
_OPEN: pytest.StashKey["dict[object, Core]"] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The settings and options of the fixtures."""
    parser.addini("fuzz_core", "folder of the guest crate behind the fixture fuzz_core", default="")
    parser.addini("fuzz_targets", "targets to hold against native", type="args", default=[])
    group = parser.getgroup("fuzz", "differential tests of zkVM guests")
    group.addoption("--fuzz-core", metavar="DIR", help="guest crate behind the fixture fuzz_core")
    group.addoption(
        "--fuzz-target",
        action="append",
        metavar="NAME",
        help="target to hold against native, or to stand for a recorded one; can be repeated",
    )
    group.addoption(
        "--fuzz-regressions",
        metavar="FILE",
        help="run each test of this regression_tests.json, too",
    )
    group.addoption(
        "--fuzz-plant",
        action="append",
        metavar="TARGET:FAULT",
        help="make a target misbehave on purpose in regression tests; can be repeated",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.stash[_OPEN] = {}
    if (file := _regressions(config)) is not None:
        if not file.is_file():
            raise pytest.UsageError(f"--fuzz-regressions {file}: there is no such file")
        here = config.invocation_params.dir
        if all((here / word).resolve() != file for word in config.args):
            config.args.append(str(file))
    elif config.getoption("--fuzz-plant"):
        raise pytest.UsageError("--fuzz-plant goes with --fuzz-regressions")
    config.addinivalue_line(
        "markers",
        f"{_CORE_MARK}(path, **options): the guest crate behind the module's fixture fuzz_core, relative to "
        "the test file, and what Core.at takes",
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    """End all runners."""
    config.stash[_OPEN].clear()
    for core in _living():
        core.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse marks where nothing would heed them."""
    for item in items:
        if any(mark.name == _CORE_MARK for mark in item.own_markers):
            raise pytest.UsageError(
                f"{item.nodeid}: the mark {_CORE_MARK} is one of modules: pytestmark = "
                f"pytest.mark.{_CORE_MARK}(...); for one test, use the fixture zkvm_core"
            )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The tests of `--fuzz-regressions`."""
    wanted = _regressions(parent.config)
    if wanted is None or file_path.resolve() != wanted:
        return None
    from fuzzer.library.regressions import RegressionFile  # noqa: PLC0415 -- see the module

    return RegressionFile.from_parent(parent, path=file_path)


def _regressions(config: pytest.Config) -> Path | None:
    """The file of `--fuzz-regressions`."""
    given = config.getoption("--fuzz-regressions")
    return None if given is None else (config.invocation_params.dir / given).resolve()


@pytest.fixture(scope="module")
def zkvm_core(request: pytest.FixtureRequest) -> ZkvmCore:
    """Gives cores: `zkvm_core("../program", targets=["sp1"])`, relative to the test file.

    A core is built and its runners are started once for the whole run of pytest.
    """
    return lambda path, **options: _core(request.config, request.path.parent / path, options)


@pytest.fixture(scope="module")
def fuzz_core(request: pytest.FixtureRequest) -> "Core":
    """The core of the module's mark `fuzz_core`, of `--fuzz-core`, or of the setting `fuzz_core`."""
    config = request.config
    mark = request.node.get_closest_marker(_CORE_MARK)
    if mark is not None:
        path, *rest = mark.args or ("",)
        if rest or not path:
            raise pytest.UsageError(f"the mark {_CORE_MARK} takes one path, and options of Core.at by name")
        return _core(config, request.path.parent / path, dict(mark.kwargs))
    if config.getoption("--fuzz-core"):
        return _core(config, config.invocation_params.dir / config.getoption("--fuzz-core"), {})
    if config.getini("fuzz_core"):
        return _core(config, config.rootpath / config.getini("fuzz_core"), {})
    raise pytest.UsageError(
        "the fixture fuzz_core does not know its crate: set `fuzz_core = DIR` in pytest's settings, "
        f"give --fuzz-core DIR, or mark the module with pytest.mark.{_CORE_MARK}(DIR)"
    )


def _core(config: pytest.Config, path: Path, options: dict[str, object]) -> "Core":
    """The core of a folder, one for all tests that say the same of it."""
    from fuzzer.library.core import Core  # noqa: PLC0415 -- see the module

    options.setdefault("targets", config.getoption("--fuzz-target") or config.getini("fuzz_targets"))
    options.setdefault("project", config.rootpath)
    known = config.stash[_OPEN]
    key = (path.resolve(), repr(sorted(options.items())))
    if key not in known:
        known[key] = Core.at(path, **options)  # type: ignore[arg-type]  # `at` refuses what it does not know
    return known[key]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None]:
    """Forget what earlier tests saw: what a test itself makes disagree is its own."""
    for core in _living():
        core.last_disagreement = None
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Confirm and keep what a failed test saw differ, and say where in its report.

    The last disagreement is taken: Hypothesis ends with the example that it has shrunk to.
    """
    report = yield
    if call.when == "call" and report.failed:
        for text in _kept():
            report.sections.append(("zkVM finding", text))
    return report


def _living() -> list["Core"]:
    """The cores that tests have made, by fixtures or by themselves."""
    if "fuzzer.library.core" not in sys.modules:
        return []
    from fuzzer.library.core import living_cores  # noqa: PLC0415 -- see the module

    return living_cores()


def _kept() -> Iterator[str]:
    from fuzzer.errors import FuzzerError  # noqa: PLC0415 -- see the module

    for core in _living():
        result, core.last_disagreement = core.last_disagreement, None
        if result is None:
            continue
        try:
            yield core.record(result).explain()
        except FuzzerError as error:
            hint = f" ({error.hint})" if error.hint else ""
            yield f"{result.describe()}\nnot recorded: {error.message}{hint}"
