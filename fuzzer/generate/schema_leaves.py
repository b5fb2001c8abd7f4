"""The keywords of a JSON Schema about numbers and strings."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction

from fuzzer.generate import pattern
from fuzzer.generate.fits import is_in
from fuzzer.generate.structure import IntegerSchema, NumberSchema, StringSchema

_Keywords = Mapping[str, object]

INTEGER_FORMATS = {
    **{f"int{bits}": (-(1 << bits - 1), (1 << bits - 1) - 1) for bits in (8, 16, 32, 64, 128)},
    **{f"uint{bits}": (0, (1 << bits) - 1) for bits in (8, 16, 32, 64, 128)},
}
"""Values of `format` that name an integer type of Rust, as schemars writes them, and their ranges."""


class LeafError(ValueError):
    """A keyword that cannot be served."""

    def __init__(self, keyword: str, what: str) -> None:
        super().__init__(what)
        self.keyword = keyword


def integer_schema(node: _Keywords) -> IntegerSchema:
    """The schema of an integer; raises `LeafError`."""
    low, high = INTEGER_FORMATS.get(str(node.get("format")), (None, None))
    lows = [low, _integer(node, "minimum", ROUND_CEILING), _integer(node, "exclusiveMinimum", ROUND_FLOOR, 1)]
    highs = [
        high,
        _integer(node, "maximum", ROUND_FLOOR),
        _integer(node, "exclusiveMaximum", ROUND_CEILING, -1),
    ]
    least = max((bound for bound in lows if bound is not None), default=None)
    most = min((bound for bound in highs if bound is not None), default=None)
    step = _positive(node, "multipleOf")
    multiple = Fraction(step).numerator if step is not None else 1
    if least is not None and most is not None and -(-least // multiple) * multiple > most:
        raise LeafError("minimum", "no value is possible: no integer lies between the bounds")
    return IntegerSchema(minimum=least, maximum=most, multiple_of=multiple)


def number_schema(node: _Keywords) -> NumberSchema:
    """The schema of a number; raises `LeafError`."""
    schema = NumberSchema(
        minimum=_number(node, "minimum"),
        maximum=_number(node, "maximum"),
        above=_number(node, "exclusiveMinimum"),
        below=_number(node, "exclusiveMaximum"),
        multiple_of=_positive(node, "multipleOf"),
    )
    if not any(is_in(schema, number) for number in candidates(schema)):
        raise LeafError("minimum", "no value is possible, or none that is found easily")
    return schema


def candidates(schema: NumberSchema) -> list[Decimal]:
    """Numbers at the bounds and between them, of which some fit unless hardly any number does."""
    lows = [bound for bound in (schema.minimum, schema.above) if bound is not None]
    highs = [bound for bound in (schema.maximum, schema.below) if bound is not None]
    low, high = max(lows, default=None), min(highs, default=None)
    if low is None:
        low = min(Decimal(0), high if high is not None else Decimal(0)) - 1
    if high is None:
        high = max(Decimal(0), low) + 1
    if schema.multiple_of is None:
        return [low, high, (low + high) / 2, Decimal(0), low + 1, high - 1]
    step = schema.multiple_of
    first = (low / step).to_integral_value(ROUND_CEILING)
    return [(first + index) * step for index in range(3)]


def string_schema(node: _Keywords) -> StringSchema:
    """The schema of a string; raises `LeafError`."""
    least, most = length(node, "minLength") or 0, length(node, "maxLength")
    if most is not None and least > most:
        raise LeafError("minLength", f"no value is possible: at most {most} characters")
    if "pattern" not in node:
        return StringSchema(min_length=least, max_length=most)
    try:
        simple = pattern.parse(str(node["pattern"]))
    except ValueError as error:
        raise LeafError("pattern", f"this pattern cannot be served: {error}") from None
    if pattern.longest(simple) < least or (most is not None and pattern.shortest(simple) > most):
        raise LeafError("pattern", "no value is possible: what matches is not of the allowed length")
    return StringSchema(min_length=least, max_length=most, pattern=simple)


def length(node: _Keywords, keyword: str) -> int | None:
    """A length, or None where the keyword is not there; raises `LeafError`."""
    found = _number(node, keyword)
    if found is None:
        return None
    if found < 0 or found != found.to_integral_value():
        raise LeafError(keyword, f"{found} is no length")
    return int(found)


def _number(node: _Keywords, keyword: str) -> Decimal | None:
    found = node.get(keyword)
    if found is None and keyword not in node:
        return None
    if not isinstance(found, int | Decimal) or isinstance(found, bool):
        raise LeafError(keyword, "not a number")
    return Decimal(found)


def _positive(node: _Keywords, keyword: str) -> Decimal | None:
    found = _number(node, keyword)
    if found is not None and found <= 0:
        raise LeafError(keyword, "not above 0")
    return found


def _integer(node: _Keywords, keyword: str, rounding: str, off: int = 0) -> int | None:
    found = _number(node, keyword)
    return None if found is None else int(found.to_integral_value(rounding)) + off
