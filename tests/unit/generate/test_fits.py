"""Whether a tree is what a schema describes, also when its numbers are none."""

import pytest

from fuzzer.generate.fits import fits
from fuzzer.generate.structure import NumberSchema
from fuzzer.generate.tree import Literal


@pytest.mark.parametrize("spelled", ["-", "0x1", "1e9999999999999999999", "1e-99999999999999999999", ""])
def test_what_is_no_number_or_beyond_all_bounds_fits_no_number(spelled: str) -> None:
    assert not fits(NumberSchema(), Literal(spelled), {})


@pytest.mark.parametrize("spelled", ["0.5", "-1e400", "1.50"])
def test_other_numbers_do(spelled: str) -> None:
    assert fits(NumberSchema(), Literal(spelled), {})
