"""Tests of the alarms of a stack on AWS, as its owner sees them in CloudWatch."""

import re
from collections.abc import Mapping
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from tests.components.aws.monitoring.support import ALARM, DASHBOARD, TOPIC, alarms
from tests.stacks import NAMES, planned, settings, shipped
from workbench.cloud.kinds import kind
from workbench.plan import Plan

AWS = [name for name in NAMES if name.startswith("aws-")]
CLUSTER = {"busy-service", "disk-full", "offline-partitions", "throttled", "under-replicated"}
READERS = {"orders-dead-letters", "orders-old-records"}
TASKS = {"orders-missing-consumers"}
EXPRESS = {"data-pipes:streaming": {"instanceType": "express.m7g.large"}}


def pipe(name: str = "orders", **settings: Any) -> Mapping[str, Any]:
    return {"data-pipes:pipes": {name: settings}}


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        ("aws-msk-eks", CLUSTER | READERS),
        ("aws-msk-ecs", CLUSTER | READERS | TASKS),
        ("aws-msk-serverless-eks", READERS),
        ("aws-kinesis-eks", READERS | {"orders-throttled"}),
        ("aws-kinesis-ecs", READERS | {"orders-throttled"} | TASKS),
        ("aws-video-ecs", {f"cameras-{alarm}" for alarm in ("dead-letters", "missing-consumers", "old-records")}),
        ("aws-confluent-ecs", TASKS),
        ("aws-confluent-eks", set[str]()),  # Prometheus has the alarms
        ("aws-kafka-eks", set[str]()),
    ],
)
def test_a_stack_has_exactly_these_alarms(stack: str, expected: set[str]):
    assert alarms(shipped(stack)).keys() == expected


def test_express_brokers_have_no_alarm_of_disks_and_copies():
    expected = {"busy-service", "throttled-reads", "throttled-writes"} | READERS
    assert alarms(planned(EXPRESS)).keys() == expected


def test_records_older_than_the_limit_of_the_pipe_are_an_alarm():
    alarm = alarms(planned(pipe(alarms={"ageMinutes": 30}), stack="aws-kinesis-eks"))["orders-old-records"]
    assert alarm["threshold"] == 30 * 60 * 1000
    assert alarm["comparisonOperator"] == "GreaterThanThreshold"
    assert alarm["evaluationPeriods"] * alarm["period"] == 5 * 60


def operands(alarm: Mapping[str, Any]) -> tuple[str, Mapping[str, Mapping[str, Any]]]:
    """Return the expression of an alarm, and its metrics by id."""
    [value] = [each for each in alarm["metricQueries"] if "expression" in each]
    return value["expression"], {each["id"]: each["metric"] for each in alarm["metricQueries"] if "metric" in each}


@pytest.mark.parametrize("stack", ["aws-msk-eks", "aws-msk-serverless-eks"])
def test_one_alarm_fires_if_records_are_too_old_or_too_many_also_if_the_group_has_no_members(stack: str):
    alarm = alarms(planned(pipe(parallelism=6, alarms={"ageMinutes": 30}), stack=stack))["orders-old-records"]
    expression, metrics = operands(alarm)
    assert {each: metric["metricName"] for each, metric in metrics.items()} == {
        "m0": "EstimatedMaxTimeLag",
        "m1": "SumOffsetLag",
    }
    assert expression == "MAX([FILL(m0, REPEAT) / 1800, FILL(m1, REPEAT) / 60000])"
    assert (alarm["comparisonOperator"], alarm["threshold"], alarm["evaluationPeriods"]) == (
        "GreaterThanThreshold",
        1,
        5,
    )
    expression, _ = operands(alarms(planned(pipe(alarms={"unreadRecords": 500}), stack=stack))["orders-old-records"])
    assert expression == "MAX([FILL(m0, REPEAT) / 900, FILL(m1, REPEAT) / 500])"


@pytest.mark.parametrize("stack", ["aws-msk-ecs", "aws-kinesis-ecs", "aws-confluent-ecs"])
def test_fewer_tasks_than_partitions_are_an_alarm_and_so_is_no_value(stack: str):
    alarm = alarms(planned(pipe(parallelism=6), stack=stack))["orders-missing-consumers"]
    assert (alarm["metricName"], alarm["threshold"]) == ("RunningTaskCount", 6)
    assert alarm["dimensions"] == {"ClusterName": stack, "ServiceName": f"{stack}-orders"}
    assert (alarm["comparisonOperator"], alarm["treatMissingData"]) == ("LessThanThreshold", "breaching")


def test_a_stream_that_nobody_reads_is_an_alarm_although_kinesis_then_reports_no_age():
    for stack in ("aws-kinesis-eks", "aws-kinesis-ecs"):
        assert alarms(shipped(stack))["orders-old-records"]["treatMissingData"] == "breaching"


