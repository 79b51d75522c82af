"""Status of a consumer."""

import pytest

from consumer.metrics import StatusCollector
from consumer.status import LIVE_SECONDS, Status


class Hand:
    """Clock that is set by hand."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Hand()


def test_a_consumer_is_live_from_its_start_and_while_it_polls(clock):
    status = Status(clock=clock)
    assert status.live
    clock.now += LIVE_SECONDS - 1
    assert status.live
    status.poll()
    clock.now += LIVE_SECONDS - 1
    assert status.live


def test_a_consumer_that_stops_polling_is_not_live(clock):
    status = Status(clock=clock)
    clock.now += LIVE_SECONDS
    assert not status.live


def test_the_lag_of_revoked_partitions_is_removed():
    status = Status(lag_records={"0": 1, "1": 2}, oldest={"0": 1.0, "2": None})
    status.set_partitions(["1", "2"])
    assert status.partitions == {"1", "2"}
    assert status.lag_records == {"1": 2}
    assert status.lag_seconds == {"2": 0.0}


def test_the_age_of_an_unhandled_record_grows_until_it_is_handled(clock):
    status = Status(wall_clock=clock)
    status.oldest["0"] = clock.now - 5
    assert status.lag_seconds == {"0": 5.0}
    clock.now += 60
    assert status.lag_seconds == {"0": 65.0}
    status.oldest["0"] = None
    assert status.lag_seconds == {"0": 0.0}


def test_a_record_with_a_timestamp_in_the_future_has_no_age(clock):
    status = Status(wall_clock=clock)
    status.oldest["0"] = clock.now + 3600
    assert status.lag_seconds == {"0": 0.0}


def test_the_time_of_the_last_dead_letter_and_of_the_last_loss_are_metrics_only_after_the_first(clock):
    status = Status(wall_clock=clock)
    names = ("consumer_last_dead_letter_time_seconds", "consumer_last_loss_time_seconds")
    status.count_lost(0)
    assert not set(names) & {metric.name for metric in StatusCollector(status).collect()}
    clock.now += 60
    status.count_dead()
    status.count_lost(7)
    found = {metric.name: metric.samples[0].value for metric in StatusCollector(status).collect() if metric.samples}
    assert [found[name] for name in names] == [clock.now, clock.now]
    assert (found["consumer_dead_letters"], found["consumer_lost_records"]) == (1, 7)
