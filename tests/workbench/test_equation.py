"""Tests that the equation is counted from a pipe's resources and not from its outputs."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi import Input, Output, ResourceOptions
from typing_extensions import override

from components.service import Count
from tests.workbench.recording.support import Box, SmallCloud
from workbench.equation import PIPE, Counts, Equation, check_equation, equations
from workbench.recording.recorder import Recording, record

COUNTS = Counts(
    partitions={
        "aws:msk/topic:Topic": Count("aws:msk/topic:Topic", "partitionCount"),
        "aws:kinesis/videoStream:VideoStream": Count("aws:kinesis/videoStream:VideoStream"),
    },
    replicas={
        "kubernetes:apps/v1:Deployment": Count("kubernetes:apps/v1:Deployment", "spec.replicas"),
        "aws:ecs/service:Service": Count("aws:ecs/service:Service", "desiredCount"),
    },
)


class SmallPipe(pulumi.ComponentResource):
    """Topic and Deployment. Without `replicas`, the Deployment uses the topic's number."""

    def __init__(self, name: str, partitions: int, replicas: int | None, parent: Box, *, paused: bool = False):
        inputs = {"consumer": {"paused": True}} if paused else None
        super().__init__(PIPE, name, inputs, ResourceOptions(parent=parent))
        topic = aws.msk.Topic(
            f"{name}-topic",
            name="orders",
            cluster_arn="arn",
            partition_count=partitions,
            replication_factor=3,
            opts=ResourceOptions(parent=self),
        )
        deployment(name, self.replicas(topic) if replicas is None else replicas, self)
        self.register_outputs({})

    def replicas(self, topic: aws.msk.Topic) -> Input[int]:
        return topic.partition_count


def deployment(name: str, replicas: Input[int], parent: pulumi.Resource) -> None:
    provider = kubernetes.Provider(f"{name}-kubernetes", kubeconfig="{}", opts=ResourceOptions(parent=parent))
    kubernetes.apps.v1.Deployment(
        f"{name}-deployment",
        spec={
            "replicas": replicas,
            "selector": {"match_labels": {"app": "orders"}},
            "template": {"metadata": {"labels": {"app": "orders"}}},
        },
        opts=ResourceOptions(parent=parent, provider=provider),
    )


def recorded(fill: Any) -> Recording:
    def program() -> None:
        Box("box", fill, opts=ResourceOptions(providers=[aws.Provider("aws", region="eu-west-1")]))

    return record(program, cloud=SmallCloud())


def found(partitions: int, replicas: int | None, outputs: Mapping[str, Any]) -> tuple[Equation | str, list[str]]:
    recording = recorded(lambda box: SmallPipe("box-orders", partitions, replicas, box))
    each = equations(recording, COUNTS)["orders"]
    return each, [str(problem) for problem in check_equation("orders", outputs, each)]


def test_partitions_and_replicas_are_counted_in_the_resources():
    each, problems = found(3, None, {"partitions": 3, "replicas": 3})
    assert each == Equation(pipe="orders", partitions=3, replicas=3)
    assert str(each) == "orders: 3 partitions = 3 replicas"
    assert problems == []


def test_replicas_that_do_not_come_from_the_topic_are_refused_even_if_the_number_is_right():
    each, problems = found(3, 3, {"partitions": 3, "replicas": 3})
    assert isinstance(each, str)
    assert problems == [
        "pipe orders: must have a workload whose replicas come from the topic box-orders-topic, got none"
    ]


def test_an_output_that_differs_from_the_resource_is_refused():
    _, problems = found(3, None, {"partitions": 3, "replicas": 4})
    assert problems == ["pipe orders: output replicas must be 3 (as in the resources), got 4"]


