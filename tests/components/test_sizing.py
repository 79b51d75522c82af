"""Tests of the warnings about stacks that cannot carry their expected load."""

from collections.abc import Mapping
from typing import Any

import pytest

from components.catalog import PROPOSED
from tests.stacks import planned, settings, shipped

BIG = {"messagesPerSecond": 50_000, "bytes": 1000, "handlingMilliseconds": 8}
SMALL = {"messagesPerSecond": 1, "bytes": 100, "handlingMilliseconds": 8}


def warnings(
    stack: str, expect: Mapping[str, Any], *, streaming: Mapping[str, Any] | None = None, **pipe: Any
) -> dict[str, str]:
    """Return the warnings by key, with one pipe `orders`, in their order."""
    [name] = settings(stack=stack).pipes
    changes: dict[str, Any] = {"data-pipes:pipes": {name: {"expect": expect, **pipe}}}
    if streaming:
        changes["data-pipes:streaming"] = streaming
    if stack.endswith(("eks", "aks", "gke")):
        changes["data-pipes:platform"] = {"nodes": {"max": 250 if stack.endswith("eks") else 60}}
    return {text.split(": ")[0]: text for text in settings(changes, stack).warnings}


def test_event_hubs_with_100_partitions_and_one_unit_names_both_bottlenecks_the_narrowest_first():
    found = warnings("azure-eventhubs-aks", BIG, streaming={"capacity": 1}, parallelism=100)
    assert list(found)[:2] == ["streaming.capacity", "pipes.orders.parallelism"]
    assert "must be at least 10 for the expected load, got 1, enough for 10 % of it" in found["streaming.capacity"]
    handling = found["pipes.orders.parallelism"]
    assert "must be at least 572 for the expected load, got 100" in handling
    assert "bottleneck: handling; 50,000/s x 8 ms = 400 busy / 0.7" in handling
    assert "The most is 100" in handling
    assert "Set streaming.tier to dedicated (1,024), or split the records across several pipes." in handling


@pytest.mark.parametrize(
    ("stack", "streaming", "pipe", "key", "rule"),
    [
        (
            "aws-msk-eks",
            {},
            {"parallelism": 572, "topic": {"retentionHours": 24}},
            "streaming.brokers",
            (9, "brokers, throughput"),
        ),
        (
            "aws-msk-ecs",
            {"brokers": 9},
            {"parallelism": 572, "topic": {"retentionHours": 24}},
            "streaming.diskSize",
            (2683, "disk"),
        ),
        ("aws-kinesis-ecs", {}, {"parallelism": 40}, "pipes.orders.parallelism", (572, "handling")),
        ("aws-kafka-eks", {}, {"topic": {"retentionHours": 24}}, "streaming.diskSize", (8047, "disk")),
        (
            "azure-hdinsight-aks",
            {},
            {"topic": {"retentionHours": 24}},
            "streaming.brokers",
            (12, "disks of the brokers"),
        ),
        ("azure-confluent-aks", {"maxEcku": 2}, {}, "streaming.maxEcku", (3, "eCKU, partitions")),
        ("gcp-managed-kafka-gke", {"memory": "12Gi"}, {}, "streaming.vcpus", (18, "vCPUs, throughput")),
        ("gcp-pubsub-gke", {}, {}, "pipes.orders.parallelism", (572, "handling")),
        ("aws-msk-serverless-eks", {}, {}, "pipes.orders.parallelism", (572, "handling")),
    ],
)
def test_each_service_names_its_bottleneck_and_the_amount(stack, streaming, pipe, key, rule):
    amount, limit = rule
    text = warnings(stack, BIG, streaming=streaming, **pipe)[key]
    assert f"must be at least {amount:,} for the expected load" in text
    assert f"bottleneck: {limit};" in text


@pytest.mark.parametrize(
    "stack", ["aws-msk-eks", "aws-kinesis-ecs", "azure-eventhubs-aks", "azure-hdinsight-aks", "gcp-pubsub-gke"]
)
def test_a_stack_that_carries_its_load_gets_no_warning(stack):
    assert warnings(stack, SMALL) == {}


def test_more_than_one_shard_is_needed_for_its_limit_of_records():
    expect = {"messagesPerSecond": 3500, "bytes": 100, "handlingMilliseconds": 0.1}
    text = warnings("aws-kinesis-ecs", expect, parallelism=3)["pipes.orders.parallelism"]
    assert "must be at least 4" in text
    assert "bottleneck: throughput of a partition; 3,500/s / 1,000/s per partition" in text


