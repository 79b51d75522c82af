"""Tests that compare written and handled messages: lost, repeated, out of order, and pauses."""

import pytest

from workbench.prove.tally import Handled, longest_pauses, tally


def handled(*places: str) -> list[Handled]:
    """Return deliveries such as `0@7`, handled one after the other."""
    found: list[Handled] = []
    for at, place in enumerate(places):
        partition, _, offset = place.partition("@")
        found.append(Handled(at=float(at), replica="orders-0", partition=int(partition), offset=int(offset)))
    return found


WRITTEN = [(0, 0), (0, 1), (0, 2), (1, 0)]


def test_all_handled_once_in_order_is_no_problem():
    found = tally(WRITTEN, handled("0@0", "1@0", "0@1", "0@2"))
    assert (found.written, found.handled, found.again, found.problems) == (4, 4, 0, ())


def test_a_message_that_is_not_handled_is_lost_and_named():
    found = tally(WRITTEN, handled("0@0", "0@1", "0@2"))
    assert found.lost == ("1@0",)
    assert found.problems == ("1 of 4 messages were lost: 1@0",)


def test_redeliveries_are_counted_and_are_no_problem():
    found = tally(WRITTEN, handled("0@0", "0@1", "0@0", "0@1", "0@2", "1@0"))
    assert (found.handled, found.again, found.problems) == (4, 2, ())


@pytest.mark.parametrize("order", [("0@1", "0@0", "0@2"), ("0@0", "0@2", "0@1")])
def test_a_message_handled_before_an_earlier_one_is_out_of_order(order):
    found = tally(WRITTEN, handled(*order, "1@0"))
    assert len(found.out_of_order) == 1
    assert "1 messages were handled out of order" in found.problems[0]


def test_offsets_without_a_message_are_no_gap():
    assert tally([(0, 0), (0, 2)], handled("0@0", "0@2")).problems == ()


def test_the_longest_pause_of_each_partition_counts_from_its_first_message_to_the_end():
    assert longest_pauses(handled("0@0", "1@0", "0@1", "0@2"), until=5.5) == {0: 2.5, 1: 4.5}