def test_the_dead_letter_topic_of_a_pipe_does_not_count():
    def fill(box: Box) -> None:
        aws.msk.Topic(
            "box-orders-dead-letters",
            name="orders.dead-letters",
            cluster_arn="arn",
            partition_count=1,
            replication_factor=3,
            opts=ResourceOptions(parent=SmallPipe("box-orders", 3, None, box)),
        )

    assert equations(recorded(fill), COUNTS) == {"orders": Equation(pipe="orders", partitions=3, replicas=3)}


def test_a_topic_outside_the_pipe_does_not_count():
    def fill(box: Box) -> None:
        aws.msk.Topic(
            "box-orders-topic",
            name="orders",
            cluster_arn="arn",
            partition_count=3,
            replication_factor=3,
            opts=ResourceOptions(parent=box),
        )
        deployment("box-orders", 3, pulumi.ComponentResource(PIPE, "box-orders", None, ResourceOptions(parent=box)))

    assert equations(recorded(fill), COUNTS) == {"orders": "pipe orders: must have a topic, got none"}


def test_pipes_whose_names_end_alike_are_counted_separately():
    def fill(box: Box) -> None:
        SmallPipe("box-orders", 3, None, box)
        SmallPipe("box-old-orders", 5, None, box)

    assert [str(each) for each in equations(recorded(fill), COUNTS).values()] == [
        "orders: 3 partitions = 3 replicas",
        "old-orders: 5 partitions = 5 replicas",
    ]


def test_streams_with_one_partition_each_are_summed():
    class Cameras(pulumi.ComponentResource):
        def __init__(self, parent: Box):
            super().__init__(PIPE, "box-cameras", None, ResourceOptions(parent=parent))
            child = ResourceOptions(parent=self)
            streams = [aws.kinesis.VideoStream(f"box-cameras-{number}", opts=child) for number in range(2)]
            for number, stream in enumerate(streams):
                one = Output.all(stream.arn).apply(len)
                aws.ecs.Service(f"box-cameras-service-{number}", desired_count=one, opts=child)
            self.register_outputs({})

    assert str(equations(recorded(Cameras), COUNTS)["cameras"]) == "cameras: 2 partitions = 2 replicas"


class PausedPipe(SmallPipe):
    """Paused pipe whose Deployment has a number of replicas that comes from the topic."""

    def __init__(self, name: str, replicas: int, parent: Box):
        self.wanted = replicas
        super().__init__(name, 3, None, parent, paused=True)

    @override
    def replicas(self, topic: aws.msk.Topic) -> Input[int]:
        return topic.partition_count.apply(lambda _: self.wanted)


def paused_problems(replicas: int, outputs: Mapping[str, Any]) -> tuple[str, list[str]]:
    [each] = equations(recorded(lambda box: PausedPipe("box-orders", replicas, box)), COUNTS).values()
    return str(each), [str(problem) for problem in check_equation("orders", outputs, each)]


def test_a_paused_pipe_without_replicas_is_accepted():
    shown, problems = paused_problems(0, {"partitions": 3, "replicas": 0, "paused": True})
    assert shown == "orders: 3 partitions, paused: 0 of 3 replicas run"
    assert problems == []


def test_a_paused_pipe_with_replicas_is_refused():
    _, problems = paused_problems(3, {"partitions": 3, "replicas": 3, "paused": True})
    assert problems == ["pipe orders: 3 partitions, paused: 3 of 3 replicas run: no replica may run"]


def test_an_output_that_hides_the_pause_is_refused():
    _, problems = paused_problems(0, {"partitions": 3, "replicas": 0})
    assert problems == ["pipe orders: output paused must be True (as in the resources), got None"]


def test_unequal_numbers_are_shown_as_unequal_and_refused():
    each = Equation(pipe="orders", partitions=1, replicas=2)
    assert str(each) == "orders: 1 partition ≠ 2 replicas"
    assert [str(problem) for problem in check_equation("orders", {"partitions": 1, "replicas": 2}, each)] == [
        "pipe orders: 1 partition ≠ 2 replicas: the number of partitions and the number of replicas must be equal"
    ]
