"""Kafka topic and its dead-letter topic, both created by Jobs in the cluster."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from pulumi import Input, Output, ResourceOptions

from components.consumer_group import consumer_group
from components.contracts import SHARED, Connection, EgressRule, Grant, Topic
from components.dead_letters import SUFFIX
from components.kafka.topic_settings import KafkaPipeSettings
from components.kubernetes.jobs.topic import DEAD_LETTERS, TOPIC, TopicJob, TopicJobArgs, TopicNamespace
from components.kubernetes.platform import KubernetesPlatform
from components.monitoring.signals import Signal
from components.redrive import redrive_connection


@dataclass(frozen=True, kw_only=True)
class JobTopicArgs:
    """Arguments of JobTopic."""

    topic_name: str
    """Name of the topic."""
    pipe: KafkaPipeSettings
    client: Mapping[str, Input[str]]
    """Environment variables of every client: the brokers and the authentication."""
    replication: Mapping[str, str]
    """Environment variables of the Jobs that set the number of copies. Empty if the service sets it."""
    resettable: Set[str]
    """Topic settings that return to their default when the pipe no longer sets them."""
    brokers: EgressRule
    job_grants: Callable[[str], Sequence[Grant]]
    """Returns the permissions of the Job that creates the topic with the given name."""
    consumer_grants: Sequence[Grant]
    """Permissions of the consumers."""
    redrive_grants: Sequence[Grant]
    """Permissions of the job that replays dead letters."""
    image: Output[str]
    """The image that creates topics."""
    topic_namespace: TopicNamespace
    platform: KubernetesPlatform
    signals: Sequence[Signal[Any]] = ()
    """What the service measures of the topic, in the terms of its cloud."""


class JobTopic(Topic):
    """A Kafka topic and its dead-letter topic, created by Jobs. If they are removed here, the topics stay in the cluster."""

    def __init__(self, type_token: str, name: str, args: JobTopicArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(type_token, name, None, opts)
        self.args = args
        topic, topic_name = args.pipe.topic, args.topic_name
        job = self._job(f"{name}{TOPIC}", topic_name, args.pipe.parallelism, topic.kafka_config)
        self.partitions = job.partitions
        self.topic_name = job.topic_name
        self.signals = args.signals
        settings = {
            **args.client,
            "STREAM_SERVICE": "kafka",
            "STREAM_TOPIC": topic_name,
            "STREAM_GROUP": consumer_group(topic_name, args.pipe),
        }
        if topic.dead_letter.enabled:
            dead_letters = self._job(f"{name}{DEAD_LETTERS}", f"{topic_name}{SUFFIX}", 1, topic.dead_letter_config())
            settings |= topic.dead_letter.variables(dead_letters.topic_name)
        connection = Connection(
            settings=settings, secrets={}, files={}, grants=args.consumer_grants, egress_rules=[args.brokers]
        )
        self.connections = {SHARED: connection}
        if topic.dead_letter.redrive:
            self.redrive = redrive_connection(connection, args.redrive_grants)
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})

    def _job(self, name: str, topic_name: str, partitions: int, config: Mapping[str, str]) -> TopicJob:
        args = self.args
        return TopicJob(
            name,
            TopicJobArgs(
                topic_name=topic_name,
                partitions=partitions,
                config=config,
                settings=args.resettable,
                image=args.image,
                connection=Connection(
                    settings={**args.client, "STREAM_TOPIC": topic_name, **args.replication},
                    secrets={},
                    files={},
                    grants=args.job_grants(topic_name),
                    egress_rules=[args.brokers],
                ),
                topic_namespace=args.topic_namespace,
                platform=args.platform,
            ),
            ResourceOptions(parent=self),
        )
