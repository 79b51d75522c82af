"""An MSK cluster that was there before the stack."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws
from pulumi import InvokeOptions, Output, ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.aws.msk.access import METHODS, consumers_rule
from components.aws.msk.existing_settings import ExistingMskSettings
from components.aws.msk.topic import ExistingMskTopic, MskPipeSettings, MskPipeT, MskTopic, MskTopicArgs
from components.aws.network.network import Network
from components.contracts import Platform, Streaming, Topic
from components.kafka.existing_topic import ExistingKafkaPipeSettings
from components.kafka.topic_settings import consumer_protocol
from components.lookup import lookup, unanswered

KEY = "streaming.existing.clusterArn"


class ExistingMsk(Streaming[MskPipeSettings]):
    """MSK cluster of another owner. The program reads it, makes topics on it, and opens its security group for the consumers."""

    cluster: aws.msk.Cluster

    def __init__(
        self,
        name: str,
        args: StreamingArgs[ExistingMskSettings, Network, Platform],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:aws:ExistingMsk", name, None, opts)
        self.name = name
        self.args = args
        network, arn = args.network, args.settings.existing.cluster_arn
        options = InvokeOptions(parent=self)
        found = lookup(
            aws.msk.get_bootstrap_brokers_output(cluster_arn=arn, opts=options),
            KEY,
            rule="the ARN of an MSK cluster that is active",
            got=arn,
            fix="Correct it: aws kafka list-clusters-v2 prints the ARNs.",
        )
        self.bootstrap_servers = found.bootstrap_brokers_sasl_iam.apply(iam_only)
        self.cluster = aws.msk.Cluster.get(f"{name}-msk", found.apply(lambda _: arn), opts=ResourceOptions(parent=self))
        brokers = self.cluster.broker_node_group_info
        subnet = aws.ec2.get_subnet_output(id=brokers.client_subnets[0], opts=options)
        self.brokers_cidr = aws.ec2.get_vpc_output(id=subnet.vpc_id, opts=options).cidr_block
        consumers_rule(f"{name}-msk-iam", brokers.security_groups[0], network, method="iam", parent=self)
        Output.all(own=network.vpc_id, theirs=subnet.vpc_id).apply(self._warn_if_elsewhere)
        self.outputs = {"bootstrapServers": self.bootstrap_servers}
        self.register_outputs(dict(self.outputs))

    def _warn_if_elsewhere(self, vpcs: Mapping[str, str]) -> None:
        if vpcs["own"] != vpcs["theirs"]:
            pulumi.log.warn(
                f"streaming.existing.clusterArn: the cluster is in {vpcs['theirs']}, the consumers are in {vpcs['own']}. Connect the two VPCs in "
                f"both directions with DNS resolution, and allow TCP port {METHODS['iam'].port} (docs/existing.md).",
                self,
            )

    @override
    def topic(self, name: str, pipe: MskPipeSettings, opts: ResourceOptions) -> Topic:
        """Make the topic of a pipe on this cluster."""
        return MskTopic(f"{self.name}-{name}", self._topic(name, pipe), opts)

    @override
    def existing_topic(self, name: str, pipe: ExistingKafkaPipeSettings, opts: ResourceOptions) -> Topic:
        """Read the topic of a pipe."""
        return ExistingMskTopic(f"{self.name}-{name}", self._topic(name, pipe), opts)

    def _topic(self, name: str, pipe: MskPipeT) -> MskTopicArgs[MskPipeT]:
        brokers = self.cluster.broker_node_group_info
        return MskTopicArgs(
            pipe_name=name,
            pipe=pipe,
            network=self.args.network,
            brokers_cidr=self.brokers_cidr,
            cluster_name=self.cluster.cluster_name,
            cluster_arn=self.cluster.arn,
            bootstrap_servers=self.bootstrap_servers,
            group_protocol={"KAFKA_GROUP_PROTOCOL": self.cluster.kafka_version.apply(consumer_protocol)},
            replication=self.cluster.number_of_broker_nodes.apply(lambda count: min(3, count)),
            express=brokers.instance_type.apply(lambda size: size.startswith("express.")),
            user=None,
            protect=self.args.protect,
        )


def iam_only(servers: str) -> str:
    """Return the broker addresses for IAM authentication. Raise RunError if the cluster does not accept it: MSK then returns none."""
    if not servers:
        raise unanswered(
            KEY,
            rule="the ARN of a cluster with IAM authentication",
            got=None,
            reason="it has no broker address for IAM",
            fix="Enable IAM access control on the cluster, or use streaming.service kafka-external.",
        )
    return servers
