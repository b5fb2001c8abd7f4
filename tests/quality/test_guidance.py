"""A search finds what nested conditions hide, on the real SP1, and a blind one does not."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest

from fuzzer.home import find_home

SCRIPTS = Path(__file__).parents[2] / "scripts"

pytestmark = pytest.mark.real


@pytest.fixture
def guidance(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`scripts/guidance.py`, which writes the same comparison down."""
    monkeypatch.syspath_prepend(SCRIPTS)
    return importlib.import_module("guidance")


def test_a_value_behind_six_conditions_is_found_by_a_led_search_only(guidance: ModuleType) -> None:
    (core,) = guidance.prepare(find_home(), ["typed-difference"])
    led = guidance.run_search(core, seed=1, led=True, seconds=60, cases=20_000)
    assert led.seconds is not None
    blind = guidance.run_search(core, seed=1, led=False, seconds=60, cases=5 * led.cases)
    assert blind.cases >= led.cases, "it had as many cases"
    assert blind.seconds is None


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize(
    "guest", ["frame-difference", "nested-difference", "typed-difference", "host-difference"]
)
def test_what_is_nested_is_found_with_every_seed(guidance: ModuleType, guest: str, seed: int) -> None:
    (core,) = guidance.prepare(find_home(), [guest])
    assert guidance.run_search(core, seed=seed, led=True, seconds=120).seconds is not None
