"""Times on the command line."""

import click
import pytest
from click.testing import CliRunner

from fuzzer.cli.duration import Duration


@click.command()
@click.option("--for", "seconds", type=Duration(), default="2m")
def say(seconds: float) -> None:
    """Say how many seconds that is."""
    click.echo(repr(seconds))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90.0),
        ("10m", 600.0),
        ("8h", 28_800.0),
        ("1h30m", 5_400.0),
        ("1h1m1s", 3_661.0),
        ("2h5s", 7_205.0),
        ("0h1s", 1.0),
        ("100m", 6_000.0),
    ],
)
def test_time_in_seconds(text: str, seconds: float) -> None:
    done = CliRunner().invoke(say, ["--for", text])
    assert (done.exit_code, done.output) == (0, f"{seconds}\n")


def test_default_is_read_like_what_is_typed() -> None:
    assert CliRunner().invoke(say, []).output == "120.0\n"


@pytest.mark.parametrize(
    "text",
    ["0", "0s", "0h0m", "", "abc", "10", "-5s", "1.5h", "30m1h", "10 m", "1h30", "m", "5S", "1s1s", "1d"],
)
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    done = CliRunner().invoke(say, ["--for", text])
    assert done.exit_code == 2
    assert f"{text!r} is no time to work in" in done.output
    assert "10m" in done.output
