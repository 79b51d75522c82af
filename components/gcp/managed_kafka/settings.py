"""Streaming settings for Managed Service for Apache Kafka, and their validation."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal, cast

from pydantic import AfterValidator, Field
from typing_extensions import override

from components.consumer_group import group_errors
from components.gcp.managed_kafka.size import COPIES_PER_VCPU, LEAST_VCPUS, Size
from components.gcp.managed_kafka.topic import LIMITS, REPLICATION, ManagedKafkaPipeSettings
from components.kafka.config import pipe_config_errors
from components.renames import whole_gib
from components.section import ConfigError, Pattern
from components.settings_bases import ServiceSettings, ValidationContext
from components.versions import KnownVersions

ADVISED_MEMORY = 4
"""Default GiB per vCPU (Managed Service for Apache Kafka, Plan your cluster size)."""

MOST_MEMORY = 8
"""Most GiB per vCPU. The least is 1 (Managed Service for Apache Kafka, Plan your cluster size)."""

VERSIONS = KnownVersions(
    service="Managed Service for Apache Kafka",
    versions=("3.7.x", "4.3.x"),
    default="3.7.x",
    source="pulumi-gcp 10.2.0, managedkafka.Cluster, read 2026-11-29",
    complete=False,
)
"""The provider documents only the oldest and the newest version. No page with the complete list was found."""


class ManagedKafkaSettings(ServiceSettings, frozen=True):
    """Streaming settings for Managed Service for Apache Kafka."""

    old_forms: ClassVar = {"memory": whole_gib}

    cloud_services: ClassVar = ("dns", "managedkafka")
    counts_unread: ClassVar = True

    service: Literal["managed-kafka"]
    """Always managed-kafka."""
    version: Annotated[
        str,
        Pattern(r"[1-9]\d*\.\d+\.x", "a Kafka version as Google lists it, such as 3.7.x"),
        AfterValidator(VERSIONS.check),
    ] = VERSIONS.default
    """The Kafka version. It can be raised but never lowered. 3.7.x is Google's default (Managed Service for Apache Kafka API, Cluster)."""
    vcpus: Annotated[int, Field(ge=LEAST_VCPUS)] = LEAST_VCPUS
    """The total vCPUs of all brokers. Each of three zones has a broker, and every 15 vCPUs above 45 add another one
    (Managed Service for Apache Kafka, Broker provisioning). The default quota of a project is 750 vCPUs per region (Quotas)."""
    memory: Annotated[str, Pattern(r"[1-9][0-9]*Gi", "an amount of memory in whole GiB, such as 12Gi")] | None = None
    """The total memory of all brokers, such as 12Gi: 1 to 8 GiB per vCPU. By default 4 GiB per vCPU, as Google recommends
    (Managed Service for Apache Kafka, Plan your cluster size)."""
    disk_size: Annotated[int, Field(ge=100)] | None = None
    """The disk size of each broker in GiB. It can grow but never shrink. Records that do not fit on the brokers are stored elsewhere.
    By default Google chooses 100 per vCPU (Managed Service for Apache Kafka, Configure broker disk size)."""
    auto_rebalance: bool = True
    """Whether existing partitions are moved to new brokers when the cluster grows. If false, new brokers get only new partitions
    (Managed Service for Apache Kafka API, RebalanceConfig)."""
    customer_managed_key: bool = False
    """Whether records are encrypted with the stack's Cloud KMS key instead of a Google-managed key. It cannot be changed after the cluster
    is created (Managed Service for Apache Kafka, Configure CMEK)."""

    @property
    def size(self) -> Size:
        """Total capacity of the brokers, with the default memory."""
        memory = self.vcpus * ADVISED_MEMORY if self.memory is None else int(self.memory.removesuffix("Gi"))
        return Size(vcpus=self.vcpus, memory=memory)

    @property
    @override
    def warnings(self) -> Sequence[str]:
        """Return a warning if the version is not a known version."""
        return VERSIONS.warnings("streaming.version", self.version)

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors for memory that does not match the vCPUs, too many partitions for the default disks, and invalid topic configs."""
        least, most = self.vcpus, self.vcpus * MOST_MEMORY
        if not least <= self.size.memory <= most:
            text = (
                f"must be {least}Gi to {most}Gi with {self.vcpus} vCPUs, got {self.memory} (1 to {MOST_MEMORY} GiB per vCPU; Managed Service for "
                "Apache Kafka, Plan your cluster size). Change memory or vcpus."
            )
            yield ConfigError(path=("streaming", "memory"), text=text)
        pipes = cast("Mapping[str, ManagedKafkaPipeSettings]", context.made)
        yield from pipe_config_errors({name: pipe.topic.config for name, pipe in pipes.items()}, self.version, LIMITS)
        yield from group_errors(context.pipes)
        copies = sum(pipe.partitions for pipe in pipes.values()) * REPLICATION
        if self.disk_size is None and copies > self.vcpus * COPIES_PER_VCPU:
            text = (
                f"is required with more than {self.vcpus * COPIES_PER_VCPU} partition replicas, got {copies} including dead letters (the default "
                f"disks of {self.vcpus} vCPUs can run full; Managed Service for Apache Kafka, Configure broker disk size). Set diskSize, "
                "raise vcpus, or lower parallelism."
            )
            yield ConfigError(path=("streaming", "diskSize"), text=text)
