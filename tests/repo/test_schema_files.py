"""The files under schemas/ are what the types of the documents say."""

import jsonschema
import msgspec
from checkout import ROOT, tracked

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
