"""Topics of a Kafka cluster in containers, and the users that read them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Generic, TypeVar

from pulumi import CustomTimeouts, Input, Output, Resource, ResourceHookBinding, ResourceOptions
from typing_extensions import override

from components.changes import guard, refuse_fewer_partitions
from components.consumer_group import consumer_group
from components.contracts import SHARED, Connection, PodEgressRule, Secret, Topic
from components.dead_letters import SUFFIX
from components.kafka.client_files import AUTHORITY, CERTIFICATE, KEY
from components.kafka.existing_topic import ExistingKafkaPipeSettings
from components.kafka.topic_settings import KafkaPipeSettings
from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.strimzi.cluster import consumer_user, redrive_user
from components.kubernetes.strimzi.resource import (
    StrimziResource,
    made_secret,
    secret_text,
    strimzi_resource,
)
from components.redrive import redrive_group

PipeT = TypeVar("PipeT", KafkaPipeSettings, ExistingKafkaPipeSettings)


@dataclass(frozen=True, kw_only=True)
class StrimziTopicArgs(Generic[PipeT]):
    """Arguments of StrimziTopic and ExistingStrimziTopic."""

    pipe_name: str
    """Name of the pipe, and of its topic unless an existing topic has another name."""
    user_name: str
    """Name of the consumers' user."""
    pipe: PipeT
    group_protocol: Mapping[str, Input[str]]
    """Environment variables of the consumers' group protocol."""
    kafka: Resource
    """The Kafka cluster. Its operators make the topic and the user."""
    cluster: str
    """Name of the Kafka cluster."""
    namespace: Output[str]
    """Namespace of the Kafka cluster."""
    replication: int | None
    """Copies of each partition. None for the default of the cluster."""
    bootstrap_servers: Output[str]
    port: Input[int]
    """Port of the brokers."""
    ca_certificate: Secret
    """Certificate of the authority that signs the brokers' certificates."""
    platform: KubernetesPlatform
    protect: bool


