"""Which cores a command is about, and their cases."""

from pathlib import Path

import pytest

from fuzzer.campaign.selection import KnownCore, cases_of, core_at, known_cores, select
from fuzzer.config import parse_settings
from fuzzer.errors import ConfigError, InputError, UsageError
from fuzzer.home import Home, Project


@pytest.fixture
def checkout(tmp_path: Path) -> Home:
    """A checkout with three cores and a few inputs."""
    for name in ("io", "io_big", "panic_test"):
        crate(tmp_path / "checkout" / "cores" / name, name)
    (tmp_path / "checkout" / "cores" / "target").mkdir()
    inputs = tmp_path / "checkout" / "inputs"
    inputs.mkdir()
    for name in ("io_1.json", "io_big_1.json", "panic_no.json", "panic_yes.json", "other_1.json"):
        (inputs / name).write_text(name)
    return Home(root=tmp_path / "checkout", cache=tmp_path / "checkout" / ".fuzz")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of the user's beside the checkout."""
    root = tmp_path / "project"
    (root / "inputs").mkdir(parents=True)
    (root / "inputs" / "ledger_1.json").write_text("1")
    crate(root / "ledger", "ledger")
    return Project(root=root, config=root / "fuzzer.toml")


def crate(folder: Path, name: str) -> None:
    folder.mkdir(parents=True)
    (folder / "Cargo.toml").write_text(f'[package]\nname = "{name}"\n')


def known(home: Home, project: Project, settings: str = "") -> dict[str, KnownCore]:
    return known_cores(home, project, parse_settings(settings, name="fuzzer.toml"))


def names_of(core: KnownCore, project: Project, cores: dict[str, KnownCore]) -> list[str]:
    return [case.input_name for case in cases_of(core, [], project=project, names=list(cores))]


def test_cores_of_the_checkout_and_of_the_project(checkout: Home, project: Project) -> None:
    cores = known(checkout, project, '[cores.ledger]\npath = "ledger"\nbin = "main"\nfeatures = ["a"]\n')
    assert list(cores) == ["io", "io_big", "panic_test", "ledger"]
    request = cores["ledger"].request
    assert (request.path, request.bin, request.features) == (project.root / "ledger", "main", ("a",))


def test_core_of_the_project_hides_one_of_the_checkout(checkout: Home, project: Project) -> None:
    cores = known(checkout, project, '[cores.io]\npath = "ledger"\n')
    assert cores["io"].request.path == project.root / "ledger"


def test_inputs_belong_to_the_core_with_the_longest_name_that_fits(checkout: Home, project: Project) -> None:
    cores = known(checkout, project)
    assert names_of(cores["io"], project, cores) == ["../checkout/inputs/io_1.json"]
    assert names_of(cores["io_big"], project, cores) == ["../checkout/inputs/io_big_1.json"]
    assert names_of(cores["panic_test"], project, cores) == [
        "../checkout/inputs/panic_no.json",
        "../checkout/inputs/panic_yes.json",
    ]


def test_inputs_of_a_configured_core(checkout: Home, project: Project) -> None:
    shared = known(checkout, project, '[cores.ledger]\npath = "ledger"\n')
    assert names_of(shared["ledger"], project, shared) == ["inputs/ledger_1.json"]
    (project.root / "cases").mkdir()
    (project.root / "cases" / "any").write_text("2")
    own = known(checkout, project, '[cores.ledger]\npath = "ledger"\ninputs = "cases"\n')
    assert names_of(own["ledger"], project, own) == ["cases/any"]


def test_given_inputs_replace_the_cores_own(checkout: Home, project: Project) -> None:
    cores = known(checkout, project)
    file = project.root / "inputs" / "ledger_1.json"
    cases = cases_of(cores["io"], [file, file.parent], project=project, names=list(cores))
    assert [(case.core, case.input_name) for case in cases] == [("io", "inputs/ledger_1.json")] * 2


def test_core_without_an_input_says_where_one_was_looked_for(checkout: Home, project: Project) -> None:
    cores = known(checkout, project, '[cores.bank]\npath = "ledger"\n')
    with pytest.raises(InputError, match="no input for the core `bank` in inputs/") as caught:
        cases_of(cores["bank"], [], project=project, names=list(cores))
    assert "--input" in caught.value.hint
    with pytest.raises(InputError, match="no input for the core `ledger`"):
        cases_of(core_at(project.root / "ledger"), [], project=project, names=[])


def test_select(checkout: Home, project: Project) -> None:
    cores = known(checkout, project)

    def chosen(*names: str, paths: tuple[Path, ...] = ()) -> list[str]:
        return [core.name for core in select(names, paths, cores, default=["io", "panic_test"])]

    assert chosen() == ["io", "panic_test"]
    assert chosen("panic_test", "io", "io") == ["panic_test", "io"]
    assert chosen("io", paths=(project.root / "ledger",)) == ["io", "ledger"]
    assert chosen(paths=(project.root / "ledger",)) == ["ledger"]


def test_unknown_core_names_the_closest_one(checkout: Home, project: Project) -> None:
    with pytest.raises(UsageError, match="no core `panic_tset`") as caught:
        select(["panic_tset"], [], known(checkout, project), default=[])
    assert caught.value.hint == "did you mean `panic_test`?"


def test_two_cores_of_one_name_are_refused(checkout: Home, project: Project) -> None:
    with pytest.raises(UsageError, match="the same name"):
        select(["io"], [checkout.cores / "io"], known(checkout, project), default=[])


def test_core_path_that_is_no_folder(checkout: Home, project: Project) -> None:
    with pytest.raises(InputError, match="no such folder"):
        select([], [project.root / "nothing"], known(checkout, project), default=[])


@pytest.mark.parametrize("named", [True, False])
def test_configured_folder_that_is_not_there(checkout: Home, project: Project, *, named: bool) -> None:
    cores = known(checkout, project, '[cores.ledger]\npath = "leger"\n')
    with pytest.raises(ConfigError, match=r"fuzzer.toml: \[cores.ledger\]: no such folder"):
        select(["ledger"] if named else [], [], cores, default=["io", "ledger"])


def test_crate_is_called_what_its_manifest_calls_it(tmp_path: Path) -> None:
    crate(tmp_path / "program", "ledger-program")
    assert core_at(tmp_path / "program").name == "ledger-program"
    (tmp_path / "program" / "Cargo.toml").write_text("[package\n")
    assert core_at(tmp_path / "program").name == "program"
