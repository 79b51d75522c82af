"""Amazon MSK: provisioned Kafka cluster with KRaft."""

import pulumi_aws as aws
from pulumi import CustomTimeouts, Output, ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.aws.encryption import account_key_policy, key
from components.aws.msk.access import METHODS, brokers_security_group
from components.aws.msk.brokers import server_properties
from components.aws.msk.changes import VOLUME_SIZE, cluster_hooks
from components.aws.msk.scram import MskScram, MskScramArgs
from components.aws.msk.settings import MskSettings
from components.aws.msk.signals import cluster_signals
from components.aws.msk.storage import MskStorage, MskStorageArgs
from components.aws.msk.topic import ExistingMskTopic, MskPipeSettings, MskPipeT, MskTopic, MskTopicArgs
from components.aws.network.network import Network
from components.contracts import Platform, Streaming, Topic
from components.kafka.existing_topic import ExistingKafkaPipeSettings
from components.kafka.topic_settings import group_protocol


def disks(volume_size: int) -> aws.msk.ClusterBrokerNodeGroupInfoStorageInfoArgs:
    """Return the storage arguments of standard brokers."""
    return aws.msk.ClusterBrokerNodeGroupInfoStorageInfoArgs(
        ebs_storage_info=aws.msk.ClusterBrokerNodeGroupInfoStorageInfoEbsStorageInfoArgs(volume_size=volume_size)
    )


def storage_mode(settings: MskSettings) -> str | None:
    """Return the storage mode of the cluster. Express brokers have none.

    LOCAL is MSK's default, but it is set explicitly. Otherwise the AWS provider would see no change from TIERED, and the hook that
    refuses this change would not run (terraform-provider-aws, aws_msk_cluster: optional and computed).
    """
    if settings.express:
        return None
    return "TIERED" if settings.tiered_storage else "LOCAL"


def connectivity(settings: MskSettings) -> aws.msk.ClusterBrokerNodeGroupInfoConnectivityInfoArgs | None:
    """Return the settings for access from outside the VPC, if the stack file has any.

    Multi-VPC connectivity is set only if the file sets it. Otherwise the AWS provider would update every new cluster, even if
    multi-VPC connectivity is disabled.
    """
    public_access = aws.msk.ClusterBrokerNodeGroupInfoConnectivityInfoPublicAccessArgs(
        type="SERVICE_PROVIDED_EIPS" if settings.connectivity.public_cidrs else "DISABLED"
    )
    multi_vpc = aws.msk.ClusterBrokerNodeGroupInfoConnectivityInfoVpcConnectivityArgs(
        client_authentication=aws.msk.ClusterBrokerNodeGroupInfoConnectivityInfoVpcConnectivityClientAuthenticationArgs(
            sasl=aws.msk.ClusterBrokerNodeGroupInfoConnectivityInfoVpcConnectivityClientAuthenticationSaslArgs(
                iam=settings.connectivity.multi_vpc
            )
        )
    )
    sets_public = settings.broker_subnets == "public"
    sets_multi_vpc = "multi_vpc" in settings.connectivity.model_fields_set
    if not sets_public and not sets_multi_vpc:
        return None
    return aws.msk.ClusterBrokerNodeGroupInfoConnectivityInfoArgs(
        public_access=public_access if sets_public else None,
        vpc_connectivity=multi_vpc if sets_multi_vpc else None,
    )


