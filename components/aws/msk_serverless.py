"""Amazon MSK Serverless: a Kafka cluster without brokers to size, and its topics."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, cast

import pulumi_aws as aws
from pulumi import Output, ResourceOptions
from pydantic import AfterValidator, Field
from typing_extensions import override

from components.aws.msk_access import (
    METHODS,
    arn_in_cluster,
    brokers_security_group,
    consumer_grants,
    dead_letter_grants,
    maker_grants,
)
from components.aws.network import Network
from components.consumer import Image
from components.contracts import (
    SHARED,
    Connection,
    Destination,
    PipeSettings,
    ServiceSettings,
    Streaming,
    StreamingArgs,
    Surroundings,
    Topic,
)
from components.dead_letters import SUFFIX
from components.kafka import setting_names
from components.kafka_config import Limit, Limits, Whole, pipe_config_mistakes
from components.kafka_dead_letters import KafkaDeadLetterSettings
from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.topic_job import DEAD_LETTERS, TOPIC, TopicJob, TopicJobArgs, TopicNamespace, name_mistakes
from components.section import Mistake, QuotedText, Section

PARTITIONS, COMPACTED_PARTITIONS = 2400, 120
"""How many partitions a cluster has room for, without and with compaction (MSK quota, MSK Serverless)."""

LARGEST_RECORD = 8_388_608
"""The most that max.message.bytes may be (MSK, Configuration properties for MSK Serverless clusters, read 2026-11-29)."""

LIMITS: Limits = {
    "max.message.bytes": Limit(
        definition=Whole(0, LARGEST_RECORD), source="MSK, Configuration properties for MSK Serverless clusters"
    )
}

KAFKA_VERSION = "3.2"
"""MSK does not say which Kafka its serverless clusters run. It has message.timestamp.difference.max.ms, which Kafka 4.0 removed."""

TOPIC_SETTINGS = frozenset(
    [
        "cleanup.policy",
        "compression.type",
        "max.message.bytes",
        "message.timestamp.difference.max.ms",
        "message.timestamp.type",
        "retention.bytes",
    ]
)
"""The settings of a topic that a pipe may choose (MSK, Configuration properties for MSK Serverless clusters)."""

SettingName = Annotated[
    str,
    AfterValidator(
        setting_names(
            TOPIC_SETTINGS,
            what="a setting that MSK Serverless lets one choose",
            kept={"retention.ms": "retentionHours says it"},
        )
    ),
]

RESETTABLE = TOPIC_SETTINGS - {"cleanup.policy"}
"""Those that a topic loses again when the pipe no longer chooses them; cleanup.policy is fixed with the topic."""


class MskServerlessTopicSettings(Section, frozen=True):
    """What a user may say of a topic on MSK Serverless."""

    retention_hours: Annotated[int, Field(ge=1, le=87_600)] = 168
    """The hours that records are kept, read or not, as long as a partition has no more than 250 GiB (config: retention.bytes)."""
    config: Mapping[SettingName, QuotedText] = {}
    """More settings of the topic by their Kafka names, each with a text as value; cleanup.policy is fixed with the topic."""
    dead_letter: KafkaDeadLetterSettings = KafkaDeadLetterSettings()
    """What becomes of records that the consumers cannot handle."""

    @property
    def compacted(self) -> bool:
        """Whether the topic keeps the last record of each key."""
        return "compact" in self.config.get("cleanup.policy", "")

    @property
    def kafka_config(self) -> dict[str, str]:
        """The topic's Kafka settings."""
        return {"retention.ms": str(self.retention_hours * 3_600_000), **self.config}

    @property
    def dead_letter_config(self) -> dict[str, str]:
        """The Kafka settings of the topic of dead letters."""
        return self.dead_letter.kafka_config(self.config, largest=LARGEST_RECORD)


class MskServerlessPipeSettings(PipeSettings, frozen=True):
    """A pipe on MSK Serverless; its topic and its records stay when the pipe is removed, until the cluster is."""

    topic: MskServerlessTopicSettings = MskServerlessTopicSettings()
    """The topic's own settings."""


class MskServerlessSettings(ServiceSettings, frozen=True):
    """The streaming section of a stack file, for MSK Serverless."""

    service: Literal["msk-serverless"]
    """Always msk-serverless."""
    authentication: Literal["iam"] = "iam"
    """Always iam, since MSK Serverless knows its clients by IAM alone (MSK, MSK Serverless)."""
    topic_image: Image = ":topic-1.0.0"
    """The container image of the program in topic/, which makes the topics; by default in the stack's own registry."""

    @property
    @override
    def images(self) -> Sequence[str]:
        """The image of the program that makes the topics."""
        return (self.topic_image,)

    @override
    def mistakes(self, rest: Surroundings) -> Iterator[Mistake]:
        """Yield more partitions than a cluster has room for, values that topics refuse, and names too long for the jobs that make topics."""
        pipes = cast("Mapping[str, MskServerlessPipeSettings]", rest.pipes)
        yield from pipe_config_mistakes(
            {name: pipe.topic.config for name, pipe in pipes.items()}, KAFKA_VERSION, LIMITS
        )
        for compacted, limit, kind in ((False, PARTITIONS, ""), (True, COMPACTED_PARTITIONS, "compacted ")):
            asked = {name: pipe.parallelism for name, pipe in pipes.items() if pipe.topic.compacted is compacted}
            if not compacted:
                asked |= {f"{name}{SUFFIX}": 1 for name, pipe in pipes.items() if pipe.topic.dead_letter.enabled}
            total = sum(asked.values())
            if total > limit:
                shares = ", ".join(f"{name} {parallelism}" for name, parallelism in asked.items())
                text = (
                    f"have {total} {kind}partitions together ({shares}), and a serverless cluster has room for {limit} "
                    "(MSK quota); lower parallelism, or set streaming.service to msk"
                )
                yield Mistake(path=("pipes",), text=text)
        yield from name_mistakes(rest)


