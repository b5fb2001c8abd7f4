"""A core that runs inputs on its targets, for programs and tests.

    with Core.at("program", targets=["sp1"]) as ledger:
        result = ledger.run([b"..."])
        assert result.agrees, result.explain()

Nothing is built or started before the first run; then runners stay until the core is closed.
"""

import hashlib
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict, Unpack
from weakref import WeakSet

import msgspec

from fuzzer.build.plan import build
from fuzzer.build.steps import Progress
from fuzzer.campaign.allowances import allowances_of, with_allowances
from fuzzer.campaign.confirm import confirm, diverges, is_one_sided_timeout, result_of, retry_alone
from fuzzer.campaign.program import Program, parse_plants, programs
from fuzzer.campaign.reads import ask_reads
from fuzzer.campaign.selection import KnownCore, checked_targets, core_at, known_cores, seeds_of, select
from fuzzer.config import Settings, check_run, load_settings
from fuzzer.errors import InputError, UsageError, closest
from fuzzer.execute.executor import Executor
from fuzzer.generate import stdin
from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.forms import load_dictionary, load_schema
from fuzzer.generate.hand_written import LARGEST_INPUT, load_inputs
from fuzzer.generate.structure import InputFormat
from fuzzer.home import Home, Project, find_home, find_project, launcher
from fuzzer.library.result import Finding, Result
from fuzzer.model import NATIVE, Case, CaseResult, Limits
from fuzzer.report.results import replay_command
from fuzzer.store.open_store import open_store
from fuzzer.store.recorder import Recorder
from fuzzer.store.run_log import RecordedCase
from fuzzer.triage.allowed import AllowedDivergences

_LOG = logging.getLogger("fuzzer")

_living: "WeakSet[Core]" = WeakSet()


def living_cores() -> list["Core"]:
    """All cores of this process, for whoever reports on tests that use them."""
    return sorted(_living, key=lambda core: (core.name, core.targets))


class Options(TypedDict, total=False):
    """What can be said of a core; what is not said is as in the project's `fuzzer.toml`."""

    targets: Sequence[str]
    """What to hold against `native`."""
    timeout_s: float
    memory_mb: int
    jobs: int
    """Runners of each target; one unless it is said, whatever `fuzzer.toml` has."""
    plants: Sequence[str]
    """Faults to plant on purpose, `TARGET:FAULT`, to see what happens."""
    project: str | os.PathLike[str]
    """The folder whose `fuzzer.toml` and artifacts are meant; the current one otherwise."""
    progress: Progress
    """Who is told what is being built; the logger `fuzzer` otherwise."""


