"""The streaming section of a stack file for Managed Service for Apache Kafka, and what must fit together in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal, cast

from pydantic import AfterValidator, Field
from typing_extensions import override

from components.gcp.managed_kafka.size import COPIES_PER_VCPU, Size
from components.gcp.managed_kafka.topic import LIMITS, REPLICATION, ManagedKafkaPipeSettings
from components.kafka.config import pipe_config_errors
from components.renames import whole_gib
from components.section import ConfigError, Pattern
from components.settings_bases import ServiceSettings, ValidationContext
from components.versions import KnownVersions

ADVISED_MEMORY = 4
"""GiB for each vCPU (Managed Service for Apache Kafka, Plan your cluster size)."""

MOST_MEMORY = 8
"""GiB for each vCPU; the least is one (Managed Service for Apache Kafka, Plan your cluster size)."""

VERSIONS = KnownVersions(
    service="Managed Service for Apache Kafka",
    versions=("3.7.x", "4.3.x"),
    default="3.7.x",
    source="pulumi-gcp 10.2.0, managedkafka.Cluster, read 2026-11-29",
    complete=False,
)
"""The provider names the oldest and the newest only. No page with the whole list was found."""


class ManagedKafkaSettings(ServiceSettings, frozen=True):
    """The streaming section of a stack file, for Managed Service for Apache Kafka."""

    old_forms: ClassVar = {"memory": whole_gib}

    cloud_services: ClassVar = ("dns", "managedkafka")

    service: Literal["managed-kafka"]
    """Always managed-kafka."""
    version: Annotated[
        str,
        Pattern(r"[1-9]\d*\.\d+\.x", "a Kafka version as Google lists it, such as 3.7.x"),
        AfterValidator(VERSIONS.check),
    ] = VERSIONS.default
    """The Kafka version, which goes up and never back; 3.7.x is Google's own default (Managed Service for Apache Kafka API, Cluster)."""
    vcpus: Annotated[int, Field(ge=3)] = 3
    """The vCPUs of all brokers together; there is a broker in each of three zones, and one more for every 15 vCPUs above 45
    (Managed Service for Apache Kafka, Broker provisioning). A project has 750 in a region unless Google gives it more (Quotas)."""
    memory: Annotated[str, Pattern(r"[1-9][0-9]*Gi", "an amount of memory in whole GiB, such as 12Gi")] | None = None
    """The memory of all brokers together, such as 12Gi: 1 to 8 GiB for each vCPU; by default 4 GiB for each, as Google advises
    (Managed Service for Apache Kafka, Plan your cluster size)."""
    disk_size: Annotated[int, Field(ge=100)] | None = None
    """The disk of each broker in GiB, which can grow and never shrink; records that the brokers have no room for are kept elsewhere. By
    default Google sees to it, with 100 for each vCPU (Managed Service for Apache Kafka, Configure broker disk size)."""
    auto_rebalance: bool = True
    """Whether partitions are moved to the brokers that a larger cluster gets; otherwise those get new partitions alone
    (Managed Service for Apache Kafka API, RebalanceConfig)."""
    customer_managed_key: bool = False
    """Whether records are encrypted with a key of the stack's own in Cloud KMS, instead of Google's; fixed with the cluster
    (Managed Service for Apache Kafka, Configure CMEK)."""

    @property
    def size(self) -> Size:
        """What all brokers have together."""
        memory = self.vcpus * ADVISED_MEMORY if self.memory is None else int(self.memory.removesuffix("Gi"))
        return Size(vcpus=self.vcpus, memory=memory)

    @property
    @override
    def warnings(self) -> Sequence[str]:
        """A version that the program does not know."""
        return VERSIONS.warnings("streaming.version", self.version)

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield memory that does not go with the vCPUs, more partitions than the brokers' disks are made for, and values that topics refuse."""
        least, most = self.vcpus, self.vcpus * MOST_MEMORY
        if not least <= self.size.memory <= most:
            text = (
                f"must be {least}Gi to {most}Gi for {self.vcpus} vCPUs, got {self.memory}: brokers have 1 to {MOST_MEMORY} GiB for each vCPU "
                "(Managed Service for Apache Kafka, Plan your cluster size); change it or vcpus"
            )
            yield ConfigError(path=("streaming", "memory"), text=text)
        pipes = cast("Mapping[str, ManagedKafkaPipeSettings]", context.pipes)
        yield from pipe_config_errors({name: pipe.topic.config for name, pipe in pipes.items()}, self.version, LIMITS)
        copies = sum(pipe.partitions for pipe in pipes.values()) * REPLICATION
        if self.disk_size is None and copies > self.vcpus * COPIES_PER_VCPU:
            text = (
                f"is missing: the pipes have {copies} copies of partitions, dead letters included, and the disks that {self.vcpus} vCPUs get "
                f"by default are made for {self.vcpus * COPIES_PER_VCPU} (Managed Service for Apache Kafka, Configure broker disk size); set "
                "it, raise vcpus, or lower parallelism"
            )
            yield ConfigError(path=("streaming", "diskSize"), text=text)
