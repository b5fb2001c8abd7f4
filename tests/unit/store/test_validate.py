"""`fuzz validate`'s checks, on files that were spoiled one by one."""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from sample_gates import GATE, kept_gate
from sample_results import FLIPPED, NOON, OK, recorded, result

from fuzzer.model import Record
from fuzzer.store.artifact_store import ArtifactFile, LocalStore
from fuzzer.store.bundle import EvidenceFile, EvidenceManifest
from fuzzer.store.decision import Choice, sign
from fuzzer.store.recorder import Recorder
from fuzzer.store.upgrade import AssetItem, AssetManifest, encode_upgrade
from fuzzer.store.validate import check_file, check_link, files_in

RUN = "20261121_120000_fib"
UPGRADE = "runs/new/20261121_120000_upgrade"


@pytest.fixture
def artifacts(tmp_path: Path) -> Path:
    """A finding, a run that agrees, a signed gate, and the assets of an upgrade."""
    store = LocalStore(tmp_path / "artifacts")
    recorder = Recorder(store, record=Record.ALL, clock=lambda: NOON, warn=lambda _: None)
    (tmp_path / "guest").mkdir()
    (tmp_path / "guest" / "Cargo.toml").touch()
    recorder.record([recorded(result(FLIPPED), sources=tmp_path / "guest"), recorded(result(OK))])
    kept_gate(store)
    sign(store, GATE, name="A", choice=Choice.APPROVE, reason="fine", now="2026-11-21T12:00:00Z")
    item = AssetItem(
        asset_id="a.bin",
        href="assets/a.bin",
        kind="other",
        case_id=None,
        side="new",
        size_bytes=3,
        sha256=hashlib.sha256(b"abc").hexdigest(),
    )
    manifest = AssetManifest(generated_at=datetime(2026, 11, 21, tzinfo=UTC).isoformat(), items=(item,))
    store.put(
        [
            ArtifactFile(f"{UPGRADE}/assets/a.bin", b"abc"),
            ArtifactFile(f"{UPGRADE}/assets/manifest.json", encode_upgrade(manifest)),
            ArtifactFile("quality_ledger.jsonl", b""),
        ]
    )
    return tmp_path / "artifacts"


def problems(artifacts: Path) -> list[str]:
    found: Sequence[str] = [
        str(problem)
        for file in files_in(artifacts)
        for problem in check_file(file, name=file.relative_to(artifacts).as_posix()).problems
    ]
    return list(found)


def change(path: Path, spoil: Callable[[dict[str, object]], None]) -> None:
    document = json.loads(path.read_text())
    spoil(document)
    path.write_text(json.dumps(document))


def test_what_the_harness_wrote_is_fine_and_all_of_it_is_looked_at(artifacts: Path) -> None:
    kinds = [check_file(file, name=file.name).kind for file in files_in(artifacts)]
    assert problems(artifacts) == []
    assert {kind for kind in kinds if kind} == {
        *("run log", "outcome of a finding", "summary", "gate result", "gate decision", "quality ledger"),
        *("upgrade manifest", "status"),
    }


def test_a_wrong_type_is_named_with_its_place(artifacts: Path) -> None:
    change(artifacts / f"{RUN}_2.json", lambda log: log.update(targets=[{"target": 1}]))
    assert problems(artifacts) == [f"{RUN}_2.json: $.targets[0].target: Expected `object`, got `int`"]


def test_evidence_names_every_file_with_its_hash(tmp_path: Path) -> None:
    good = EvidenceFile(path="a.bin", bytes=1, sha256=hashlib.sha256(b"a").hexdigest())
    (tmp_path / "bundles" / RUN).mkdir(parents=True)
    (tmp_path / "bundles" / RUN / "a.bin").write_bytes(b"a")
    path = tmp_path / "bundles" / RUN / "evidence.json"
    path.write_bytes(msgspec.json.encode(EvidenceManifest(run_id=RUN, files=(good,))))
    assert problems(tmp_path) == []
    bad = msgspec.structs.replace(good, sha256="")
    path.write_bytes(msgspec.json.encode(EvidenceManifest(run_id=RUN, files=(bad,))))
    (found,) = problems(tmp_path)
    assert found.endswith("$.files[0]: a.bin has another SHA-256 than the document says")
    path.write_bytes(msgspec.json.encode(EvidenceManifest(run_id=RUN, files=())))
    (found,) = problems(tmp_path)
    assert found.endswith("$.files: a.bin is there and not listed")