class Msk(Streaming[MskPipeSettings]):
    """MSK cluster in three zones: TLS, authenticated clients, encryption at rest, access only for the consumers' security group."""

    cluster: aws.msk.Cluster
    bootstrap_servers: Output[str]

    def __init__(
        self, name: str, args: StreamingArgs[MskSettings, Network, Platform], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:aws:Msk", name, None, opts)
        self.name = name
        self.args = args
        settings, network = args.settings, args.network
        child = ResourceOptions(parent=self)

        encryption = key(
            f"{name}-msk-key",
            purpose=f"Encrypts the records of {name} at rest",
            policy=account_key_policy(network.account),
            parent=self,
            protect=args.protect,
        )
        configuration = aws.msk.Configuration(
            f"{name}-msk",
            description=f"Brokers of {name}",
            server_properties=server_properties(settings.replication, express=settings.express),
            opts=child,
        )
        logs = network.logs.group("msk", days=settings.log_days, parent=self)
        brokers = brokers_security_group(
            name, network, settings.methods, parent=self, public_cidrs=settings.connectivity.public_cidrs
        )
        in_public = settings.broker_subnets == "public"
        tls = aws.msk.ClusterClientAuthenticationTlsArgs(
            certificate_authority_arns=list(settings.certificate_authority_arns)
        )
        self.cluster = aws.msk.Cluster(
            f"{name}-msk",
            cluster_name=name,
            kafka_version=settings.version,
            number_of_broker_nodes=settings.brokers,
            broker_node_group_info=aws.msk.ClusterBrokerNodeGroupInfoArgs(
                az_distribution="DEFAULT",
                client_subnets=network.public_subnet_ids if in_public else network.private_subnet_ids,
                instance_type=settings.instance_type,
                security_groups=[brokers.id],
                storage_info=None if settings.express else disks(settings.disk_size),
                connectivity_info=connectivity(settings),
            ),
            storage_mode=storage_mode(settings),
            client_authentication=aws.msk.ClusterClientAuthenticationArgs(
                sasl=aws.msk.ClusterClientAuthenticationSaslArgs(iam=True, scram="scram" in settings.methods),
                tls=tls if "tls" in settings.methods else None,
                unauthenticated=False,
            ),
            encryption_info=aws.msk.ClusterEncryptionInfoArgs(
                encryption_at_rest_kms_key_arn=encryption.arn,
                encryption_in_transit=aws.msk.ClusterEncryptionInfoEncryptionInTransitArgs(
                    client_broker="TLS", in_cluster=True
                ),
            ),
            configuration_info=aws.msk.ClusterConfigurationInfoArgs(
                arn=configuration.arn, revision=configuration.latest_revision
            ),
            enhanced_monitoring=settings.monitoring,
            open_monitoring=aws.msk.ClusterOpenMonitoringArgs(
                prometheus=aws.msk.ClusterOpenMonitoringPrometheusArgs(
                    jmx_exporter=aws.msk.ClusterOpenMonitoringPrometheusJmxExporterArgs(enabled_in_broker=True),
                    node_exporter=aws.msk.ClusterOpenMonitoringPrometheusNodeExporterArgs(enabled_in_broker=True),
                )
            ),
            logging_info=aws.msk.ClusterLoggingInfoArgs(
                broker_logs=aws.msk.ClusterLoggingInfoBrokerLogsArgs(
                    cloudwatch_logs=aws.msk.ClusterLoggingInfoBrokerLogsCloudwatchLogsArgs(
                        enabled=True, log_group=logs.name
                    )
                )
            ),
            tags={"Name": name},
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                hooks=cluster_hooks(f"{name}-msk", connected=settings.connected),
                ignore_changes=[VOLUME_SIZE] if settings.storage_autoscaling else None,
                custom_timeouts=CustomTimeouts(create="120m", update="180m", delete="60m"),
            ),
        )
        if settings.storage_autoscaling:
            MskStorage(
                name,
                MskStorageArgs(
                    cluster_arn=self.cluster.arn,
                    max_size=settings.storage_autoscaling.max_size,
                    target_utilization=settings.storage_autoscaling.target_utilization,
                ),
                child,
            )
        self.scram = None
        if settings.authentication == "scram":
            users = MskScramArgs(cluster_arn=self.cluster.arn, account=network.account, protect=args.protect)
            self.scram = MskScram(name, users, child)
        self.bootstrap_servers = getattr(self.cluster, METHODS[settings.authentication].bootstrap)
        self.signals = cluster_signals(self.cluster.cluster_name, express=settings.express)
        self.outputs = {"bootstrapServers": self.bootstrap_servers}
        if settings.connectivity.public_cidrs:
            self.outputs["publicBootstrapServers"] = self.cluster.bootstrap_brokers_public_sasl_iam
        if settings.connectivity.multi_vpc:
            self.outputs["multiVpcBootstrapServers"] = self.cluster.bootstrap_brokers_vpc_connectivity_sasl_iam
        self.register_outputs(dict(self.outputs))

    @override
    def topic(self, name: str, pipe: MskPipeSettings, opts: ResourceOptions) -> Topic:
        """Make the topic of a pipe on this cluster."""
        return MskTopic(f"{self.name}-{name}", self._topic(name, pipe, opts), opts)

    @override
    def existing_topic(self, name: str, pipe: ExistingKafkaPipeSettings, opts: ResourceOptions) -> Topic:
        """Read the topic of a pipe on this cluster."""
        return ExistingMskTopic(f"{self.name}-{name}", self._topic(name, pipe, opts), opts)

    def _topic(self, name: str, pipe: MskPipeT, opts: ResourceOptions) -> MskTopicArgs[MskPipeT]:
        settings = self.args.settings
        return MskTopicArgs(
            pipe_name=name,
            pipe=pipe,
            network=self.args.network,
            brokers_cidr=self.args.network.cidr,
            cluster_name=self.cluster.cluster_name,
            cluster_arn=self.cluster.arn,
            bootstrap_servers=self.bootstrap_servers,
            group_protocol=group_protocol(settings.version),
            replication=settings.replication,
            express=settings.express,
            user=self.scram.user(f"{self.name}-{name}", name, opts) if self.scram else None,
            protect=self.args.protect,
        )