def test_a_group_without_a_lag_is_no_alarm_because_msk_reports_none_before_the_first_commit():
    for stack in ("aws-msk-eks", "aws-msk-serverless-eks"):
        assert alarms(shipped(stack))["orders-old-records"]["treatMissingData"] == "notBreaching"


def test_the_lag_is_that_of_the_consumer_group_of_the_pipe():
    _, metrics = operands(alarms(planned(pipe(consumer={"group": "billing"})))["orders-old-records"])
    for metric in metrics.values():
        assert metric["dimensions"] == {"Cluster Name": "aws-msk-eks", "Consumer Group": "billing", "Topic": "orders"}


def test_one_dead_letter_on_msk_is_an_alarm_and_a_rate_that_fades_is_none():
    provisioned = alarms(shipped("aws-msk-eks"))["orders-dead-letters"]
    serverless = alarms(shipped("aws-msk-serverless-eks"))["orders-dead-letters"]
    # The highest rate of 5 minutes: a sum would add up the rates of each minute.
    assert operands(provisioned)[0].startswith('SELECT MAX("BytesInPerSec") FROM "AWS/Kafka"')
    assert (serverless["metricName"], serverless["statistic"], serverless["period"]) == (
        "BytesInPerSec",
        "Maximum",
        300,
    )
    smallest = 61 / 60  # bytes of a batch with one record, for a minute
    for alarm in (provisioned, serverless):
        assert 0 < alarm["threshold"] < smallest
        assert alarm["evaluationPeriods"] == 1


def test_enhanced_fan_out_has_its_own_metric_of_the_age():
    alarm = alarms(planned(pipe(topic={"fanOut": True}), stack="aws-kinesis-eks"))["orders-old-records"]
    assert alarm["metricName"] == "SubscribeToShard.MillisBehindLatest"
    assert alarm["dimensions"] == {"ConsumerName": "aws-kinesis-eks-orders", "StreamName": "aws-kinesis-eks-orders"}


@pytest.mark.parametrize("stack", [stack for stack in AWS if "orders-dead-letters" in alarms(shipped(stack))])
def test_a_pipe_without_dead_letters_has_no_alarm_on_them(stack: str):
    without = planned(pipe(topic={"deadLetter": {"enabled": False}}), stack=stack)
    assert alarms(shipped(stack)).keys() - alarms(without).keys() == {"orders-dead-letters"}


def test_more_brokers_need_no_more_alarms():
    assert alarms(planned({"data-pipes:streaming": {"brokers": 6}})) == alarms(shipped())


def test_ten_video_streams_share_an_alarm():
    found = alarms(planned(pipe("cameras", parallelism=12), stack="aws-video-ecs"))
    assert found.keys() == {
        "cameras-dead-letters",
        *("cameras-missing-consumers", "cameras-missing-consumers-10"),
        *("cameras-old-records", "cameras-old-records-10"),
    }
    limits = [found[f"cameras-missing-consumers{suffix}"]["threshold"] for suffix in ("", "-10")]
    assert limits == [10, 2]
    streams = [
        each["metric"]["dimensions"]["StreamName"]
        for suffix in ("", "-10")
        for each in found[f"cameras-old-records{suffix}"]["metricQueries"]
        if "metric" in each
    ]
    assert streams == [f"aws-video-ecs-cameras-{number}" for number in range(12)]


@pytest.mark.parametrize("stack", ["aws-msk-ecs", "aws-kinesis-eks"])
def test_the_alarms_of_a_paused_pipe_end_and_cannot_fire(stack: str):
    running, resting = alarms(shipped(stack)), alarms(planned(pipe(consumer={"paused": True}), stack=stack))
    assert resting.keys() == running.keys()
    for name, alarm in resting.items():
        if not name.startswith("orders-"):
            assert alarm == running[name]
            continue
        assert alarm["treatMissingData"] == "notBreaching"
        if alarm["comparisonOperator"] == "LessThanThreshold":
            assert alarm["threshold"] < 0
        else:
            assert alarm["threshold"] > 1e15  # 30,000 years in milliseconds


@pytest.mark.parametrize("paused", [True, False])
def test_an_alarm_that_is_on_when_a_pause_begins_fires_again_after_it(paused: bool):
    # A muted alarm would not: CloudWatch notifies only when the state changes.
    for alarm in alarms(planned(pipe(consumer={"paused": paused}), stack="aws-msk-ecs")).values():
        assert alarm.get("actionsEnabled", True)


@pytest.mark.parametrize(
    ("stack", "workload"),
    [
        ("aws-kinesis-eks", "kubernetes:apps/v1:Deployment"),
        ("aws-msk-eks", "kubernetes:apps/v1:Deployment"),
        ("aws-kinesis-ecs", "aws:ecs/service:Service"),
        ("aws-video-ecs", "aws:ecs/service:Service"),
    ],
)
def test_an_alarm_of_a_pipe_is_created_after_its_consumers(stack: str, workload: str):
    recording = shipped(stack).recording
    consumers = {each.urn for each in recording.of_type(workload)}
    pipes = tuple(f"{stack}-{name}-" for name in settings(stack=stack).pipes)
    for alarm in recording.of_type(ALARM):
        if alarm.name.startswith(pipes):
            assert consumers <= recording.requirements(alarm), alarm.name


