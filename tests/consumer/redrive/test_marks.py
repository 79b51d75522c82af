"""Handled offsets survive as a committed offset and a text."""

import pytest

from consumer.redrive.marks import decode, encode, merged


@pytest.mark.parametrize(
    ("handled", "committed"),
    [
        ([], (0, "")),
        ([range(3)], (3, "")),
        ([range(3), range(5, 8), range(9, 10)], (3, "5-7,9-9")),
        ([range(5, 8), range(3), range(3, 5)], (8, "")),
        ([range(10), range(4, 6)], (10, "")),
    ],
)
def test_they_are_the_same_after_a_commit(handled, committed):
    assert encode(merged(handled)) == committed
    assert decode(*committed) == merged(handled)


def test_without_a_commit_none_is_handled():
    assert decode(-1001, "") == [range(0)]


def test_a_text_of_another_program_marks_nothing():
    assert decode(4, "host-a") == [range(4)]
