"""Tests of the arithmetic of a load."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.load import UTILISATION, Load, number, rounded
from components.section import parse


def load(rate: float, size: int, handling: float) -> Load:
    parsed = parse(Load, {"messagesPerSecond": rate, "bytes": size, "handlingMilliseconds": handling})
    assert isinstance(parsed, Load), parsed
    return parsed


def test_fifty_thousand_messages_of_eight_milliseconds_keep_400_consumers_busy_and_need_572():
    expected = load(50_000, 1000, 8)
    assert expected.busy == 400
    assert expected.throughput == 50_000_000
    assert rounded(expected.busy / UTILISATION) == 572


@given(st.integers(1, 10_000))
def test_a_whole_number_is_not_rounded_up(consumers: int):
    assert rounded(consumers * UTILISATION / UTILISATION) == consumers


@pytest.mark.parametrize(
    ("exact", "options", "amount"),
    [
        (0.2, {}, 1),
        (7.85, {"step": 3}, 9),
        (9, {"step": 3}, 9),
        (2.1, {"among": (1, 2, 4, 6)}, 4),
        (7, {"among": (1, 2, 4, 6)}, 7),
        (0.1, {"least": 3}, 3),
    ],
)
def test_an_amount_is_rounded_up_to_what_the_service_accepts(exact, options, amount):
    assert rounded(exact, **options) == amount


@pytest.mark.parametrize(
    ("value", "text"), [(50_000, "50,000"), (47.68, "47.7"), (6.077, "6.08"), (0.02, "0.02"), (4023.31, "4,023")]
)
def test_numbers_are_readable(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("messagesPerSecond", 0, "must be at least 0.001, got 0"),
        ("messagesPerSecond", 1e308, "must be at most 1000000000, got 1e+308"),
        ("messagesPerSecond", float("inf"), "must be a finite number"),
        ("messagesPerSecond", "many", 'must be a number, got "many"'),
        ("bytes", 0, "must be at least 1, got 0"),
        ("bytes", 10**400, "must be at most 1073741824, got 1000"),
        ("bytes", 1.5, "must be a whole number"),
        ("handlingMilliseconds", 0.00001, "must be at least 0.001, got 1e-05"),
        ("handlingMilliseconds", 1e308, "must be at most 86400000, got 1e+308"),
    ],
)
def test_a_wrong_load_is_refused_with_the_rule(key, value, rule):
    wrong = parse(Load, {"messagesPerSecond": 1, "bytes": 1, "handlingMilliseconds": 1, key: value})
    assert isinstance(wrong, list)
    assert [error.path for error in wrong] == [(key,)]
    assert wrong[0].text.startswith(rule)
