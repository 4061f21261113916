"""The quick way to canonical JSON says what the library says, of everything."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as some

from audit.canonical import canonical
from catalog.models import Basis

TEXTS = some.text(max_size=20)
NUMBERS = some.integers(-(2**53) + 1, 2**53 - 1) | some.floats(allow_nan=False, allow_infinity=False)
VALUES = some.recursive(
    some.none() | some.booleans() | NUMBERS | TEXTS,
    lambda inner: some.lists(inner, max_size=5) | some.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=20,
)


@given(VALUES)
def test_it_says_what_the_library_says(value):
    assert canonical(value) == rfc8785.dumps(value)


def test_it_orders_keys_by_utf_16():
    value = {"\U0001f600": 1, "\ue000": 2, "é": 3, "a": 4, "\r": 5, "\x7f": 6, "中": 7, '"\\\b\x1f/': 8}
    assert canonical(value) == rfc8785.dumps(value)


def test_it_writes_a_choice_as_its_value():
    assert canonical([Basis.Kind.GRANT, ("a", True)]) == b'["grant",["a",true]]'


@pytest.mark.parametrize("value", [2**53, -(2**53), float("nan"), float("inf"), "\ud800", {1: 2}, {"a": b""}])
def test_it_refuses_what_has_no_canonical_form(value):
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical(value)
