"""What a stack file says of Kafka in containers that cannot be is refused, and the room that it takes is counted."""

import pytest

from components.kubernetes.nodes.capacity import Resources
from components.kubernetes.strimzi.settings import StrimziSettings
from components.settings_bases import SystemWorkloads
from tests.stacks import REMOVED, changed, planned, refused

STACK = "aws-kafka-eks"
FILE = "stacks/Pulumi.test.yaml: "


def told(changes):
    stack_file = changed(changes, STACK)
    lines = refused(stack_file.program_config(), secret_keys=stack_file.secret_keys)
    return [line.removeprefix(FILE) for line in lines]


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
            "streaming.brokers: must be a multiple of the 3 zones, so that each has as many, not 4; use 3 or 6",
        ),
        (
            streaming(brokers=2),
            "streaming.brokers: must be at least 3, not 2; brokers is the number of brokers, the same in each of three zones; "
            "without cruiseControl, new ones get new partitions alone",
        ),
        (
            streaming(memory="2047Mi"),
            "streaming.memory: must be at least 2Gi, since half of it is the heap of a broker, not 2047Mi; raise it",
        ),
        (streaming(cpu="0"), "streaming.cpu: must be an amount of CPU such as 500m or 2, not '0'"),
        (
            platform(volumes=False),
            "platform.volumes: must be true, since the brokers of the streaming service keep their records on volumes; set it to true",
        ),
        (
            topic(config={"min.insync.replicas": "1"}),
            "pipes.orders.topic.config.min.insync.replicas: cannot be set by a pipe (it follows from the number "
            "of copies). Remove it.",
        ),
        (
            topic(deadLetter={"maxDeliveryAttempts": 0}),
            "pipes.orders.topic.deadLetter.maxDeliveryAttempts: must be at least 1, not 0; maxDeliveryAttempts is how often a record is "
            "handed to the consumer's handler before it is set aside",
        ),
        (
            topic(deadLetter={"enabled": False, "retentionHours": 24}),
            "pipes.orders.topic.deadLetter: has keys that say nothing while enabled is false; remove them, or enabled",
        ),
        (
            {"data-pipes:pipes": {"orders.dead-letters": {"parallelism": 1}}},
            "pipes.orders.dead-letters: the name of a pipe must be 2 to 24 lower-case letters, digits and hyphens, beginning with a "
            "letter, not 'orders.dead-letters'",
        ),
        (
            topic(config={"cleanup.policy": "compacted"}),
            "pipes.orders.topic.config.cleanup.policy: must be one of delete or compact or compact,delete or delete,compact, "
            "got 'compacted' (Apache Kafka, Topic Configs). Correct it.",
        ),
        (
            {"data-pipes:pipes": {"orders": {"consumer": {"files": {"/etc/data-pipes/kafka/ca.crt": "ordersToken"}}}}},
            "pipes.orders.consumer.files./etc/data-pipes/kafka/ca.crt: lies where the consumer's certificates are, in "
            "/etc/data-pipes/kafka; choose another path",
        ),
        (
            {"data-pipes:pipes": {"orders": {"consumer": {"files": {"/etc/data-pipes": "ordersToken"}}}}},
            "pipes.orders.consumer.files./etc/data-pipes: lies where the consumer's certificates are, in "
            "/etc/data-pipes/kafka; choose another path",
        ),
        (
            platform(compute="fargate", volumes=REMOVED, nodes=REMOVED),
            "platform.compute: must be nodes or auto, since the brokers of the streaming service run in this cluster on volumes that pods on "
            "Fargate cannot mount (EKS, AWS Fargate considerations); remove it, or choose another streaming.service",
        ),
        (
            streaming(memory="16Gi"),
            "platform.nodes.instanceType: is m5.xlarge, an empty one of which has 3570m and 13250Mi for pods, and the streaming service "
            "runs pods of 1000m and 16384Mi; choose a larger one, or lower what streaming asks for",
        ),
        (
            {**platform(compute="auto", nodes=REMOVED), **streaming(cpu="64")},
            "streaming: asks for pods of 64000m and 4096Mi, and the largest node that Auto Mode makes for them has 31600m and 240406Mi; "
            "lower cpu or memory, or set platform.compute to nodes",
        ),
        (
            platform(nodes={"max": 3, "instanceType": "m5.large"}),
            "platform.nodes.max: is 3, and all pods need 6 nodes of m5.large (1580m and 5991Mi each for them): orders 3 replicas of 500m "
            "and 1Gi at 3 a node, the streaming service 3 x 1000m and 4096Mi, the streaming service 3 x 500m and 2048Mi, "
            "the streaming service 1 x 200m and 384Mi, the streaming service 1 x 200m and 1024Mi, the streaming service 1 x 100m and 128Mi; "
            "raise max to 6, choose a larger instanceType, or lower cpu and memory of the consumers",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_reason_and_way_out(changes, line):
    assert told(changes) == [line]


def test_a_version_that_this_operator_does_not_run_is_refused():
    [line] = told(streaming(version="4.1.2"))
    assert line.startswith("streaming.version: must be '4.2.0', '4.2.1', '4.3.0' or '4.3.1', not \"4.1.2\"")


def test_kafka_in_containers_is_refused_where_there_is_no_kubernetes():
    changes = {"data-pipes:platform": REMOVED}
    stack_file = changed(changes, STACK)
    config = {**stack_file.program_config(), "data-pipes:platform": {"service": "ecs"}}
    lines = refused(config, secret_keys=stack_file.secret_keys)
    assert [line.removeprefix(FILE) for line in lines] == [
        "streaming.service: kafka cannot be read on ecs: its brokers run on Kubernetes, in the cluster of the platform; "
        "set platform.service to eks"
    ]


@pytest.mark.parametrize(
    ("settings", "more"),
    [
        ({}, []),
        ({"cruiseControl": True}, [(Resources(cpu=500, memory=1024), 1)]),
        ({"exporter": True}, [(Resources(cpu=100, memory=128), 1)]),
    ],
)
def test_all_that_runs_beside_the_consumers_is_counted(settings, more):
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


def test_what_is_counted_is_what_is_asked_for():
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


def test_nodes_have_room_for_brokers_and_consumers_from_the_beginning():
    changes = platform(nodes={"instanceType": "m5.large"})
    group = planned(changes, stack=STACK).recording.one("aws:eks/nodeGroup:NodeGroup")
    assert group.input("scalingConfig.desiredSize") == 6


def test_auto_mode_may_make_as_many_nodes_as_brokers_need():
    changes = platform(compute="auto", nodes=REMOVED)
    few, many = (
        planned({**changes, **streaming(brokers=number)}, stack=STACK).recording.one(
            "kubernetes:karpenter.sh/v1:NodePool"
        )
        for number in (3, 6)
    )
    assert int(many.input("spec.limits.cpu")) >= int(few.input("spec.limits.cpu")) + 3
    assert int(many.input("spec.limits.memory")[:-2]) >= int(few.input("spec.limits.memory")[:-2]) + 12
