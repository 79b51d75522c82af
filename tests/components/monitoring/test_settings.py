"""Tests of the settings of alarms that all clouds share."""

from collections.abc import Mapping
from typing import Any

import pytest

from components.aws.msk.settings import MskSettings
from components.monitoring.pipe import unread_limit
from tests.combinations import PAIRS, Combination
from tests.stacks import changed, refused, rule, settings
from workbench.stack_file import read_settings

ECS, EKS = "aws-msk-ecs", "aws-msk-eks"


def errors(changes: Mapping[str, Any], stack: str = EKS) -> list[str]:
    stack_file = changed(changes, stack)
    found = refused(stack_file.program_config(), secret_keys=stack_file.secret_keys)
    return [rule(line.partition(": ")[2]) for line in found]


def monitoring(**keys: Any) -> dict[str, Any]:
    return {"data-pipes:monitoring": keys}


def orders(**keys: Any) -> dict[str, Any]:
    return {"data-pipes:pipes": {"orders": keys}}


# The collector.

DEFAULTS = {
    "aws-msk-eks": "none",
    "aws-msk-serverless-eks": "none",
    "aws-kinesis-eks": "none",
    "aws-kafka-eks": "managed",
    "aws-msk-ecs": "none",
    "aws-kinesis-ecs": "none",
    "azure-eventhubs-aks": "managed",
    "azure-kafka-aks": "managed",
    "gcp-pubsub-gke": "managed",
    "gcp-managed-kafka-gke": "managed",
}


@pytest.mark.parametrize(("stack", "collector"), DEFAULTS.items())
def test_a_collector_is_the_default_where_it_is_cheap_or_nothing_else_measures_unread_records(
    stack: str, collector: str
):
    assert settings(stack=stack).monitoring.collector == collector


@pytest.mark.parametrize("pair", [each for each in PAIRS if each.platform not in ("ecs", "kubernetes")], ids=str)
def test_by_default_something_measures_unread_records_on_kubernetes(pair: Combination):
    found = read_settings(pair.stack_file())
    reports = found.streaming_service.reports_lag
    assert reports or found.monitoring.collector == "managed"
    assert not [each for each in found.warnings if each.startswith("monitoring")]


@pytest.mark.parametrize("stack", ["aws-kafka-eks", "azure-kafka-aks", "gcp-kafka-gke"])
@pytest.mark.parametrize("collector", ["managed", "operator", "none"])
def test_every_kubernetes_platform_has_every_collector(stack: str, collector: str):
    assert settings(monitoring(collector=collector), stack).monitoring.collector == collector


@pytest.mark.parametrize("collector", ["managed", "operator"])
def test_ecs_has_no_collector(collector: str):
    assert errors(monitoring(collector=collector), ECS) == [
        f"monitoring.collector: must be none on Amazon ECS on Fargate, got {collector} (the platform has no such collector). Change or remove it."
    ]


def test_an_unknown_collector_is_refused():
    (error,) = errors(monitoring(collector="prometheus"))
    assert error.startswith("monitoring.collector: must be ")


def test_a_stack_without_monitoring_has_no_collector_and_no_warning():
    found = settings(monitoring(enabled=False), "gcp-kafka-gke")
    assert found.monitoring.collector is None
    assert not [each for each in found.warnings if each.startswith("monitoring")]


def test_a_stack_that_measures_no_unread_records_gets_a_warning():
    (warning,) = [
        each
        for each in settings(monitoring(collector="none"), "gcp-kafka-gke").warnings
        if each.startswith("monitoring")
    ]
    assert "without alarms on unread records" in warning
    assert warning.endswith("Set it to managed or operator.")


@pytest.mark.parametrize("stack", ["gcp-pubsub-gke", "aws-msk-ecs"])
def test_a_service_that_reports_unread_records_needs_no_collector(stack: str):
    found = settings(monitoring(collector="none"), stack)
    assert not [each for each in found.warnings if each.startswith("monitoring")]


# Keys of the section.


@pytest.mark.parametrize(
    "keys", [{"emails": ["oncall@example.com"]}, {"collector": "none"}, {"runbook": "https://example.com/x"}]
)
def test_keys_that_have_no_effect_without_monitoring_are_refused(keys: dict[str, Any]):
    assert errors(monitoring(enabled=False, **keys)) == [
        f"monitoring: must have no other keys while enabled is false, got {next(iter(keys))} (there is no alarm). Remove them, or set enabled to true."
    ]


