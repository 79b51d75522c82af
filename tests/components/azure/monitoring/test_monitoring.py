"""Tests of the alarms, notifications and dashboard of a stack on Azure."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.stacks import changed, planned, shipped
from workbench.plan import Plan, plan

EVENT_HUBS, KAFKA = "azure-eventhubs-aks", "azure-kafka-aks"
ALERT = "azure-native:monitor:MetricAlert"
GROUP = "azure-native:alertsmanagement:PrometheusRuleGroup"
TARGET = "azure-native:monitor:ActionGroup"
WORKBOOK = "azure-native:applicationinsights:Workbook"
WORKSPACE = "azure-native:monitor:AzureMonitorWorkspace"
ONCALL = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ops/providers/Microsoft.Insights/"
    "actionGroups/oncall"
)
PIPE_ALARMS = [
    "old-records",
    "no-progress",
    "missing-consumers",
    "partition-without-reader",
    "idle-consumer",
    "dead-letters",
    "lost-records",
    "restarts",
]


def monitored(stack: str = EVENT_HUBS, *, pipe: Mapping[str, Any] | None = None, **monitoring: Any) -> Plan:
    found = planned({"data-pipes:monitoring": monitoring, "data-pipes:pipes": {"orders": pipe or {}}}, stack=stack)
    assert found.problems == ()
    return found


def alarms(found: Plan) -> dict[str, Any]:
    """Return the alarms on metrics by their names in Azure."""
    return {each.inputs["ruleName"]: each.inputs for each in found.recording.of_type(ALERT)}


def rules(found: Plan) -> dict[str, Any]:
    """Return the rules of the pipe orders, by the name of the alarm."""
    [group] = [each for each in found.recording.of_type(GROUP) if each.name.endswith("-orders-alarms")]
    return {each["alert"].removeprefix("orders-"): each for each in group.inputs["rules"]}


def charts(found: Plan) -> list[Any]:
    """Return the charts of the dashboard."""
    content = json.loads(found.recording.one(WORKBOOK).inputs["serializedData"])
    return [each["content"] for each in content["items"] if each["type"] in (3, 10)]


def test_every_stack_has_the_alarms_of_its_consumers():
    assert list(rules(shipped(KAFKA))) == PIPE_ALARMS
    assert alarms(shipped(KAFKA)) == {}


def test_event_hubs_adds_alarms_of_the_namespace_and_measures_dead_letters_itself():
    own = ["busy-service", "orders-dead-letters", "quota-exceeded", "throttled"]
    assert sorted(alarms(shipped(EVENT_HUBS))) == [f"{EVENT_HUBS}-{each}" for each in own]
    assert list(rules(shipped(EVENT_HUBS))) == [each for each in PIPE_ALARMS if each != "dead-letters"]


def test_only_premium_has_an_alarm_on_the_cpu_of_the_namespace():
    found = planned({"data-pipes:streaming": {"tier": "standard"}}, stack=EVENT_HUBS)
    assert f"{EVENT_HUBS}-busy-service" not in alarms(found)
    assert f"{EVENT_HUBS}-throttled" in alarms(found)


def test_without_dead_letters_no_alarm_waits_for_them():
    found = monitored(pipe={"topic": {"deadLetter": {"enabled": False}}})
    assert f"{EVENT_HUBS}-orders-dead-letters" not in alarms(found)


def test_an_alarm_on_dead_letters_reads_only_the_event_hub_of_the_pipe_s_dead_letters():
    inputs = alarms(shipped(EVENT_HUBS))[f"{EVENT_HUBS}-orders-dead-letters"]
    [criterion] = inputs["criteria"]["allOf"]
    assert criterion["dimensions"] == [{"name": "EntityName", "operator": "Include", "values": ["orders.dead-letters"]}]
    assert (criterion["metricName"], criterion["operator"], criterion["threshold"]) == (
        "IncomingMessages",
        "GreaterThan",
        0,
    )
    assert (inputs["windowSize"], inputs["autoMitigate"], inputs["location"]) == ("PT15M", True, "global")


def test_the_age_limit_of_a_pipe_is_the_threshold_of_its_alarm():
    found = monitored(pipe={"alarms": {"ageMinutes": 40}})
    assert rules(found)["old-records"]["expression"].endswith("> 2400")
    assert rules(found)["old-records"]["for"] == "PT5M"


def test_the_thresholds_follow_the_parallelism():
    expression = rules(monitored(pipe={"parallelism": 7}))["missing-consumers"]["expression"]
    assert "< 7 unless" in expression


def test_critical_alarms_have_severity_0_and_warnings_2():
    found = {name: each["severity"] for name, each in rules(shipped(KAFKA)).items()}
    assert {found["no-progress"], found["missing-consumers"]} == {0}
    assert {found["restarts"], found["dead-letters"]} == {2}
    assert alarms(shipped(EVENT_HUBS))[f"{EVENT_HUBS}-throttled"]["severity"] == 2


def test_alarms_end_by_themselves():
    assert all(each["resolveConfiguration"]["autoResolved"] for each in rules(shipped(KAFKA)).values())


def test_the_text_of_an_alarm_has_the_pipe_the_first_step_and_the_runbook():
    found = monitored(runbook="https://example.com/runbook")
    text = rules(found)["no-progress"]["annotations"]["description"]
    assert text.startswith("orders: Records are unread")
    assert text.endswith("Runbook: https://example.com/runbook#no-progress")
    assert alarms(found)[f"{EVENT_HUBS}-throttled"]["description"].startswith(f"{EVENT_HUBS}: The streaming service")


def test_rules_read_only_the_metrics_of_the_stack_s_cluster():
    groups = [each.inputs for each in shipped(KAFKA).recording.of_type(GROUP)]
    assert {scope.rsplit("/", 1)[-1] for each in groups for scope in each["scopes"]} == {f"{KAFKA}-metrics"}
    assert {(each["clusterName"], each["interval"]) for each in groups} == {(KAFKA, "PT1M")}


def test_without_targets_nobody_is_notified():
    found = shipped(EVENT_HUBS)
    assert not found.recording.of_type(TARGET)
    assert {len(each["actions"]) for each in (*alarms(found).values(), *rules(found).values())} == {0}


def test_every_alarm_notifies_the_e_mail_addresses_and_the_given_action_groups():
    found = monitored(emails=["oncall@example.com", "dev@example.com"], actionGroupIds=[ONCALL])
    group = found.recording.one(TARGET).inputs
    assert [each["emailAddress"] for each in group["emailReceivers"]] == ["oncall@example.com", "dev@example.com"]
    for each in (*alarms(found).values(), *rules(found).values()):
        own, given = (action["actionGroupId"] for action in each["actions"])
        assert own.endswith(f"/actionGroups/{EVENT_HUBS}-notifications")
        assert given == ONCALL


def test_given_action_groups_need_no_other():
    assert not monitored(actionGroupIds=[ONCALL]).recording.of_type(TARGET)


@pytest.mark.parametrize("name", ["x" * 24, "a-bcdefghij-k"])
def test_the_short_name_of_the_action_group_fits(name: str):
    changes = {"data-pipes:name": name, "data-pipes:monitoring": {"emails": ["oncall@example.com"]}}
    short = planned(changes, stack=EVENT_HUBS).recording.one(TARGET).inputs["groupShortName"]
    assert len(short) <= 12
    assert name.startswith(short)
    assert not short.endswith("-")


def test_a_paused_pipe_keeps_its_alarms_disabled():
    found = monitored(pipe={"consumer": {"paused": True}})
    assert {each["enabled"] for each in rules(found).values()} == {False}
    enabled = {name.removeprefix(f"{EVENT_HUBS}-"): each["enabled"] for name, each in alarms(found).items()}
    assert enabled == {"busy-service": True, "orders-dead-letters": False, "quota-exceeded": True, "throttled": True}
    assert all(each["enabled"] for each in rules(shipped(EVENT_HUBS)).values())


def test_each_pipe_has_a_group_within_azure_s_limit_of_20_rules():
    orders = changed(stack=KAFKA).config["data-pipes:pipes"]["orders"]
    found = planned({"data-pipes:pipes": {KAFKA: orders}}, stack=KAFKA)
    groups = {each.name: [rule["alert"] for rule in each.inputs["rules"]] for each in found.recording.of_type(GROUP)}
    assert groups.keys() == {f"{KAFKA}-{KAFKA}-alarms", f"{KAFKA}-orders-alarms", f"{KAFKA}-alarms"}
    assert f"{KAFKA}-under-replicated" in groups[f"{KAFKA}-alarms"]
    assert max(map(len, groups.values())) <= 20


def test_the_dashboard_has_the_equation_of_each_pipe_and_the_health_of_the_service():
    titles = [each["title"] for each in charts(shipped(EVENT_HUBS))]
    assert titles == [
        "Equation: partitions, running and ready consumers",
        "Handled records per second",
        "Age of the oldest unread record in seconds",
        "Dead letters and lost records in 5 minutes",
        "New records each minute",
        "Read records each minute",
        "New dead letters each minute",
        "Throttled requests each minute",
        "Requests refused by a quota each minute",
        "CPU of the namespace in percent",
    ]


def test_a_chart_of_several_lines_is_one_query_that_names_each_line():
    query = json.loads(charts(shipped(EVENT_HUBS))[0]["query"])
    lines = query["queryText"].split(" or label_replace")
    assert [name in line for name, line in zip(("partitions", "running", "ready"), lines, strict=True)] == [True] * 3
    assert "vector(3)" in query["queryText"]
    assert query["type"] == "query_range"


def test_a_chart_of_a_pipe_has_only_its_event_hub():
    [chart] = [each for each in charts(shipped(EVENT_HUBS)) if each["title"] == "New records each minute"]
    assert chart["filters"] == [{"id": "1", "key": "EntityName", "operator": 0, "values": ["orders"]}]


def test_the_dashboard_has_a_name_that_only_this_deployment_has():
    one, other = (planned({"data-pipes:name": name}, stack=EVENT_HUBS) for name in ("one", "other"))
    assert one.recording.one(WORKBOOK).inputs["resourceName"] != other.recording.one(WORKBOOK).inputs["resourceName"]


def test_everything_is_in_the_stack_s_resource_group_with_its_tags():
    found = planned(
        {"data-pipes:tags": {"team": "pipes"}, "data-pipes:monitoring": {"emails": ["oncall@example.com"]}},
        stack=EVENT_HUBS,
    )
    for kind in (ALERT, GROUP, TARGET, WORKBOOK, WORKSPACE):
        for each in found.recording.of_type(kind):
            assert each.inputs["resourceGroupName"] == EVENT_HUBS
            assert each.inputs["tags"] == {"data-pipes": EVENT_HUBS, "team": "pipes"}


def test_disabled_monitoring_creates_nothing():
    found = monitored(enabled=False)
    for kind in (ALERT, GROUP, TARGET, WORKBOOK, WORKSPACE):
        assert not found.recording.of_type(kind)


@pytest.mark.parametrize("collector", ["none", "operator"])
def test_a_stack_without_measurements_in_azure_has_no_empty_dashboard(collector: str):
    found = monitored(KAFKA, collector=collector)
    assert not found.recording.of_type(WORKBOOK)


def test_without_a_collector_only_azure_s_own_metrics_have_alarms_and_charts():
    found = plan(changed({"data-pipes:monitoring": {"collector": "none"}}, EVENT_HUBS))
    assert not found.recording.of_type(GROUP)
    assert not found.recording.of_type(WORKSPACE)
    assert len(alarms(found)) == 4
    assert {each["version"] for each in charts(found)} == {"MetricsItem/2.0"}
