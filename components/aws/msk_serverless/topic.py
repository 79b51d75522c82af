"""The topics of a cluster of MSK Serverless."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.aws.msk.access import METHODS, arn_in_cluster, consumer_grants, dead_letter_grants, maker_grants
from components.aws.msk_serverless.settings import TOPIC_SETTINGS, MskServerlessPipeSettings
from components.aws.network.network import Network
from components.contracts import SHARED, Connection, EgressRule, Topic
from components.dead_letters import SUFFIX
from components.kubernetes.jobs.topic import DEAD_LETTERS, TOPIC, TopicJob, TopicJobArgs, TopicNamespace
from components.kubernetes.platform import KubernetesPlatform

RESETTABLE = TOPIC_SETTINGS - {"cleanup.policy"}
"""Those that a topic loses again when the pipe no longer chooses them; cleanup.policy is fixed with the topic."""


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
        self.brokers = EgressRule(cidr=args.network.cidr, port=METHODS["iam"].port)
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
                    egress_rules=[self.brokers],
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
        return Connection(settings=settings, secrets={}, files={}, grants=grants, egress_rules=[self.brokers])
