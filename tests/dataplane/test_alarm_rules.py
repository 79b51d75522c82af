"""Each alarm of a pipe fires for its cause and for nothing else. The rules are evaluated by Prometheus' promtool."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from components.monitoring.rules import RULES, PipeSeries
from tests.components.kubernetes.operator_collector import with_operator
from tests.dataplane.rule_files import (
    Firing,
    Pod,
    check_firing,
    constant,
    healthy,
    promtool,
    rising,
    rule_file,
    steps,
)
from tests.stacks import DEFAULT

PROMETHEUS_RULE = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"

NOTHING: Firing = frozenset()
MISSING: Firing = {("missing-consumers", "")}
STUCK: Firing = {("no-progress", "")}
OLD: Firing = {("old-records", "")}
UNREAD: Firing = {("partition-without-reader", "")}
IDLE: Firing = {("idle-consumer", "")}
RESTARTED: Firing = {("restarts", "")}

COUNTERS = [
    pytest.param(lambda times: {"dead_at": times}, {("dead-letters", "")}, id="dead letters"),
    pytest.param(lambda times: {"lost_at": times}, {("lost-records", "")}, id="lost records"),
]
each_counter = pytest.mark.parametrize(("counts", "alarm"), COUNTERS)
Counts = Callable[[object], dict[str, object]]


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., None]:
    """Return a function that checks the alarms of pods at given minutes."""

    def check(pods: Sequence[Pod], expected: Mapping[float, Firing], **pipe: int) -> None:
        check_firing(tmp_path, pods, expected, **pipe)

    return check


def pod(**values: object) -> Pod:
    return Pod(name="orders-0", **values)  # pyright: ignore[reportArgumentType]


def test_prometheus_accepts_the_rules(tmp_path):
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(rule_file(PipeSeries(matchers={"namespace": "orders"}, partitions=3, age_minutes=15))))
    status, output = promtool("check", "rules", file)
    assert (status, f"SUCCESS: {len(RULES)} rules found" in output) == (0, True), output


@pytest.mark.parametrize("stack", [DEFAULT, "aws-kafka-eks"])
def test_prometheus_accepts_the_rules_of_stacks(monkeypatch, tmp_path, stack):
    found = with_operator(monkeypatch, stack=stack).recording.of_type(PROMETHEUS_RULE)
    assert found
    for each in found:
        file = tmp_path / f"{each.name}.json"
        file.write_text(json.dumps(each.inputs["spec"]))
        status, output = promtool("check", "rules", file)
        assert (status, "SUCCESS" in output) == (0, True), output


def test_nothing_fires_while_all_is_well(check):
    check(healthy(0, 1, 2), {1: NOTHING, 15: NOTHING, 60: NOTHING})


def test_nothing_fires_in_an_idle_pipe(check):
    pods = [Pod(name=f"orders-{number}", handled=constant(5000), lag=constant(0)) for number in range(3)]
    check(pods, {1: NOTHING, 60: NOTHING})


# old-records


def test_old_records_that_are_handled_too_slowly_are_an_alarm_after_5_minutes_until_they_are_younger(check):
    slow = pod(lag=steps(60, {10: 1000, 40: 800}))
    check([slow, *healthy(1, 2)], {14: NOTHING, 16: OLD, 39: OLD, 43: NOTHING})


def test_a_short_peak_of_the_age_is_no_alarm(check):
    check([pod(lag=steps(1, {10: 3000, 12: 1})), *healthy(1, 2)], dict.fromkeys(range(5, 30), NOTHING))


def test_old_records_stay_an_alarm_when_their_partition_moves(check):
    """One consumer ends, and a minute later another one has its partition."""
    before, after = pod(lag=constant(2000), end=20), Pod(name="orders-9", begin=20.5, lag=steps(1, {21: 2000}))
    check([before, after, *healthy(1, 2)], dict.fromkeys(range(6, 40), OLD))


# no-progress


def test_a_stuck_handler_is_one_alarm_after_5_minutes_until_it_continues(check):
    stuck = pod(
        handled=lambda minute: rising(first=1000, until=10)(minute) + rising(since=24)(minute),
        lag=lambda minute: 60 * (minute - 10) if 10 < minute < 24 else 0,
    )
    expected = {12: NOTHING, 14: NOTHING, 16: STUCK, 23: STUCK, 25: NOTHING, 30: NOTHING, 60: NOTHING}
    check([stuck, *healthy(1, 2)], expected)


def test_a_record_that_is_stuck_at_once_after_a_quiet_day_is_an_alarm(check):
    stuck = pod(handled=constant(700), lag=rising(since=10))
    check([stuck, *healthy(1, 2)], {14: NOTHING, 16: STUCK, 24: STUCK})


def test_records_that_take_more_than_4_minutes_each_are_progress(check):
    slow = pod(handled=lambda minute: minute // 4.5, lag=constant(270))
    check([slow, *healthy(1, 2)], dict.fromkeys(range(10, 60), NOTHING))


def test_records_that_go_to_the_dead_letters_are_progress(check):
    failing = pod(handled=constant(1000), dead=rising(1), dead_at=lambda minute: 60 * minute, lag=constant(400))
    check([failing, *healthy(1, 2)], {30: {("dead-letters", "")}})


def test_a_stuck_handler_that_is_restarted_again_and_again_has_more_alarms_later(check):
    """The probe restarts it 7 minutes after it is stuck (5 without a poll, 1 of failures, 1 to end). It then handles some records again."""
    restarts = (17, 24.5, 32)

    def down(minute: float) -> bool:
        return any(at <= minute < at + 0.5 for at in restarts)

    stuck = [
        pod(
            unscraped=(17, 17.5),
            handled=lambda minute: 5000 if minute < 17 else min(50.0, 100 * ((minute - 17) % 7.5)),
            lag=lambda minute: 0 if minute <= 10 or down(minute) else 60 * (minute - 10),
            started=steps(-86400, {at: 60 * at for at in restarts}),
        )
    ]
    expected = {
        14: NOTHING,
        16: STUCK,
        24: STUCK,
        28: NOTHING,
        31: STUCK | OLD,
        34: OLD | RESTARTED,
        38: STUCK | OLD | RESTARTED,
    }
    check([*stuck, *healthy(1, 2)], expected)


def test_a_quiet_consumer_that_takes_over_old_records_is_no_alarm(check):
    """The consumer before it was stuck for 12 minutes."""
    taking = pod(handled=lambda minute: 500 + rising(since=32.5)(minute), lag=steps(0, {30: 720, 34: 300, 36: 0}))
    check([taking, *healthy(1, 2)], dict.fromkeys(range(25, 50), NOTHING))


def test_a_new_consumer_that_starts_with_old_records_is_no_alarm(check):
    new = pod(begin=30, handled=rising(since=32.5), lag=steps(4000, {34: 100}))
    check([Pod(name="orders-9", end=29), new, *healthy(1, 2)], {30: NOTHING, 32: NOTHING, 34: NOTHING, 45: NOTHING})


# missing-consumers


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param(pod(end=10), id="its pod ended"),
        pytest.param(pod(ready=steps(1, {10: 0})), id="it is not ready"),
        pytest.param(pod(unscraped=(5, 60)), id="it does not answer"),  # its last sample counts for 5 minutes
    ],
)
def test_a_missing_consumer_is_an_alarm_after_10_minutes(check, gone):
    check([gone, *healthy(1, 2)], {18: NOTHING, 21: MISSING, 50: MISSING})


def test_the_alarm_ends_when_a_new_consumer_is_ready(check):
    new = Pod(name="orders-9", begin=30, ready=steps(0, {31: 1}))
    check([pod(end=10), new, *healthy(1, 2)], {30: MISSING, 32: NOTHING, 60: NOTHING})


def test_no_series_at_all_are_missing_consumers(check):
    check([], {9: NOTHING, 11: MISSING})


def test_a_new_pipe_has_10_minutes_to_start(check):
    pods = [Pod(name=f"orders-{number}", begin=8 + number / 2, ready=steps(0, {9.5: 1})) for number in range(3)]
    check(pods, dict.fromkeys(range(30), NOTHING))


def test_a_rollout_of_any_length_is_no_alarm(check):
    """Each of 24 consumers ends one minute before its successor is ready. So one of them is always missing."""
    old = [Pod(name=f"orders-{number}", end=5 + number) for number in range(24)]
    new = [Pod(name=f"new-{number}", begin=5.5 + number, ready=steps(0, {6 + number: 1})) for number in range(24)]
    check([*old, *new], dict.fromkeys(range(0, 60, 2), NOTHING), partitions=24)


def test_consumers_that_restart_now_and_then_hide_no_missing_ones_for_more_than_40_minutes(check):
    restarts = {float(at): 60.0 * at for at in range(12, 120, 4)}
    pods = [pod(end=10), Pod(name="orders-1", started=steps(-86400, restarts)), *healthy(2)]
    found = {("missing-consumers", ""), ("restarts", "")}
    check(pods, {25: RESTARTED, 51: found, 100: found})


def test_a_rollout_that_is_stuck_is_an_alarm(check):
    new = Pod(name="new-0", begin=11, ready=constant(0), partitions=constant(0))
    check([pod(end=10), new, *healthy(1, 2)], {18: NOTHING, 21: MISSING})


# partition-without-reader, idle-consumer


def test_a_partition_without_a_reader_is_an_alarm_after_10_minutes(check):
    check([pod(partitions=steps(1, {10: 0, 40: 1})), *healthy(1, 2)], {19: NOTHING, 21: UNREAD, 41: NOTHING})


def test_a_rebalance_is_no_alarm(check):
    """For some minutes, partitions have no reader, and then one consumer has two."""
    pods = [pod(partitions=steps(1, {10: 0, 16: 0, 18: 1})), Pod(name="orders-1", partitions=steps(1, {16: 2, 18: 1}))]
    check([*pods, *healthy(2)], dict.fromkeys(range(5, 40), NOTHING))


def test_a_service_without_partitions_has_no_alarm_for_them(check):
    pods = [Pod(name=f"orders-{number}", partitions=None) for number in range(3)]
    check(pods, {30: NOTHING, 60: NOTHING})


def test_a_consumer_without_a_partition_while_another_has_two_is_an_alarm_after_10_minutes(check):
    pods = [pod(partitions=steps(1, {10: 0})), Pod(name="orders-1", partitions=steps(1, {10: 2}))]
    check([*pods, *healthy(2)], {19: NOTHING, 21: IDLE})


def test_while_a_consumer_is_missing_an_idle_one_is_no_second_alarm(check):
    pods = [
        pod(end=10),
        Pod(name="orders-1", partitions=steps(1, {10: 0})),
        Pod(name="orders-2", partitions=constant(3)),
    ]
    check(pods, {18: NOTHING, 25: MISSING, 60: MISSING})


# dead-letters, lost-records


@each_counter
def test_a_counted_record_is_an_alarm_for_15_minutes(check, counts: Counts, alarm: Firing):
    check(
        [pod(**counts(steps(math.nan, {30: 1800}))), *healthy(1, 2)], {29: NOTHING, 31: alarm, 44: alarm, 46: NOTHING}
    )


@each_counter
def test_a_new_consumer_that_counted_before_the_first_scrape_is_an_alarm(check, counts: Counts, alarm: Firing):
    new = pod(begin=30, **counts(constant(1790)))
    check([Pod(name="orders-9", end=29), new, *healthy(1, 2)], {29: NOTHING, 31: alarm, 44: alarm, 46: NOTHING})


@each_counter
@pytest.mark.parametrize(
    "quiet",
    [
        pytest.param({"begin": 30}, id="new consumer at 0"),
        pytest.param(
            {"value": steps(300, {30: math.nan}), "started": steps(-86400, {30: 1800})}, id="restart of a container"
        ),
        pytest.param({"value": constant(300)}, id="old count"),
        pytest.param({"value": constant(300), "end": 30}, id="end of a consumer with an old count"),
        pytest.param({"value": constant(300), "unscraped": (30, 38)}, id="gap of the scrapes"),
    ],
)
def test_no_new_count_is_no_alarm(check, counts: Counts, alarm: Firing, quiet: dict[str, object]):
    values = {"value": constant(math.nan), **quiet}
    value = values.pop("value")
    spare = [Pod(name="orders-9", begin=30.5)] if "end" in quiet else []
    before = [Pod(name="orders-9", end=29.5)] if "begin" in quiet else []
    pods = [*before, pod(**values, **counts(value)), *spare, *healthy(1, 2)]
    check(pods, dict.fromkeys(range(20, 100), NOTHING))


@each_counter
def test_a_count_right_after_the_restart_of_a_container_is_an_alarm(check, counts: Counts, alarm: Firing):
    restarted = pod(started=steps(-86400, {30: 1800}), **counts(steps(300, {30: 1800})))
    check([restarted, *healthy(1, 2)], {29: NOTHING, 31: alarm, 46: NOTHING})


# restarts


def test_more_than_two_restarts_in_half_an_hour_are_an_alarm(check):
    restarting = pod(started=steps(0, {40: 2400, 45: 2700, 50: 3000}))
    check([restarting, *healthy(1, 2)], {49: NOTHING, 51: RESTARTED, 69: RESTARTED, 71: NOTHING})


def test_two_restarts_or_a_rollout_are_no_alarm(check):
    pods = [pod(started=steps(0, {40: 2400, 45: 2700})), Pod(name="orders-1", end=40), Pod(name="new-1", begin=41)]
    check([*pods, *healthy(2)], dict.fromkeys(range(30, 80, 5), NOTHING))


# two causes at once


def test_each_cause_has_its_own_alarm(check):
    stuck = pod(handled=constant(1000), lag=rising(since=30))
    losing = Pod(name="orders-1", lost_at=steps(math.nan, {39: 2340}))
    check([stuck, losing, *healthy(2)], {40: STUCK | {("lost-records", "")}})
