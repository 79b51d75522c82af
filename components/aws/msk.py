"""Amazon MSK: a provisioned Kafka cluster with KRaft."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import pulumi_aws as aws
from pulumi import CustomTimeouts, Output, ResourceOptions
from pydantic import AfterValidator, Field
from typing_extensions import override

from components.aws.encryption import LogDays, account_key_policy, key
from components.aws.msk_access import METHODS, brokers_security_group
from components.aws.msk_topic import MskPipeSettings, MskTopic, MskTopicArgs, min_insync
from components.aws.network import Network
from components.changes import guard
from components.contracts import (
    Platform,
    ServiceSettings,
    Streaming,
    StreamingArgs,
    Surroundings,
    Topic,
)
from components.section import Distinct, Form, Mistake

OFFSETS_PARTITIONS = 50
"""The partitions of Kafka's own topic __consumer_offsets (Apache Kafka, offsets.topic.num.partitions)."""

FIRST_KRAFT = (3, 7)
"""MSK runs KRaft from Kafka 3.7 on (MSK, Supported Apache Kafka versions)."""

VOLUME_SIZE = "brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize"

BROKER_PARTITIONS: Mapping[str, int] = {
    "kafka.t3.small": 300,
    **{f"kafka.{family}.{size}": 1000 for family in ("m5", "m7g") for size in ("large", "xlarge")},
    **{f"kafka.{family}.2xlarge": 2000 for family in ("m5", "m7g")},
    **{
        f"kafka.{family}.{size}": 4000
        for family in ("m5", "m7g")
        for size in ("4xlarge", "8xlarge", "12xlarge", "16xlarge")
    },
    "kafka.m5.24xlarge": 4000,
}
"""Partitions per broker, replicas counted, up to which a cluster can still be changed (MSK, Best practices, Right-size)."""


def _kraft(version: str) -> str:
    major, minor, *_ = version.split(".")
    if (int(major), int(minor)) < FIRST_KRAFT:
        raise ValueError(
            f"must be Kafka 3.7 or later, since MSK has KRaft only from there on, not {version}; use 3.9.x.kraft"
        )
    return version


def _known_broker(instance_type: str) -> str:
    if instance_type not in BROKER_PARTITIONS:
        raise ValueError(
            f"must be a size of standard broker, not {instance_type!r}; choose one of {', '.join(BROKER_PARTITIONS)}"
        )
    return instance_type


class MskSettings(ServiceSettings, frozen=True):
    """The streaming section of a stack file, for MSK."""

    service: Literal["msk"]
    """Always msk."""
    version: Annotated[
        str,
        Form(r"[34]\.\d\.(x|\d+)\.kraft", "a Kafka version with KRaft as AWS lists it, such as 3.9.x.kraft"),
        AfterValidator(_kraft),
    ] = "3.9.x.kraft"
    """The Kafka version; 3.9 is the one that AWS recommends (MSK, Supported Apache Kafka versions)."""
    brokers: Annotated[int, Field(ge=3, le=60)] = 3
    """The number of brokers, the same in every zone; a KRaft cluster has at most 60 (MSK quota)."""
    instance_type: Annotated[str, AfterValidator(_known_broker)] = "kafka.m5.large"
    """The size of each broker."""
    volume_size: Annotated[int, Field(ge=1, le=16_384)] = 100
    """The disk of each broker in GiB; it can grow, never shrink (MSK, Scale broker storage)."""
    monitoring: Literal["PER_BROKER", "PER_TOPIC_PER_BROKER", "PER_TOPIC_PER_PARTITION"] = "PER_BROKER"
    """How fine the metrics are that MSK sends to CloudWatch."""
    certificate_authority_arns: Annotated[
        tuple[
            Annotated[
                str, Form(r"arn:[a-z-]+:acm-pca:[^:]+:\d{12}:certificate-authority/.+", "the ARN of an ACM Private CA")
            ],
            ...,
        ],
        Field(max_length=20),
        Distinct,
    ] = ()
    """The ARNs of the ACM Private CAs whose certificates clients may show in place of an IAM identity.

    What such clients may do is said by Kafka's ACLs, and without any ACL they may do everything (MSK, Apache Kafka ACLs).
    """
    log_days: LogDays = 90
    """How many days the brokers' logs are kept."""

    @property
    def replication(self) -> int:
        """How many brokers hold each partition."""
        return min(3, self.brokers)

    @property
    def methods(self) -> list[str]:
        """The methods of authentication in use, by their names in METHODS."""
        return ["iam", "tls"] if self.certificate_authority_arns else ["iam"]

    @override
    def mistakes(self, rest: Surroundings) -> Iterator[Mistake]:
        """Yield a number of brokers that the zones cannot share equally, and more partitions than the brokers can hold."""
        zones = rest.network.zone_count
        if self.brokers % zones:
            lower, higher = self.brokers // zones * zones, (self.brokers // zones + 1) * zones
            choice = f"{lower} or {higher}" if lower else str(higher)
            text = (
                f"must be a multiple of the {zones} zones, so that each has as many, not {self.brokers}; use {choice}"
            )
            yield Mistake(path=("streaming", "brokers"), text=text)
        limit = self.brokers * BROKER_PARTITIONS[self.instance_type]
        asked = sum(pipe.parallelism for pipe in rest.pipes.values())
        held = (asked + OFFSETS_PARTITIONS) * self.replication
        if held > limit:
            arithmetic = (
                f"({asked} + {OFFSETS_PARTITIONS} of Kafka's own) x {self.replication} replicas = {held} partitions"
            )
            room = f"{self.brokers} brokers of {self.instance_type} hold {BROKER_PARTITIONS[self.instance_type]} each = {limit}"
            text = f"{arithmetic} do not fit: {room} (MSK, Best practices); add brokers, choose a larger instanceType or lower the pipes' parallelism"
            yield Mistake(path=("streaming", "brokers"), text=text)


