"""Tests that decoded values keep their shape, secrets and paths."""

from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import assume, given
from hypothesis import strategies as st

from workbench.values import SECRET, add_missing, at, decode, hide, join, strings

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=4)


def struct(values: dict[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(values)
    return made


@given(OBJECTS)
def test_plain_values_are_decoded_unchanged(values):
    decoded = decode(struct(values))
    assert decoded.plain == values
    assert decoded.masked == values
    assert decoded.secrets == frozenset()


@given(OBJECTS)
def test_every_path_leads_to_its_text(values):
    for path, text in strings(values):
        assert at(values, path) == text


@given(OBJECTS, st.data())
def test_a_hidden_property_is_masked_completely_and_its_plain_value_is_kept(values, data):
    keys = data.draw(st.lists(st.sampled_from(sorted(values)), unique=True) if values else st.just([]))
    made = struct(values)
    hide(made, [*keys, "a key that is not there, whatever hypothesis makes"])
    decoded = decode(made)
    assert decoded.plain == values
    assert decoded.masked == {key: SECRET if key in keys else value for key, value in values.items()}
    assert decoded.secrets == {join("", key) for key in keys}


def answered_as_a_map(given_values, computed):
    """Return whether the provider returns a list input as a map of its items."""
    return isinstance(computed, dict) and (
        isinstance(given_values, list)
        or (
            isinstance(given_values, dict)
            and any(answered_as_a_map(given_values.get(key), value) for key, value in computed.items())
        )
    )


@given(OBJECTS, OBJECTS)
def test_inputs_are_never_overwritten_by_computed_outputs(given_values, computed):
    assume(not answered_as_a_map(given_values, computed))
    made = struct(given_values)
    add_missing(made, computed)
    plain = decode(made).plain
    assert set(plain) == {*given_values, *computed}
    for path, text in strings(given_values):
        assert at(plain, path) == text


def test_nothing_is_added_inside_a_secret():
    made = struct({"data": {"a": "1"}})
    hide(made, ["data"])
    add_missing(made, {"data": {"b": "2"}})
    assert decode(made).plain == {"data": {"a": "1"}}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("a.x", "a has no key 'x', only b"),
        ("a.b[2]", "a.b has 1 items, no item 2"),
        ("a.b.c", "has no key 'c'"),
        ("z", "the top level has no key 'z', only a"),
    ],
)
def test_the_error_of_a_wrong_path_names_the_last_existing_key(path, message):
    with pytest.raises(KeyError, match=message):
        at({"a": {"b": [1]}}, path)