def test_a_cut_file_is_named(artifacts: Path) -> None:
    path = artifacts / f"{RUN}_2.json"
    path.write_bytes(path.read_bytes()[:100])
    (found,) = problems(artifacts)
    assert found.startswith(f"{RUN}_2.json: $: Input data was truncated")


def test_a_newer_version_is_refused(artifacts: Path) -> None:
    change(artifacts / f"{RUN}_2.json", lambda log: log.update(schema_version=2, targets=7))
    (found,) = problems(artifacts)
    assert found.startswith(f"{RUN}_2.json: $.schema_version: is 2, this `fuzz` reads up to 1")


def test_unknown_fields_are_passed_over(artifacts: Path) -> None:
    change(artifacts / f"{RUN}_2.json", lambda log: log.update(of_tomorrow=True))
    assert problems(artifacts) == []


def test_committed_bytes_are_held_against_their_hash(artifacts: Path) -> None:
    (artifacts / RUN / "outcomes" / "sp1.commits").write_bytes(b"\0\0\0\0")
    (found,) = problems(artifacts)
    assert "$.targets[1].outcome.committed: outcomes/sp1.commits has another SHA-256" in found


def test_a_changed_input_is_found(artifacts: Path) -> None:
    (artifacts / RUN / "input.json").write_text('{"n":25}')
    assert problems(artifacts) == [
        f"{RUN}/run_log.json: $.input.sha256: input.json has another SHA-256 than the document says"
    ]


def test_a_bundle_without_its_assets_is_found(artifacts: Path) -> None:
    (artifacts / UPGRADE / "assets" / "a.bin").unlink()
    assert problems(artifacts) == [
        f"{UPGRADE}/assets/manifest.json: $.items[0].href: assets/a.bin is not there"
    ]


def test_a_finding_that_cannot_be_built_again_is_found(artifacts: Path) -> None:
    (artifacts / RUN / "core.tar.gz").unlink()
    assert problems(artifacts) == [f"{RUN}/run_log.json: $.core: core.tar.gz is not there"]


@pytest.mark.parametrize("path", ["/etc/passwd", "../../a.bin", ""])
def test_paths_out_of_the_folder_are_refused(artifacts: Path, path: str) -> None:
    manifest = artifacts / UPGRADE / "assets" / "manifest.json"
    change(manifest, lambda document: document["items"][0].update(href=path))  # type: ignore[index]
    assert any(
        f"$.items[0].href: is not a path inside its folder: {path!r}" in one for one in problems(artifacts)
    )


def test_an_absolute_path_anywhere_is_found(artifacts: Path) -> None:
    change(artifacts / f"{RUN}_2.json", lambda log: log["core"].update(path="/srv/fib"))  # type: ignore[attr-defined]
    assert problems(artifacts) == [f"{RUN}_2.json: $.core.path: is an absolute path: '/srv/fib'"]


@pytest.mark.parametrize(
    "text", [b'"/etc/fib"', b'"\\/etc\\/fib"', b'"\\u002fetc/fib"', b'"C:\\\\fib"', b'"C:\\/fib"']
)
def test_an_absolute_path_is_found_however_it_is_escaped(artifacts: Path, text: bytes) -> None:
    path = artifacts / f"{RUN}_2.json"
    log = json.loads(path.read_bytes())
    log["core"]["path"] = "HERE"
    path.write_bytes(json.dumps(log).encode().replace(b'"HERE"', text))
    assert problems(artifacts) == [f"{RUN}_2.json: $.core.path: is an absolute path: {json.loads(text)!r}"]


