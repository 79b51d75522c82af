"""Managed Service for Apache Kafka cluster that was there before the stack."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_gcp as gcp
from pulumi import InvokeOptions, Output, ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.contracts import Platform, Streaming, Topic
from components.gcp.managed_kafka.access import connect, let_producers_connect, with_port
from components.gcp.managed_kafka.existing_settings import KEY, ExistingManagedKafkaSettings
from components.gcp.managed_kafka.topic import (
    ExistingManagedKafkaTopic,
    KafkaPipeT,
    ManagedKafkaPipeSettings,
    ManagedKafkaTopic,
    ManagedKafkaTopicArgs,
)
from components.gcp.names import account_email, account_id
from components.gcp.network.network import Network
from components.gcp.network.subnet import relative, subnet_parts
from components.kafka.existing_topic import ExistingKafkaPipeSettings
from components.kafka.topic_settings import consumer_protocol
from components.lookup import lookup, name_of_read, unanswered
from components.redrive import redrive_name

NOT_READY = ("CREATING", "DELETING")
"""States of a cluster that accepts no topics (Managed Service for Apache Kafka API, Cluster)."""


class ExistingManagedKafka(Streaming[ManagedKafkaPipeSettings]):
    """Managed Kafka cluster of another owner. The program reads it, and makes topics, their ACLs and grants on it.

    It makes none of the ACLs that close a new cluster: they would lock out the other users.
    """

    cluster: gcp.managedkafka.Cluster

    def __init__(
        self,
        name: str,
        args: StreamingArgs[ExistingManagedKafkaSettings, Network, Platform],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:gcp:ExistingManagedKafka", name, None, opts)
        self.name = name
        self.args = args
        account = args.network.account
        self.cluster_name = args.settings.existing.cluster
        self.cluster = gcp.managedkafka.Cluster.get(
            name_of_read(name, KEY),
            f"projects/{account.project}/locations/{account.region}/clusters/{self.cluster_name}",
            opts=ResourceOptions(parent=self),
        )
        self.cluster_id = self.cluster.state.apply(self._ready)
        self.brokers_cidr = self._brokers_cidr()
        self.connect = connect(account, self.cluster_id)
        let_producers_connect(name, args.pipes, self.connect, account=account, parent=self)
        self.bootstrap_servers = self.cluster.bootstrap_address.apply(with_port)
        pulumi.log.warn(
            f"{KEY}: the ACLs of {self.cluster_name} do not change, except those of the stack's own topics and groups. A client may do "
            "everything with a topic or group that no ACL covers (docs/existing.md).",
            self,
        )
        self.outputs = {"bootstrapServers": self.bootstrap_servers}
        self.register_outputs(dict(self.outputs))

    def _ready(self, state: str) -> str:
        """Return the name of the cluster. Raise RunError if it accepts no topics."""
        if state in NOT_READY:
            account = self.args.network.account
            raise unanswered(
                KEY,
                rule="the name of a Managed Kafka cluster that is active",
                got=self.cluster_name,
                reason=f"its state is {state}",
                fix=f"Wait until it is ACTIVE: gcloud managed-kafka clusters describe {self.cluster_name} --location={account.region} "
                f"--project={account.project}",
            )
        return self.cluster_name

    def _brokers_cidr(self) -> Output[str]:
        """Return the range of the subnet that has the brokers' addresses for the network of the consumers. There is one for each network."""

        def found(configs: Sequence[Any]) -> Output[list[Any]]:
            return Output.all(*(self._subnet(config.subnet) for config in configs))

        subnets = self.cluster.gcp_config.access_config.network_configs.apply(found)
        return Output.all(subnets, self.args.network.network_id).apply(lambda known: self._reachable(*known))

    def _subnet(self, subnet: str) -> Output[gcp.compute.GetSubnetworkResult]:
        """Look up a subnet of the cluster."""
        account = self.args.network.account
        parts = subnet_parts(subnet, project=account.project, region=account.region)
        return lookup(
            gcp.compute.get_subnetwork_output(**parts, opts=InvokeOptions(parent=self)),
            KEY,
            rule="the name of a Managed Kafka cluster whose subnets the deployer may read (compute.subnetworks.get)",
            got=self.cluster_name,
            fix="Grant the deployer the role Compute Network Viewer on the projects of the subnets.",
        )

    def _reachable(self, subnets: Sequence[gcp.compute.GetSubnetworkResult], network: str) -> str:
        """Return the range of the subnet in a network. Warn if there is none, and return that of the first subnet."""
        for subnet in subnets:
            if relative(subnet.network) == network:
                return subnet.ip_cidr_range
        pulumi.log.warn(
            f"{KEY}: {self.cluster_name} has no addresses in the network of the consumers ({network}). Add the subnet of the consumers to "
            f"the subnets of the cluster: gcloud managed-kafka clusters update {self.cluster_name} "
            f"--location={self.args.network.account.region} --project={self.args.network.account.project} --subnets=SUBNET,...",
            self,
        )
        return subnets[0].ip_cidr_range

    @override
    def topic(self, name: str, pipe: ManagedKafkaPipeSettings, opts: ResourceOptions) -> Topic:
        """Make the topic of a pipe on this cluster."""
        return ManagedKafkaTopic(f"{self.name}-{name}", self._topic(name, pipe), opts)

    @override
    def existing_topic(self, name: str, pipe: ExistingKafkaPipeSettings, opts: ResourceOptions) -> Topic:
        """Read the topic of a pipe."""
        return ExistingManagedKafkaTopic(f"{self.name}-{name}", self._topic(name, pipe), opts)

    def _topic(self, name: str, pipe: KafkaPipeT) -> ManagedKafkaTopicArgs[KafkaPipeT]:
        account = self.args.network.account
        return ManagedKafkaTopicArgs(
            pipe_name=name,
            pipe=pipe,
            group_protocol={"KAFKA_GROUP_PROTOCOL": self.cluster.kafka_version.apply(consumer_protocol)},
            account=account,
            cluster=self.cluster_name,
            cluster_id=self.cluster_id,
            brokers_cidr=self.brokers_cidr,
            bootstrap_servers=self.bootstrap_servers,
            consumer=account_email(account_id(f"{self.name}-{name}"), account.project),
            redrive=account_email(account_id(redrive_name(f"{self.name}-{name}")), account.project),
            connect=self.connect,
            closed=[],
            protect=self.args.protect,
        )
