"""A policy is understood to the last word, or refused."""

import re
from pathlib import Path

import pytest

from fuzzer.errors import ConfigError
from fuzzer.gate.policy import ALWAYS, BuiltIn, Threshold, parse_policy
from fuzzer.store.decision import RunMode
from fuzzer.store.status import OWN_METRICS

SHIPPED = Path(__file__).parents[3] / "inputs" / "gate_policy.toml"
GOOD = """schema_version = 1
targets = ["native", "sp1"]

[versions]
sp1 = "6.10.0"

[gates.compared_ok]
metric = "comparisons"
at_least = 1

[gates.share_ok]
metric = "inconclusive_share"
at_least = 0
at_most = 0.05

[required]
demo = ["compared_ok"]
core = ["compared_ok", "share_ok"]
prod = ["compared_ok", "external_all_pass"]
"""


def test_a_policy_says_which_gates_there_are_and_what_a_mode_requires() -> None:
    policy = parse_policy(GOOD.encode(), name="p")
    assert policy.gates["compared_ok"] == Threshold(metric="comparisons", at_least=1.0)
    assert policy.gates["share_ok"].says == "inconclusive_share >= 0 and inconclusive_share <= 0.05"
    assert policy.required_in(RunMode.DEMO) == ("compared_ok",)
    assert policy.required_in(RunMode.CORE) == ("compared_ok", "share_ok")
    assert (policy.targets, policy.versions) == (("native", "sp1"), {"sp1": "6.10.0"})


def test_prod_requires_its_own_gates_whatever_a_policy_says() -> None:
    document = GOOD.replace('prod = ["compared_ok", "external_all_pass"]', "prod = []")
    required = parse_policy(document.encode(), name="p").required_in(RunMode.PROD)
    assert set(required) == set(ALWAYS[RunMode.PROD])
    assert {BuiltIn.CLEAN_TREE, BuiltIn.TARGETS, BuiltIn.VERSIONS} <= set(required)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("schema_version = 1", "", "schema_version is None"),
        ("schema_version = 1", "schema_version = true", "schema_version is True"),
        ("schema_version = 1", "schema_version = 2", "schema_version is 2"),
        ("schema_version = 1", "schema_version = 0", "schema_version is 0"),
        ("at_least = 1\n", 'at_least = "1"\n', "at_least is '1', which is not a number"),
        ("at_least = 1\n", "at_least = true\n", "at_least is True, which is not a number"),
        ("at_least = 1\n", "at_least = nan\n", "at_least is nan, which is not a number"),
        ("at_most = 0.05", "at_most = inf", "at_most is inf, which is not a number"),
        ("at_most = 0.05", "at_most = -inf", "at_most is -inf, which is not a number"),
        ("at_most = 0.05", f"at_most = 1{400 * '0'}", "which is not a number"),
        ("at_least = 1\n", "", "has no threshold"),
        ("at_least = 0\n", "at_least = 0.5\n", "nothing is inconclusive_share >= 0.5 and"),
        ("at_most = 0.05", "at_most = -0.05", "at_most is -0.05, and inconclusive_share is never below 0"),
        ("at_most = 0.05", "at_most = 5", "at_most is 5, and inconclusive_share is never above 1"),
        ("at_least = 1\n", "at_least = -1\n", "at_least is -1, and comparisons is never below 0"),
        ('metric = "comparisons"', "metric = 3", "`metric` and `why` are texts"),
        ('metric = "comparisons"', 'metric = ""', "`metric` and `why` are texts"),
        ("at_least = 1\n", "at_leest = 1\n", "unknown key `at_leest`"),
        ("[gates.compared_ok]", "[gates.clean_tree_ok]", "a gate of this name is built in"),
        ("[gates.compared_ok]", "[gates.external]", "status.json has a field of this name"),
        ("[gates.compared_ok]", "[gate.compared_ok]", "unknown key `gate`"),
        ('demo = ["compared_ok"]', 'demo = ["compare_ok"]', "there is no gate `compare_ok`"),
        ('demo = ["compared_ok"]', 'demo = "compared_ok"', "is no list of names"),
        ('demo = ["compared_ok"]', "demo = [1]", "is no list of names"),
        ('demo = ["compared_ok"]\n', "", "[required] demo is missing"),
        ('demo = ["compared_ok"]', "demo = []\nnight = []", "unknown key `night`"),
        ("[required]", "[requires]", "unknown key `requires`"),
        ('sp1 = "6.10.0"', "sp1 = 6.10", "[versions] is no table of texts"),
        ('targets = ["native", "sp1"]', "targets = 2", "targets is no list of names"),
        ("[required]", "[required", "broken TOML"),
    ],
)
def test_a_mistake_in_a_policy_is_refused_with_its_place(old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError, match=re.escape(says)) as raised:
        parse_policy(GOOD.replace(old, new, 1).encode(), name="p")
    assert raised.value.message.startswith("p: ")
    assert raised.value.hint


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"\0"])
def test_what_is_no_policy_at_all_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigError):
        parse_policy(data, name="p")


def test_a_threshold_holds_its_bounds_and_lets_no_nan_through() -> None:
    both = Threshold(metric="m", at_least=1, at_most=2)
    assert [value for value in (0.999, 1, 1.5, 2, 2.001) if both.passes(value)] == [1, 1.5, 2]
    assert not any(
        threshold.passes(float("nan"))
        for threshold in (both, Threshold(metric="m", at_least=1), Threshold(metric="m", at_most=1))
    )


def test_the_policy_that_comes_with_the_harness_guards_what_was_found_before() -> None:
    policy = parse_policy(SHIPPED.read_bytes(), name="p")
    assert set(policy.required[RunMode.DEMO]) < set(policy.required[RunMode.CORE])
    assert set(policy.required[RunMode.CORE]) < set(policy.required[RunMode.PROD])
    assert {"regressions_ok", "regressions_checked_ok"} <= set(policy.required[RunMode.CORE])
    assert {threshold.metric for threshold in policy.gates.values()} <= OWN_METRICS