@pytest.mark.parametrize(
    ("field", "where"),
    [
        ({"file": "/a"}, "$.x.file"),
        ({"paths": ["a", "/a"]}, "$.x.paths[1]"),
        ([{"folder": "/a"}], "$.x[0].folder"),
    ],
)
def test_an_absolute_path_is_found_in_lists_and_under_file(
    artifacts: Path, field: object, where: str
) -> None:
    change(artifacts / f"{RUN}_2.json", lambda log: log.update(x=field))
    assert problems(artifacts) == [f"{RUN}_2.json: {where}: is an absolute path: '/a'"]


def test_json_of_no_known_kind_must_parse_unless_it_is_an_input(tmp_path: Path) -> None:
    for name in ("other.json", "inputs/fib.json", "assets/a.json", "input.json", "original_input.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"{")
    (found,) = problems(tmp_path)
    assert found.startswith("other.json: $: is no JSON: ")


def test_links_may_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (folder / "a.txt").write_text("")
    for name, target in {
        "absolute": str(folder / "a.txt"),
        "dangling": "gone",
        "inner/fine": "../a.txt",
        "out": "../outside",
    }.items():
        (folder / name).symlink_to(target)
    links = [file for file in files_in(folder) if file.is_symlink()]
    found = {file.name: check_link(file, name=file.name, folder=folder).problems for file in links}
    assert {
        name: [problem.message.partition(":")[0] for problem in told] for name, told in found.items()
    } == {
        "absolute": ["is a link that leads out of the folder"],
        "dangling": ["is a link to nothing"],
        "fine": [],
        "out": ["is a link that leads out of the folder"],
    }


def test_a_report_that_was_changed_after_signing_is_found(artifacts: Path) -> None:
    (artifacts / GATE / "gate_report.html").write_text("<body>")
    assert len(problems(artifacts)) == len(["the gate's result", "the decision"])


def test_the_log_beside_a_folder_is_the_one_in_it(artifacts: Path) -> None:
    change(artifacts / RUN / "run_log.json", lambda log: log.update(planted="by hand"))
    (found,) = problems(artifacts)
    assert found.startswith(f"{RUN}.json: $.diff.equal: {RUN}/run_log.json has another SHA-256")


def test_the_summary_is_read_row_by_row(artifacts: Path) -> None:
    path = artifacts / "summary.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + lines[1].replace(f"artifacts/{RUN}/", "artifacts/gone/") + lines[2] + "cut")
    assert problems(artifacts) == [
        "summary.csv: line 2: repro_path: artifacts/gone/ is not there",
        "summary.csv: line 4: is no row: cut off, or a field is not what its column holds",
    ]
    path.write_text("a,b\n")
    assert problems(artifacts) == ["summary.csv: line 1: is not the header: run_id,core,input,…"]


def test_lines_are_looked_at_one_by_one(artifacts: Path) -> None:
    (artifacts / "quality_ledger.jsonl").write_bytes(b"\n{}\n{")
    assert problems(artifacts) == [
        "quality_ledger.jsonl: line 2: $: Object missing required field `created_utc`",
        "quality_ledger.jsonl: line 3: is cut off",
    ]


def test_a_document_that_left_its_folder_is_known_by_its_version(artifacts: Path, tmp_path: Path) -> None:
    moved = tmp_path / "m.json"
    moved.write_bytes((artifacts / UPGRADE / "assets" / "manifest.json").read_bytes())
    assert check_file(moved, name="m.json").kind == "upgrade manifest"
    moved.write_bytes(msgspec.json.encode({"n": 24}))
    assert check_file(moved, name="m.json").kind == ""


def test_toml_is_checked_too(tmp_path: Path) -> None:
    file = tmp_path / "triage.toml"
    file.write_text("[[finding]]\nsignature = 1\n")
    (found,) = check_file(file, name="triage.toml").problems
    assert str(found) == "triage.toml: $.finding[0].signature: Expected `str`, got `int`"