def test_an_alarm_on_missing_values_waits_until_new_consumers_send_some():
    for stack in ("aws-kinesis-eks", "aws-video-ecs", "aws-msk-ecs"):
        for name, alarm in alarms(shipped(stack)).items():
            minutes = alarm.get("warmUpConfiguration", {}).get("warmUpPeriodDurationInMinutes")
            expected = {"old-records": 5, "missing-consumers": 10}[name.partition("-")[2]] if minutes else None
            assert minutes == expected
            assert (minutes is None) == (alarm["treatMissingData"] == "notBreaching")


def test_a_description_says_what_is_wrong_what_to_look_at_and_where_the_runbook_is():
    plan = planned({"data-pipes:monitoring": {"runbook": "https://example.com/runbook"}})
    assert alarms(plan)["orders-dead-letters"]["alarmDescription"] == (
        "orders: Records could not be handled and were moved to the dead letters. Read the reason of the newest dead letter. "
        "Runbook: https://example.com/runbook#dead-letters"
    )
    assert alarms(plan)["disk-full"]["alarmDescription"].startswith("aws-msk-eks: The disk of a broker is nearly full.")


@pytest.mark.parametrize("stack", AWS)
def test_a_stack_without_monitoring_has_no_alarms_no_dashboard_and_no_prometheus(stack: str):
    plan = planned({"data-pipes:monitoring": {"enabled": False}}, stack=stack)
    types = {each.type for each in plan.recording.resources}
    assert not types & {ALARM, DASHBOARD, TOPIC}
    assert not [each for each in types if each.startswith("aws:amp/")]


def request(alarm: Mapping[str, Any]) -> Any:
    """Return the request that makes an alarm: the inputs in the notation of the API."""

    def dimensions(given: Mapping[str, str]) -> list[Mapping[str, str]]:
        return [{"Name": name, "Value": value} for name, value in given.items()]

    def query(given: Mapping[str, Any]) -> Mapping[str, Any]:
        found = {f"{key[0].upper()}{key[1:]}": value for key, value in given.items() if key != "metric"}
        if "metric" not in given:
            return found
        metric = given["metric"]
        named = {"Namespace": metric["namespace"], "MetricName": metric["metricName"]}
        stat = {"Metric": {**named, "Dimensions": dimensions(metric["dimensions"])}}
        return {**found, "MetricStat": {**stat, "Period": metric["period"], "Stat": metric["stat"]}}

    names = {"name": "AlarmName", "okActions": "OKActions", "metricQueries": "Metrics", "tags": ""}
    values = {
        "dimensions": dimensions,
        "warmUpConfiguration": lambda given: {f"{key[0].upper()}{key[1:]}": value for key, value in given.items()},
        "metricQueries": lambda given: [query(each) for each in given],
        "threshold": float,
    }
    found = {
        names.get(key, f"{key[0].upper()}{key[1:]}"): values.get(key, lambda same: same)(value)
        for key, value in alarm.items()
    }
    found.pop("", None)
    return found


def accepted(plan: Plan) -> int:
    """Check every alarm with the model of the API and with the simulated CloudWatch. Return their number."""
    model: Any = botocore.session.get_session().get_service_model("cloudwatch").operation_model("PutMetricAlarm")
    shape = model.input_shape
    found = alarms(plan)
    for name, alarm in found.items():
        given = request(alarm)
        assert not ParamValidator().validate(given, shape).generate_report(), name
        for key in given:
            allowed = getattr(shape.members[key], "enum", None)
            assert not allowed or given[key] in allowed, (name, key)
        assert given["TreatMissingData"] in ("breaching", "notBreaching")  # a string without values in the model
        assert kind(ALARM).refusal(None, alarm) is None
    return len(found)


@pytest.mark.parametrize("stack", [stack for stack in AWS if alarms(shipped(stack))])
def test_cloudwatch_accepts_every_alarm(stack: str):
    assert accepted(shipped(stack))


def test_cloudwatch_accepts_the_alarms_of_other_settings():
    assert accepted(planned(EXPRESS))
    assert accepted(planned(pipe(topic={"fanOut": True}), stack="aws-kinesis-eks"))
    assert accepted(planned(pipe("cameras", parallelism=12), stack="aws-video-ecs"))
    assert accepted(planned(pipe(alarms={"ageMinutes": 10_000}, topic={"retentionHours": 200})))


@pytest.mark.parametrize("stack", AWS)
def test_the_alarms_of_pipes_and_of_the_service_have_different_readable_names(stack: str):
    names = [each.inputs["name"] for each in shipped(stack).recording.of_type(ALARM)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(rf"{stack}(-[a-z]+)+(-\d+)?", name) for name in names)
