"""Tests of the settings for Kafka in containers: refused values and counted capacity."""

import pytest

from components.kubernetes.nodes.capacity import Resources
from components.kubernetes.strimzi.settings import StrimziSettings
from components.settings_bases import SystemWorkloads
from tests.stacks import REMOVED, changed, planned, refused, rule

STACK = "aws-kafka-eks"
FILE = "stacks/Pulumi.test.yaml: "


def errors(changes):
    stack_file = changed(changes, STACK)
    lines = refused(stack_file.program_config(), secret_keys=stack_file.secret_keys)
    return [rule(line.removeprefix(FILE)) for line in lines]


def streaming(**settings):
    return {"data-pipes:streaming": settings}


def platform(**settings):
    return {"data-pipes:platform": settings}


def topic(**settings):
    return {"data-pipes:pipes": {"orders": {"topic": settings}}}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            streaming(brokers=4),
            "streaming.brokers: must be a multiple of 3 (the same number of brokers in each zone), got 4. Use 3 or 6.",
        ),
        (
            streaming(brokers=2),
            "streaming.brokers: must be at least 3, got 2.",
        ),
        (
            streaming(memory="2047Mi"),
            "streaming.memory: must be at least 2Gi, got 2047Mi (half of it is the heap of a broker). Raise it.",
        ),
        (streaming(cpu="0"), "streaming.cpu: must be an amount of CPU such as 500m or 2, got '0'."),
        (
            platform(volumes=False),
            "platform.volumes: must be true, got false (the brokers of the streaming service store their records on volumes). Set it to true.",
        ),
        (
            topic(config={"min.insync.replicas": "1"}),
            "pipes.orders.topic.config.min.insync.replicas: cannot be set by a pipe (it follows from the number "
            "of copies). Remove it.",
        ),
        (
            topic(deadLetter={"maxDeliveryAttempts": 0}),
            "pipes.orders.topic.deadLetter.maxDeliveryAttempts: must be at least 1, got 0.",
        ),
        (
            topic(deadLetter={"enabled": False, "retentionHours": 24}),
            "pipes.orders.topic.deadLetter: has keys that are ignored when enabled is false. Remove them, or set enabled to true.",
        ),
        (
            {"data-pipes:pipes": {"orders.dead-letters": {"parallelism": 1}}},
            "pipes.orders.dead-letters: the name of a pipe must be 2 to 24 lower-case letters, digits and hyphens, starting with a "
            "letter, got 'orders.dead-letters'. Rename the pipe.",
        ),
        (
            topic(config={"cleanup.policy": "compacted"}),
            "pipes.orders.topic.config.cleanup.policy: must be one of delete or compact or compact,delete or delete,compact, "
            "got 'compacted' (Apache Kafka, Topic Configs). Correct it.",
        ),
        (
            {"data-pipes:pipes": {"orders": {"consumer": {"files": {"/etc/data-pipes/kafka/ca.crt": "ordersToken"}}}}},
            "pipes.orders.consumer.files./etc/data-pipes/kafka/ca.crt: must not overlap /etc/data-pipes/kafka (the mount path of the "
            "consumer's certificates). Choose another path.",
        ),
        (
            {"data-pipes:pipes": {"orders": {"consumer": {"files": {"/etc/data-pipes": "ordersToken"}}}}},
            "pipes.orders.consumer.files./etc/data-pipes: must not overlap /etc/data-pipes/kafka (the mount path of the "
            "consumer's certificates). Choose another path.",
        ),
        (
            platform(compute="fargate", volumes=REMOVED, nodes=REMOVED),
            "platform.compute: must be nodes or auto, got fargate (the brokers of the streaming service run in this cluster and need volumes, "
            "which pods on Fargate cannot mount: EKS, AWS Fargate considerations). Remove it, or use another streaming.service.",
        ),
        (
            streaming(memory="16Gi"),
            "platform.nodes.instanceType: must have room for the streaming service's pods of 1000m CPU and 16384Mi, got m5.xlarge "
            "(3570m CPU and 13250Mi for pods). Choose a larger instanceType, or lower the resources in streaming.",
        ),
        (
            {**platform(compute="auto", nodes=REMOVED), **streaming(cpu="64")},
            "streaming: must have pods that fit on the largest node of Auto Mode (31600m CPU and 240406Mi), got a pod of 64000m CPU and "
            "4096Mi. Lower cpu or memory, or set platform.compute to nodes.",
        ),
        (
            platform(nodes={"max": 3, "instanceType": "m5.large"}),
            "platform.nodes.max: must be at least 6, got 3 (m5.large nodes with 1580m CPU and 5991Mi for pods: orders 3 replicas of 500m "
            "CPU and 1Gi, 3 per node; streaming service 3 x 1000m CPU and 4096Mi; streaming service 3 x 500m CPU and 2048Mi; "
            "streaming service 1 x 200m CPU and 384Mi; streaming service 1 x 200m CPU and 1024Mi; streaming service 1 x 100m CPU and 128Mi). "
            "Raise max to 6, choose a larger instanceType, or lower cpu and memory of the consumers.",
        ),
    ],
)
def test_invalid_kafka_settings_are_refused(changes, line):
    assert errors(changes) == [line]


