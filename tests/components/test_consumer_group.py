"""Tests of a pipe's consumer group: every right names it, and a change that would read records again is refused."""

import json
import re

import pytest

from components.catalog import CLOUDS
from components.changes import ChangeRefusedError
from components.consumer import RESERVED_ENVIRONMENT
from components.settings import SettingsError
from tests.hooks import before_update
from tests.stacks import DEFAULT, merged, planned, rule, settings, shipped
from tests.test_environment import environments
from workbench.recording.recorder import Recording

PIPE = "data-pipes:index:Pipe"
RIGHTS = {
    "aws-msk-eks": r':group/[\w/-]+/{group}\\"',
    "aws-msk-serverless-eks": r':group/[\w/-]+/{group}\\"',
    "aws-kafka-eks": r'{{"name": "{group}", "patternType": "literal", "type": "group"}}',
    "gcp-managed-kafka-gke": r'"consumerGroup/{group}"',
    "azure-confluent-aks": r'/group={group}"',
}
"""Stacks whose rights name the group, and how."""

WITHOUT_RIGHTS = ["azure-eventhubs-aks", "azure-hdinsight-aks", "kubernetes-any-kafka"]
"""Stacks whose rights do not name groups."""


REFUSED = [
    ("aws-kinesis-eks", "orders", "the KCL application and its lease table have the name of the stream"),
    ("aws-video-ecs", "cameras", "each video stream has one consumer, and the pipe has one table of positions"),
    ("gcp-pubsub-gke", "orders", "consumers share the subscriptions of the pipe"),
]
"""Stacks whose service has no groups, a pipe, and what the service has instead."""


def test_every_service_uses_or_refuses_the_group():
    stacks = [*RIGHTS, *WITHOUT_RIGHTS, *(stack for stack, _, _ in REFUSED)]
    tested = {settings(stack=stack).streaming.service for stack in stacks}
    missing = {service for cloud in CLOUDS.values() for service in cloud.streaming} - tested
    assert not missing, f"add a stack of {sorted(missing)} to RIGHTS, WITHOUT_RIGHTS or REFUSED"


def orders(**consumer):
    return {"data-pipes:pipes": {"orders": {"consumer": consumer}}}


def named(recording: Recording, pattern: str, group: str) -> bool:
    inputs = json.dumps([each.inputs for each in recording.resources], sort_keys=True)
    return bool(re.search(pattern.format(group=re.escape(group)), inputs))


def groups(plan) -> set[str]:
    return {each["STREAM_GROUP"] for each in environments(plan)}


@pytest.mark.parametrize("stack", RIGHTS)
def test_rights_and_consumers_name_the_group(stack: str):
    assert named(shipped(stack).recording, RIGHTS[stack], "orders"), "the pattern must find the default group"
    plan = planned(orders(group="billing.v2"), stack=stack)
    assert plan.problems == ()
    assert named(plan.recording, RIGHTS[stack], "billing.v2")
    assert not named(plan.recording, RIGHTS[stack], "orders"), "consumers have no rights on another group"
    assert groups(plan) == {"billing.v2"}


@pytest.mark.parametrize("stack", WITHOUT_RIGHTS)
def test_consumers_name_the_group_if_rights_do_not(stack: str):
    assert groups(shipped(stack)) == {"orders"}
    assert groups(planned(orders(group="billing.v2"), stack=stack)) == {"billing.v2"}


def test_acls_of_a_confluent_tier_without_roles_name_the_group():
    plan = planned({**orders(group="billing"), "data-pipes:streaming": {"tier": "basic"}}, stack="aws-confluent-ecs")
    acls = plan.recording.of_type("confluentcloud:index/kafkaAcl:KafkaAcl")
    assert {each.inputs["resourceName"] for each in acls if each.inputs["resourceType"] == "GROUP"} == {"billing"}


