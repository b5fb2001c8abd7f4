"""Which targets a command is about."""

import pytest

from fuzzer.campaign.selection import checked_targets
from fuzzer.errors import ConfigError, UsageError
from fuzzer.home import Home, find_home


@pytest.fixture(name="checkout")
def fixture_checkout() -> Home:
    """This checkout."""
    return find_home()


def test_names_of_the_command_line_come_before_those_of_the_project(checkout: Home) -> None:
    assert checked_targets(checkout, ["sp1"], ["sp1-portable"]) == ["sp1"]
    assert checked_targets(checkout, [], ["sp1-portable", "sp1"]) == ["sp1-portable", "sp1"]


def test_reference_may_be_named_and_nothing_counts_twice(checkout: Home) -> None:
    assert checked_targets(checkout, ["sp1", "native", "rvref", "sp1"], []) == ["sp1", "rvref"]


@pytest.mark.parametrize("names", [["native"], []])
def test_nothing_to_compare_with_is_refused(checkout: Home, names: list[str]) -> None:
    error = UsageError if names else ConfigError
    with pytest.raises(error, match="nothing to compare `native` with"):
        checked_targets(checkout, names, [])


def test_unknown_name_is_a_wrong_call_or_a_wrong_setting_where_it_stands(checkout: Home) -> None:
    with pytest.raises(UsageError, match="no target `sp2`") as wrong_call:
        checked_targets(checkout, ["sp2"], ["sp1"])
    assert "did you mean `sp1`?" in wrong_call.value.hint
    with pytest.raises(ConfigError, match=r"fuzzer\.toml: \[run\] targets: no target `sp2`") as wrong_setting:
        checked_targets(checkout, [], ["sp2"])
    assert wrong_setting.value.hint == wrong_call.value.hint
