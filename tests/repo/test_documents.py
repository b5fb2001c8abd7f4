"""Documents say what the code does: exit codes, commands, options, settings, columns."""

import re
import shlex
import tomllib
from collections.abc import Iterator

import click
import pytest
from checkout import ROOT, rows, section, text_of, tracked

from fuzzer.cli.main import cli
from fuzzer.config import ArtifactSettings, CoreSettings, RunSettings, parse_settings
from fuzzer.errors import ExitCode
from fuzzer.model import Status, VerdictKind
from fuzzer.store.summary import COLUMNS, status_word

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"^(?:\$ )?(?:scripts/)?(fuzz (?!\$).*)$", re.MULTILINE)
INLINE_CALL = re.compile(r"`(?:scripts/)?(fuzz [a-z-]+[^`]*)`")
SETTING = re.compile(r"^# (\w+) = ", re.MULTILINE)
ADR = re.compile(r"docs/adr/(\d{4})-[a-z0-9-]+\.md")
DOCUMENTS = [path for path in tracked() if path.suffix == ".md"]


def commands() -> dict[str, click.Command]:
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def calls(text: str) -> Iterator[list[str]]:
    """Every call of `fuzz` that a document shows, as words."""
    shown = [body for _, body in FENCE.findall(text)]
    lines = [line for body in shown for line in CALL.findall(body)] + INLINE_CALL.findall(text)
    for line in lines:
        yield shlex.split(line, comments=True)[1:]


def options_of(command: click.Command) -> set[str]:
    names = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return {*names, "--help", "-h"}


def all_options_of(command: click.Command) -> set[str]:
    """Those of a group's commands too."""
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    return options_of(command).union(*map(all_options_of, inner))


def table(document: str, heading: str) -> list[list[str]]:
    return rows(section(text_of(document), heading))


def test_the_readme_has_the_exit_codes() -> None:
    documented = {int(code): name for code, name, _ in table("README.md", "## Exit codes")}
    assert documented == {code.value: code.name.lower().replace("_", " ") for code in ExitCode}


def test_the_readme_has_the_commands() -> None:
    documented = [call.split()[1] for call, _ in table("README.md", "## Commands")]
    assert sorted(set(documented)) == sorted(commands())


def test_every_option_is_documented_with_its_command() -> None:
    described: dict[str, str] = {}
    for call, what in table("README.md", "## Commands"):
        name = call.split()[1]
        described[name] = f"{described.get(name, '')} {call} {what}"
    for name, command in commands().items():
        shown = set(re.findall(r"--[a-z-]+", described[name]))
        own = {option for option in all_options_of(command) if option.startswith("--")}
        own -= {"--help", "--json"}
        assert shown - {"--json"} == own, name


def test_calls_in_documents_are_possible() -> None:
    seen = 0
    for path in DOCUMENTS:
        for words in calls(text_of(path)):
            seen += 1
            command = commands()[words[0]]
            if isinstance(command, click.Group) and len(words) > 1 and words[1][0] not in "[-":
                assert words[1] in command.commands, (path, words)
                command = command.commands[words[1]]
            used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
            assert used <= options_of(command), (path, words)
    assert seen > len(commands())


def test_links_between_documents_lead_somewhere() -> None:
    for path in DOCUMENTS:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(path)):
            assert (ROOT / path.parent / link).exists(), (path, link)


@pytest.mark.parametrize("name", ["test", "fuzz"])
def test_the_readme_names_the_scripts(name: str) -> None:
    assert f"scripts/{name}" in text_of("README.md")


def test_the_readme_names_the_switches_of_the_test_script() -> None:
    switches = set(re.findall(r"^    (--[a-z]+)\)", text_of("scripts/test"), re.MULTILINE))
    assert switches
    assert switches == set(re.findall(r"`scripts/test (--[a-z]+)`", text_of("README.md")))


def settings_shown(heading: str) -> str:
    """The commented keys under a table of `fuzzer.toml`, as TOML."""
    lines = text_of("fuzzer.toml").splitlines()
    start = next(number for number, line in enumerate(lines) if line.lstrip("# ") == heading) + 1
    shown = []
    for line in lines[start:]:
        if line.lstrip("# ").startswith("["):
            break
        if SETTING.match(line):
            shown.append(line.removeprefix("# "))
    return "\n".join(shown)


def test_the_settings_file_shows_every_default_of_run() -> None:
    text = settings_shown("[run]")
    defaults = RunSettings()
    assert list(tomllib.loads(text)) == list(RunSettings.__struct_fields__)
    assert parse_settings(f"[run]\n{text}", name="fuzzer.toml").run == defaults


def test_the_settings_file_shows_every_default_of_artifacts() -> None:
    text = settings_shown("[artifacts]")
    assert list(tomllib.loads(text)) == list(ArtifactSettings.__struct_fields__)
    assert parse_settings(f"[artifacts]\n{text}", name="fuzzer.toml").artifacts == ArtifactSettings()


def test_the_settings_file_shows_every_key_of_a_core() -> None:
    text = settings_shown("[cores.ledger]")
    assert list(tomllib.loads(text)) == list(CoreSettings.__struct_fields__)
    shown = parse_settings(f"[cores.ledger]\n{text}", name="fuzzer.toml").cores["ledger"]
    assert (shown.bin, shown.features) == (CoreSettings(path="").bin, CoreSettings(path="").features)


def test_the_settings_file_of_the_checkout_changes_nothing() -> None:
    settings = parse_settings(text_of("fuzzer.toml"), name="fuzzer.toml")
    assert (settings.run, dict(settings.cores)) == (RunSettings(), {})


def test_the_columns_of_the_summary_are_documented_in_order() -> None:
    documented = table("artifacts/README.md", "## Columns of `summary.csv`")
    assert [name for _, name, _ in documented] == list(COLUMNS)
    assert [int(number) for number, _, _ in documented] == list(range(1, len(COLUMNS) + 1))


def test_the_status_words_are_documented() -> None:
    documented = {word for word, _ in table("artifacts/README.md", "## Status words")}
    assert documented == {status_word(status) for status in Status}


def test_the_verdicts_are_explained() -> None:
    words = {*VerdictKind, "flaky", "allowed"}
    assert {word for word, _, _ in table("README.md", "## Read a finding")} == words
    assert {word for word, _, _ in table("artifacts/README.md", "## What `equal` says")} == words - {"agree"}


def test_decisions_are_numbered_and_complete() -> None:
    paths = sorted(path.as_posix() for path in tracked() if path.as_posix().startswith("docs/adr/"))
    numbers = [match.group(1) for path in paths if (match := ADR.fullmatch(path))]
    assert numbers == [f"{number:04}" for number in range(1, len(paths) + 1)]
    for number, path in zip(numbers, paths, strict=True):
        text = text_of(path)
        assert text.startswith(f"# {int(number)}. ")
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert headings == ["Status", "Context", "Decision", "Consequences"], path
        assert len(text.split()) < 600, f"{path} is longer than a page"


def test_the_change_log_keeps_its_form() -> None:
    text = text_of("CHANGELOG.md")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    kinds = re.findall(r"^### (.+)$", text, re.MULTILINE)
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert kinds


def test_what_is_installed_at_run_time_is_imported() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    names = {re.split(r"[<>=!~ ]", name)[0] for name in project["dependencies"]}
    package = "\n".join(
        text_of(path) for path in tracked() if path.parts[0] == "fuzzer" and path.suffix == ".py"
    )
    assert {
        name for name in names if not re.search(rf"^\s*(?:import|from) {name}\b", package, re.MULTILINE)
    } == set()
