"""Pipe: a partitioned topic, and one consumer per partition."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi import ComponentResource, Output, ResourceOptions

from components.contracts import Platform, Registry, Secret, Streaming, Workload
from components.settings_bases import PipeSettings


@dataclass(frozen=True, kw_only=True)
class PipeArgs:
    """Arguments of a pipe."""

    pipe: str
    """Name of the pipe, and of its topic, consumer group and namespace."""
    settings: PipeSettings
    streaming: Streaming[Any]
    platform: Platform
    registry: Registry
    secrets: Mapping[str, Secret]


class Pipe(ComponentResource):
    """Topic and its consumers. There are as many replicas as partitions, so each partition has exactly one reader."""

    topic_name: Output[str]
    partitions: Output[int]
    replicas: Output[int]

    def __init__(self, name: str, args: PipeArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:index:Pipe", name, None, opts)
        child = ResourceOptions(parent=self)
        topic = args.streaming.topic(args.pipe, args.settings, child)
        workload = Workload(
            name=args.pipe,
            consumer=args.settings.consumer,
            image=args.registry.image(args.settings.consumer.image),
            replicas=topic.partitions,
            connections=topic.connections,
            secrets=args.secrets,
        )
        self.topic_name = topic.topic_name
        self.partitions = topic.partitions
        self.replicas = args.platform.run(workload, child).replicas
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions, "replicas": self.replicas})
