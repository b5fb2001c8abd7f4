"""Guests with typed reads, for which their users write nothing: native runs tell what is read."""

import shutil

import pytest
from cli_project import ROOT, CliProject

from fuzzer import Core
from fuzzer.errors import ExitCode
from fuzzer.generate.structure import RAW, Bincode, EnumType, InputFormat, IntType, StructType

pytestmark = pytest.mark.real

GUESTS = ROOT / "tests" / "guests"


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> InputFormat:
    """What a guest without any input reads."""
    folder = tmp_path_factory.mktemp("reported")
    (folder / "fuzzer.toml").write_text("")
    shutil.copytree(GUESTS / "reported-reads", folder / "program")
    with Core.at(folder / "program", targets=["sp1"], project=folder) as core:
        return core.form


def test_difference_behind_a_typed_read_is_found(project: CliProject) -> None:
    shutil.copytree(GUESTS / "typed-difference", project.root / "program")
    arguments = ("--core-path", "program", "--target", "sp1", "--for", "3m", "--cases", 40_000, "--seed", 5)
    project.fuzz("campaign", *arguments, expect=ExitCode.FINDINGS)
    (finding,) = [log for log in project.logs().values() if not log.diff.equal]
    assert finding.provenance.generator in {"mutated", "generated"}


def test_reads_of_every_shape_are_told_in_order(reported: InputFormat) -> None:
    order, raw, count, again, panics, *rest = reported.buffers
    assert isinstance(order, Bincode)
    assert order == again
    assert raw == panics == RAW
    assert count == Bincode(root=IntType(bits=32))
    assert all(other == RAW for other in rest)


def test_types_are_told_whole(reported: InputFormat) -> None:
    order = reported.buffers[0]
    assert isinstance(order, Bincode)
    assert set(order.definitions) == {"Order", "Tree", "Kind"}
    kind, tree, root = (order.definitions[name] for name in ("Kind", "Tree", "Order"))
    assert isinstance(kind, EnumType)
    assert [variant.index for variant in kind.variants] == list(range(28))
    assert [variant.name for variant in kind.variants][-3:] == ["Z", "Priced", "Nested"]
    assert isinstance(tree, StructType)
    assert [field.name for field in tree.fields] == ["value", "children", "twin"]
    assert isinstance(root, StructType)
    assert [type(field.type).__name__ for field in root.fields] == [
        "IntType",
        "OptionType",
        "BytesType",
        "MapType",
        "NamedType",
    ]