class MskServerless(Streaming[MskServerlessPipeSettings]):
    """A serverless Kafka cluster over three zones: TLS and IAM only, open to the consumers' group alone.

    Its topics are made by jobs in the cluster of the platform, since no API of AWS makes them.
    """

    cluster: aws.msk.ServerlessCluster

    def __init__(
        self,
        name: str,
        args: StreamingArgs[MskServerlessSettings, Network, KubernetesPlatform],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:aws:MskServerless", name, None, opts)
        self.name = name
        self.args = args
        network = args.network
        iam = aws.msk.ServerlessClusterClientAuthenticationSaslIamArgs(enabled=True)
        self.cluster = aws.msk.ServerlessCluster(
            f"{name}-msk",
            cluster_name=name,
            client_authentication=aws.msk.ServerlessClusterClientAuthenticationArgs(
                sasl=aws.msk.ServerlessClusterClientAuthenticationSaslArgs(iam=iam)
            ),
            vpc_configs=[
                aws.msk.ServerlessClusterVpcConfigArgs(
                    subnet_ids=network.private_subnet_ids,
                    security_group_ids=[brokers_security_group(name, network, ["iam"], parent=self).id],
                )
            ],
            tags={"Name": name},
            opts=ResourceOptions(parent=self, protect=args.protect),
        )
        self.topics = TopicNamespace(name, args.platform, ResourceOptions(parent=self))
        self.outputs = {"bootstrapServers": self.cluster.bootstrap_brokers_sasl_iam}
        self.register_outputs(dict(self.outputs))

    @override
    def topic(self, name: str, pipe: MskServerlessPipeSettings, opts: ResourceOptions) -> Topic:
        """Make the topic of the pipe of that name on this cluster."""
        topic = MskServerlessTopicArgs(
            topic_name=name,
            pipe=pipe,
            network=self.args.network,
            cluster=self.cluster,
            image=self.args.registry.image(self.args.settings.topic_image),
            place=self.topics,
            platform=self.args.platform,
        )
        return MskServerlessTopic(f"{self.name}-{name}", topic, opts)


@dataclass(frozen=True, kw_only=True)
class MskServerlessTopicArgs:
    """What a topic on MSK Serverless is built from."""

    topic_name: str
    """The name of the topic, and of the one consumer group that reads it."""
    pipe: MskServerlessPipeSettings
    network: Network
    cluster: aws.msk.ServerlessCluster
    image: Output[str]
    """The image of the program that makes topics."""
    place: TopicNamespace
    """Where the jobs run that make topics."""
    platform: KubernetesPlatform


class MskServerlessTopic(Topic):
    """A Kafka topic and one of its dead letters, made by jobs; when they are removed here, the topics stay in the cluster."""

    def __init__(self, name: str, args: MskServerlessTopicArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:MskServerlessTopic", name, None, opts)
        self.args = args
        self.settings = {
            "AWS_REGION": args.network.account.region,
            "KAFKA_BOOTSTRAP_SERVERS": args.cluster.bootstrap_brokers_sasl_iam,
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
        }
        self.brokers = Destination(cidr=args.network.cidr, port=METHODS["iam"].port)
        topic = args.pipe.topic
        job = self._job(f"{name}{TOPIC}", args.topic_name, args.pipe.parallelism, topic.kafka_config)
        dead_letters = None
        if topic.dead_letter.enabled:
            dead_letters = self._job(f"{name}{DEAD_LETTERS}", f"{args.topic_name}{SUFFIX}", 1, topic.dead_letter_config)
        self.partitions = job.partitions
        self.topic_name = job.topic_name
        self.connections = {SHARED: self._connection(dead_letters)}
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})

    def _job(self, name: str, topic_name: str, partitions: int, config: Mapping[str, str]) -> TopicJob:
        args = self.args
        return TopicJob(
            name,
            TopicJobArgs(
                topic_name=topic_name,
                partitions=partitions,
                config=config,
                settings=RESETTABLE,
                image=args.image,
                connection=Connection(
                    settings={**self.settings, "STREAM_TOPIC": topic_name},
                    secrets={},
                    files={},
                    grants=maker_grants(args.cluster.arn, self._arn(topic_name)),
                    destinations=[self.brokers],
                ),
                place=args.place,
                platform=args.platform,
            ),
            ResourceOptions(parent=self),
        )

    def _arn(self, topic_name: str) -> Output[str]:
        return arn_in_cluster(self.args.cluster.arn, "topic", topic_name)

    def _connection(self, dead_letters: TopicJob | None) -> Connection:
        """How the pipe's consumers reach the topic, and where they set records aside."""
        args = self.args
        name, cluster_arn = args.topic_name, args.cluster.arn
        settings = {**self.settings, "STREAM_SERVICE": "kafka", "STREAM_TOPIC": name, "STREAM_GROUP": name}
        grants = consumer_grants(cluster_arn, self._arn(name), name)
        if dead_letters:
            settings |= args.pipe.topic.dead_letter.variables(dead_letters.topic_name)
            grants += dead_letter_grants(cluster_arn, self._arn(f"{name}{SUFFIX}"))
        return Connection(settings=settings, secrets={}, files={}, grants=grants, destinations=[self.brokers])