class Core:
    """A core on its targets; a context manager that ends its runners. For one thread at a time.

    Raises:
        FuzzerError: whatever it says: a name that is not known, a crate that does not build, a broken file.
    """

    def __init__(self, known: KnownCore, home: Home, project: Project, options: Options) -> None:
        settings = load_settings(project.config)
        given = {key: options[key] for key in ("timeout_s", "memory_mb") if key in options}
        self._run = msgspec.structs.replace(settings.run, **given, jobs=options.get("jobs", 1))
        check_run(self._run)
        self._known = known
        self._home = home
        self._project = project
        self._settings = settings
        self.targets: tuple[str, ...] = tuple(
            checked_targets(home, options.get("targets", ()), settings.run.targets)
        )
        """What is held against `native`."""
        self._plants = parse_plants(options.get("plants", ()), self.targets)
        self._progress = options.get("progress") or LoggedProgress()
        self._executor: Executor | None = None
        self.last_disagreement: Result | None = None
        """The last result that did not agree, for whoever reports a test that failed."""
        _living.add(self)

    @classmethod
    def at(
        cls,
        path: str | os.PathLike[str],
        *,
        bin: str = "",  # noqa: A002 -- cargo's word
        features: Sequence[str] = (),
        **options: Unpack[Options],
    ) -> Self:
        """The core that is the SP1 guest crate in a folder, unchanged."""
        known = core_at(Path(path))
        request = msgspec.structs.replace(known.request, bin=bin, features=tuple(features))
        home, project, _ = _surroundings(options)
        return cls(msgspec.structs.replace(known, request=request), home, project, options)

    @classmethod
    def named(cls, name: str, **options: Unpack[Options]) -> Self:
        """A core of the project's `fuzzer.toml`, or one that comes with the harness."""
        home, project, settings = _surroundings(options)
        (known,) = select([name], [], known_cores(home, project, settings), default=[])
        return cls(known, home, project, options)

    def __enter__(self) -> Self:
        """Build what is missing."""
        _ = self.program
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the runners."""
        self.close()

    def close(self) -> None:
        """End the runners; a further run starts them again."""
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.close()

    @property
    def name(self) -> str:
        """The core's name."""
        return self._known.name

    def __repr__(self) -> str:
        """In one line: assertions of pytest show it."""
        return f"<Core {self.name}: {', '.join((NATIVE, *self.targets))}>"

    # --- running ----------------------------------------------------------------------------------

    def run(self, buffers: Sequence[bytes], *, name: str = "") -> Result:
        """Run one input: a buffer for each `read` or `read_vec` of the guest. `name` is for artifacts."""
        (result,) = self._results([self._case(buffers, name)])
        return result

    def run_json(self, value: object, *, name: str = "") -> Result:
        """Run an input of one buffer: the compact JSON text of a value."""
        return self.run([msgspec.json.encode(value)], name=name)

    def run_stdin(self, entries: Sequence[Mapping[str, object]], *, name: str = "") -> Result:
        """Run typed values, `[{"u32": 24}, {"json": {...}}]`: the entries of a file `NAME.stdin.json`."""
        document = msgspec.json.encode({"stdin": list(entries)})
        return self.run(stdin.decode(document, name="stdin", read_file=_read_here), name=name)

    def run_file(self, path: str | os.PathLike[str]) -> Result:
        """Run an input file, as `fuzz run --input` does."""
        if not Path(path).is_file():
            raise InputError(f"no such input: {path}")
        (result,) = self._results(load_inputs(Path(path), core=self.name, project=self._project.root))
        return result

    def run_all(self, inputs: Iterable[Sequence[bytes]]) -> Iterator[Result]:
        """Run many inputs, several at once, and give their results in order."""
        return self._results(self._case(buffers, "") for buffers in inputs)

    def run_seeds(self) -> Iterator[Result]:
        """Run the core's own inputs."""
        return self._results(self.seeds)

    def _results(self, cases: Iterable[Case]) -> Iterator[Result]:
        if self._executor is None:
            self._executor = Executor(self.program.commands, limits=self._run.limits, jobs=self._run.jobs)
        executor, complete = self._executor, False
        try:
            for executed in executor.run(cases):
                if executed is not None:
                    yield self._result(result_of(executed.case, executed.outcomes), self._run.limits)
            complete = True
        finally:
            if not complete:  # answers are under way that the next run must not take for its own
                self.close()

    def _result(self, found: CaseResult, limits: Limits) -> Result:
        judged = with_allowances(self.program, found, self._allowed, _now().date())
        result = Result(case=judged, limits=limits)
        if not result.agrees:
            self.last_disagreement = result
        return result

    def _case(self, buffers: Sequence[bytes], name: str) -> Case:
        if isinstance(buffers, bytes | str) or not all(isinstance(buffer, bytes) for buffer in buffers):
            raise UsageError(
                "an input is a list of buffers, each of them bytes",
                hint='such as [b"..."]: one for each read',
            )
        if sum(map(len, buffers)) > LARGEST_INPUT:
            raise InputError(f"an input has more than {LARGEST_INPUT >> 20} MiB")
        digest = hashlib.sha256(b"".join(len(buffer).to_bytes(8) + buffer for buffer in buffers))
        return Case(
            core=self.name,
            input_name=name or f"input-{digest.hexdigest()[:12]}",
            buffers=tuple(map(bytes, buffers)),
        )

    # --- what differs -----------------------------------------------------------------------------

    def confirm(self, result: Result) -> Result:
        """Run a difference again in fresh processes; a timeout of some targets alone, with a longer limit."""
        found, limits = result.case, result.limits
        if is_one_sided_timeout(found):
            found, limits = retry_alone(self.program, found, limits)
        if diverges(found):
            found = confirm(self.program, found, limits, self._run.confirmations)
        return self._result(found, limits)

    def record(self, result: Result) -> Finding:
        """Confirm a result that does not agree, and keep it in the project's artifacts like any finding.

        Raises:
            UsageError: the targets agree: there is nothing to keep.
            StoreError: the artifacts cannot be written.
        """
        if result.agrees:
            raise UsageError("the targets agree on this input, so there is no finding to keep")
        confirmed = self.confirm(result)
        place = self._settings.artifacts
        store = open_store(self._project.artifacts, url=place.url, endpoint=place.endpoint)
        program = self.program
        recorder = Recorder(store, record=self._run.record, clock=_now, warn=_LOG.warning)
        recorded = RecordedCase(
            result=confirmed.case,
            core=program.core,
            targets=program.targets,
            limits=confirmed.limits,
            sources=program.sources,
        )
        (run_id,) = recorder.record([recorded])
        folder = Path(os.path.relpath(store.root)) / run_id
        in_checkout = store.root.is_relative_to(self._home.root)
        replay = replay_command(str(folder), launcher(self._home), in_checkout=in_checkout)
        return Finding(run_id=run_id, result=confirmed, folder=folder, replay=replay)

    # --- what it is and reads -----------------------------------------------------------------------

    @cached_property
    def program(self) -> Program:
        """The core's builds and the runners of its targets, built where they are not there yet."""
        built = build(self._home, cores=[self._known.request], targets=self.targets, progress=self._progress)
        return programs(built, project=self._project.root, plants=self._plants)[0]

    @cached_property
    def _allowed(self) -> AllowedDivergences:
        return allowances_of(self._home, self._project)

    @cached_property
    def seeds(self) -> tuple[Case, ...]:
        """The core's own inputs; none where there are none."""
        known = known_cores(self._home, self._project, self._settings)
        return tuple(seeds_of(self._known, project=self._project, names=list(known)))

    @cached_property
    def form(self) -> InputFormat:
        """What it reads: its JSON Schema `inputs/NAME.schema.json`, else what native runs and inputs tell."""
        schema = load_schema(self._inputs, self.name)
        inputs = [case.buffers for case in self.seeds]
        return schema or ask_reads(self.program, inputs, self._run.limits).form

    @cached_property
    def dictionary(self) -> Dictionary:
        """Texts and numbers worth putting into an input: of `inputs/NAME.dict` and of its own inputs."""
        return load_dictionary(self._inputs, self.name, [case.buffers for case in self.seeds], self.form)

    @property
    def _inputs(self) -> Path:
        inputs = self._known.inputs
        return inputs.parent if inputs.is_file() else inputs


class LoggedProgress:
    """Tells the logger `fuzzer` what is being built."""

    def begin(self, step: str, reason: str) -> None:
        """A step starts."""
        _LOG.info("building %s%s", step, f" ({reason})" if reason else "")

    def line(self, step: str, text: str) -> None:
        """What its program prints is in its own log."""

    def end(self, step: str, seconds: float, *, ok: bool) -> None:
        """A step has ended."""
        _LOG.info("%s %s after %.0f s", step, "built" if ok else "failed", seconds)

    def note(self, text: str) -> None:
        """Something is worth knowing."""
        _LOG.warning("%s", text)


def _surroundings(options: Options) -> tuple[Home, Project, Settings]:
    if unknown := sorted(options.keys() - Options.__annotations__):
        raise UsageError(
            f"a core has no option `{unknown[0]}`", hint=closest(unknown[0], Options.__annotations__)
        )
    home = find_home()
    project = find_project(Path(options.get("project", ".")), home)
    return home, project, load_settings(project.config)


def _read_here(name: str) -> bytes:
    """What an entry `file` names, relative to the current folder."""
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise InputError(f"the input file {name} cannot be read: {error.strerror}") from None


def _now() -> datetime:
    return datetime.now(UTC)
