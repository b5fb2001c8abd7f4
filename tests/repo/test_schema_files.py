"""The files under schemas/ are what the types of the documents say."""

import jsonschema
import msgspec
from checkout import ROOT, text_of, tracked

from fuzzer.store.document_tables import document_tables
from fuzzer.store.schemas import KINDS, SCHEMAS, schema_text


def test_the_schemas_are_those_of_the_types() -> None:
    expected = {kind.schema: schema_text(kind) for kind in KINDS}
    found = {path.as_posix() for path in tracked() if path.parts[0] == SCHEMAS}
    assert found == set(expected)
    stale = [name for name, text in expected.items() if (ROOT / name).read_bytes() != text]
    assert stale == [], "scripts/schemas writes them"


def test_the_schemas_are_schemas() -> None:
    for kind in KINDS:
        jsonschema.Draft202012Validator.check_schema(msgspec.json.decode(schema_text(kind)))


def test_every_document_and_field_is_described_as_the_types_have_it() -> None:
    text = text_of("docs/artifacts.md")
    _, heading, rest = text.partition("## Documents\n")
    assert heading + rest == document_tables(), "scripts/schemas writes it"
    assert [kind.file for kind in KINDS if f"`{kind.file}`" not in rest] == []


def test_what_is_no_document_of_json_is_described_too() -> None:
    text = text_of("docs/artifacts.md")
    names = (
        "input.json",
        "program.elf",
        "core.tar.gz",
        "passes/",
        "journal.jsonl",
        "summary.csv",
        "repro.sh",
    )
    assert [name for name in names if name not in text] == []