class ReadStrimziTopic(Topic, ABC, Generic[PipeT]):
    """A topic that consumers read, its dead-letter topic, and a user with a client certificate for the consumers.

    The user may only read the topic and write to its dead-letter topic. Both kinds of topics have one type token, so the dead letters stay
    if a pipe changes from one kind to the other.
    """

    def __init__(self, name: str, args: StrimziTopicArgs[PipeT], opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:kubernetes:StrimziTopic", name, None, opts)
        self.name = name
        self.args = args
        self.group = consumer_group(args.pipe_name, args.pipe)
        self.child = ResourceOptions(parent=self, provider=args.platform.provider)
        self.topic_name, self.partitions = self._source()
        dead_letter_variables = self._dead_letters()
        user = self._user()
        connection = Connection(
            settings={
                "STREAM_SERVICE": "kafka",
                "STREAM_TOPIC": self.topic_name,
                "STREAM_GROUP": self.group,
                **dead_letter_variables,
                "KAFKA_BOOTSTRAP_SERVERS": args.bootstrap_servers,
                "KAFKA_SECURITY_PROTOCOL": "SSL",
                "KAFKA_SSL_CA_LOCATION": str(AUTHORITY),
                "KAFKA_SSL_CERTIFICATE_LOCATION": str(CERTIFICATE),
                "KAFKA_SSL_KEY_LOCATION": str(KEY),
                **args.group_protocol,
            },
            secrets={},
            files=self._files(f"{name}-certificate", user),
            grants=[],
            egress_rules=[PodEgressRule(namespace=args.namespace, port=args.port)],
        )
        self.connections = {SHARED: connection}
        if args.pipe.topic.dead_letter.redrive:
            files = self._files(f"{name}-redrive-certificate", self._redrive_user())
            self.redrive = replace(connection, files=files)
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})

    @abstractmethod
    def _source(self) -> tuple[Output[str], Output[int]]:
        """Make or read the topic. Return its name and its number of partitions."""

    @property
    @abstractmethod
    def _readable(self) -> Input[str]:
        """Return the name of the topic that the user may read."""

    def _topic(
        self,
        resource_name: str,
        *,
        topic_name: str,
        partitions: int,
        config: Mapping[str, str],
        hooks: ResourceHookBinding | None = None,
    ) -> StrimziResource:
        """Make a topic."""
        args = self.args
        copies = {} if args.replication is None else {"replicas": args.replication}
        return strimzi_resource(
            resource_name,
            kind="KafkaTopic",
            name=topic_name,
            namespace=args.namespace,
            cluster=args.cluster,
            spec={"partitions": partitions, **copies, "config": config},
            opts=self._made_in_cluster(ResourceOptions(protect=args.protect, hooks=hooks)),
        )

    def _dead_letters(self) -> Mapping[str, Input[str]]:
        """Make the dead-letter topic if enabled, and return the consumers' variables for it."""
        settings = self.args.pipe.topic
        if not settings.dead_letter.enabled:
            return {}
        topic = self._topic(
            f"{self.name}-dead-letters",
            topic_name=f"{self.args.pipe_name}{SUFFIX}",
            partitions=1,
            config=settings.dead_letter_config(),
        )
        return settings.dead_letter.variables(topic.metadata.name.apply(str))

    def _user(self) -> StrimziResource:
        """Make the consumers' user. Its certificate exists once its permissions are in force."""
        args = self.args
        writes = [f"{args.pipe_name}{SUFFIX}"] if args.pipe.topic.dead_letter.enabled else []
        return strimzi_resource(
            f"{self.name}-user",
            kind="KafkaUser",
            name=args.user_name,
            namespace=args.namespace,
            cluster=args.cluster,
            spec=consumer_user(topic=self._readable, group=self.group, writes=writes),
            opts=self._made_in_cluster(ResourceOptions()),
        )

    def _redrive_user(self) -> StrimziResource:
        """Make the user of the job that replays dead letters. No pipe has a dot in its name, so no consumer's user has this name."""
        args = self.args
        return strimzi_resource(
            f"{self.name}-redrive-user",
            kind="KafkaUser",
            name=f"{args.user_name}.redrive",
            namespace=args.namespace,
            cluster=args.cluster,
            spec=redrive_user(self._readable, f"{args.pipe_name}{SUFFIX}", redrive_group(self.group)),
            opts=self._made_in_cluster(ResourceOptions()),
        )

    def _files(self, name: str, user: StrimziResource) -> Mapping[PurePosixPath, Secret]:
        """Return the files of a client: the certificates of the brokers' authority and of a user, and the user's key."""
        certificate = made_secret(name, user.id, user, self.child)
        return {
            AUTHORITY: self.args.ca_certificate,
            CERTIFICATE: secret_text(certificate, "user.crt"),
            KEY: secret_text(certificate, "user.key"),
        }

    def _made_in_cluster(self, more: ResourceOptions) -> ResourceOptions:
        """Return the options of resources that the operators in the Kafka cluster manage, merged with more options."""
        timeouts = CustomTimeouts(create="10m", update="10m", delete="10m")
        common = ResourceOptions(depends_on=[self.args.kafka], custom_timeouts=timeouts)
        return ResourceOptions.merge(ResourceOptions.merge(self.child, common), more)


class StrimziTopic(ReadStrimziTopic[KafkaPipeSettings]):
    """A topic that Strimzi's operator makes."""

    @property
    @override
    def _readable(self) -> str:
        return self.args.pipe_name

    @override
    def _source(self) -> tuple[Output[str], Output[int]]:
        name, args = f"{self.name}-topic", self.args
        topic = self._topic(
            name,
            topic_name=args.pipe_name,
            partitions=args.pipe.parallelism,
            config=args.pipe.topic.kafka_config,
            hooks=guard(name, f"pipes.{args.pipe_name}.parallelism", "spec.partitions", refuse_fewer_partitions),
        )
        return topic.metadata.name.apply(str), topic.spec["partitions"].apply(int)
