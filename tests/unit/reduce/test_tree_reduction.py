"""JSON made small by its structure."""

import json
import random
from collections.abc import Callable

import pytest

from fuzzer.reduce.buffers import reduce_json
from fuzzer.reduce.search import run

Check = Callable[[object], bool]


def reduced(document: object, check: Check) -> tuple[object, int]:
    """What is left, and how many candidates that took."""

    def still_fails(data: bytes) -> bool:
        try:
            return check(json.loads(data))
        except (ValueError, TypeError, KeyError, IndexError, AssertionError):
            return False

    text = json.dumps(document).encode()
    assert still_fails(text)
    reduction = reduce_json(text)
    return json.loads(run(reduction, still_fails)), reduction.tested


def leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner)]
    return [value]


def ten_kilobytes() -> dict[str, object]:
    rng = random.Random(3)  # noqa: S311 -- no secrets
    items: list[dict[str, object]] = [
        {
            "id": number,
            "name": f"item {rng.random()}",
            "tags": ["a", "b", str(rng.random())],
            "pos": {"x": rng.randrange(10**6), "y": rng.random()},
        }
        for number in range(75)
    ]
    items[20]["pos"] = {"x": 77_777, "y": 1.5}
    items[60]["tags"] = ["a", "needle"]
    return {"version": 3, "meta": {"a": "x" * 50}, "items": items}


def has_both(value: object) -> bool:
    found = leaves(value)
    return 77_777 in found and "needle" in found


def has_both_and_parses(value: object) -> bool:
    """As a guest with types would read it: every key must be there, and of its kind."""
    assert isinstance(value, dict)
    ids = [item["id"] + item["pos"]["x"] + item["pos"]["y"] + len(item["name"]) for item in value["items"]]
    return bool(ids) and value["version"] > 1 and bool(value["meta"]) and has_both(value)


def has_both_in_place(value: object) -> bool:
    assert isinstance(value, dict)
    items = value["items"]
    return bool(items[20]["pos"]["x"] == 77_777 and items[60]["tags"][1] == "needle")


@pytest.mark.parametrize(
    ("check", "left"),
    [
        (has_both, [77_777, "needle"]),
        (
            has_both_and_parses,
            {
                "version": 2,
                "meta": "0",
                "items": [
                    {"id": 0, "name": "", "pos": {"x": 77_777, "y": 0}},
                    {"id": 0, "name": "", "": "needle", "pos": {"x": 0, "y": 0}},
                ],
            },
        ),
        (has_both_in_place, None),
    ],
)
def test_ten_kilobytes_that_fail_for_two_leaves(check: Check, left: object) -> None:
    document = ten_kilobytes()
    assert len(json.dumps(document)) > 10_000
    result, tested = reduced(document, check)
    assert tested < 2_000
    if left is None:
        assert len(json.dumps(result)) < 400
    else:
        assert result == left


@pytest.mark.parametrize(
    ("document", "check", "left"),
    [
        ({"a": {"b": [[["x"]]]}}, lambda value: "x" in leaves(value), "x"),
        ([1000], lambda value: value[0] > 17, [18]),
        ([-1000], lambda value: value[0] < -17, [-18]),
        ([-1000], lambda value: abs(value[0]) > 17, [18]),
        ([2**127], lambda value: value[0] >= 2**64, [2**64]),
        ([True], lambda value: isinstance(value[0], bool), [False]),
        (["Hello World"], lambda value: isinstance(value, list) and "W" in value[0], ["W"]),
        (["grüße"], lambda value: len(value[0]) > 2, ["000"]),
        ([123.75], lambda value: value[0] > 3, [4]),
        ([1.5e300], lambda value: value[0] > 1e200, [5e300]),
        ([-12.5], lambda value: "." in str(value[0]), [0.0]),
        ({"long key": {"b": 1}}, lambda value: len(value) == 1 and isinstance(value, dict), {"": 0}),
        ([3, 1, 2], lambda value: sorted(value) != value, [1, 0]),
        ([[1, 2], [3]], lambda value: len(value) == 2 and all(len(item) for item in value), [[0], [0]]),
    ],
)
def test_small_documents(document: object, check: Check, left: object) -> None:
    assert reduced(document, check)[0] == left


def test_repeated_keys_are_seen() -> None:
    reduction = reduce_json(b'{"a": 1, "b": 2, "a": 3}')
    assert run(reduction, lambda data: data.count(b'"a"') == 2) == b'{"a":0,"a":0}'


def test_a_failure_of_the_spelling_keeps_it() -> None:
    assert run(reduce_json(b"[1.0e2, 5]"), lambda data: b"e" in data and data.startswith(b"[")) == b"[0e0]"
    assert run(reduce_json(b"[1,  2]"), lambda data: b"  " in data) == b"  "


def test_escapes_are_kept_where_the_failure_needs_them() -> None:
    reduction = reduce_json(b'[ "\\u00fc", "abc" ]')
    result = run(reduction, lambda data: b"\\u00fc" in data and data.endswith(b"]"))
    assert result == b'["\\u00fc"]'


def test_what_is_not_json_is_reduced_as_bytes() -> None:
    assert run(reduce_json(b'{"list": [1, 2,'), lambda data: b"[1" in data) == b"[1"
