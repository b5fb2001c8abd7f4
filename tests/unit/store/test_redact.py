"""Secrets are taken out of all that is written, and nothing else is changed."""

import json
from pathlib import Path

import msgspec
import pytest
from sample_results import FLIPPED, NOON, OK, recorded, result

from fuzzer.model import Record
from fuzzer.store.artifact_store import ArtifactFile, LocalStore
from fuzzer.store.recorder import Recorder
from fuzzer.store.redact import Redactor, SecretWarning, is_secret_name
from fuzzer.store.validate import check_file, files_in

PLANTED = 'hunter2"<&|é'
REDACTOR = Redactor(
    {"CI_JOB_TOKEN": PLANTED, "HOME": "a home", "PIN_SECRET": "short", "MAX_TOKEN": "123456789"}
)


@pytest.mark.parametrize(
    "name",
    ["GITHUB_TOKEN", "api_key", "apiKey", "DB_PASSWD", "password", "AWS_SECRET_ACCESS_KEY", "privateKey"],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["HOME", "max_tokens", "run_key", "keyboard", "passes", "sha256"])
def test_names_of_other_things(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.md", f"said {PLANTED} twice: {PLANTED}"),
        ("a.md", 'on a line: hunter2"<&\\|é'),
        ("a.html", "<p>hunter2&quot;&lt;&amp;|é</p>"),
        ("summary.csv", 'a,"hunter2""<&|é",b\n'),
        ("a.json", json.dumps({"stderr": f"x{PLANTED}y"})),
        ("a.json", json.dumps({"stderr": f"x{PLANTED}y"}, ensure_ascii=False, indent=2)),
        ("a.jsonl", json.dumps({"n": 1}) + "\n" + json.dumps([PLANTED]) + "\n"),
        ("torn.json", '{"stderr": "hunter2\\"<&|é'),
    ],
)
def test_a_value_of_the_environment_is_taken_out(path: str, text: str) -> None:
    cleaned = REDACTOR.clean(text.encode(), path=path).decode()
    assert "hunter2" not in cleaned
    assert "[redacted]" in cleaned
    assert REDACTOR.clean(cleaned.encode(), path=path).decode() == cleaned


def test_json_stays_json_with_all_but_the_secret() -> None:
    document = {
        "a": [1, 2.5, None, True, f"<{PLANTED}>"],
        PLANTED: "b",
        "api_key": "k",
        "n": 18446744073709551615,
    }
    cleaned = json.loads(REDACTOR.clean(json.dumps(document, indent=2).encode(), path="a.json"))
    assert cleaned == {
        "a": [1, 2.5, None, True, "<[redacted]>"],
        "[redacted]": "b",
        "api_key": "[redacted]",
        "n": 18446744073709551615,
    }


def test_a_password_that_is_the_name_of_a_field_breaks_no_document() -> None:
    redactor = Redactor({"PASSWORD": "status", "TOKEN": "elapsed_ns"})
    data = b'{"status":"a","elapsed_ns":5}'
    assert redactor.clean(data, path="a.json") == data


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("postgres://me:pw@host/a", "postgres://[redacted]@host/a"),
        ("git+ssh://token@host", "git+ssh://[redacted]@host"),
        ("https://example.org/a@b", "https://example.org/a@b"),
        ("https://example.org,sp1@6.2.0", "https://example.org,sp1@6.2.0"),
    ],
)
def test_credentials_in_urls_are_taken_out(text: str, cleaned: str) -> None:
    assert REDACTOR.clean(text.encode(), path="a.md").decode() == cleaned
    assert json.loads(REDACTOR.clean(json.dumps([text]).encode(), path="a.json")) == [cleaned]


def test_what_holds_no_secret_is_the_very_same() -> None:
    data = b'{"tokens": 5, "key": "a", "short": "short", "n": 123456789}'
    assert REDACTOR.clean(data, path="a.json") is data


def test_exact_files_keep_every_byte_and_warn(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, redactor=REDACTOR)
    with pytest.warns(SecretWarning, match="a.commits holds the value of CI_JOB_TOKEN"):
        store.put([ArtifactFile("a.commits", PLANTED.encode(), exact=True)])
    assert store.get("a.commits") == PLANTED.encode()


def test_appended_lines_are_cleaned(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, redactor=REDACTOR)
    store.append("a.jsonl", json.dumps({"advice": PLANTED}).encode() + b"\n")
    assert store.get("a.jsonl") == b'{"advice":"[redacted]"}\n'


def test_a_finding_whose_guest_prints_a_secret_holds_it_nowhere_and_validates(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, redactor=REDACTOR)
    printed = msgspec.structs.replace(FLIPPED, stderr=f"key {PLANTED}".encode(), message=f"at {PLANTED}")
    again = msgspec.structs.replace(OK, stdout=PLANTED.encode())
    case = result(printed, reference=again)
    named = msgspec.structs.replace(
        case, case=msgspec.structs.replace(case.case, input_name=f"in/{PLANTED}.json")
    )
    recorder = Recorder(store, record=Record.ALL, clock=lambda: NOON, warn=lambda _: None)
    (tmp_path / "guest").mkdir()
    recorder.record([recorded(named, sources=tmp_path / "guest")])
    files = list(files_in(tmp_path))
    assert len(files) > len(["log", "log of the folder", "readme", "input", "script", "summary"])
    assert [file.name for file in files if b"hunter2" in file.read_bytes()] == []
    assert any(b"[redacted]" in file.read_bytes() for file in files)
    assert [str(found) for file in files for found in check_file(file, name=file.name).problems] == []