def grown_volume(present: int, wanted: int) -> str | None:
    """The brokers' disks grow and never shrink (MSK, Scale broker storage)."""
    if wanted >= present:
        return None
    return f"The disks of MSK's brokers cannot shrink. Set volumeSize back to {present} or more."


def server_properties(replication: int) -> str:
    """The brokers' configuration: topics only by this program, and no leader that lacks records (Apache Kafka, Broker Configs)."""
    properties = {
        "auto.create.topics.enable": "false",
        "default.replication.factor": str(replication),
        "min.insync.replicas": str(min_insync(replication)),
        "unclean.leader.election.enable": "false",
    }
    return "".join(f"{name}={value}\n" for name, value in properties.items())


class Msk(Streaming[MskPipeSettings]):
    """A Kafka cluster over three zones: TLS only, known clients only, encrypted at rest, open to the consumers' group alone."""

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
            server_properties=server_properties(settings.replication),
            opts=child,
        )
        logs = network.logs.group("msk", days=settings.log_days, parent=self)
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
                client_subnets=network.private_subnet_ids,
                instance_type=settings.instance_type,
                security_groups=[brokers_security_group(name, network, settings.methods, parent=self).id],
                storage_info=aws.msk.ClusterBrokerNodeGroupInfoStorageInfoArgs(
                    ebs_storage_info=aws.msk.ClusterBrokerNodeGroupInfoStorageInfoEbsStorageInfoArgs(
                        volume_size=settings.volume_size
                    )
                ),
            ),
            client_authentication=aws.msk.ClusterClientAuthenticationArgs(
                sasl=aws.msk.ClusterClientAuthenticationSaslArgs(iam=True, scram=False),
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
                hooks=guard(f"{name}-msk", "streaming.volumeSize", VOLUME_SIZE, grown_volume),
                custom_timeouts=CustomTimeouts(create="120m", update="180m", delete="60m"),
            ),
        )
        self.bootstrap_servers = getattr(self.cluster, METHODS["iam"].bootstrap)
        self.outputs = {"bootstrapServers": self.bootstrap_servers}
        self.register_outputs(dict(self.outputs))

    @override
    def topic(self, name: str, pipe: MskPipeSettings, opts: ResourceOptions) -> Topic:
        """Make the topic of the pipe of that name on this cluster."""
        topic = MskTopicArgs(
            topic_name=name,
            pipe=pipe,
            network=self.args.network,
            cluster_arn=self.cluster.arn,
            bootstrap_servers=self.bootstrap_servers,
            replication=self.args.settings.replication,
            protect=self.args.protect,
        )
        return MskTopic(f"{self.name}-{name}", topic, opts)
