"""Writes schemas/ and the tables of docs/artifacts.md from the registry of documents; see scripts/schemas."""

from pathlib import Path

from fuzzer.store.document_tables import document_tables
from fuzzer.store.schemas import KINDS, SCHEMAS, schema_text

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Write what differs, and remove schemas of documents that are no more."""
    expected = {ROOT / kind.schema: schema_text(kind) for kind in KINDS}
    for path in set((ROOT / SCHEMAS).rglob("*.schema.json")) - set(expected):
        path.unlink()
    for path, text in expected.items():
        if not path.is_file() or path.read_bytes() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
    page = ROOT / "docs" / "artifacts.md"
    head = page.read_text(encoding="utf-8").partition("## Documents\n")[0]
    page.write_text(head + document_tables(), encoding="utf-8")


if __name__ == "__main__":
    main()
