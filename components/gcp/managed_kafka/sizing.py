"""Sizing of Managed Service for Apache Kafka: vCPUs for throughput and partitions."""

from collections.abc import Iterator, Mapping

from typing_extensions import override

from components.gcp.managed_kafka.settings import ManagedKafkaSettings
from components.gcp.managed_kafka.size import COPIES_PER_VCPU, LEAST_VCPUS
from components.gcp.managed_kafka.topic import REPLICATION, ManagedKafkaPipeSettings
from components.kafka.sizing import KafkaSizing, partitions
from components.load import MIB, Need, number, rounded
from components.sizing import Variant, throughput

PLAN = "Managed Service for Apache Kafka, Plan your cluster size, read 2026-11-29"
PRICING = f"{PLAN}; Pricing"
MOST_VCPUS = 750
"""Default quota of a project in a region (Managed Service for Apache Kafka, Quotas, read 2026-11-22)."""
VCPU_WRITES, READ_WEIGHT, VCPU_LOAD = 20, 4, 0.5
"""MiB/s of writes on one vCPU, how many read MiB cost as much as one written, and the share of a vCPU that Google plans for."""


class ManagedKafkaSizing(KafkaSizing[ManagedKafkaSettings, ManagedKafkaPipeSettings]):
    """Sizing of Managed Service for Apache Kafka."""

    variants = (
        Variant(
            sections=[{"service": "managed-kafka", "vcpus": LEAST_VCPUS}],
            migration=1,
            effort=5,
            reason="Kafka with Google's sign-in and tiered storage; resized while it runs",
        ),
    )

    @override
    def needs(self, settings: ManagedKafkaSettings, pipes: Mapping[str, ManagedKafkaPipeSettings]) -> Iterator[Need]:
        """Yield vCPUs for throughput, and for partitions if the disks have their default size."""
        flow = throughput(pipes) / MIB
        written, read = flow * REPLICATION, flow + flow * (REPLICATION - 1)
        yield _vcpus(
            settings,
            "throughput",
            (written + read / READ_WEIGHT) / VCPU_WRITES / VCPU_LOAD,
            f"({number(written)} MiB/s written + {number(read)} read / {READ_WEIGHT}) / {VCPU_WRITES} / {VCPU_LOAD}",
            PRICING,
        )
        if settings.disk_size is None:
            copies = partitions(pipes) * REPLICATION
            yield _vcpus(
                settings,
                "partitions",
                copies / COPIES_PER_VCPU,
                f"{number(copies)} partition copies / {COPIES_PER_VCPU}",
                "Managed Service for Apache Kafka, Configure broker disk size, read 2026-11-22",
            )

    @override
    def notes(self, settings: ManagedKafkaSettings, pipes: Mapping[str, ManagedKafkaPipeSettings]) -> Iterator[str]:
        """Yield what is not documented about partitions and disks."""
        yield "The most partitions of a broker are not documented. Records that do not fit on the disks are stored remotely."


def _vcpus(settings: ManagedKafkaSettings, limit: str, exact: float, formula: str, source: str) -> Need:
    return Need(
        key=("streaming", "vcpus"),
        what=f"vCPUs for {limit}",
        limit=f"vCPUs, {limit}",
        exact=exact,
        amount=rounded(exact, least=LEAST_VCPUS),
        have=settings.vcpus,
        most=MOST_VCPUS,
        formula=formula,
        source=source,
    )
