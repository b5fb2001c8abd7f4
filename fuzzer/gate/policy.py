"""`gate_policy.toml`: which gates there are, what each asks for, and which of them a mode requires. Pure.

A policy that cannot be understood to the last word is refused: half a policy would let things through.
"""

import tomllib
from collections.abc import Collection, Mapping
from enum import StrEnum

import msgspec

from fuzzer.errors import ConfigError, closest
from fuzzer.store.decision import RunMode
from fuzzer.store.status import MS_PER_RUN, OWN_METRICS, SHARES, Status, finite_number

POLICY_NAME = "gate_policy.toml"
POLICY_VERSION = 1


class BuiltIn(StrEnum):
    """Gates that are no threshold on a metric; every policy may require them, and `prod` always does."""

    EXTERNAL = "external_all_pass"
    """Results of other tools were added and all of them pass."""
    CLEAN_TREE = "clean_tree_ok"
    """The project is a git checkout in which nothing is changed."""
    TARGETS = "targets_present_ok"
    """Every target that the policy names took part."""
    VERSIONS = "versions_pinned_ok"
    """Every target ran in the version that the policy, or its own name, pins."""
    NOT_PLANTED = "nothing_planted_ok"
    """No fault was planted on purpose."""
    ENDED = "complete_ok"
    """The run or campaign came to its end."""


ALWAYS: Mapping[RunMode, tuple[BuiltIn, ...]] = {
    RunMode.DEMO: (),
    RunMode.CORE: (),
    RunMode.PROD: (BuiltIn.CLEAN_TREE, BuiltIn.TARGETS, BuiltIn.VERSIONS, BuiltIn.NOT_PLANTED, BuiltIn.ENDED),
}
"""What a mode requires, whatever its policy says."""


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """A gate on one metric: it passes when the value lies within the bounds."""

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    why: str = ""

    @property
    def says(self) -> str:
        """The gate as people read it: `unique_signatures <= 0`."""
        low = [] if self.at_least is None else [f"{self.metric} >= {self.at_least:,g}"]
        high = [] if self.at_most is None else [f"{self.metric} <= {self.at_most:,g}"]
        return " and ".join(low + high)

    def passes(self, value: float) -> bool:
        """Whether a value lies within the bounds; what is no number does not."""
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The document."""

    gates: Mapping[str, Threshold]
    required: Mapping[RunMode, tuple[str, ...]]
    targets: tuple[str, ...]
    """Targets that must have taken part."""
    versions: Mapping[str, str]
    """The version that a target must have run in, by its name."""

    def required_in(self, mode: RunMode) -> tuple[str, ...]:
        """Every gate that must hold in a mode."""
        return tuple(dict.fromkeys((*self.required[mode], *ALWAYS[mode])))


def parse_policy(data: bytes, *, name: str) -> Policy:
    """The policy in a TOML document; `name` is what errors call it.

    Raises:
        ConfigError: it is no such document, names a gate that there is not, or has a bound that is no number.
    """
    try:
        document = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{name}: broken TOML: {error}", hint="a gate without a policy blocks") from None
    _refuse_unknown(name, document, ("schema_version", "gates", "required", "targets", "versions"))
    _check_version(name, document.get("schema_version"))
    gates = {
        gate: _threshold(f"{name}: [gates.{gate}]", gate, table) for gate, table in _tables(name, document)
    }
    return Policy(
        gates=gates,
        required=_required(name, document.get("required"), {*gates, *BuiltIn}),
        targets=_words(f"{name}: targets", document.get("targets", [])),
        versions=_versions(name, document.get("versions", {})),
    )


def _check_version(name: str, version: object) -> None:
    if type(version) is not int or not 1 <= version <= POLICY_VERSION:
        raise ConfigError(
            f"{name}: schema_version is {version!r}, this `fuzz` reads {POLICY_VERSION}",
            hint=f"write `schema_version = {POLICY_VERSION}` at its top; a newer form needs a newer `fuzz`",
        )


def _tables(name: str, document: Mapping[str, object]) -> list[tuple[str, object]]:
    tables = document.get("gates", {})
    if not isinstance(tables, dict):
        raise ConfigError(f"{name}: `gates` is no table", hint="a gate is a table [gates.NAME]")
    return list(tables.items())


def _threshold(where: str, gate: str, table: object) -> Threshold:
    if gate in set(BuiltIn):
        raise ConfigError(f"{where}: a gate of this name is built in", hint="give yours another name")
    if gate in Status.__struct_fields__:
        raise ConfigError(f"{where}: status.json has a field of this name", hint="give the gate another name")
    if not isinstance(table, dict):
        raise ConfigError(f"{where} is no table", hint="it has `metric`, and `at_least` or `at_most`")
    _refuse_unknown(where, table, Threshold.__struct_fields__)
    metric, why = table.get("metric"), table.get("why", "")
    if not isinstance(metric, str) or not metric or not isinstance(why, str):
        raise ConfigError(f"{where}: `metric` and `why` are texts", hint="metrics are those of status.json")
    bounds = {key: _number(where, key, table[key]) for key in ("at_least", "at_most") if key in table}
    if not bounds:
        raise ConfigError(f"{where} has no threshold", hint="add `at_least` or `at_most`")
    for key, bound in bounds.items():
        _check_sense(where, metric, key, bound)
    threshold = Threshold(metric=metric, why=why, **bounds)
    if len(bounds) > 1 and bounds["at_least"] > bounds["at_most"]:
        raise ConfigError(f"{where}: nothing is {threshold.says}", hint="`at_least` is the lower bound")
    return threshold


def _check_sense(where: str, metric: str, key: str, bound: float) -> None:
    """Refuse a bound that no value can ever cross: such a gate would always pass, or never."""
    own = metric in OWN_METRICS or metric.endswith(MS_PER_RUN)
    if own and bound < 0:
        raise ConfigError(
            f"{where}: {key} is {bound:g}, and {metric} is never below 0", hint="see status.json"
        )
    if metric in SHARES and bound > 1:
        raise ConfigError(
            f"{where}: {key} is {bound:g}, and {metric} is never above 1", hint="5 % is written as 0.05"
        )


def _number(where: str, key: str, value: object) -> float:
    number = finite_number(value)
    if number is None:
        raise ConfigError(f"{where}: {key} is {value!r}, which is not a number", hint="write it as 0 or 0.05")
    return number


def _required(name: str, table: object, known: Collection[str]) -> dict[RunMode, tuple[str, ...]]:
    if not isinstance(table, dict):
        raise ConfigError(f"{name} has no table [required]", hint="it lists gates for demo, core and prod")
    _refuse_unknown(f"{name}: [required]", table, list(RunMode))
    required = {}
    for mode in RunMode:
        where = f"{name}: [required] {mode.value}"
        if mode not in table:
            raise ConfigError(f"{where} is missing", hint="an empty list says that nothing is required")
        required[mode] = _words(where, table[mode])
        for gate in required[mode]:
            if gate not in known:
                raise ConfigError(f"{where}: there is no gate `{gate}`", hint=closest(gate, known))
    return required


def _words(where: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
        raise ConfigError(f"{where} is no list of names", hint='write it as ["one", "another"]')
    return tuple(value)


def _versions(name: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(word, str) and word for word in value.values()):
        raise ConfigError(f"{name}: [versions] is no table of texts", hint='write it as sp1 = "6.10.0"')
    return dict(value)


def _refuse_unknown(where: str, table: Mapping[str, object], known: Collection[str]) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(f"{where}: unknown key `{key}`", hint=closest(key, known))