def test_nodes_are_a_bottleneck_for_the_replicas_that_the_load_needs():
    pipes = {"orders": {"expect": BIG}}
    found = settings({"data-pipes:pipes": pipes}, "aws-kinesis-eks").warnings
    [text] = [text for text in found if text.startswith("platform.nodes.max: ")]
    assert "must be at least 191 for the expected load, got 6" in text
    assert "572 replicas of 500m CPU and 1Gi, 3 per node" in text


def test_the_loads_of_several_pipes_add_up():
    def brokers(*pipes: str) -> str:
        half = {"parallelism": 3, "topic": {"retentionHours": 1}, "expect": {**BIG, "messagesPerSecond": 25_000}}
        changes = {
            "data-pipes:pipes": dict.fromkeys(pipes, half),
            "data-pipes:streaming": {"instanceType": "kafka.m7g.large"},
        }
        found = settings(changes, "aws-msk-ecs").warnings
        [text] = [text for text in found if text.startswith("streaming.brokers: ")]
        return text

    assert "must be at least 6 for the expected load, got 3" in brokers("orders")
    assert "must be at least 9 for the expected load, got 3" in brokers("orders", "audit")
    assert "47.7 MiB/s / 6.08 MiB/s" in brokers("orders", "audit")


def test_a_message_larger_than_the_topic_accepts_names_the_topic_setting():
    large = {**SMALL, "bytes": 2_000_000}
    text = warnings("aws-msk-eks", large)["pipes.orders.topic.config.max.message.bytes"]
    assert "must be at least 2,000,100 for the expected load, got 1,048,588" in text


def test_a_message_larger_than_the_service_accepts_has_no_setting():
    [text] = warnings("azure-eventhubs-aks", {**SMALL, "bytes": 2_000_000}).values()
    assert text.startswith("bytes per message: must be at least 2,000,000")
    assert "The most is 1,046,528 (Event Hubs, Quotas and limits, read 2026-11-29). Send smaller messages" in text


def test_an_expected_load_of_cameras_is_not_checked_and_says_what_counts():
    [text] = warnings("aws-video-ecs", SMALL).values()
    assert text.startswith("pipes.cameras.expect: is not checked (Kinesis Video is sized by cameras: parallelism is ")


def test_auto_inflate_counts_with_its_maximum():
    expect = {"messagesPerSecond": 20_000, "bytes": 100, "handlingMilliseconds": 0.1}
    standard = {"tier": "standard", "capacity": 1}
    assert "streaming.capacity" in warnings("azure-eventhubs-aks", expect, streaming=standard)
    inflating = {**standard, "autoInflate": {"maximumUnits": 20}}
    assert warnings("azure-eventhubs-aks", expect, streaming=inflating) == {}
    short = {**standard, "autoInflate": {"maximumUnits": 19}}
    found = warnings("azure-eventhubs-aks", expect, streaming=short)
    assert "must be at least 20" in found["streaming.autoInflate.maximumUnits"]


def test_an_expected_load_changes_no_resource_and_the_plan_shows_the_warning():
    plan = planned({"data-pipes:pipes": {"orders": {"expect": BIG}}}, stack="aws-kinesis-ecs")
    assert plan.as_json() == shipped("aws-kinesis-ecs").as_json()
    shown = [message.text for message in plan.recording.messages if message.severity == "warning"]
    assert any(text.startswith("pipes.orders.parallelism: must be at least 572") for text in shown)


@pytest.mark.parametrize(
    ("cloud", "service"), [(name, service) for name, cloud in PROPOSED.items() for service in cloud.streaming]
)
def test_every_service_is_sized_or_states_why_not(cloud, service):
    sizing = PROPOSED[cloud].streaming[service].sizing
    assert bool(sizing.variants) != bool(sizing.unsized)
    names = [variant.name for variant in sizing.variants]
    assert len(set(names)) == len(names)


def test_records_in_tiered_storage_and_limited_or_compacted_topics_need_less_disk():
    day = {"parallelism": 572, "topic": {"retentionHours": 240}}
    streaming = {"brokers": 60, "tieredStorage": True}

    def disk(**topic: Any) -> dict[str, str]:
        found = warnings("aws-msk-ecs", BIG, streaming=streaming, parallelism=572, topic={**day["topic"], **topic})
        return {key: text for key, text in found.items() if key == "streaming.diskSize"}

    # 50 MB/s x 240 h = 40,233 GiB; x 3 copies x 2 / 60 brokers. In 24 h: a tenth.
    assert "must be at least 4,024 " in disk()["streaming.diskSize"]
    assert "must be at least 403 " in disk(localRetentionHours=24)["streaming.diskSize"]
    # 572 partitions of 1 GiB; x 3 copies x 2 / 60 brokers = 57.2, and there are 100
    assert disk(config={"retention.bytes": str(1024**3)}) == {}
    assert disk(config={"cleanup.policy": "compact"}) == {}
