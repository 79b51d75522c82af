"""Amazon MSK Serverless: a Kafka cluster without brokers to size."""

import pulumi_aws as aws
from pulumi import ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.aws.msk.access import brokers_security_group
from components.aws.msk_serverless.settings import MskServerlessPipeSettings, MskServerlessSettings
from components.aws.msk_serverless.topic import MskServerlessTopic, MskServerlessTopicArgs
from components.aws.network.network import Network
from components.contracts import Streaming, Topic
from components.kubernetes.jobs.topic import TopicNamespace
from components.kubernetes.platform import KubernetesPlatform


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
