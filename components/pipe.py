"""Pipe: a partitioned topic, and one consumer per partition."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi import ComponentResource, Output, ResourceOptions

from components.changes import refused_change
from components.consumer_group import group_change_rule
from components.contracts import Platform, Redrive, Registry, Secret, Streaming, Workload
from components.monitoring.pipe import WatchedPipe
from components.settings_bases import ExistingPipeSettings, PipeSettings


@dataclass(frozen=True, kw_only=True)
class PipeArgs:
    """Arguments of a pipe."""

    pipe: str
    """Name of the pipe, and of its topic and namespace. The default name of its consumer group."""
    settings: PipeSettings
    streaming: Streaming[Any]
    platform: Platform
    registry: Registry
    secrets: Mapping[str, Secret]


class Pipe(ComponentResource):
    """Topic and its consumers. There are as many replicas as partitions, so each partition has exactly one reader.

    A paused pipe has no replicas. Its group and its pause are also inputs of this component, because it is updated in place: Kubernetes
    and ECS replace the objects that contain the group's name.
    """

    topic_name: Output[str]
    partitions: Output[int]
    replicas: Output[int]
    watched: WatchedPipe
    """What can be measured of the topic and its consumers."""

    def __init__(self, name: str, args: PipeArgs, opts: ResourceOptions | None = None) -> None:
        consumer = args.settings.consumer
        stored = consumer.model_dump(include={"group", "paused"}, exclude_defaults=True)
        hooks = refused_change(name, f"pipes.{args.pipe}.consumer.group", "consumer", group_change_rule(args.pipe))
        super().__init__(
            "data-pipes:index:Pipe",
            name,
            {"consumer": stored} if stored else None,
            ResourceOptions.merge(opts, ResourceOptions(hooks=hooks)),
        )
        child = ResourceOptions(parent=self)
        existing = isinstance(args.settings, ExistingPipeSettings)
        find_topic = args.streaming.existing_topic if existing else args.streaming.topic
        topic = find_topic(args.pipe, args.settings, child)
        workload = Workload(
            name=args.pipe,
            consumer=consumer,
            image=args.registry.image(consumer.image),
            # Without replicas, the workload still waits for the topic.
            replicas=topic.partitions.apply(lambda _: 0) if consumer.paused else topic.partitions,
            connections=topic.connections,
            secrets=args.secrets,
        )
        self.topic_name = topic.topic_name
        self.partitions = topic.partitions
        deployed = args.platform.run(workload, child)
        self.replicas = deployed.replicas
        if topic.redrive:
            args.platform.redrive(Redrive(workload=workload, deployed=deployed, connection=topic.redrive), child)
        self.watched = WatchedPipe(
            settings=args.settings,
            partitions=self.partitions,
            replicas=self.replicas,
            unmeasured=topic.unmeasured,
            signals=[*deployed.signals, *topic.signals],
        )
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions, "replicas": self.replicas})
