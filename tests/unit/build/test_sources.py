"""Which files make a core, and the key they give it: pure over a fake cargo and small trees."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from fuzzer.build.cargo_facts import CargoTarget, Dependency, Metadata, Package, locked_package, patch_paths
from fuzzer.build.layout import Layout, check_major, find_layout
from fuzzer.build.mirror import content_keys, copy_files, list_files
from fuzzer.errors import InputError

SP1 = Dependency("sp1-zkvm", "^6.0.0", "registry+index")
MAIN = CargoTarget("program", ("bin",))


def write_tree(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def a_package(folder: Path, *dependencies: Dependency, targets: tuple[CargoTarget, ...] = (MAIN,)) -> Package:
    return Package(folder.name, "0.1.0", str(folder / "Cargo.toml"), targets, dependencies)


def fake_cargo(*workspaces: Metadata) -> "dict[Path, Metadata]":
    return {package.folder: metadata for metadata in workspaces for package in metadata.packages}


def a_project(root: Path) -> Layout:
    """A workspace of `program`, `lib` and `script`, and a path dependency of `lib` outside of it."""
    write_tree(
        root,
        {
            "ws/Cargo.toml": "[workspace]\n",
            "ws/Cargo.lock": "version = 4\n",
            "ws/abi/token.json": "{}",
            "ws/.git/config": "x",
            "ws/target/debug/big": "x",
            "ws/program/Cargo.toml": "[package]\n",
            "ws/program/src/main.rs": "fn main() {}",
            "ws/program/src/target/mod.rs": "",
            "ws/program/.cargo/config.toml": "",
            "ws/lib/Cargo.toml": "[package]\n",
            "ws/lib/src/lib.rs": "",
            "ws/script/Cargo.toml": "[package]\n",
            "ws/script/src/main.rs": "fn main() {}",
            "shared/Cargo.toml": "[package]\n",
            "shared/src/lib.rs": "",
            "unrelated/file": "x",
        },
    )
    program, lib, script, shared = (root / name for name in ("ws/program", "ws/lib", "ws/script", "shared"))
    workspace = Metadata(
        (
            a_package(program, SP1, Dependency("lib", path=str(lib))),
            a_package(lib, Dependency("shared", path=str(shared))),
            a_package(script),
        ),
        str(root / "ws"),
    )
    cargo = fake_cargo(workspace, Metadata((a_package(shared),), str(shared)))
    return find_layout(program, cargo.__getitem__)


def test_the_mirror_holds_the_workspace_and_path_dependencies(tmp_path: Path) -> None:
    layout = a_project(tmp_path)
    counts = {file.name: file.counts for file in list_files(layout)}
    assert counts == {
        "shared/Cargo.toml": True,
        "shared/src/lib.rs": True,
        "ws/Cargo.lock": True,
        "ws/Cargo.toml": True,
        "ws/abi/token.json": True,
        "ws/lib/Cargo.toml": True,
        "ws/lib/src/lib.rs": True,
        "ws/program/.cargo/config.toml": True,
        "ws/program/Cargo.toml": True,
        "ws/program/src/main.rs": True,
        "ws/program/src/target/mod.rs": True,
        "ws/script/Cargo.toml": True,
        "ws/script/src/main.rs": False,
    }


def test_a_copy_somewhere_else_has_the_same_keys(tmp_path: Path) -> None:
    here = content_keys(list_files(a_project(tmp_path / "here")))
    shutil.copytree(tmp_path / "here", tmp_path / "there" / "deeper")
    assert content_keys(list_files(a_project(tmp_path / "there" / "deeper"))) == here


@pytest.mark.parametrize(
    "name", ["ws/program/src/main.rs", "shared/src/lib.rs", "ws/abi/token.json", "ws/Cargo.lock"]
)
def test_a_change_of_what_goes_in_changes_the_key(tmp_path: Path, name: str) -> None:
    layout = a_project(tmp_path)
    before, _ = content_keys(list_files(layout))
    (tmp_path / name).write_text("changed")
    assert content_keys(list_files(layout))[0] != before


def test_a_change_of_another_member_changes_the_mirror_only(tmp_path: Path) -> None:
    layout = a_project(tmp_path)
    before = content_keys(list_files(layout))
    (tmp_path / "ws/script/src/main.rs").write_text("changed")
    core, mirror = content_keys(list_files(layout))
    assert core == before[0]
    assert mirror != before[1]


def test_a_rename_changes_the_key(tmp_path: Path) -> None:
    layout = a_project(tmp_path)
    before, _ = content_keys(list_files(layout))
    (tmp_path / "ws/lib/src/lib.rs").rename(tmp_path / "ws/lib/src/other.rs")
    assert content_keys(list_files(layout))[0] != before


def test_copies_keep_their_places(tmp_path: Path) -> None:
    layout = a_project(tmp_path / "from")
    copy_files(list_files(layout), tmp_path / "to")
    assert (tmp_path / "to/shared/src/lib.rs").is_file()
    assert (tmp_path / "to/ws/program/src/main.rs").read_text() == "fn main() {}"
    assert not (tmp_path / "to/unrelated").exists()


def alone(folder: Path, *dependencies: Dependency, targets: tuple[CargoTarget, ...] = (MAIN,)) -> Layout:
    """The layout of a crate without a workspace."""
    write_tree(folder, {"Cargo.toml": "[package]\n"})
    metadata = Metadata((a_package(folder, *dependencies, targets=targets),), str(folder))
    return find_layout(folder, lambda _: metadata)


def test_a_folder_without_a_manifest_is_no_crate(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not a crate: it has no Cargo.toml"):
        find_layout(tmp_path, lambda _: Metadata((), ""))


def test_a_crate_without_sp1_zkvm_is_no_guest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not an SP1 guest") as caught:
        alone(tmp_path / "program")
    assert "fuzz new-core" in caught.value.hint


def test_the_binary_named_like_the_package_is_taken(tmp_path: Path) -> None:
    layout = alone(tmp_path / "program", SP1, targets=(CargoTarget("other", ("bin",)), MAIN))
    assert layout.bin == "program"


def test_several_other_binaries_are_named(tmp_path: Path) -> None:
    targets = (CargoTarget("one", ("bin",)), CargoTarget("two", ("bin",)))
    with pytest.raises(InputError, match="`one`, `two`"):
        alone(tmp_path / "program", SP1, targets=targets)


def test_a_library_has_nothing_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a library"):
        alone(tmp_path / "program", SP1, targets=(CargoTarget("program", ("lib",)),))


def test_the_only_guest_of_a_workspace_is_found_from_its_root(tmp_path: Path) -> None:
    write_tree(tmp_path, {"Cargo.toml": "[workspace]\n"})
    packages = (a_package(tmp_path / "program", SP1), a_package(tmp_path / "script"))
    assert find_layout(tmp_path, lambda _: Metadata(packages, str(tmp_path))).package == "program"


def test_several_guests_of_a_workspace_are_named(tmp_path: Path) -> None:
    write_tree(tmp_path, {"Cargo.toml": "[workspace]\n"})
    packages = (a_package(tmp_path / "one", SP1), a_package(tmp_path / "two", SP1))
    with pytest.raises(InputError, match="several SP1 guests") as caught:
        find_layout(tmp_path, lambda _: Metadata(packages, str(tmp_path)))
    assert "one" in caught.value.hint
    assert "two" in caught.value.hint


@pytest.mark.parametrize(
    ("requirement", "locked", "shown"),
    [("^6", "5.2.1", "5.2.1"), ("^5.0", None, "5.0"), ("=5.2.1", None, "5.2.1")],
)
def test_an_older_major_is_refused(requirement: str, locked: str | None, shown: str) -> None:
    with pytest.raises(InputError, match=rf"uses sp1-zkvm {shown}; this harness runs 6\.x"):
        check_major("program", Dependency("sp1-zkvm", requirement, "registry+index"), locked)


@pytest.mark.parametrize(
    ("requirement", "locked"), [("^6.0", None), (">=4", None), ("*", None), ("^6", "6.3.0")]
)
def test_this_major_and_open_requirements_are_taken(requirement: str, locked: str | None) -> None:
    check_major("program", Dependency("sp1-zkvm", requirement, "registry+index"), locked)


def test_of_two_locked_versions_the_cores_own_is_found() -> None:
    lock = """
[[package]]
name = "program"
version = "0.1.0"
dependencies = ["sp1-zkvm 6.1.0"]

[[package]]
name = "sp1-zkvm"
version = "5.0.0"
source = "registry+index"

[[package]]
name = "sp1-zkvm"
version = "6.1.0"
source = "registry+index"
"""
    found = locked_package(lock, "sp1-zkvm", wanted_by="program")
    assert found is not None
    assert found.version == "6.1.0"


def test_patch_tables_name_folders(tmp_path: Path) -> None:
    manifest = '[patch.crates-io]\nsha2 = { path = "../sha2" }\nk256 = { git = "somewhere" }\n'
    assert list(patch_paths(manifest, tmp_path / "ws")) == [tmp_path / "sha2"]
