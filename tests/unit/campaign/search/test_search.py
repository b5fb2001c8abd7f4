"""A search for inputs, on runners that are small scripts."""

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import fake_search
import msgspec
import psutil
import pytest
from fake_program import ECHO, differing_by_process, fake_program
from fake_runner import fake_runner
from fake_search import COVERS_ITS_LENGTH, WRONG_IF_LONG, plan, searched, searching

from fuzzer.campaign.events import (
    BatchFinished,
    CaseFinished,
    Counts,
    Event,
    NewBehaviour,
    Resumed,
    SeenBefore,
    Totals,
)
from fuzzer.campaign.search.again import regenerate
from fuzzer.campaign.search.journal import (
    Done,
    Found,
    Kept,
    Record,
    Remembered,
    Scheduled,
    remember,
)
from fuzzer.errors import InputError, StoreError, UsageError
from fuzzer.model import Generator
from fuzzer.store.journal import read_journal
from fuzzer.triage.signature import signature

pytestmark = pytest.mark.slow  # each test starts several processes


COMPARES = COVERS_ITS_LENGTH.replace(
    "        send(5, told)",
    """        told["elapsed_ns"] = ELAPSED
        if run.get("comparisons"):
            told["coverage"] = struct.pack("<IBQQ", 1 << 15, 8, 1, 7777)
        send(5, told)""",
)
"""Covers its length, and compares 1 with 7777."""


def all_of(events: object) -> tuple[list[Event], Totals]:
    found, totals = [], Totals()
    for event in events:  # type: ignore[attr-defined]
        totals.add(event)
        found.append(event)
    return found, totals


def findings(events: list[Event]) -> list[CaseFinished]:
    finished = [event for event in events if isinstance(event, CaseFinished)]
    return [event for event in finished if any(entry.is_finding for entry in event.result.comparisons)]


def same(counts: Counts, totals: Totals) -> bool:
    """Whether totals count the same cases in the same way."""
    return all(
        getattr(counts, name) == getattr(totals, name) for name in ("cases", "agree", "compared", "differ")
    )


def of(path: Path) -> Remembered:
    remembered = remember(read_journal(path))
    assert remembered is not None
    return remembered


def records_of(path: Path) -> list[Record]:
    return [msgspec.json.decode(line, type=Record) for line in read_journal(path)[1:]]


def test_a_budget_of_cases_is_kept_and_each_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    program = fake_program(tmp_path, ECHO, sp1=ECHO)
    _, totals = all_of(searching(path, [searched(program)], plan(300)))
    assert (totals.cases, totals.agree, totals.compared) == (300, 300, 300)
    remembered = of(path)
    assert same(remembered.counts, totals)
    assert (remembered.open, remembered.next_index) == ({}, 300)
    indices = [i for turn in remembered.turns for i in range(turn.first, turn.first + turn.count)]
    assert sorted(indices) == list(range(300))


def test_a_budget_of_no_time_runs_nothing(tmp_path: Path) -> None:
    program = fake_program(tmp_path, ECHO, sp1=ECHO)
    _, totals = all_of(searching(tmp_path / "j", [searched(program)], plan(seconds=0.0)))
    assert totals.cases == 0


def test_a_difference_is_found_once_reduced_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    program = fake_program(tmp_path, ECHO, sp1=WRONG_IF_LONG)
    events, totals = all_of(searching(path, [searched(program)], plan(400)))
    (found,) = findings(events)
    assert found.original is not None
    assert signature(found.result) == "core: native | sp1: output at commit 1"
    assert sum(map(len, found.original.buffers)) >= sum(map(len, found.result.case.buffers)) == 41
    assert found.result.comparisons[0].is_finding
    remembered = of(path)
    (record,) = remembered.found.values()
    assert record.original == found.original.buffers
    assert record.buffers == found.result.case.buffers
    assert remembered.kept == set(remembered.found)
    repeats = sum(isinstance(event, SeenBefore) for event in events)
    assert repeats == totals.differ - 1 == sum(remembered.repeated.values())


def test_every_case_can_be_made_again_from_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    program = fake_program(tmp_path, ECHO, sp1=WRONG_IF_LONG)
    probe = fake_runner(tmp_path, COVERS_ITS_LENGTH, target="probe")
    events, _ = all_of(searching(path, [searched(program, probe=probe)], plan(300)))
    remembered = of(path)
    seen = [event.original for event in findings(events) if event.original]
    seen += [event.case for event in events if isinstance(event, NewBehaviour | SeenBefore)]
    assert len(seen) > 20
    for case in seen:
        if case.provenance.rng_seed:
            assert regenerate(remembered, case.provenance.rng_seed) == case
    made = [regenerate(remembered, f"0:{index}") for index in range(300)]
    assert {case.provenance.generator for case in made} == {
        *(Generator.HAND_WRITTEN, Generator.MUTATED, Generator.GENERATED)
    }
    for unknown in ("0:300", "1:0", "x"):
        with pytest.raises(InputError):
            regenerate(remembered, unknown)


