"""Which cores and targets a command is about, and the cases for each core."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from fuzzer.build.runners import parse_target
from fuzzer.build.sources import CoreRequest
from fuzzer.config import Settings
from fuzzer.errors import ConfigError, InputError, UsageError, closest
from fuzzer.generate.hand_written import input_files, input_name, inputs_of, load_case, load_inputs
from fuzzer.home import CONFIG_FILE, Home, Project
from fuzzer.model import NATIVE, Case

_MANIFEST = "Cargo.toml"


class KnownCore(msgspec.Struct, frozen=True, kw_only=True):
    """A core that can be named, and where its inputs are."""

    request: CoreRequest
    inputs: Path
    shared_inputs: bool
    """Whether `inputs` is a folder of several cores, whose files are told apart by their names."""

    @property
    def name(self) -> str:
        """The core's name."""
        return self.request.name

    @property
    def format_folder(self) -> Path:
        """Where a schema and a dictionary of its inputs would be."""
        return self.inputs.parent if self.inputs.is_file() else self.inputs


def known_cores(home: Home, project: Project, settings: Settings) -> dict[str, KnownCore]:
    """The cores of `fuzzer.toml`, and those that come with the harness, by name."""
    own = {
        path.name: _core(CoreRequest(name=path.name, path=path), home.root / "inputs")
        for path in sorted(home.cores.iterdir())
        if (path / _MANIFEST).is_file()
    }
    configured = {}
    for name, core in settings.cores.items():
        request = CoreRequest(name=name, path=project.root / core.path, bin=core.bin, features=core.features)
        if core.inputs:
            inputs = project.root / core.inputs
            configured[name] = KnownCore(request=request, inputs=inputs, shared_inputs=False)
        else:
            configured[name] = _core(request, project.inputs)
    return own | configured


def _core(request: CoreRequest, inputs: Path) -> KnownCore:
    return KnownCore(request=request, inputs=inputs, shared_inputs=True)


def select(
    names: Sequence[str],
    paths: Sequence[Path],
    known: Mapping[str, KnownCore],
    *,
    default: Sequence[str],
) -> list[KnownCore]:
    """The cores of `--core` and `--core-path`; without any, those named in `default`.

    Raises:
        UsageError: a name is not known, or two cores have the same.
        ConfigError: the folder of a core of `fuzzer.toml` is not there.
        InputError: a path is not a folder.
    """
    for name in names:
        if name not in known:
            raise UsageError(f"no core `{name}`", hint=closest(name, known))
    chosen = [known[name] for name in dict.fromkeys(names)] + [core_at(path) for path in paths]
    if len({core.name for core in chosen}) < len(chosen):
        raise UsageError("two of the cores have the same name", hint="run them one after the other")
    chosen = chosen or [known[name] for name in default]
    for core in chosen:
        if not core.request.path.is_dir():
            raise ConfigError(
                f"{CONFIG_FILE}: [cores.{core.name}]: no such folder: {core.request.path}",
                hint="`path` is relative to the file",
            )
    return chosen


def core_at(path: Path) -> KnownCore:
    """A crate that is no core of the project; it is called what its manifest calls it."""
    if not path.is_dir():
        raise InputError(f"no such folder: {path}", hint="--core-path takes the folder of an SP1 guest crate")
    folder = path.resolve()
    return KnownCore(
        request=CoreRequest(name=_package_name(folder) or folder.name, path=folder),
        inputs=folder / "inputs",
        shared_inputs=False,
    )


def _package_name(folder: Path) -> str:
    """The name in the manifest; what is wrong with a manifest is said when the core is built."""
    try:
        document = tomllib.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    package = document.get("package")
    name = package.get("name") if isinstance(package, dict) else None
    return name if isinstance(name, str) else ""


def cases_of(core: KnownCore, given: Sequence[Path], *, project: Project, names: Sequence[str]) -> list[Case]:
    """The cases for a core: of the given files and folders, else of the core's own inputs.

    Raises:
        InputError: there is none, or one cannot be read.
    """
    if given:
        return [case for path in given for case in load_inputs(path, core=core.name, project=project.root)]
    found = seeds_of(core, project=project, names=names)
    if not found:
        place = f" in {input_name(core.inputs, project.root)}/" if core.inputs.exists() else ""
        raise InputError(
            f"no input for the core `{core.name}`{place}", hint="name some with --input FILE or FOLDER"
        )
    return found


def seeds_of(core: KnownCore, *, project: Project, names: Sequence[str]) -> list[Case]:
    """The cases of a core's own inputs; none where there is no input. `names` are all cores' names.

    Raises:
        InputError: one cannot be read.
    """
    if not core.inputs.exists():
        return []
    if core.inputs.is_file():
        return load_inputs(core.inputs, core=core.name, project=project.root)
    own = names if core.shared_inputs else None
    files = input_files(core.inputs) if own is None else inputs_of(core.name, core.inputs, own)
    return [load_case(path, core=core.name, name=input_name(path, project.root)) for path in files]


def checked_targets(home: Home, names: Sequence[str], default: Sequence[str]) -> list[str]:
    """The targets to hold against the reference; naming `native` too is no mistake.

    Raises:
        UsageError: a name on the command line is not known, or nothing is left to compare.
        ConfigError: the same of those in `fuzzer.toml`.
    """
    try:
        return _checked(home, names or default)
    except UsageError as error:
        if names:
            raise
        where = f"{CONFIG_FILE}: [run] targets"
        raise ConfigError(f"{where}: {error.message}", hint=error.hint) from None


def _checked(home: Home, names: Sequence[str]) -> list[str]:
    others = [str(parse_target(home, name)) for name in dict.fromkeys(names) if name != NATIVE]
    if not others:
        raise UsageError("there is nothing to compare `native` with", hint="add the target sp1")
    return others