def test_a_version_that_the_operator_does_not_support_is_refused():
    [line] = errors(streaming(version="4.1.2"))
    assert line.startswith("streaming.version: must be '4.2.0', '4.2.1', '4.3.0' or '4.3.1', got \"4.1.2\".")


def test_kafka_in_containers_is_refused_without_kubernetes():
    changes = {"data-pipes:platform": REMOVED}
    stack_file = changed(changes, STACK)
    config = {**stack_file.program_config(), "data-pipes:platform": {"service": "ecs"}}
    lines = refused(config, secret_keys=stack_file.secret_keys)
    assert [line.removeprefix(FILE) for line in lines] == [
        "streaming.service: kafka is not available on ecs: its brokers run on Kubernetes, in the cluster of the platform. "
        "Set platform.service to eks."
    ]


@pytest.mark.parametrize(
    ("settings", "more"),
    [
        ({}, []),
        ({"cruiseControl": True}, [(Resources(cpu=500, memory=1024), 1)]),
        ({"exporter": True}, [(Resources(cpu=100, memory=128), 1)]),
    ],
)
def test_all_kafka_pods_are_counted_as_system_workloads(settings, more):
    read = StrimziSettings.model_validate({"service": "kafka", "brokers": 6, "cpu": "2", "memory": "8Gi", **settings})
    assert read.system_workloads == SystemWorkloads(
        pods=[
            (Resources(cpu=2000, memory=8192), 6),
            (Resources(cpu=500, memory=2048), 3),
            (Resources(cpu=200, memory=384), 1),
            (Resources(cpu=200, memory=1024), 1),
            *more,
        ],
        volumes=True,
    )


def test_the_counted_resources_equal_the_requests():
    changes = streaming(cruiseControl=True, exporter=True)
    recording = planned(changes, stack=STACK).recording
    spec = recording.one("kubernetes:kafka.strimzi.io/v1:Kafka").inputs["spec"]
    entity = spec["entityOperator"]
    asked = [
        recording.one("kubernetes:helm.sh/v3:Release").input("values.resources.requests"),
        *(entity[program]["resources"]["requests"] for program in ("topicOperator", "userOperator")),
        *(spec[program]["resources"]["requests"] for program in ("cruiseControl", "kafkaExporter")),
        *(
            each.input("spec.resources.requests")
            for each in recording.of_type("kubernetes:kafka.strimzi.io/v1:KafkaNodePool")
            for _ in range(each.input("spec.replicas"))
        ),
    ]
    settings = StrimziSettings.model_validate({"service": "kafka", "cruiseControl": True, "exporter": True})
    counted = settings.system_workloads.pods
    assert sum(int(each["cpu"].removesuffix("m")) for each in asked) == sum(
        capacity.cpu * count for capacity, count in counted
    )
    assert sum(int(each["memory"].removesuffix("Mi")) for each in asked) == sum(
        capacity.memory * count for capacity, count in counted
    )


def test_the_initial_node_count_fits_brokers_and_consumers():
    changes = platform(nodes={"instanceType": "m5.large"})
    group = planned(changes, stack=STACK).recording.one("aws:eks/nodeGroup:NodeGroup")
    assert group.input("scalingConfig.desiredSize") == 6


def test_the_limits_of_auto_mode_grow_with_the_brokers():
    changes = platform(compute="auto", nodes=REMOVED)
    few, many = (
        planned({**changes, **streaming(brokers=number)}, stack=STACK).recording.one(
            "kubernetes:karpenter.sh/v1:NodePool"
        )
        for number in (3, 6)
    )
    assert int(many.input("spec.limits.cpu")) >= int(few.input("spec.limits.cpu")) + 3
    assert int(many.input("spec.limits.memory")[:-2]) >= int(few.input("spec.limits.memory")[:-2]) + 12