def test_what_covers_more_is_gone_on_from(tmp_path: Path) -> None:
    program = fake_program(tmp_path, ECHO, sp1=ECHO)
    probe = fake_runner(tmp_path, COVERS_ITS_LENGTH, target="probe")
    path = tmp_path / "journal.jsonl"
    events, totals = all_of(searching(path, [searched(program, probe=probe)], plan(1500)))
    admitted = [event for event in events if isinstance(event, NewBehaviour)]
    assert len(admitted) > 10
    assert totals.sampled > 10
    lengths = [sum(map(len, event.case.buffers)) for event in admitted if event.new_bins]
    assert len(lengths) == len(set(lengths)), "each length is new once"
    assert any(entry.parent for entry in of(path).corpora["core"].entries)


@pytest.mark.parametrize(("milliseconds", "is_met"), [(1, True), (900, False)])
def test_what_a_run_compares_is_met_unless_it_runs_for_long(
    tmp_path: Path, milliseconds: int, *, is_met: bool
) -> None:
    path = tmp_path / "journal.jsonl"
    program = fake_program(tmp_path, ECHO, sp1=ECHO)
    compares = COMPARES.replace("ELAPSED", str(milliseconds * 1_000_000))
    probe = fake_runner(tmp_path, compares, target="probe")
    all_of(searching(path, [searched(program, probe=probe)], plan(1000)))
    remembered = of(path)  # the first slice may be full before anything is known
    made = [regenerate(remembered, f"0:{index}") for index in range(1000)]
    edited = [case for case in made if "compared-number" in case.provenance.mutation_ops]
    assert any(b'"amount":7777' in case.buffers[0] for case in edited) is is_met
    assert bool(edited) is is_met


def test_a_flaky_difference_is_no_finding(tmp_path: Path) -> None:
    flaky = differing_by_process("xab", tmp_path / "turns")
    program = fake_program(tmp_path, ECHO, sp1=flaky)
    events, totals = all_of(searching(tmp_path / "j", [searched(program)], plan(4)))
    assert any(isinstance(event, CaseFinished) for event in events)
    assert (totals.findings, totals.flaky) == (0, 1)


def test_cores_have_their_turns(tmp_path: Path) -> None:
    cores = []
    for name in ("one", "two", "three"):
        folder = tmp_path / name
        folder.mkdir()
        program = fake_program(folder, ECHO, sp1=ECHO)
        core = msgspec.structs.replace(program.core, name=name)
        cores.append(searched(msgspec.structs.replace(program, core=core)))
    events, _ = all_of(searching(tmp_path / "j", cores, plan(seconds=7.0)))
    cases = Counter[str]()
    for event in events:
        if isinstance(event, BatchFinished):
            cases[event.part] += event.counts.cases
    assert min(cases.values()) > 50
    assert len(cases) == 3


