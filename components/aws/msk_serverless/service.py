"""Amazon MSK Serverless: a Kafka cluster without brokers to size."""

import pulumi_aws as aws
from pulumi import ResourceOptions

from components.arguments import StreamingArgs
from components.aws.msk.access import brokers_security_group
from components.aws.msk_serverless.settings import MskServerlessSettings
from components.aws.msk_serverless.topics import ServerlessCluster, ServerlessTopics
from components.aws.network.network import Network
from components.kubernetes.jobs.topic import TopicNamespace
from components.kubernetes.platform import KubernetesPlatform


class MskServerless(ServerlessTopics):
    """A serverless Kafka cluster in three zones, with TLS and IAM. Only the consumers' security group can reach it."""

    cluster: aws.msk.ServerlessCluster
    keep_settings = False

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
        self.reached = ServerlessCluster(
            arn=self.cluster.arn,
            name=self.cluster.cluster_name,
            bootstrap_servers=self.cluster.bootstrap_brokers_sasl_iam,
            cidr=network.cidr,
        )
        self.topics = TopicNamespace(name, args.platform, ResourceOptions(parent=self))
        self.outputs = {"bootstrapServers": self.cluster.bootstrap_brokers_sasl_iam}
        self.register_outputs(dict(self.outputs))
