"""Settings of Kafka in containers (Strimzi), and the workloads that it runs on the platform."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, cast

from pydantic import AfterValidator, Field
from typing_extensions import override

from components.consumer_group import group_errors
from components.kafka.config import pipe_config_errors
from components.kubernetes.nodes.capacity import Resources, replica_resources
from components.section import ConfigError, Pattern, QuotedText
from components.settings_bases import ServiceSettings, SystemWorkloads, ValidationContext

if TYPE_CHECKING:
    from components.kubernetes.strimzi.topic import StrimziPipeSettings

REPLICATION = 3
"""Copies of each partition, each in a different zone."""

CONTROLLERS = 3
"""Number of controllers. A majority remains if one zone fails (Apache Kafka, KRaft, Provisioning Nodes)."""

CONTROLLER = Resources(cpu=500, memory=2048)
"""Resources of a controller. Its heap holds the metadata of all partitions."""

OPERATOR = Resources(cpu=200, memory=384)
"""Resources of the cluster operator, as in its chart (strimzi-kafka-operator, values.yaml)."""

ENTITY_OPERATOR = Resources(cpu=100, memory=512)
"""Resources of the topic operator and of the user operator each. Both run in one pod."""

CRUISE_CONTROL = Resources(cpu=500, memory=1024)
"""Resources of Cruise Control."""

EXPORTER = Resources(cpu=100, memory=128)
"""Resources of Kafka Exporter."""

MOST_BROKERS = 99
"""Most brokers of a cluster."""

LARGEST_DISK = 16_384
"""Largest disk of a broker in GiB."""

LEAST_MEMORY = 2048
"""Minimum memory of a broker in MiB. Half of it is the heap, whose default is 1 GiB (Apache Kafka, kafka-server-start.sh)."""

FILES = PurePosixPath("/etc/data-pipes/kafka")
"""Directory of the certificates in a consumer."""


def _refuse_uneven_zones(brokers: int) -> int:
    if brokers % REPLICATION:
        lower = brokers // REPLICATION * REPLICATION
        raise ValueError(
            f"must be a multiple of {REPLICATION} (the same number of brokers in each zone), got {brokers}. Use {lower} or {lower + REPLICATION}."
        )
    return brokers


def _refuse_small_heap(memory: str) -> str:
    if replica_resources("1", memory).memory < LEAST_MEMORY:
        raise ValueError(
            f"must be at least {LEAST_MEMORY // 1024}Gi, got {memory} (half of it is the heap of a broker). Raise it."
        )
    return memory


class StrimziSettings(ServiceSettings, frozen=True):
    """Settings of the streaming section for Kafka in containers, run by Strimzi on the platform."""

    renamed_keys: ClassVar = {"volumeSize": "diskSize"}

    service: Literal["kafka"]
    """Always kafka."""
    version: Literal["4.2.0", "4.2.1", "4.3.0", "4.3.1"] = "4.3.1"
    """Kafka version, one of those that Strimzi 1.2.0 supports. It can be raised, and lowered only within the same minor version.

    When all brokers run the new version, Strimzi also raises the metadata version (Strimzi, Upgrading Kafka).
    """
    brokers: Annotated[int, Field(ge=REPLICATION, le=MOST_BROKERS), AfterValidator(_refuse_uneven_zones)] = 3
    """Number of brokers, a multiple of three: the same number in each zone. Without cruiseControl, new brokers only get new partitions."""
    cpu: Annotated[QuotedText, Pattern(r"[1-9][0-9]*m?", "an amount of CPU such as 500m or 2")] = "1"
    """CPU of each broker. 500m is half a vCPU."""
    memory: Annotated[
        str,
        Pattern(r"[1-9][0-9]*(Mi|Gi)", "an amount of memory such as 4096Mi or 4Gi"),
        AfterValidator(_refuse_small_heap),
    ] = "4Gi"
    """Memory of each broker, in MiB (Mi) or GiB (Gi). Half of it, at most 6 GiB, is the heap."""
    disk_size: Annotated[int, Field(ge=1, le=LARGEST_DISK)] = 100
    """Disk of each broker in GiB. It can grow but not shrink (Kubernetes, Expanding Persistent Volumes Claims)."""
    cruise_control: bool = False
    """Whether Cruise Control runs. It moves partitions to new brokers, and away from brokers before they are removed."""
    exporter: bool = False
    """Whether Kafka Exporter runs. It exports the lag of consumer groups to Prometheus on port 9404."""

    @property
    def broker_resources(self) -> Resources:
        """Return the resources of one broker."""
        return replica_resources(self.cpu, self.memory)

    @property
    @override
    def system_workloads(self) -> SystemWorkloads:
        """Return the brokers and controllers with their volumes, the operators, and the optional tools."""
        pods = [
            (self.broker_resources, self.brokers),
            (CONTROLLER, CONTROLLERS),
            (OPERATOR, 1),
            (Resources(cpu=2 * ENTITY_OPERATOR.cpu, memory=2 * ENTITY_OPERATOR.memory), 1),
        ]
        if self.cruise_control:
            pods.append((CRUISE_CONTROL, 1))
        if self.exporter:
            pods.append((EXPORTER, 1))
        return SystemWorkloads(pods=pods, volumes=True)

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield topic settings that Kafka rejects, and consumer files inside the directory of the certificates."""
        pipes = cast("Mapping[str, StrimziPipeSettings]", context.made)
        yield from pipe_config_errors({name: pipe.topic.config for name, pipe in pipes.items()}, self.version)
        yield from group_errors(context.pipes)
        for name, pipe in context.pipes.items():
            for file in map(PurePosixPath, pipe.consumer.files):
                if file.is_relative_to(FILES) or FILES.is_relative_to(file):
                    text = f"must not overlap {FILES} (the mount path of the consumer's certificates). Choose another path."
                    yield ConfigError(path=("pipes", name, "consumer", "files", str(file)), text=text)
