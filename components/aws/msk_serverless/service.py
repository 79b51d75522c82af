"""Amazon MSK Serverless: a Kafka cluster without brokers to size."""

import pulumi_aws as aws
from pulumi import ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.aws.msk.access import (
    METHODS,
    arn_in_cluster,
    brokers_security_group,
    consumer_grants,
    dead_letter_grants,
    maker_grants,
    redrive_grants,
)
from components.aws.msk_serverless.settings import TOPIC_SETTINGS, MskServerlessPipeSettings, MskServerlessSettings
from components.aws.msk_serverless.signals import topic_signals
from components.aws.network.network import Network
from components.consumer_group import consumer_group
from components.contracts import EgressRule, Streaming, Topic
from components.dead_letters import SUFFIX
from components.kubernetes.jobs.job_topic import JobTopic, JobTopicArgs
from components.kubernetes.jobs.topic import TopicNamespace
from components.kubernetes.platform import KubernetesPlatform
from components.redrive import redrive_group


class MskServerless(Streaming[MskServerlessPipeSettings]):
    """A serverless Kafka cluster in three zones, with TLS and IAM. Only the consumers' security group can reach it.

    No AWS API creates its topics, so Jobs in the platform's cluster do.
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
        network, cluster_arn = self.args.network, self.cluster.arn
        topic_arn, dead_letters_arn = (
            arn_in_cluster(cluster_arn, "topic", topic) for topic in (name, f"{name}{SUFFIX}")
        )
        group = consumer_group(name, pipe)
        grants = consumer_grants(cluster_arn, topic_arn, group)
        if pipe.topic.dead_letter.enabled:
            grants += dead_letter_grants(cluster_arn, dead_letters_arn)
        args = JobTopicArgs(
            topic_name=name,
            pipe=pipe,
            client={
                "AWS_REGION": network.account.region,
                "KAFKA_BOOTSTRAP_SERVERS": self.cluster.bootstrap_brokers_sasl_iam,
                "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
                "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
            },
            replication={},
            # A topic keeps the cleanup.policy that it was created with.
            resettable=TOPIC_SETTINGS - {"cleanup.policy"},
            brokers=EgressRule(cidr=network.cidr, port=METHODS["iam"].port),
            job_grants=lambda topic: maker_grants(cluster_arn, arn_in_cluster(cluster_arn, "topic", topic)),
            consumer_grants=grants,
            redrive_grants=redrive_grants(
                cluster_arn, topic_arn=topic_arn, dead_letters_arn=dead_letters_arn, group=redrive_group(group)
            ),
            image=self.args.registry.image(self.args.settings.topic_image),
            signals=topic_signals(name, pipe, self.cluster.cluster_name),
            topic_namespace=self.topics,
            platform=self.args.platform,
        )
        return JobTopic("data-pipes:aws:MskServerlessTopic", f"{self.name}-{name}", args, opts)
