"""Refused MSK settings, each with a one-line error: rule, reason and fix."""

import pytest

from components.aws.msk.topic import TIER_SOURCE
from tests.stacks import REMOVED, changed, refused, rule

FILE = "stacks/Pulumi.test.yaml: "
CIDRS = ["203.0.113.0/24", "198.51.100.7/32"]
EXISTING = {
    "vpcId": "vpc-0a",
    "cidr": "10.9.0.0/16",
    "privateSubnetIds": ["subnet-0a", "subnet-0b", "subnet-0c"],
}


def error_lines(changes, stack="aws-msk-eks"):
    stack_file = changed(changes, stack)
    lines = refused(stack_file.program_config(), secret_keys=stack_file.secret_keys)
    return [rule(line.removeprefix(FILE)) for line in lines]


def streaming(**settings):
    return {"data-pipes:streaming": settings}


def express(**settings):
    return streaming(instanceType="express.m7g.large", **settings)


def tiered(topic, *, tier=True):
    return {**streaming(tieredStorage=tier), "data-pipes:pipes": {"orders": {"topic": topic}}}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            express(diskSize=100),
            "streaming.diskSize: is not available on Express brokers (they have no disks to size). Remove it.",
        ),
        (
            express(storageAutoscaling={"maxSize": 200}),
            "streaming.storageAutoscaling: is not available on Express brokers (they have no disks to size). Remove it.",
        ),
        (
            express(tieredStorage=True),
            "streaming.tieredStorage: is not available on Express brokers (MSK manages their storage). Remove it.",
        ),
        (
            express(version="4.1.x.kraft"),
            "streaming.version: must be a version that Express brokers support, got 4.1.x.kraft. "
            "Use 3.9.x.kraft or 4.2.x.kraft, or a standard instanceType.",
        ),
        (
            {"data-pipes:streaming": {"version": "4.2.x.kraft"}},
            "streaming.version: must be a version that standard brokers support, got 4.2.x.kraft (only Express brokers support it). "
            "Use 3.9.x.kraft.",
        ),
        (
            express(brokers=4),
            "streaming.brokers: must be a multiple of 3 (the same number of brokers in each zone), got 4. Use 3 or 6.",
        ),
        (
            {
                **express(),
                "data-pipes:pipes": {"orders": {"parallelism": 1450, "consumer": {"cpu": "1m", "memory": "1Mi"}}},
                "data-pipes:platform": {"nodes": {"max": 450}},
            },
            "streaming.brokers: must have room for 4503 partitions = (1450 of pipes + 1 of dead letters + 50 of Kafka) x 3 replicas, got "
            "3 brokers of express.m7g.large with room for 1500 each = 4500 (MSK quota). Add brokers, use a larger instanceType or "
            "lower the pipes' parallelism.",
        ),
        (
            {**express(), "data-pipes:pipes": {"orders": {"topic": {"config": {"segment.ms": "600000"}}}}},
            "pipes.orders.topic.config.segment.ms: cannot be set on Express brokers (MSK sets it). Remove it. Valid: cleanup.policy, "
            "compression.type, delete.retention.ms, max.compaction.lag.ms, max.message.bytes, message.timestamp.after.max.ms, "
            "message.timestamp.before.max.ms, message.timestamp.type, min.compaction.lag.ms, retention.bytes.",
        ),
        (
            streaming(diskSize=500, storageAutoscaling={"maxSize": 400}),
            "streaming.storageAutoscaling.maxSize: must be at least diskSize (500), got 400 (disks never shrink). Raise it.",
        ),
        (
            streaming(storageAutoscaling={"maxSize": 16_385}),
            "streaming.storageAutoscaling.maxSize: must be at most 16384, got 16385.",
        ),
        (
            streaming(storageAutoscaling={"maxSize": 400, "targetUtilization": 81}),
            "streaming.storageAutoscaling.targetUtilization: must be at most 80, got 81.",
        ),
        (
            streaming(instanceType="kafka.t3.small", tieredStorage=True),
            "streaming.tieredStorage: is not available on kafka.t3.small (MSK, Tiered storage). "
            "Use a larger instanceType, or remove it.",
        ),
        (
            tiered({"localRetentionHours": 24}, tier=False),
            "pipes.orders.topic.localRetentionHours: requires streaming.tieredStorage, got false. "
            "Set streaming.tieredStorage to true, or remove localRetentionHours.",
        ),
        (
            tiered({"config": {"remote.storage.enable": "true"}}, tier=False),
            "pipes.orders.topic.config.remote.storage.enable: cannot be set by a pipe (set localRetentionHours instead). Remove it.",
        ),
        (
            tiered({"config": {"local.retention.bytes": "1"}}),
            "pipes.orders.topic: config local.retention.bytes has no effect without localRetentionHours. "
            "Set localRetentionHours, or remove local.retention.bytes.",
        ),
        (
            tiered({"retentionHours": 24, "localRetentionHours": 24}),
            "pipes.orders.topic: localRetentionHours must be less than retentionHours, which is 24, got 24 (MSK, Tiered "
            "storage topic-level configuration). Lower localRetentionHours, or raise retentionHours.",
        ),
        (
            tiered({"retentionHours": 71, "localRetentionHours": 24}),
            f"pipes.orders.topic.retentionHours: must be at least 72 with localRetentionHours, got 71 ({TIER_SOURCE}). Raise it, or remove "
            "localRetentionHours.",
        ),
        (
            tiered({"localRetentionHours": 24, "config": {"segment.bytes": "50331647"}}),
            f"pipes.orders.topic.config.segment.bytes: must be a whole number from 50331648 to 2147483647, got '50331647' ({TIER_SOURCE}). "
            "Correct it.",
        ),
        (
            tiered({"localRetentionHours": 24, "config": {"segment.ms": "599999"}}),
            "pipes.orders.topic.config.segment.ms: must be a whole number from 600000 to 9223372036854775807, got '599999' "
            f"({TIER_SOURCE}). Correct it.",
        ),
        (
            tiered({"localRetentionHours": 24, "config": {"local.retention.bytes": "-1", "retention.bytes": "9"}}),
            f"pipes.orders.topic.config.local.retention.bytes: must be less than retention.bytes, which is 9, got '-1' ({TIER_SOURCE}). "
            "Lower it, or raise retention.bytes.",
        ),
        (
            {**express(), "data-pipes:pipes": {"orders": {"topic": {"config": {"max.compaction.lag.ms": "86399999"}}}}},
            "pipes.orders.topic.config.max.compaction.lag.ms: must be a whole number from 86400000 to 9223372036854775807, got '86399999' "
            "(MSK, Topic-level configurations on Express brokers). Correct it.",
        ),
        (
            {"data-pipes:streaming": {"version": "3.10.x.kraft"}},
            "streaming.version: must be one of 3.8.x.kraft, 3.9.x.kraft, 4.0.x.kraft, 4.1.x.kraft, 4.2.x.kraft, or newer, got '3.10.x.kraft' "
            "(MSK, Supported Apache Kafka versions, read 2026-07). Use 3.9.x.kraft.",
        ),
        (
            {"data-pipes:pipes": {"orders": {"topic": {"deadLetter": {"maxDeliveryAttempts": 0}}}}},
            "pipes.orders.topic.deadLetter.maxDeliveryAttempts: must be at least 1, got 0.",
        ),
        (
            {"data-pipes:pipes": {"orders": {"topic": {"deadLetter": {"enabled": False, "retentionHours": 24}}}}},
            "pipes.orders.topic.deadLetter: has keys that are ignored when enabled is false. Remove them, or set enabled to true.",
        ),
        (
            {"data-pipes:pipes": {"orders": {"topic": {"deadLetter": {"retentionHours": 87_601}}}}},
            "pipes.orders.topic.deadLetter.retentionHours: must be at most 87600, got 87601.",
        ),
        (
            {"data-pipes:pipes": {"orders.dead-letters": {"parallelism": 1}}},
            "pipes.orders.dead-letters: the name of a pipe must be 2 to 24 lower-case letters, digits and hyphens, starting with a letter, got "
            "'orders.dead-letters'. Rename the pipe.",
        ),
        (
            tiered({"localRetentionHours": 24, "config": {"cleanup.policy": "compact"}}),
            "pipes.orders.topic: localRetentionHours cannot be used with cleanup.policy compact, because compacted topics stay on "
            "the brokers' disks (MSK, Tiered storage). Remove one of the two.",
        ),
        (
            streaming(connectivity={"publicCidrs": CIDRS}, certificateAuthorityArns=[]),
            "streaming.connectivity.publicCidrs: requires brokerSubnets public, got private (MSK, Public access). "
            "Remove it, or set brokerSubnets to public, which replaces an existing cluster.",
        ),
        (
            streaming(brokerSubnets="public", connectivity={"publicCidrs": ["0.0.0.0/0"]}),
            "streaming.connectivity.publicCidrs[0]: must be a range of /8 or smaller, got 0.0.0.0/0 (it admits everyone or nearly "
            "everyone). List the ranges that may connect, such as your own address with /32.",
        ),
        (
            streaming(instanceType="kafka.t3.small", connectivity={"multiVpc": True}, certificateAuthorityArns=[]),
            "streaming.connectivity.multiVpc: is not available on kafka.t3.small (MSK, Multi-VPC private connectivity). "
            "Use a larger instanceType, or remove it.",
        ),
        (
            {**streaming(brokerSubnets="public"), "data-pipes:network": {"existing": EXISTING}},
            "streaming.brokerSubnets: requires public subnets, but network.existing has none. "
            "Set network.existing.publicSubnetIds.",
        ),
    ],
)
def test_invalid_settings_of_brokers_storage_and_connectivity_are_refused(changes, line):
    assert error_lines(changes) == [line]