def test_internal_names_of_kafka_streams_begin_with_the_group():
    wanted = merged(orders(group="billing"), {"data-pipes:pipes": {"orders": {"topic": {"kafkaStreams": True}}}})
    recording = planned(wanted, stack="aws-confluent-eks").recording
    assert named(recording, r'/topic={group}-\*"', "billing")
    assert not named(recording, r'/topic={group}-\*"', "orders")
    [error] = errors(
        merged(wanted, {"data-pipes:pipes": {"billing-old": {"parallelism": 1}}}), stack="aws-confluent-eks"
    )
    assert error.startswith("pipes.orders.topic.kafkaStreams: cannot be true if a pipe's name begins with billing-")


def errors(changes, stack: str = DEFAULT) -> list[str]:
    with pytest.raises(SettingsError) as refusal:
        settings(changes, stack)
    return [rule(line).partition(": ")[2] for line in str(refusal.value).splitlines()]


@pytest.mark.parametrize("group", ["", "-orders", "two words", "orders*", "a" * 256, "$Default", "team/orders"])
def test_a_group_that_a_right_cannot_name_is_refused(group: str):
    [error] = errors(orders(group=group))
    assert error.startswith(
        "pipes.orders.consumer.group: must be 1 to 255 letters, digits, dots, hyphens and underscores"
    )


@pytest.mark.parametrize("group", ["_internal", "a" * 255, "com.example.Orders_2-x"])
def test_names_of_kafka_are_accepted(group: str):
    assert settings(orders(group=group)).pipes["orders"].consumer.group == group


@pytest.mark.parametrize("stack", [*RIGHTS, *WITHOUT_RIGHTS])
def test_two_pipes_cannot_use_the_same_group(stack: str):
    consumer = {"group": "orders", "image": "registry.example.com/clicks:1.0.0"}
    two = {"data-pipes:pipes": {"clicks": {"parallelism": 1, "consumer": consumer}}}
    assert errors(two, stack) == [
        "pipes.clicks.consumer.group: must be different from the groups of all other pipes, got 'orders', the group of the pipe orders "
        "(the consumers of both pipes would rebalance together). Choose another group."
    ]


@pytest.mark.parametrize(("stack", "pipe", "reason"), REFUSED)
def test_services_without_groups_refuse_one(stack: str, pipe: str, reason: str):
    assert errors({"data-pipes:pipes": {pipe: {"consumer": {"group": "billing"}}}}, stack) == [
        f"pipes.{pipe}.consumer.group: cannot be set on this service ({reason}). Remove it."
    ]


def change(old, new):
    recording = shipped().recording
    before_update(recording, recording.one(PIPE), {"consumer": old} if old else {}, {"consumer": new} if new else {})


@pytest.mark.parametrize(("old", "new"), [({}, {"group": "billing"}), ({"group": "billing"}, {})])
def test_another_group_is_refused_while_consumers_run(old, new):
    with pytest.raises(ChangeRefusedError) as refusal:
        change(old, new)
    present, wanted = (each.get("group", "orders") for each in (old, new))
    assert f"pipes.orders.consumer.group: cannot be changed from {present} to {wanted} while" in str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({}, {"group": "billing", "paused": True}),
        ({"group": "billing", "paused": True}, {"paused": True}),
        ({"group": "billing", "paused": True}, {"group": "billing"}),
        ({}, {"group": "orders"}),
        ({}, {"paused": True}),
    ],
)
def test_another_group_is_accepted_while_consumers_are_paused(old, new):
    change(old, new)


def test_the_component_of_a_pipe_stores_the_group_and_the_pause():
    assert shipped().recording.one(PIPE).inputs == {}
    recording = planned(orders(group="billing", paused=True)).recording
    assert recording.one(PIPE).inputs == {"consumer": {"group": "billing", "paused": True}}


def test_the_group_cannot_be_set_as_a_variable():
    assert "STREAM_GROUP".startswith(RESERVED_ENVIRONMENT)
