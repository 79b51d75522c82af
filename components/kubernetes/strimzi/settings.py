"""The streaming section of a stack file for Kafka in containers, and what Strimzi then runs on the platform."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Literal, cast

from pydantic import AfterValidator, Field
from typing_extensions import override

from components.kafka.config import pipe_config_errors
from components.kubernetes.nodes.capacity import Resources, replica_resources
from components.section import ConfigError, Pattern, QuotedText
from components.settings_bases import ServiceSettings, SystemWorkloads, ValidationContext

if TYPE_CHECKING:
    from components.kubernetes.strimzi.topic import StrimziPipeSettings

REPLICATION = 3
"""How many brokers hold each partition, each in a zone of its own."""

CONTROLLERS = 3
"""As many as keep a majority when one zone fails (Apache Kafka, KRaft, Provisioning Nodes)."""

CONTROLLER = Resources(cpu=500, memory=2048)
"""The room of a controller, whose heap holds the metadata of all partitions."""

OPERATOR = Resources(cpu=200, memory=384)
"""The room of the cluster operator, as its chart has it (strimzi-kafka-operator, values.yaml)."""

ENTITY_OPERATOR = Resources(cpu=100, memory=512)
"""The room of each of the two operators in one pod that see to topics and to users."""

CRUISE_CONTROL = Resources(cpu=500, memory=1024)
"""The room of Cruise Control."""

EXPORTER = Resources(cpu=100, memory=128)
"""The room of the Kafka exporter."""

LEAST_MEMORY = 2048
"""MiB of a broker: half is the heap, and Kafka's own default is 1 GiB (Apache Kafka, kafka-server-start.sh)."""

FILES = PurePosixPath("/etc/data-pipes/kafka")
"""The directory of a consumer's certificates."""


def _shared_by_zones(brokers: int) -> int:
    if brokers % REPLICATION:
        lower = brokers // REPLICATION * REPLICATION
        raise ValueError(
            f"must be a multiple of the {REPLICATION} zones, so that each has as many, not {brokers}; use {lower} or {lower + REPLICATION}"
        )
    return brokers


def _room_for_a_heap(memory: str) -> str:
    if replica_resources("1", memory).memory < LEAST_MEMORY:
        raise ValueError(
            f"must be at least {LEAST_MEMORY // 1024}Gi, since half of it is the heap of a broker, not {memory}; raise it"
        )
    return memory


class StrimziSettings(ServiceSettings, frozen=True):
    """The streaming section of a stack file, for Kafka in containers, which Strimzi runs on the platform."""

    service: Literal["kafka"]
    """Always kafka."""
    version: Literal["4.2.0", "4.2.1", "4.3.0", "4.3.1"] = "4.3.1"
    """The Kafka version, among those that Strimzi 1.2.0 runs; it goes up, and back only within the same two numbers.

    Once all brokers run it, Strimzi raises the version of the metadata too (Strimzi, Upgrading Kafka).
    """
    brokers: Annotated[int, Field(ge=REPLICATION, le=99), AfterValidator(_shared_by_zones)] = 3
    """The number of brokers, the same in each of three zones; without cruiseControl, new ones get new partitions alone."""
    cpu: Annotated[QuotedText, Pattern(r"[1-9][0-9]*m?", "an amount of CPU such as 500m or 2")] = "1"
    """The CPU that each broker is given: 500m is half a vCPU."""
    memory: Annotated[
        str,
        Pattern(r"[1-9][0-9]*(Mi|Gi)", "an amount of memory such as 4096Mi or 4Gi"),
        AfterValidator(_room_for_a_heap),
    ] = "4Gi"
    """The memory that each broker is given, in MiB (Mi) or GiB (Gi): half of it, 6 GiB at most, is its heap."""
    volume_size: Annotated[int, Field(ge=1, le=16_384)] = 100
    """The volume of each broker in GiB; it can grow, never shrink (Kubernetes, Expanding Persistent Volumes Claims)."""
    cruise_control: bool = False
    """Whether Cruise Control runs, which moves partitions to new brokers, and off those that are to go."""
    exporter: bool = False
    """Whether Kafka Exporter runs, which shows the lag of consumer groups to Prometheus on port 9404."""

    @property
    def broker_room(self) -> Resources:
        """The room of one broker."""
        return replica_resources(self.cpu, self.memory)

    @property
    @override
    def system_workloads(self) -> SystemWorkloads:
        """Brokers and controllers with their volumes, and the programs that look after them."""
        pods = [
            (self.broker_room, self.brokers),
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
        """Yield values of topics that Kafka refuses, and files of consumers that lie where their certificates do."""
        pipes = cast("Mapping[str, StrimziPipeSettings]", context.pipes)
        yield from pipe_config_errors({name: pipe.topic.config for name, pipe in pipes.items()}, self.version)
        for name, pipe in context.pipes.items():
            for file in map(PurePosixPath, pipe.consumer.files):
                if file.is_relative_to(FILES) or FILES.is_relative_to(file):
                    text = f"lies where the consumer's certificates are, in {FILES}; choose another path"
                    yield ConfigError(path=("pipes", name, "consumer", "files", str(file)), text=text)