def pipes(**parallelism):
    small = {"consumer": {"cpu": "1m", "memory": "1Mi"}}
    return {
        "data-pipes:platform": {"nodes": {"max": 450}},
        "data-pipes:pipes": {pipe: {"parallelism": number, **small} for pipe, number in parallelism.items()},
    }


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            streaming(authentication="scram"),
            "streaming.authentication: must be 'iam', got \"scram\".",
        ),
        (
            streaming(brokers=3),
            "streaming.brokers: unknown key. Valid: authentication, service, topicImage.",
        ),
        (
            pipes(orders=2000, clicks=399),
            "pipes: must have at most 2400 partitions in total, got 2401: orders 2000, clicks 399, clicks.dead-letters 1, "
            "1 more topic (MSK quota). Lower parallelism, or set streaming.service to msk.",
        ),
        (
            {
                "data-pipes:pipes": {
                    "orders": {"parallelism": 121, "topic": {"config": {"cleanup.policy": "compact"}}}
                },
                "data-pipes:platform": {"nodes": {"max": 450}},
            },
            "pipes: must have at most 120 compacted partitions in total, got 121: orders 121 (MSK quota). Lower parallelism, or set "
            "streaming.service to msk.",
        ),
        (
            {"data-pipes:pipes": {"orders": {"topic": {"config": {"segment.bytes": "1"}}}}},
            "pipes.orders.topic.config.segment.bytes: is not a topic setting that MSK Serverless accepts. Did you mean "
            "'retention.bytes'? Valid: cleanup.policy, compression.type, max.message.bytes, "
            "message.timestamp.difference.max.ms, message.timestamp.type, retention.bytes.",
        ),
        (
            {"data-pipes:pipes": {"orders": {"topic": {"config": {"retention.ms": "1"}}}}},
            "pipes.orders.topic.config.retention.ms: cannot be set by a pipe (set retentionHours instead). Remove it.",
        ),
        (
            {"data-pipes:pipes": {"o" * 22: {"parallelism": 1}}},
            f"pipes.{'o' * 22}: must have at most 43 characters together with the stack's name, aws-msk-serverless-eks, got 44 "
            "(Kubernetes, Jobs). Choose a shorter name for the pipe or, before the first deployment, for the stack.",
        ),
        (
            {"data-pipes:platform": {"service": "ecs", "version": REMOVED, "admins": REMOVED}},
            "streaming.service: msk-serverless is not available on ecs: no AWS API makes its topics, so a job in Kubernetes does, "
            "and ECS has no job that a deployment waits for. Set platform.service to eks.",
        ),
    ],
    ids=["scram", "brokers", "partitions", "compacted", "setting", "retention", "names", "ecs"],
)
def test_what_a_serverless_cluster_cannot_be_is_refused(changes, line):
    assert error_lines(changes, "aws-msk-serverless-eks") == [line]
