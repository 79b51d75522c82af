"""Google Cloud Managed Service for Apache Kafka: one cluster, and one topic per pipe."""

from functools import reduce

import pulumi_gcp as gcp
from pulumi import CustomTimeouts, Output, ResourceHookBinding, ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.changes import older_kafka, refused_change
from components.contracts import Platform, Streaming, Topic
from components.gcp.encryption import Key
from components.gcp.managed_kafka.access import connect, let_producers_connect, with_port
from components.gcp.managed_kafka.acl import closed
from components.gcp.managed_kafka.settings import ManagedKafkaSettings
from components.gcp.managed_kafka.size import (
    GIB,
    refuse_key_change,
    refuse_size_change,
    refuse_smaller_disk,
    refuse_subnet_change,
)
from components.gcp.managed_kafka.topic import (
    ExistingManagedKafkaTopic,
    KafkaPipeT,
    ManagedKafkaPipeSettings,
    ManagedKafkaTopic,
    ManagedKafkaTopicArgs,
)
from components.gcp.names import account_email, account_id
from components.gcp.network.network import Network
from components.kafka.existing_topic import ExistingKafkaPipeSettings
from components.kafka.topic_settings import group_protocol
from components.redrive import redrive_name

KEY_LABEL = "data-pipes-customer-managed-key"
"""Cluster label with the kind of key: true if customer-managed."""


class ManagedKafka(Streaming[ManagedKafkaPipeSettings]):
    """Kafka cluster in three zones with TLS, authentication and ACLs, and with addresses in the stack's subnet.

    Google IAM controls who may connect. Kafka ACLs control what each client may do.
    """

    cluster: gcp.managedkafka.Cluster
    bootstrap_servers: Output[str]

    def __init__(
        self,
        name: str,
        args: StreamingArgs[ManagedKafkaSettings, Network, Platform],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:gcp:ManagedKafka", name, None, opts)
        self.name = name
        self.args = args
        account = args.network.account
        self.agent = args.network.agent("managedkafka")
        self.cluster = self._cluster()
        agent_email = self.agent.apply(lambda member: member.removeprefix("serviceAccount:"))
        self.closed = closed(f"{name}-managed-kafka", self.cluster, agent_email, self)
        self.connect = connect(account, self.cluster.cluster_id)
        let_producers_connect(name, args.pipes, self.connect, account=account, parent=self)
        self.bootstrap_servers = self.cluster.bootstrap_address.apply(with_port)
        self.outputs = {"bootstrapServers": self.bootstrap_servers}
        self.register_outputs(dict(self.outputs))

    def _cluster(self) -> gcp.managedkafka.Cluster:
        args, settings, network = self.args, self.args.settings, self.args.network
        name = f"{self.name}-managed-kafka"
        key = self._key(name) if settings.customer_managed_key else None
        subnet = gcp.managedkafka.ClusterGcpConfigAccessConfigNetworkConfigArgs(subnet=network.subnet_id)
        disk = settings.disk_size
        return gcp.managedkafka.Cluster(
            name,
            cluster_id=self.name,
            location=network.account.region,
            kafka_version=settings.version,
            capacity_config=gcp.managedkafka.ClusterCapacityConfigArgs(
                vcpu_count=str(settings.size.vcpus), memory_bytes=str(settings.size.memory * GIB)
            ),
            broker_capacity_config=gcp.managedkafka.ClusterBrokerCapacityConfigArgs(disk_size_gib=str(disk))
            if disk
            else None,
            gcp_config=gcp.managedkafka.ClusterGcpConfigArgs(
                access_config=gcp.managedkafka.ClusterGcpConfigAccessConfigArgs(network_configs=[subnet]),
                kms_key=key.id if key else None,
            ),
            rebalance_config=gcp.managedkafka.ClusterRebalanceConfigArgs(
                mode="AUTO_REBALANCE_ON_SCALE_UP" if settings.auto_rebalance else "NO_REBALANCE"
            ),
            labels={KEY_LABEL: str(settings.customer_managed_key).lower()},
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                depends_on=[*(network.apis[api] for api in settings.cloud_services), *(key.ready if key else [])],
                hooks=self._hooks(name),
                # Another key would replace the cluster. The label changes instead, and its hook refuses the change.
                ignore_changes=["gcpConfig.kmsKey"],
                custom_timeouts=CustomTimeouts(create="90m", update="120m", delete="60m"),
            ),
        )

    def _key(self, name: str) -> Key:
        return self.args.network.keys.key(name, users=[self.agent], parent=self, protect=self.args.protect)

    def _hooks(self, name: str) -> ResourceHookBinding:
        """Return hooks that refuse changes the cluster cannot make."""
        network_configs = "gcpConfig.accessConfig.networkConfigs"
        hooks = [
            refused_change(name, "streaming", "capacityConfig", refuse_size_change),
            refused_change(name, "streaming.diskSize", "brokerCapacityConfig.diskSizeGib", refuse_smaller_disk),
            refused_change(name, "streaming.version", "kafkaVersion", older_kafka),
            refused_change(name, "streaming.customerManagedKey", f"labels.{KEY_LABEL}", refuse_key_change),
            refused_change(name, "network", network_configs, refuse_subnet_change),
        ]
        return reduce(ResourceHookBinding.merge, hooks)

    @override
    def topic(self, name: str, pipe: ManagedKafkaPipeSettings, opts: ResourceOptions) -> Topic:
        """Create a pipe's topic on this cluster."""
        return ManagedKafkaTopic(f"{self.name}-{name}", self._topic(name, pipe), opts)

    @override
    def existing_topic(self, name: str, pipe: ExistingKafkaPipeSettings, opts: ResourceOptions) -> Topic:
        """Read a pipe's topic."""
        return ExistingManagedKafkaTopic(f"{self.name}-{name}", self._topic(name, pipe), opts)

    def _topic(self, name: str, pipe: KafkaPipeT) -> ManagedKafkaTopicArgs[KafkaPipeT]:
        network = self.args.network
        return ManagedKafkaTopicArgs(
            pipe_name=name,
            pipe=pipe,
            group_protocol=group_protocol(self.args.settings.version),
            account=network.account,
            cluster=self.name,
            cluster_id=self.cluster.cluster_id,
            brokers_cidr=network.cidr,
            bootstrap_servers=self.bootstrap_servers,
            consumer=account_email(account_id(f"{self.name}-{name}"), network.account.project),
            redrive=account_email(account_id(redrive_name(f"{self.name}-{name}")), network.account.project),
            connect=self.connect,
            closed=self.closed,
            protect=self.args.protect,
        )
