"""One corpus on two versions, with runners that behave and runners that do not."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from fake_program import ALWAYS_X, ECHO, case, differing_by_process, timing_out
from fake_runner import fake_runner
from sample_results import NOON

from fuzzer.campaign.upgrade import Compared, Subject, UpgradeCase, UpgradeRules, run_upgrade
from fuzzer.campaign.upgrade_evaluation import evaluate
from fuzzer.model import NATIVE, Limits, TargetInfo
from fuzzer.store.upgrade import Evaluation, Side, UpgradeLimits, decode_case
from fuzzer.store.upgrade_case import CaseRun, case_files
from fuzzer.triage.allowed import AllowedDivergences, parse_allowed
from fuzzer.triage.upgrade import Change, ErrorClass, Thresholds

INFOS: dict[Side, TargetInfo] = {
    "baseline": TargetInfo(name="sp1", version="1"),
    "new": TargetInfo(name="sp1", version="2"),
}
REFUSES = ECHO.replace("answer(run)", 'send(6, "no more processes")')
BAD_BYTES = ECHO.replace("answer(run)", 'write(struct.pack("<IB", 4, 5) + b"\\xc1/x")')
BAD_FORM = ECHO.replace("answer(run)", 'send(5, {"id": run["id"], "status": "wonderful"})')
BAD_KIND = ECHO.replace("answer(run)", 'write(struct.pack("<IB", 9, 77) + b" /opt/it")')
DIES = ECHO.replace(
    "answer(run)", 'sys.stderr.write("boom at /opt/x/y.rs:3"); sys.stderr.flush(); os._exit(3)'
)
NEVER_READY = "sys.stderr.write('no licence'); sys.stderr.flush(); os._exit(4)"
OUT_OF_ORDER = ECHO.replace("answer(run)", 'run["id"] += 7; answer(run)')
SILENT = ECHO.replace("answer(run)", "time.sleep(60)")
TIMES_OUT = timing_out(below_ms=10**9)


def rules(**changes: object) -> UpgradeRules:
    ticks = iter(range(10**6))
    settings: dict[str, object] = {
        "limits": Limits(wall_ms=200),
        "jobs": 1,
        "retries": 1,
        "confirmations": 2,
        "now": lambda: NOON + timedelta(milliseconds=next(ticks)),
        "sleep": lambda _seconds: None,
        "grace_s": 30.0,
    }
    return UpgradeRules(**{**settings, **changes})  # type: ignore[arg-type]


def compared(
    folder: Path,
    baseline: str,
    new: str,
    *texts: bytes,
    allowed: AllowedDivergences | None = None,
    **changes: object,
) -> list[Compared]:
    subject = Subject(
        cases=tuple(
            UpgradeCase(case_id=f"core.{number}", case=case(text))
            for number, text in enumerate(texts or [b"yyy"])
        ),
        reference=fake_runner(folder, ECHO, target=NATIVE),
        reference_info=TargetInfo(name=NATIVE, version="1"),
        sides={
            "baseline": fake_runner(folder, baseline, target="old"),
            "new": fake_runner(folder, new, target="new"),
        },
    )
    found = run_upgrade(subject, INFOS, rules(**changes), allowed or AllowedDivergences())
    return [entry for entry in found if entry is not None]


def evaluation(entries: list[Compared], **thresholds: float) -> Evaluation:
    return evaluate(
        entries,
        run_id="20261121_120000_upgrade",
        generated_at="2026-11-21T12:00:00.000Z",
        urls={side: f"sp1@{info.version}/jit" for side, info in INFOS.items()},
        infos=INFOS,
        references=[TargetInfo(name=NATIVE, version="1")],
        thresholds=Thresholds(**{"cycles_percent": 5.0, **thresholds}),
    )


def files_of(entry: Compared, side: Side, limits: UpgradeLimits | None = None) -> dict[str, bytes]:
    run = CaseRun(
        case_id=entry.case.case_id,
        side=side,
        url="sp1@2/jit",
        reference_url="native@1",
        input_href="assets/x.input.json",
        input_sha256="0" * 64,
        result=entry.results[side],
        reference_started=NOON,
        attempts=entry.tried[side].attempts,
    )
    files, items = case_files(run, limits or UpgradeLimits())
    found = {file.path: file.data for file in files}
    assert {item.href for item in items} == found.keys() - {f"{entry.case.case_id}.json"}
    for item in items:
        assert item.size_bytes == len(found[item.href])
        assert item.sha256 == hashlib.sha256(found[item.href]).hexdigest()
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("baseline", "new", "change"),
    [
        pytest.param(ECHO, ECHO, Change.UNCHANGED, id="both agree"),
        pytest.param(ECHO, ALWAYS_X, Change.REGRESSION, id="new differs"),
        pytest.param(ALWAYS_X, ECHO, Change.PROGRESSION, id="baseline differed"),
        pytest.param(ALWAYS_X, ALWAYS_X, Change.UNCHANGED, id="the same difference"),
        pytest.param(ALWAYS_X, ALWAYS_X.replace('b"x"', 'b"z"'), Change.CHANGED, id="another difference"),
        pytest.param(ECHO, REFUSES, Change.REGRESSION, id="new refuses"),
        pytest.param(REFUSES, REFUSES, Change.UNCHANGED, id="both refuse"),
        pytest.param(TIMES_OUT, ECHO, Change.PROGRESSION, id="baseline timed out"),
        pytest.param(ECHO, DIES, Change.REGRESSION, id="new dies"),
    ],
)
def test_what_became_of_a_case(tmp_path: Path, baseline: str, new: str, change: Change) -> None:
    found = evaluation(compared(tmp_path, baseline, new))
    assert [entry.change.change for entry in found.cases] == [change]
    assert found.decision.blocked == (change is Change.REGRESSION or (baseline, new) == (REFUSES, REFUSES))


def test_having_compared_nothing_is_blocked(tmp_path: Path) -> None:
    found = evaluation(compared(tmp_path, REFUSES, REFUSES))
    assert found.decision.reasons == ("nothing was compared",)


def test_version_that_differs_now_and_then_is_flaky(tmp_path: Path) -> None:
    flaky = differing_by_process("xyx", tmp_path / "count")
    found = evaluation(compared(tmp_path, ECHO, flaky, b"y"))
    assert [entry.change.change for entry in found.cases] == [Change.FLAKY]
    assert found.decision.blocked


@pytest.mark.parametrize("baseline", [ECHO, ALWAYS_X.replace('b"x"', 'b"z"')], ids=["agreed", "failed"])
def test_accepted_difference_does_not_block_and_is_no_progression(tmp_path: Path, baseline: str) -> None:
    allowed = parse_allowed(
        '[[allowed]]\nid="known"\ncore="core"\ntargets=["sp1"]\nsymptom="output"\nreason="r"\nlink="l"\n'
        'versions=["2"]\n',
        name="test",
    )
    found = evaluation(compared(tmp_path, baseline, ALWAYS_X, allowed=allowed))
    assert [entry.change.change for entry in found.cases] == [Change.CHANGED]
    assert "allowed (known)" in found.cases[0].change.why
    assert not found.decision.blocked


def counting(cycles: int, nanoseconds: int) -> str:
    told = f'told = outcome(run) | {{"cycles": {cycles}, "elapsed_ns": {nanoseconds}}}; send(5, told)'
    return ECHO.replace("answer(run)", told)


@pytest.mark.parametrize(("cycles", "blocked"), [(1050, False), (1051, True), (900, False)])
def test_cycles_beyond_the_threshold_block(tmp_path: Path, cycles: int, blocked: bool) -> None:  # noqa: FBT001
    found = evaluation(compared(tmp_path, counting(1000, 1), counting(cycles, 1)))
    assert found.decision.blocked is blocked
    assert found.cases[0].change.cycles_percent == pytest.approx((cycles - 1000) / 10)


def test_time_decides_only_when_asked(tmp_path: Path) -> None:
    entries = compared(tmp_path, counting(1, 1000), counting(1, 1500))
    assert not evaluation(entries).decision.blocked
    assert evaluation(entries).speed.percent == 50
    assert evaluation(entries, time_percent=49).decision.blocked


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "expected", "attempts"),
    [
        pytest.param(TIMES_OUT, ErrorClass.TIMEOUT, 2, id="wall limit"),
        pytest.param(SILENT, ErrorClass.TIMEOUT, 2, id="silent"),
        pytest.param(BAD_BYTES, ErrorClass.INVALID_JSON, 1, id="does not parse"),
        pytest.param(BAD_KIND, ErrorClass.INVALID_JSON, 1, id="no frame"),
        pytest.param(BAD_FORM, ErrorClass.SCHEMA_MISMATCH, 1, id="wrong form"),
        pytest.param(OUT_OF_ORDER, ErrorClass.SCHEMA_MISMATCH, 1, id="not asked for"),
        pytest.param(DIES, ErrorClass.NETWORK_ERROR, 2, id="dies"),
        pytest.param(NEVER_READY, ErrorClass.NETWORK_ERROR, 2, id="never ready"),
        pytest.param(REFUSES, ErrorClass.OTHER, 1, id="refuses"),
    ],
)
def test_every_failure_leaves_an_artifact_of_its_class(
    tmp_path: Path, body: str, expected: ErrorClass, attempts: int
) -> None:
    # Only one that says nothing may be given up: a busy machine makes the others slow too.
    grace_s = 0.1 if body == SILENT else 30.0
    entries = compared(tmp_path, ECHO, body, b"one", b"two", limits=Limits(wall_ms=50), grace_s=grace_s)
    assert len(entries) == 2
    for entry in entries:
        files = files_of(entry, "new")
        text = files[f"{entry.case.case_id}.json"]
        record = decode_case(text, name="case")
        assert record.status == "runner_error"
        failure = json.loads(text)["runner_failure"]
        assert failure["class"] == expected
        assert failure["attempt"] == attempts
        assert [made["attempt"] for made in json.loads(text)["attempts"]] == [*range(1, attempts + 1)]
        assert {"body_snippet", "full_body_saved_to", "full_body_meta_saved_to"} <= failure.keys()
        assert (failure["body_snippet"] is None) == (failure["full_body_saved_to"] is None)
        if failure["body_snippet"] is not None:
            assert failure["full_body_saved_to"] in files
            meta = json.loads(files[failure["full_body_meta_saved_to"]])
            assert meta["class"] == expected
            assert meta["bytes_written"] == len(files[failure["full_body_saved_to"]])
        assert ("timeout_ms" in failure) == (expected is ErrorClass.TIMEOUT)
        assert ("error_message" in failure) == (expected in (ErrorClass.NETWORK_ERROR, ErrorClass.OTHER))
        assert b"/opt" not in text
        assert decode_case(files_of(entry, "baseline")[f"{entry.case.case_id}.json"], name="c").status == "ok"


def test_large_bodies_are_cut_and_say_so(tmp_path: Path) -> None:
    noisy = DIES.replace("boom", "boom" * 300)
    (entry,) = compared(tmp_path, ECHO, noisy, b"one")
    files = files_of(entry, "new", UpgradeLimits(max_body_bytes=100, max_inline_snippet_bytes=10))
    failure = json.loads(files["core.0.json"])["runner_failure"]
    assert len(failure["body_snippet"]) == 10
    meta = json.loads(files[failure["full_body_meta_saved_to"]])
    assert (meta["bytes_written"], meta["truncated"]) == (100, True)
    assert meta["bytes_total"] > 1000


def test_death_that_does_not_repeat_is_an_answer_at_the_second_try(tmp_path: Path) -> None:
    mark = tmp_path / "died"
    once = f"""
        import pathlib
        hello()
        for run in runs():
            mark = pathlib.Path({str(mark)!r})
            died = mark.exists()
            mark.touch()
            if not died:
                os._exit(1)
            answer(run)
    """
    (entry,) = compared(tmp_path, ECHO, once)
    record = decode_case(files_of(entry, "new")["core.0.json"], name="case")
    assert record.status == "ok"
    assert evaluation([entry]).cases[0].change.change is Change.UNCHANGED


def test_large_streams_go_to_assets(tmp_path: Path) -> None:
    (entry,) = compared(tmp_path, ECHO, ECHO, b"y" * 5000)
    files = files_of(entry, "new")
    record = json.loads(files["core.0.json"])
    results = [event for event in record["events"] if event["type"] == "tool_result"]
    assert [files[event["payload_asset_href"]] for event in results] == [b"y" * 5000] * 2
    assert files[record["final_output"]["content"]["committed"]["asset_href"]] == b"y" * 5000
    assert [event["type"] for event in record["events"]] == [
        *["tool_call", "tool_result"] * 2,
        "final_output",
    ]


def test_readers_pass_over_what_they_do_not_know(tmp_path: Path) -> None:
    (entry,) = compared(tmp_path, ECHO, ECHO)
    record = json.loads(files_of(entry, "new")["core.0.json"])
    record["later"] = {"field": 1}
    record["events"].append({"type": "dream", "ts": 1, "of": "sheep"})
    read = decode_case(json.dumps(record).encode(), name="case")
    assert isinstance(read.events, tuple)
    assert len(read.events) == 6
