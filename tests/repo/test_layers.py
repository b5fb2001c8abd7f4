"""The layer rule: which package imports which, and that only the command line prints and exits."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

from checkout import python_modules, rows, section, text_of

ARROWS = {
    "__main__": {"cli"},
    "build": {"errors", "home", "model"},
    "campaign": {
        *("build", "compare", "config", "coverage", "errors", "execute", "generate", "home", "model"),
        *("gate", "reduce", "store", "triage"),
    },
    "cli": {
        *("build", "campaign", "config", "conformance", "coverage", "errors", "execute", "fuzzer", "gate"),
        *("generate", "home", "model", "report", "store", "triage"),
    },
    "compare": {"model"},
    "config": {"errors", "model"},
    "conformance": {"errors", "execute", "isa", "model"},
    "coverage": {"errors"},
    "errors": set(),
    "execute": {"errors", "generate", "model"},
    "fuzzer": {"library", "model"},
    "gate": {"errors", "model", "store"},
    "generate": {"errors", "model"},
    "home": {"errors"},
    "isa": set(),
    "library": {
        *("build", "campaign", "config", "errors", "execute", "generate", "home", "model", "report", "store"),
        "triage",
    },
    "model": set(),
    "reduce": {"generate", "isa"},
    "report": {"campaign", "coverage", "gate", "generate", "model", "store", "triage"},
    "store": {"coverage", "errors", "generate", "model", "triage"},
    "triage": {"compare", "errors", "generate", "model"},
}
"""Each package or module at the top of `fuzzer/`, and what it imports; `fuzzer` is the version number."""

PURE = ("compare", "coverage", "generate", "isa", "model", "reduce", "triage")
OUTPUT = {"print", "exit", "quit", "SystemExit", "sys.exit", "sys.stdout", "sys.stderr", "os._exit"}
OUTPUT_LIBRARIES = {"click", "rich.console", "rich.live", "rich.progress"}


def layer_of(module: str) -> str:
    package, _, rest = module.partition(".")
    return rest.partition(".")[0] or package


def package_files() -> dict[Path, ast.Module]:
    return {path: tree for path, tree in python_modules().items() if path.parts[0] == "fuzzer"}


def layer_of_file(path: Path) -> str:
    dotted = ".".join(path.with_suffix("").parts)
    return layer_of(dotted.removesuffix(".__init__"))


def imported(tree: ast.Module) -> set[str]:
    """The modules that a file imports, wherever in it."""
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            modules.add(node.module or "")
    return modules


def found_arrows() -> dict[str, set[str]]:
    arrows: dict[str, set[str]] = {}
    for path, tree in package_files().items():
        here = layer_of_file(path)
        own = {module for module in imported(tree) if module.split(".")[0] == "fuzzer"}
        arrows.setdefault(here, set()).update({layer_of(module) for module in own} - {here})
    return arrows


def test_imports_are_the_listed_ones() -> None:
    found = found_arrows()
    unlisted = {name: seen - ARROWS.get(name, set()) for name, seen in found.items()}
    assert {name: seen for name, seen in unlisted.items() if seen} == {}
    gone = {name: allowed - found.get(name, set()) for name, allowed in ARROWS.items()}
    assert {name: allowed for name, allowed in gone.items() if allowed} == {}, "no longer imported"


def test_layers_are_one_way() -> None:
    order = list(TopologicalSorter(ARROWS).static_order())
    assert order[-1] == "__main__"


def test_the_documented_layers_are_these() -> None:
    table = rows(section(text_of("ARCHITECTURE.md"), "## Packages"))
    documented = {name: {*imports.split(", ")} - {""} for name, _, imports in table}
    listed = {name: imports - {"fuzzer"} for name, imports in ARROWS.items()}
    assert documented == {name: listed[name] for name in listed if name not in {"__main__", "fuzzer"}}


def test_only_the_command_line_prints_and_exits() -> None:
    offences = []
    for path, tree in package_files().items():
        if layer_of_file(path) == "cli":
            continue
        offences += [f"{path}: {name}" for name in imported(tree) & OUTPUT_LIBRARIES]
        offences += [
            f"{path}:{node.lineno}: {ast.unparse(node)}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in OUTPUT
        ]
    assert offences == []


def test_the_pure_middle_starts_no_processes() -> None:
    offences = [
        f"{path}: {name}"
        for path, tree in package_files().items()
        if layer_of_file(path) in PURE
        for name in imported(tree) & {"subprocess", "socket", "threading", "time", "random"}
    ]
    assert offences == []
