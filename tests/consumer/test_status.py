"""What a consumer tells of itself is so at every moment."""

import pytest

from consumer.status import LIVE_SECONDS, Status


class Hand:
    """A clock that goes when it is told to."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Hand()


def test_a_consumer_lives_from_its_start_and_as_long_as_it_asks_for_more(clock):
    status = Status(clock=clock)
    assert status.live
    clock.now += LIVE_SECONDS - 1
    assert status.live
    status.poll()
    clock.now += LIVE_SECONDS - 1
    assert status.live


def test_a_consumer_that_asks_for_nothing_more_is_stuck(clock):
    status = Status(clock=clock)
    clock.now += LIVE_SECONDS
    assert not status.live


def test_a_consumer_forgets_how_far_it_was_behind_in_partitions_that_went():
    status = Status(lag_records={"0": 1, "1": 2}, lag_seconds={"0": 1.0, "2": 3.0})
    status.set_partitions(["1", "2"])
    assert status.partitions == {"1", "2"}
    assert status.lag_records == {"1": 2}
    assert status.lag_seconds == {"2": 3.0}
