"""Topics of a Kafka cluster in containers, and the users that read them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from pulumi import CustomTimeouts, Input, Output, ResourceHookBinding, ResourceOptions

from components.changes import guard, refuse_fewer_partitions
from components.consumer_group import consumer_group
from components.contracts import SHARED, Connection, PodEgressRule, Secret, Topic
from components.dead_letters import SUFFIX
from components.kafka.topic_settings import KafkaPipeSettings, KafkaTopicSettings, group_protocol
from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.strimzi.cluster import PORT, consumer_user, redrive_user
from components.kubernetes.strimzi.resource import StrimziResource, made_secret, secret_text, strimzi_resource
from components.kubernetes.strimzi.settings import FILES, REPLICATION
from components.redrive import redrive_group


class StrimziTopicSettings(KafkaTopicSettings, frozen=True):
    """Settings of a topic on Kafka in containers."""

    min_insync_replicas = REPLICATION - 1


class StrimziPipeSettings(KafkaPipeSettings, frozen=True):
    """A pipe on Kafka in containers."""

    topic: StrimziTopicSettings = StrimziTopicSettings()
    """The topic's settings."""


@dataclass(frozen=True, kw_only=True)
class StrimziTopicArgs:
    """Arguments of StrimziTopic."""

    topic_name: str
    """Name of the topic and of its user."""
    pipe: StrimziPipeSettings
    version: str
    """Kafka version of the brokers."""
    kafka: StrimziResource
    bootstrap_servers: Output[str]
    ca_certificate: Secret
    """Certificate of the authority that signs the brokers' certificates."""
    platform: KubernetesPlatform
    protect: bool


class StrimziTopic(Topic):
    """A topic managed by Strimzi's operator, and a user with a client certificate for its consumers.

    The user may only read the topic and write to its dead-letter topic.
    """

    def __init__(self, name: str, args: StrimziTopicArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:kubernetes:StrimziTopic", name, None, opts)
        self.name = name
        self.args = args
        self.group = consumer_group(args.topic_name, args.pipe)
        self.child = ResourceOptions(parent=self, provider=args.platform.provider)
        self.namespace = args.kafka.metadata.namespace.apply(str)
        topic = self._topic(
            f"{name}-topic",
            topic_name=args.topic_name,
            partitions=args.pipe.parallelism,
            config=args.pipe.topic.kafka_config,
            hooks=guard(
                f"{name}-topic", f"pipes.{args.topic_name}.parallelism", "spec.partitions", refuse_fewer_partitions
            ),
        )
        dead_letter_variables = self._dead_letters()
        user = self._user()
        self.topic_name = topic.metadata.name.apply(str)
        self.partitions = topic.spec["partitions"].apply(int)
        connection = Connection(
            settings={
                "STREAM_SERVICE": "kafka",
                "STREAM_TOPIC": self.topic_name,
                "STREAM_GROUP": self.group,
                **dead_letter_variables,
                "KAFKA_BOOTSTRAP_SERVERS": args.bootstrap_servers,
                "KAFKA_SECURITY_PROTOCOL": "SSL",
                "KAFKA_SSL_CA_LOCATION": str(FILES / "ca.crt"),
                "KAFKA_SSL_CERTIFICATE_LOCATION": str(FILES / "user.crt"),
                "KAFKA_SSL_KEY_LOCATION": str(FILES / "user.key"),
                **group_protocol(args.version),
            },
            secrets={},
            files=self._files(f"{name}-certificate", user),
            grants=[],
            egress_rules=[PodEgressRule(namespace=self.namespace, port=PORT)],
        )
        self.connections = {SHARED: connection}
        if args.pipe.topic.dead_letter.redrive:
            files = self._files(f"{name}-redrive-certificate", self._redrive_user())
            self.redrive = replace(connection, files=files)
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})

    def _topic(
        self,
        resource_name: str,
        *,
        topic_name: str,
        partitions: int,
        config: Mapping[str, str],
        hooks: ResourceHookBinding | None = None,
    ) -> StrimziResource:
        """Make a topic with a copy in each zone."""
        return strimzi_resource(
            resource_name,
            kind="KafkaTopic",
            name=topic_name,
            namespace=self.namespace,
            spec={"partitions": partitions, "replicas": REPLICATION, "config": config},
            opts=self._made_in_cluster(ResourceOptions(protect=self.args.protect, hooks=hooks)),
        )

    def _dead_letters(self) -> Mapping[str, Input[str]]:
        """Make the dead-letter topic if enabled, and return the consumers' variables for it."""
        settings = self.args.pipe.topic
        if not settings.dead_letter.enabled:
            return {}
        topic = self._topic(
            f"{self.name}-dead-letters",
            topic_name=f"{self.args.topic_name}{SUFFIX}",
            partitions=1,
            config=settings.dead_letter_config(),
        )
        return settings.dead_letter.variables(topic.metadata.name.apply(str))

    def _user(self) -> StrimziResource:
        """Make the consumers' user. Its certificate exists once its permissions are in force."""
        topic = self.args.topic_name
        writes = [f"{topic}{SUFFIX}"] if self.args.pipe.topic.dead_letter.enabled else []
        return strimzi_resource(
            f"{self.name}-user",
            kind="KafkaUser",
            name=topic,
            namespace=self.namespace,
            spec=consumer_user(topic=topic, group=self.group, writes=writes),
            opts=self._made_in_cluster(ResourceOptions()),
        )

    def _redrive_user(self) -> StrimziResource:
        """Make the user of the job that replays dead letters. No pipe has a dot in its name, so no consumer's user has this name."""
        topic = self.args.topic_name
        return strimzi_resource(
            f"{self.name}-redrive-user",
            kind="KafkaUser",
            name=f"{topic}.redrive",
            namespace=self.namespace,
            spec=redrive_user(topic, f"{topic}{SUFFIX}", redrive_group(self.group)),
            opts=self._made_in_cluster(ResourceOptions()),
        )

    def _files(self, name: str, user: StrimziResource) -> Mapping[PurePosixPath, Secret]:
        """Return the files of a client: the certificates of the brokers' authority and of a user, and the user's key."""
        certificate = made_secret(name, user.id, user, self.child)
        return {
            FILES / "ca.crt": self.args.ca_certificate,
            FILES / "user.crt": secret_text(certificate, "user.crt"),
            FILES / "user.key": secret_text(certificate, "user.key"),
        }

    def _made_in_cluster(self, more: ResourceOptions) -> ResourceOptions:
        """Return the options of resources that the operators in the Kafka cluster manage, merged with more options."""
        timeouts = CustomTimeouts(create="10m", update="10m", delete="10m")
        common = ResourceOptions(depends_on=[self.args.kafka], custom_timeouts=timeouts)
        return ResourceOptions.merge(ResourceOptions.merge(self.child, common), more)
