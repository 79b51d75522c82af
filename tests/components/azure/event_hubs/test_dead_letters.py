"""Tests of the event hub for dead letters."""

import pytest

from tests.stacks import planned, shipped

STACK = "azure-eventhubs-aks"
HUB = f"{STACK}-orders-hub"
DEAD_LETTERS = f"{STACK}-orders-dead-letters"
RIGHT = "azure-native:authorization:RoleAssignment"
RECEIVER, SENDER = "a638d3c7-ab3a-418d-83e6-5f17a39d4fde", "2b629674-e913-4c01-ae53-ef4638d8f975"


def with_dead_letters(*, streaming=None, topic=None, **dead_letter):
    changes = {"data-pipes:pipes": {"orders": {"topic": {"deadLetter": dead_letter, **(topic or {})}}}}
    plan = planned({**changes, "data-pipes:streaming": streaming or {}}, stack=STACK)
    assert plan.problems == ()
    return plan.recording


def dead_letter_hub(recording):
    """Return the event hub. Its alarm has the same name."""
    [hub] = [each for each in recording.of_type("azure-native:eventhub:EventHub") if each.name == DEAD_LETTERS]
    return hub


def environment(recording):
    return recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]


def rights(recording):
    """Return (role, event hub) of the consumers' role assignments on event hubs."""
    return {
        (each.inputs["roleDefinitionId"].rsplit("/", 1)[-1], each.inputs["scope"].rpartition("/eventhubs/")[2])
        for each in recording.of_type(RIGHT)
        if "/eventhubs/" in each.inputs["scope"]
    }


def test_the_dead_letter_hub_is_in_the_same_namespace_with_one_partition_and_a_week_of_retention():
    recording = shipped(STACK).recording
    hub, dead_letters = recording.one(HUB).inputs, dead_letter_hub(recording).inputs
    assert dead_letters["namespaceName"] == hub["namespaceName"]
    assert (dead_letters["eventHubName"], dead_letters["partitionCount"]) == ("orders.dead-letters", 1)
    assert dead_letters["retentionDescription"] == {"cleanupPolicy": "Delete", "retentionTimeInHours": 168}


def test_the_dead_letter_hub_is_never_compacted_or_captured():
    recording = with_dead_letters(retentionHours=2160, topic={"compaction": {}, "capture": {}})
    dead_letters = dead_letter_hub(recording).inputs
    assert dead_letters["retentionDescription"] == {"cleanupPolicy": "Delete", "retentionTimeInHours": 2160}
    assert "captureDescription" not in dead_letters


@pytest.mark.parametrize("protect", [True, False])
def test_protect_applies_to_the_dead_letter_hub(protect):
    recording = planned({"data-pipes:protect": protect}, stack=STACK).recording
    assert dead_letter_hub(recording).protect is protect


def test_consumers_can_only_read_the_pipe_s_hub_and_send_to_the_dead_letter_hub():
    assert rights(shipped(STACK).recording) == {(RECEIVER, "orders"), (SENDER, "orders.dead-letters")}


def test_consumers_get_the_dead_letter_settings_and_wait_for_the_hub_and_their_role():
    recording = with_dead_letters(maxDeliveryAttempts=7)
    assert environment(recording)["STREAM_DEAD_LETTERS"] == "orders.dead-letters"
    assert environment(recording)["STREAM_MAX_DELIVERY_ATTEMPTS"] == "7"
    [right] = [each for each in recording.of_type(RIGHT) if each.inputs["roleDefinitionId"].endswith(SENDER)]
    dead_letters = dead_letter_hub(recording)
    assert {dead_letters.urn, right.urn} <= recording.requirements(recording.one("kubernetes:apps/v1:Deployment"))
    [zones] = [
        each
        for each in recording.of_type("azure-native:network:PrivateDnsZoneGroup")
        if each.name == f"{STACK}-event-hubs-endpoint"
    ]
    assert zones.urn in recording.requirements(dead_letters)


@pytest.mark.parametrize("streaming", [{}, {"tier": "standard"}])
def test_growth_changes_only_the_pipe_s_event_hub_its_consumers_and_their_alarms(streaming):
    small, grown = (
        planned(
            {"data-pipes:streaming": streaming, "data-pipes:pipes": {"orders": {"parallelism": number}}}, stack=STACK
        )
        for number in (3, 6)
    )
    before = {each.urn: each.inputs for each in small.recording.resources}
    changed = {each.name for each in grown.recording.resources if each.inputs != before[each.urn]}
    assert changed == {HUB, f"{STACK}-orders-deployment", f"{STACK}-orders-alarms", f"{STACK}-dashboard"}


def test_without_dead_letters_there_is_no_hub_no_role_and_no_variable():
    recording = with_dead_letters(enabled=False)
    assert [each.name for each in recording.of_type("azure-native:eventhub:EventHub")] == [HUB]
    assert rights(recording) == {(RECEIVER, "orders")}
    assert not {"STREAM_DEAD_LETTERS", "STREAM_MAX_DELIVERY_ATTEMPTS"} & environment(recording).keys()


def test_consumers_use_the_classic_group_protocol():
    assert "KAFKA_GROUP_PROTOCOL" not in environment(shipped(STACK).recording)