def test_a_campaign_goes_on_with_what_it_began_with_only(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    program = fake_program(tmp_path, ECHO, sp1=ECHO)
    all_of(searching(path, [searched(program)], plan(50)))
    with pytest.raises(UsageError, match="seed: 7 then, 8 now"):
        all_of(searching(path, [searched(program)], plan(50, seed=8)))
    newer = msgspec.structs.replace(program.targets["sp1"], version="2")
    other = msgspec.structs.replace(program, targets={**program.targets, "sp1": newer})
    with pytest.raises(UsageError, match="sp1 1 then, native 1, sp1 2 now"):
        all_of(searching(path, [searched(other)], plan(50)))
    with pytest.raises(UsageError, match="cores: core"):
        all_of(searching(path, [searched(program, seed=b"{}")], plan(50)))
    events, totals = all_of(searching(path, [searched(program)], plan(30)))
    assert isinstance(events[0], Resumed)
    assert totals.cases == of(path).counts.cases == 80


def check(path: Path) -> Remembered:
    """What must hold of the journal of a campaign that has come to an end, whatever happened on the way."""
    records = records_of(path)
    scheduled = [record.turn.first for record in records if isinstance(record, Scheduled)]
    done = [record.first for record in records if isinstance(record, Done)]
    assert sorted(scheduled) == sorted(done), "each turn is done once"
    found = [record for record in records if isinstance(record, Found)]
    assert len({record.signature for record in found}) == len(found)
    kept = [record.case for record in records if isinstance(record, Kept)]
    assert kept == [record.case for record in found]
    remembered = of(path)
    assert remembered.counts.cases == remembered.next_index
    assert remembered.counts.agree + remembered.counts.differ == remembered.counts.cases
    for record in found:
        assert regenerate(remembered, record.case).buffers == record.original
    return remembered


def test_a_campaign_killed_behind_any_record_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    program = fake_program(tmp_path, ECHO, sp1=WRONG_IF_LONG)
    core = searched(program)
    all_of(searching(path, [core], plan(120, reduce_s=0.3)))
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    interesting = [
        *range(2, len(lines), max(1, len(lines) // 8)),
        *(at for at, line in enumerate(lines) if b'"type":"found"' in line or b'"type":"kept"' in line),
    ]
    for at in sorted({*interesting}):
        folder = tmp_path / f"killed-{at}"
        folder.mkdir()
        torn = b"".join(lines[:at]) + lines[at][: len(lines[at]) // 2]
        (folder / path.name).write_bytes(torn)
        before = of(folder / path.name)
        events, totals = all_of(searching(folder / path.name, [core], plan(40, reduce_s=0.3)))
        remembered = check(folder / path.name)
        assert same(remembered.counts, totals)
        assert totals.findings == len(remembered.found)
        emitted = len(findings(events))
        assert emitted == len(remembered.found) - len(before.found) + len(before.not_kept)


def test_every_byte_of_the_tail_may_be_the_last(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    program = fake_program(tmp_path, ECHO, sp1=WRONG_IF_LONG)
    all_of(searching(path, [searched(program)], plan(80, reduce_s=0.3)))
    whole = path.read_bytes()
    start = whole.rindex(b'"type":"found"')
    counted = set()
    for size in range(start, len(whole) + 1):
        path.write_bytes(whole[:size])
        remembered = of(path)
        counted.add(remembered.counts.cases)
        assert remembered.counts.cases <= 80
        assert len(remembered.found) <= 4
    assert max(counted) == 80


def test_no_process_is_left_when_it_is_closed(tmp_path: Path) -> None:
    program = fake_program(tmp_path, ECHO, sp1=ECHO)
    probe = fake_runner(tmp_path, COVERS_ITS_LENGTH, target="probe")
    events = searching(tmp_path / "j", [searched(program, probe=probe)], plan())
    next(event for event in events if isinstance(event, BatchFinished))
    assert psutil.Process().children()
    events.close()  # type: ignore[attr-defined]
    assert psutil.Process().children() == []


def test_what_times_out_everywhere_is_nothing_and_what_is_only_slow_is_not_looked_into(
    tmp_path: Path,
) -> None:
    hangs = """
        hello()
        for run in runs():
            told = outcome(run)
            told |= {"status": "timeout", "exit_code": None, "elapsed_ns": run["wall_ms"] * 1000000}
            send(5, told)
    """
    program = fake_program(tmp_path, hangs, sp1=hangs)
    _, totals = all_of(searching(tmp_path / "j", [searched(program)], plan(40)))
    assert (totals.timeouts, totals.differ, totals.admitted) == (40, 0, 0)
    busy = ECHO.replace("answer(run)", 'send(5, outcome(run) | {"elapsed_ns": 900_000_000})')
    program = fake_program(tmp_path, busy, sp1=hangs)
    _, totals = all_of(searching(tmp_path / "k", [searched(program)], plan(40)))
    assert (totals.inconclusive, totals.differ) == (40, 0)


@pytest.mark.slow
def test_a_campaign_that_is_killed_again_and_again_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, fake_search.__file__, str(tmp_path)]
    chance = random.Random(7)  # noqa: S311 -- when to kill
    path = tmp_path / "journal.jsonl"
    for _ in range(6):
        done = of(path).counts.cases if path.exists() else 0
        process = subprocess.Popen([*command, "100000"], start_new_session=True)
        deadline = time.monotonic() + 60  # however busy the machine is
        while time.monotonic() < deadline and (not path.exists() or read_journal(path)[1:] == []):
            time.sleep(0.1)
        while time.monotonic() < deadline and of(path).counts.cases <= done:
            time.sleep(0.1)
        time.sleep(2.0 * chance.random())  # looking into a difference takes a second or two
        process.kill()
        process.wait()
    before = of(path)
    assert before.counts.cases > 0
    subprocess.run([*command, "50"], check=True)
    remembered = check(path)
    assert remembered.counts.cases >= before.counts.cases + 50
    kept = (tmp_path / "kept").read_text(encoding="utf-8").splitlines()
    signatures = {found.signature for found in remembered.found.values()}
    assert set(kept) == signatures, "none is lost, none invented"


def test_a_journal_that_begins_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    program = fake_program(tmp_path, ECHO, sp1=ECHO)
    all_of(searching(path, [searched(program)], plan(10)))
    records = read_journal(path)
    with pytest.raises(StoreError, match="begins twice"):
        remember([*records, records[0]])
    with pytest.raises(StoreError, match="lacks its beginning"):
        remember(records[1:])
    with pytest.raises(StoreError, match="is not a campaign's"):
        remember([records[0], b'{"type":"news"}'])
