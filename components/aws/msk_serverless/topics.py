"""Topics of a serverless MSK cluster, which Jobs in the platform's cluster make or check."""

from dataclasses import dataclass
from typing import Any

from pulumi import Input, Output, ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.aws.msk.access import (
    METHODS,
    arn_in_cluster,
    checker_grants,
    consumer_grants,
    dead_letter_grants,
    maker_grants,
    redrive_grants,
)
from components.aws.msk_serverless.settings import (
    TOPIC_SETTINGS,
    ExistingMskServerlessPipeSettings,
    MskServerlessPipeSettings,
)
from components.aws.msk_serverless.signals import topic_signals
from components.aws.network.network import Network
from components.consumer_group import consumer_group
from components.contracts import EgressRule, Streaming, Topic
from components.dead_letters import SUFFIX
from components.kubernetes.jobs.job_topic import ExistingJobTopic, JobTopic, JobTopicArgs, PipeT
from components.kubernetes.jobs.topic import TopicNamespace
from components.kubernetes.platform import KubernetesPlatform
from components.redrive import redrive_group

TOPIC = "data-pipes:aws:MskServerlessTopic"


@dataclass(frozen=True, kw_only=True)
class ServerlessCluster:
    """What clients need to know of a serverless cluster."""

    arn: Output[str]
    name: Output[str]
    bootstrap_servers: Output[str]
    cidr: Input[str]
    """IPv4 range that contains the cluster's endpoints."""


class ServerlessTopics(Streaming[MskServerlessPipeSettings]):
    """Base class of a serverless cluster, made or existing. No AWS API creates its topics, so Jobs in the platform's cluster do."""

    name: str
    args: StreamingArgs[Any, Network, KubernetesPlatform]
    reached: ServerlessCluster
    topics: TopicNamespace

    @override
    def topic(self, name: str, pipe: MskServerlessPipeSettings, opts: ResourceOptions) -> Topic:
        """Make the topic of the pipe of that name on this cluster."""
        return JobTopic(TOPIC, f"{self.name}-{name}", self._topic(name, pipe, name), opts)

    @override
    def existing_topic(self, name: str, pipe: ExistingMskServerlessPipeSettings, opts: ResourceOptions) -> Topic:
        """Check the topic of a pipe on this cluster."""
        args = self._topic(name, pipe, pipe.topic.name or name)
        return ExistingJobTopic(TOPIC, f"{self.name}-{name}", args, opts)

    def _topic(self, name: str, pipe: PipeT, topic_name: str) -> JobTopicArgs[PipeT]:
        network, cluster = self.args.network, self.reached

        def arn(topic: str) -> Output[str]:
            return arn_in_cluster(cluster.arn, "topic", topic)

        group, topic_arn, dead_letters_arn = consumer_group(name, pipe), arn(topic_name), arn(f"{name}{SUFFIX}")
        grants = consumer_grants(cluster.arn, topic_arn, group)
        if pipe.topic.dead_letter.enabled:
            grants += dead_letter_grants(cluster.arn, dead_letters_arn)
        return JobTopicArgs(
            pipe_name=name,
            pipe=pipe,
            client={
                "AWS_REGION": network.account.region,
                "KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrap_servers,
                "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
                "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
            },
            replication={},
            # A topic keeps the cleanup.policy that it was created with.
            resettable=TOPIC_SETTINGS - {"cleanup.policy"},
            brokers=[EgressRule(cidr=cluster.cidr, port=METHODS["iam"].port)],
            job_grants=lambda topic: maker_grants(cluster.arn, arn(topic)),
            check_grants=lambda topic: checker_grants(cluster.arn, arn(topic)),
            consumer_grants=grants,
            redrive_grants=redrive_grants(
                cluster.arn, topic_arn=topic_arn, dead_letters_arn=dead_letters_arn, group=redrive_group(group)
            ),
            image=self.args.registry.image(self.args.settings.topic_image),
            signals=topic_signals(name, pipe, cluster.name, topic_name),
            topic_namespace=self.topics,
            platform=self.args.platform,
        )
