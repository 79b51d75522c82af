"""Tests of the Managed Service for Apache Kafka settings and their validation."""

import pytest

from components.settings import SettingsError
from tests.stacks import settings

STACK = "gcp-managed-kafka-gke"


def config_errors(streaming, pipes=None):
    """Return the errors, except errors of the platform."""
    try:
        settings({"data-pipes:streaming": streaming, "data-pipes:pipes": pipes or {}}, STACK)
    except SettingsError as error:
        lines = [line.split(".yaml: ", 1)[1] for line in str(error).splitlines()]
        return [line for line in lines if not line.startswith("platform.nodes")]
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
def test_valid_managed_kafka_settings_are_accepted(streaming, pipes):
    assert config_errors(streaming, pipes) == []


@pytest.mark.parametrize(
    ("streaming", "pipes", "line"),
    [
        (
            {"vcpus": 2, "memory": "8Gi"},
            {},
            "streaming.vcpus: must be at least 3, got 2. Meaning of vcpus: The total vCPUs of all brokers",
        ),
        (
            {"vcpus": 6, "memory": "5Gi"},
            {},
            "streaming.memory: must be 6Gi to 48Gi with 6 vCPUs, got 5Gi (1 to 8 GiB per vCPU; Managed Service for Apache "
            "Kafka, Plan your cluster size). Change memory or vcpus.",
        ),
        (
            {"vcpus": 3, "memory": "25Gi"},
            {},
            "streaming.memory: must be 3Gi to 24Gi with 3 vCPUs, got 25Gi (1 to 8 GiB",
        ),
        (
            {"diskSize": 99},
            {},
            "streaming.diskSize: must be at least 100, got 99. Meaning of diskSize: The disk size of each",
        ),
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
            "streaming.diskSize: is required with more than 600 partition replicas, got 603 including dead letters (the default disks of 3 vCPUs "
            "can run full; Managed Service for Apache Kafka, Configure broker disk size). Set diskSize, raise vcpus, or lower parallelism.",
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
            "pipes.orders.topic.config.min.insync.replicas: cannot be set by a pipe (it follows from the number of copies). Remove it.",
        ),
        (
            {},
            orders(deadLetter={"retentionHours": 0}),
            "pipes.orders.topic.deadLetter.retentionHours: must be at least 1, got 0. Meaning of retentionHours: The hours that dead letters are",
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
def test_invalid_managed_kafka_settings_are_rejected(streaming, pipes, line):
    [error] = config_errors(streaming, pipes)
    assert error.startswith(line)
