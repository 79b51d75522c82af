"""Kafka topic and its dead-letter topic, created or checked by Jobs in the cluster."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Generic, TypeVar

from pulumi import Input, Output, ResourceOptions
from typing_extensions import override

from components.consumer_group import consumer_group
from components.contracts import SHARED, Connection, EgressRule, Grant, Secret, Topic
from components.dead_letters import SUFFIX
from components.kafka.existing_topic import ExistingKafkaPipeSettings
from components.kafka.topic_settings import KafkaPipeSettings
from components.kubernetes.jobs.topic import (
    DEAD_LETTERS,
    PARTITIONS,
    TOPIC,
    ExistingTopicJob,
    NewTopicJob,
    NewTopicJobArgs,
    TopicJob,
    TopicJobArgs,
    TopicNamespace,
)
from components.kubernetes.platform import KubernetesPlatform
from components.monitoring.signals import Signal
from components.redrive import redrive_connection
from components.service import Count

PARTITION_COUNT = Count("kubernetes:batch/v1:Job", f'metadata.annotations["{PARTITIONS}"]')
"""Where the number of partitions of a topic is in a plan, whether the Job makes the topic or only checks it."""

PipeT = TypeVar("PipeT", KafkaPipeSettings, ExistingKafkaPipeSettings)


def no_grants(topic: str) -> Sequence[Grant]:
    """Return no permissions: the brokers do not know the clouds' identities."""
    _ = topic
    return []


@dataclass(frozen=True, kw_only=True)
class JobTopicArgs(Generic[PipeT]):
    """Arguments of JobTopic and ExistingJobTopic."""

    pipe_name: str
    """Name of the pipe, and of its topic unless an existing topic has another name."""
    pipe: PipeT
    client: Mapping[str, Input[str]]
    """Environment variables of every client: the brokers and the authentication."""
    client_secrets: Mapping[str, Secret] = field(default_factory=dict[str, Secret])
    """Secret environment variables of every client."""
    client_files: Mapping[PurePosixPath, Secret] = field(default_factory=dict[PurePosixPath, Secret])
    """Secret files of every client."""
    consumer: Mapping[str, Input[str]] = field(default_factory=dict[str, Input[str]])
    """Environment variables of the consumers only, such as the group protocol."""
    replication: Mapping[str, str]
    """Environment variables of the Jobs that set the number of copies. Empty if the service sets it."""
    resettable: Set[str]
    """Topic settings that return to their default when the pipe no longer sets them."""
    config: Mapping[str, str] = field(default_factory=dict[str, str])
    """Settings of every topic that the stack makes, such as those that depend on the number of copies."""
    brokers: Sequence[EgressRule]
    job_grants: Callable[[str], Sequence[Grant]] = no_grants
    """Returns the permissions of the Job that creates the topic with the given name."""
    check_grants: Callable[[str], Sequence[Grant]] = no_grants
    """Returns the permissions of the Job that only describes the existing topic with the given name."""
    consumer_grants: Sequence[Grant] = ()
    """Permissions of the consumers."""
    redrive_grants: Sequence[Grant] = ()
    """Permissions of the job that replays dead letters."""
    image: Output[str]
    """The image that creates topics."""
    topic_namespace: TopicNamespace
    platform: KubernetesPlatform
    signals: Sequence[Signal[Any]] = ()
    """What the service measures of the topic, in the terms of its cloud."""


class ReadJobTopic(Topic, ABC, Generic[PipeT]):
    """A Kafka topic that consumers read, and its dead-letter topic. A Job creates or checks the topic, another creates the dead letters.

    Both kinds of topics have the same type token and names, so the dead letters stay if a pipe changes from one kind to the other.
    """

    def __init__(
        self, type_token: str, name: str, args: JobTopicArgs[PipeT], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__(type_token, name, None, opts)
        self.args = args
        dead_letter = args.pipe.topic.dead_letter
        job = self._source(f"{name}{TOPIC}")
        self.partitions = job.partitions
        self.topic_name = job.topic_name
        self.signals = args.signals
        settings = {
            **args.client,
            **args.consumer,
            "STREAM_SERVICE": "kafka",
            "STREAM_TOPIC": self._source_name,
            "STREAM_GROUP": consumer_group(args.pipe_name, args.pipe),
        }
        if dead_letter.enabled:
            dead_letters = self._make(
                f"{name}{DEAD_LETTERS}", f"{args.pipe_name}{SUFFIX}", 1, args.pipe.topic.dead_letter_config()
            )
            settings |= dead_letter.variables(dead_letters.topic_name)
        connection = Connection(
            settings=settings,
            secrets=args.client_secrets,
            files=args.client_files,
            grants=args.consumer_grants,
            egress_rules=args.brokers,
        )
        self.connections = {SHARED: connection}
        if dead_letter.redrive:
            self.redrive = redrive_connection(connection, args.redrive_grants)
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})

    @property
    def _source_name(self) -> str:
        """Return the name of the topic: that of the pipe."""
        return self.args.pipe_name

    @abstractmethod
    def _source(self, name: str) -> TopicJob[Any]:
        """Create or check the topic."""

    def _make(self, name: str, topic_name: str, partitions: int, config: Mapping[str, str]) -> NewTopicJob:
        """Create a topic. Its name is that of the pipe, with a suffix for the dead letters."""
        args = self.args
        return NewTopicJob(
            name,
            NewTopicJobArgs(
                name=topic_name,
                topic_name=topic_name,
                partitions=partitions,
                config={**args.config, **config},
                settings=args.resettable,
                image=args.image,
                connection=self._job_connection(topic_name, args.replication, args.job_grants(topic_name)),
                topic_namespace=args.topic_namespace,
                platform=args.platform,
            ),
            ResourceOptions(parent=self),
        )

    def _job_connection(self, topic_name: str, replication: Mapping[str, str], grants: Sequence[Grant]) -> Connection:
        """Return how a Job reaches the brokers."""
        args = self.args
        return Connection(
            settings={**args.client, "STREAM_TOPIC": topic_name, **replication},
            secrets=args.client_secrets,
            files=args.client_files,
            grants=grants,
            egress_rules=args.brokers,
        )


class JobTopic(ReadJobTopic[KafkaPipeSettings]):
    """A topic that a Job creates. If it is removed here, the topic stays in the cluster."""

    @override
    def _source(self, name: str) -> NewTopicJob:
        pipe = self.args.pipe
        return self._make(name, self.args.pipe_name, pipe.parallelism, pipe.topic.kafka_config)


class ExistingJobTopic(ReadJobTopic[ExistingKafkaPipeSettings]):
    """A topic that was there before. A Job checks that it has as many partitions as the pipe's parallelism, which is required."""

    @property
    @override
    def _source_name(self) -> str:
        return self.args.pipe.topic.name or self.args.pipe_name

    @override
    def _source(self, name: str) -> ExistingTopicJob:
        args, topic_name = self.args, self._source_name
        return ExistingTopicJob(
            name,
            TopicJobArgs(
                name=args.pipe_name,
                topic_name=topic_name,
                partitions=args.pipe.parallelism,
                image=args.image,
                connection=self._job_connection(topic_name, {}, args.check_grants(topic_name)),
                topic_namespace=args.topic_namespace,
                platform=args.platform,
            ),
            ResourceOptions(parent=self),
        )
