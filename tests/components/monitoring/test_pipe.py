"""Tests of the rules of one pipe."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pulumi import Input, Output, ResourceOptions
from typing_extensions import override

from components.monitoring.alarms import ALARMS, DEAD_LETTERS, OLD_RECORDS, Alarm
from components.monitoring.collector import Collector
from components.monitoring.pipe import WatchedPipe
from components.monitoring.rules import RULES, Rule
from components.monitoring.signals import Signal, Trigger
from tests.stacks import settings
from workbench.recording.recorder import record

EVERY = [rule.alarm.name for rule in RULES]


class Prometheus(Collector):
    """Collector with series of other clusters."""

    matchers: Mapping[str, Input[str]] = {"cluster": "one"}

    @override
    def watch(
        self, name: str, rules: Sequence[Rule], *, runbook: str, targets: Sequence[Input[str]], opts: ResourceOptions
    ) -> None:
        raise NotImplementedError


def signal(alarm: Alarm | None) -> Signal[str]:
    trigger = Trigger(alarm=alarm, threshold=1, minutes=5) if alarm else None
    return Signal(name="measured", title="Measured", metric="metric", trigger=trigger)


def watched(*signals: Signal[Any], paused: bool = False, age: int = 15) -> WatchedPipe:
    own = {"alarms": {"ageMinutes": age}, "consumer": {"paused": paused}}
    pipe = settings({"data-pipes:pipes": {"orders": own}}).pipes["orders"]
    three = Output.from_input(3)
    return WatchedPipe(settings=pipe, partitions=three, replicas=three, signals=signals)


def expressions(pipe: WatchedPipe) -> dict[str, str]:
    """Return the expressions of a pipe's rules, by alarm."""
    found: dict[str, str] = {}

    def program() -> None:
        for rule in pipe.rules("orders", Prometheus()):
            name = rule.alarm.name
            Output.from_input(rule.expression).apply(lambda text, name=name: found.update({name: text}))

    record(program, project="data-pipes", stack="test", config={})
    return found


def test_a_pipe_has_every_rule_if_the_cloud_measures_nothing():
    assert [rule.alarm.name for rule in watched().rules("orders", Prometheus())] == EVERY


@pytest.mark.parametrize("alarm", [OLD_RECORDS, DEAD_LETTERS], ids=lambda alarm: alarm.name)
def test_an_alarm_of_the_cloud_leaves_out_the_rule_so_that_no_fault_fires_twice(alarm: Alarm):
    names = [rule.alarm.name for rule in watched(signal(alarm)).rules("orders", Prometheus())]
    assert names == [name for name in EVERY if name != alarm.name]


def test_a_measurement_that_is_only_drawn_leaves_out_no_rule():
    assert [rule.alarm.name for rule in watched(signal(None)).rules("orders", Prometheus())] == EVERY


def test_without_a_collector_there_are_no_rules():
    assert watched().rules("orders", None) == []


@pytest.mark.parametrize("paused", [False, True])
def test_a_paused_pipe_keeps_its_rules_disabled(*, paused: bool):
    pipe = watched(paused=paused)
    rules = pipe.rules("orders", Prometheus())
    assert [rule.alarm.name for rule in rules] == EVERY
    assert {rule.enabled for rule in rules} == {not paused}
    assert pipe.enabled is not paused


def test_each_rule_selects_only_the_pipe_s_pods_in_the_collector_s_cluster():
    found = expressions(watched())
    assert list(found) == EVERY
    for expression in found.values():
        assert expression.count("{") == expression.count('{cluster="one",namespace="orders"}') > 0


def test_the_limits_of_the_pipe_are_in_its_rules():
    found = expressions(watched(age=30))
    assert found["old-records"].endswith("> 1800")
    assert "< 3 unless" in found["missing-consumers"]


def test_every_alarm_has_a_name_for_an_anchor_and_whole_sentences():
    for name, alarm in ALARMS.items():
        assert name == alarm.name
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz-")
        for sentence in (alarm.meaning, alarm.first):
            assert sentence[0].isupper()
            assert sentence.endswith(".")
        assert alarm.description("orders", "docs/operations.md").endswith(f"Runbook: docs/operations.md#{name}")