@pytest.mark.parametrize(
    "address", ["oncall", "@example.com", "..@example.com", "a@b", "a b@example.com", "a@example..com", "a@-b.com"]
)
def test_an_address_that_is_none_is_refused(address: str):
    (error,) = errors(monitoring(emails=[address]))
    assert error.startswith("monitoring.emails[0]: must be an e-mail address, such as oncall@example.com, got ")


@pytest.mark.parametrize("address", ["oncall@example.com", "a.b+c@sub.example.co.uk", "o'neill@example.com"])
def test_an_address_is_accepted(address: str):
    assert settings(monitoring(emails=[address])).monitoring.emails == (address,)


def test_an_address_is_given_once():
    (error,) = errors(monitoring(emails=["oncall@example.com", "oncall@example.com"]))
    assert error.startswith("monitoring.emails: ")


@pytest.mark.parametrize("runbook", ["https://example.com/runbook", "docs/operations.md"])
def test_a_runbook_is_an_address_or_a_path(runbook: str):
    assert settings(monitoring(runbook=runbook)).monitoring.runbook == runbook


@pytest.mark.parametrize(
    "runbook",
    ["https://example.com/runbook#alarms", "two words", "ftp://example.com", "https://x.com/{{ $labels }}", "a" * 401],
)
def test_a_runbook_that_no_anchor_can_follow_is_refused(runbook: str):
    (error,) = errors(monitoring(runbook=runbook))
    assert error.startswith("monitoring.runbook: must be an address or path of at most 400 characters without #")


# Limits of a pipe.


def test_limits_without_an_alarm_are_refused():
    assert errors({**monitoring(enabled=False), **orders(alarms={"ageMinutes": 30})}) == [
        "pipes.orders.alarms: must not be set while monitoring.enabled is false (there is no alarm). Remove it."
    ]
    (error,) = errors(orders(alarms={"unreadRecords": 500}), "aws-kinesis-eks")
    assert error.startswith("pipes.orders.alarms.unreadRecords: has no effect on kinesis ")


def test_an_age_is_at_least_what_the_service_can_measure(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(MskSettings, "age_resolution", 5)
    assert errors(orders(alarms={"ageMinutes": 4})) == [
        "pipes.orders.alarms.ageMinutes: must be at least 5 (the service does not measure shorter times), got 4. Raise it."
    ]
    assert errors(orders(alarms={"ageMinutes": 5})) == []


@pytest.mark.parametrize("age", [60, 61])
def test_an_age_that_records_never_reach_is_refused(age: int):
    (error,) = errors(orders(alarms={"ageMinutes": age}, topic={"retentionHours": 1}))
    assert error.startswith(
        f"pipes.orders.alarms.ageMinutes: must be less than the 60 minutes that the topic keeps records, got {age}"
    )


def test_an_age_below_the_retention_is_accepted():
    assert errors(orders(alarms={"ageMinutes": 59}, topic={"retentionHours": 1})) == []


def test_a_compacted_topic_keeps_the_newest_records_so_any_age_is_accepted():
    topic = {"retentionHours": 1, "config": {"cleanup.policy": "compact"}}
    assert errors(orders(alarms={"ageMinutes": 600}, topic=topic)) == []


@pytest.mark.parametrize("age", [0, 10_081])
def test_an_age_is_between_a_minute_and_a_week(age: int):
    (error,) = errors(orders(alarms={"ageMinutes": age}))
    assert error.startswith("pipes.orders.alarms.ageMinutes: must be at ")


# Numbers of unread records.

LOAD = {"messagesPerSecond": 2.5, "bytes": 1000, "handlingMilliseconds": 1}


def limit(**keys: Any) -> int:
    return unread_limit(settings(orders(parallelism=3, **keys)).pipes["orders"])


def test_without_a_load_10_000_unread_records_for_each_partition_are_an_alarm():
    assert limit() == 30_000


def test_the_unread_records_of_a_load_are_those_that_arrive_within_the_age():
    assert limit(expect=LOAD) == 2.5 * 15 * 60
    assert limit(expect=LOAD, alarms={"ageMinutes": 30}) == 2.5 * 30 * 60


def test_a_small_load_still_has_a_limit_that_can_be_exceeded():
    assert limit(expect={**LOAD, "messagesPerSecond": 0.001}, alarms={"ageMinutes": 1}) == 1


def test_the_number_in_the_stack_file_wins_over_the_load():
    assert limit(expect=LOAD, alarms={"unreadRecords": 7}) == 7
