"""Managed Service for Apache Kafka cluster that was there before the stack."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_gcp as gcp
from pulumi import InvokeOptions, Output, ResourceOptions, RunError
from typing_extensions import override

from components.arguments import StreamingArgs
from components.consumer_group import consumer_group
from components.contracts import Platform, Streaming, Topic
from components.gcp.managed_kafka.access import acl_warning, connect, let_producers_connect, with_port
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
        self.bootstrap_servers = self.cluster.bootstrap_address.apply(self._address)
        pulumi.log.warn(f"{KEY}: {acl_warning(self.cluster_name, account, self._shared_groups())}", self)
        self.outputs = {"bootstrapServers": self.bootstrap_servers}
        self.register_outputs(dict(self.outputs))

    def _shared_groups(self) -> Sequence[str]:
        """Return the consumer groups whose names do not begin with that of the stack, so others may use them."""
        pipes = {**self.args.pipes, **self.args.existing_pipes}
        groups = (consumer_group(name, pipe) for name, pipe in pipes.items())
        return [group for group in groups if not group.startswith(f"{self.name}-")]

    def _ready(self, state: str) -> str:
        """Return the name of the cluster. Raise RunError if it accepts no topics."""
        if state in NOT_READY:
            raise self._refusal("is active", f"its state is {state}", self._wait)
        return self.cluster_name

    def _address(self, address: str | None) -> str:
        """Return the address of the brokers. Raise RunError if there is none."""
        if not address:
            raise self._refusal("has an address", "its bootstrapAddress is empty", self._wait)
        return with_port(address)

    def _protocol(self, version: str | None) -> str:
        """Return the protocol of the consumer groups. Raise RunError if the Kafka version is unknown."""
        if not version:
            raise self._refusal("has a Kafka version", "its kafkaVersion is empty", self._wait)
        return consumer_protocol(version)

    @property
    def _wait(self) -> str:
        account = self.args.network.account
        return (
            f"Wait until it is ACTIVE: gcloud managed-kafka clusters describe {self.cluster_name} --location={account.region} "
            f"--project={account.project}"
        )

    @property
    def _add_subnet(self) -> str:
        account = self.args.network.account
        return (
            f"Add the subnet of the consumers to the subnets of the cluster: gcloud managed-kafka clusters update {self.cluster_name} "
            f"--location={account.region} --project={account.project} --subnets=SUBNET,..."
        )

    def _refusal(self, rule: str, reason: str, fix: str) -> RunError:
        """Return the error for a cluster that consumers cannot use."""
        rule = f"the name of a Managed Kafka cluster that {rule}"
        return unanswered(KEY, rule=rule, got=self.cluster_name, reason=reason, fix=fix)

    def _brokers_cidr(self) -> Output[str]:
        """Return the range of the subnet that has the brokers' addresses for the network of the consumers. There is one for each network."""

        def found(config: Any) -> Output[list[Any]]:
            configs = config.access_config.network_configs if config and config.access_config else None
            if not configs:
                raise self._refusal("has a subnet", "it lists none", self._add_subnet)
            return Output.all(*(self._subnet(each.subnet) for each in configs))

        subnets = self.cluster.gcp_config.apply(found)
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
            f"{KEY}: {self.cluster_name} has no addresses in the network of the consumers ({network}). {self._add_subnet}",
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
            group_protocol={"KAFKA_GROUP_PROTOCOL": self.cluster.kafka_version.apply(self._protocol)},
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
