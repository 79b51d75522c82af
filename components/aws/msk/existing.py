"""An MSK cluster that was there before the stack."""

from collections.abc import Sequence

import pulumi_aws as aws
from pulumi import InvokeOptions, Output, ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.aws.msk.access import METHODS
from components.aws.msk.adopted import KEY, find_brokers, iam_only
from components.aws.msk.existing_settings import ExistingMskSettings
from components.aws.msk.existing_topic import ExistingMskTopic
from components.aws.msk.reach import Brokers, reach_brokers
from components.aws.msk.topic import MskPipeSettings, MskPipeT, MskTopic, MskTopicArgs
from components.aws.network.network import Network
from components.contracts import Platform, Streaming, Topic
from components.kafka.existing_topic import ExistingKafkaPipeSettings
from components.kafka.topic_settings import consumer_protocol
from components.lookup import lookup

BOOTSTRAP_BROKERS = 3
"""Brokers that MSK lists as the first ones to connect to (MSK, Get the bootstrap brokers)."""


class ExistingMsk(Streaming[MskPipeSettings]):
    """MSK cluster of another owner. The program reads it and makes topics on it.

    It has no signals of the brokers: their owner has alarms on them. Topics and the lag of their groups have signals.
    """

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
        network, existing = args.network, args.settings.existing
        found = find_brokers(existing.cluster_arn, network, self)
        nodes = lookup(
            aws.msk.get_broker_nodes_output(cluster_arn=found.cluster_arn, opts=InvokeOptions(parent=self)),
            KEY,
            rule="the ARN of a cluster whose brokers the deployer may list (kafka:ListNodes)",
            fix="Allow it, or deploy as another identity.",
        )
        names = nodes.node_info_lists.apply(lambda infos: [min(each.endpoints) for each in infos if each.endpoints])
        self.bootstrap_servers = Output.all(found.bootstrap_brokers_sasl_iam, names).apply(
            lambda known: first_brokers(iam_only(known[0]), known[1])
        )
        self.cluster = aws.msk.Cluster.get(f"{name}-msk", found.cluster_arn, opts=ResourceOptions(parent=self))
        brokers = self.cluster.broker_node_group_info
        place = Brokers(subnet_ids=brokers.client_subnets, security_groups=brokers.security_groups)
        self.brokers_cidr = reach_brokers(name, network, place, opens=existing.open_security_group, parent=self)
        self.outputs = {"bootstrapServers": self.bootstrap_servers}
        self.register_outputs(dict(self.outputs))

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


def first_brokers(servers: str, names: Sequence[str]) -> str:
    """Return the addresses that consumers connect to first, the same ones in every deployment.

    Of a cluster with more than three brokers, MSK returns any three, and others the next time (aws-cli, issue 7748). Each deployment would
    restart the consumers. `names` are the brokers in the order of their numbers (terraform-provider-aws, aws_msk_broker_nodes).
    """
    if len(names) <= BOOTSTRAP_BROKERS:
        return servers
    return ",".join(f"{name}:{METHODS['iam'].port}" for name in names[:BOOTSTRAP_BROKERS])
