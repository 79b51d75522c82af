"""What a stack file may ask of Managed Service for Apache Kafka."""

import pytest

from components.settings import SettingsError
from tests.stacks import settings

STACK = "gcp-managed-kafka-gke"


def config_errors(streaming, pipes=None):
    """What is told of the streaming service and the pipes, whatever room the platform has for so many replicas."""
    try:
        settings({"data-pipes:streaming": streaming, "data-pipes:pipes": pipes or {}}, STACK)
    except SettingsError as error:
        told = [line.split(".yaml: ", 1)[1] for line in str(error).splitlines()]
        return [line for line in told if not line.startswith("platform.nodes")]
    return []


def orders(parallelism=3, **topic):
    return {"orders": {"parallelism": parallelism, "topic": topic}}


@pytest.mark.parametrize(
    ("streaming", "pipes"),
    [
        ({"vcpus": 3, "memory": "3Gi"}, orders()),
        ({"vcpus": 3, "memory": "24Gi"}, orders()),
        ({"vcpus": 46, "memory": "300Gi"}, orders()),
        ({"version": "4.3.x", "diskSize": 100, "autoRebalance": False, "customerManagedKey": True}, orders()),
        ({}, orders(199)),
        ({}, orders(200, deadLetter={"enabled": False})),
        ({"diskSize": 500}, orders(200)),
        ({}, orders(deadLetter={"maxDeliveryAttempts": 100, "retentionHours": 87_600})),
        ({}, orders(config={"compression.type": "lz4", "cleanup.policy": "compact"})),
        ({}, orders(producers=["1234-compute@developer.gserviceaccount.com"])),
    ],
)
def test_what_the_service_has_is_let_through(streaming, pipes):
    assert config_errors(streaming, pipes) == []


@pytest.mark.parametrize(
    ("streaming", "pipes", "line"),
    [
        (
            {"vcpus": 2, "memory": "8Gi"},
            {},
            "streaming.vcpus: must be at least 3, got 2.",
        ),
        (
            {"vcpus": 6, "memory": "5Gi"},
            {},
            "streaming.memory: must be 6Gi to 48Gi for 6 vCPUs, got 5Gi: brokers have 1 to 8 GiB for each vCPU (Managed Service for Apache "
            "Kafka, Plan your cluster size); change it or vcpus",
        ),
        (
            {"vcpus": 3, "memory": "25Gi"},
            {},
            "streaming.memory: must be 3Gi to 24Gi for 3 vCPUs, got 25Gi: brokers have 1 to 8 GiB",
        ),
        ({"diskSize": 99}, {}, "streaming.diskSize: must be at least 100, got 99."),
        (
            {"version": "3.6.x"},
            {},
            "streaming.version: must be 3.7.x or newer, got '3.6.x', which Managed Service for Apache Kafka no longer offers (pulumi-gcp "
            "10.2.0, managedkafka.Cluster, read 2026-11-29). Use 3.7.x.",
        ),
        ({"version": "3.7.1"}, {}, "streaming.version: must be a Kafka version as Google lists it, such as 3.7.x, got"),
        (
            {"vcpus": 3},
            orders(200),
            "streaming.diskSize: is missing: the pipes have 603 copies of partitions, dead letters included, and the disks that 3 vCPUs get "
            "by default are made for 600 (Managed Service for Apache Kafka, Configure broker disk size); set it, raise vcpus, or lower parallelism",
        ),
        (
            {},
            orders(config={"compression.type": "zstd"}),
            "pipes.orders.topic.config.compression.type: must be one of uncompressed or lz4 or snappy or gzip or producer, got 'zstd' (Managed Service "
            "for Apache Kafka, Limitations). Correct it.",
        ),
        (
            {},
            orders(config={"min.insync.replicas": "1"}),
            "pipes.orders.topic.config.min.insync.replicas: is not for a pipe to set: it follows from the number of copies; remove it",
        ),
        (
            {},
            orders(deadLetter={"retentionHours": 0}),
            "pipes.orders.topic.deadLetter.retentionHours: must be at least 1, got 0.",
        ),
        (
            {},
            orders(deadLetter={"enabled": False, "retentionHours": 24}),
            "pipes.orders.topic.deadLetter: has keys that are ignored when enabled is false. Remove them, or set enabled to true.",
        ),
        (
            {},
            orders(producers=["group:writers@example.com"]),
            "pipes.orders.topic.producers[0]: must be the e-mail address of a service account, such as",
        ),
        (
            {},
            orders(producers=["a@p.iam.gserviceaccount.com"] * 2),
            "pipes.orders.topic.producers: must not contain duplicates, got a@p.iam.gserviceaccount.com more than once",
        ),
        (
            {},
            orders(producers=[f"a{number}@p.iam.gserviceaccount.com" for number in range(50)]),
            "pipes.orders.topic.producers: must have at most 49 entries, got 50.",
        ),
    ],
)
def test_what_the_service_lacks_is_told_with_key_reason_and_way_out(streaming, pipes, line):
    [told] = config_errors(streaming, pipes)
    assert told.startswith(line)
