"""Sizing of MSK: brokers for throughput, partitions and storage, and their disks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from typing_extensions import override

from components.aws.msk.brokers import BROKERS, MOST_BROKERS, OFFSETS_PARTITIONS
from components.aws.msk.settings import LARGEST_VOLUME, MskSettings
from components.aws.msk.topic import MskPipeSettings
from components.kafka.sizing import FREE_DISK, KafkaSizing, partitions, stored_bytes
from components.load import GIB, MB, MIB, Need, number, rounded
from components.sizing import Variant, throughput

TOOL = "AWS's own sizing (aws/agent-toolkit-for-aws, msk_sizing.py, 2026-08-20)"
ZONES = 3

LOAD = 0.5
"""Share of its throughput that AWS plans for a standard broker: one zone may be down while partitions are moved."""
EXPRESS_LOAD = 0.75
"""Share of its throughput that AWS plans for an Express broker."""


@dataclass(frozen=True)
class Throughput:
    """Baseline throughput of a standard broker in MiB/s."""

    disk: float
    network: float

    def writes(self, *, tiered: bool) -> float:
        """Return the MiB/s that producers may write, with one group of readers. The divisors are those of AWS's sizing."""
        disk, network = (8.0, 7.2) if tiered else (6.5, 5.7)
        return LOAD * min(self.disk / disk, self.network / (network + 1.5))


STANDARD: Mapping[str, Throughput] = {
    "kafka.m5.large": Throughput(81, 96),
    "kafka.m5.xlarge": Throughput(144, 160),
    "kafka.m5.2xlarge": Throughput(250, 320),
    "kafka.m5.4xlarge": Throughput(594, 640),
    "kafka.m7g.large": Throughput(79, 117),
    "kafka.m7g.xlarge": Throughput(156, 234),
    "kafka.m7g.2xlarge": Throughput(313, 469),
    "kafka.m7g.4xlarge": Throughput(625, 937),
}
"""Sizes with known figures. AWS's sizing has none for kafka.t3.small and for sizes above 4xlarge."""

EXPRESS: Mapping[str, float] = {
    "express.m7g.large": 15.6,
    "express.m7g.xlarge": 31,
    "express.m7g.2xlarge": 62.5,
    "express.m7g.4xlarge": 125,
    "express.m7g.8xlarge": 250,
    "express.m7g.12xlarge": 375,
    "express.m7g.16xlarge": 500,
}
"""Recommended writes of an Express broker in MiB/s (MSK quota, Express brokers, read 2026-11-29)."""

EXPRESS_PARTITION = ("bytes", 15 * MB, "MSK quota, Express brokers, read 2026-11-29")


def writes(settings: MskSettings) -> float | None:
    """Return the MiB/s that producers may write to one broker. None if it is not documented."""
    if settings.express:
        return EXPRESS_LOAD * EXPRESS[settings.instance_type]
    size = STANDARD.get(settings.instance_type)
    return size.writes(tiered=settings.tiered_storage) if size else None


class MskSizing(KafkaSizing[MskSettings, MskPipeSettings]):
    """Sizing of MSK with standard and Express brokers."""

    variants = (
        Variant(
            name="standard",
            sections=[
                {"service": "msk", "brokers": 3, "instanceType": f"kafka.m7g.{size}"}
                for size in ("large", "xlarge", "2xlarge", "4xlarge")
            ],
            migration=2,
            effort=6,
            reason="every Kafka client and setting; you size brokers and disks",
        ),
        Variant(
            name="express",
            sections=[{"service": "msk", "brokers": 3, "instanceType": name} for name in EXPRESS],
            migration=1,
            effort=5,
            reason="Kafka without disks to size; AWS advises it by default",
        ),
    )

    @override
    def partition_limits(self, settings: MskSettings) -> Sequence[tuple[str, float, str]]:
        return [EXPRESS_PARTITION] if settings.express else super().partition_limits(settings)

    @override
    def needs(self, settings: MskSettings, pipes: Mapping[str, MskPipeSettings]) -> Iterator[Need]:
        """Yield brokers for throughput, partitions and disks, and the disk of each broker."""
        each = writes(settings)
        if each is not None:
            flow = throughput(pipes) / MIB
            share = EXPRESS_LOAD if settings.express else LOAD
            yield _brokers(
                settings,
                "throughput",
                flow / each,
                f"{number(flow)} MiB/s / {number(each)} MiB/s (a broker at {share:.0%} of its throughput)",
                TOOL,
            )
        copies = (partitions(pipes) + OFFSETS_PARTITIONS) * settings.replication
        room = BROKERS[settings.instance_type].partitions
        yield _brokers(
            settings,
            "partitions",
            copies / room,
            f"{number(copies)} partition copies / {number(room)}",
            "MSK quota, Express brokers, read 2026-11-22"
            if settings.express
            else "MSK, Best practices, Right-size, read 2026-11-22",
        )
        if not settings.express:
            yield from self._disks(settings, pipes)

    def _disks(self, settings: MskSettings, pipes: Mapping[str, MskPipeSettings]) -> Iterator[Need]:
        local = {name: _on_disk(pipe) for name, pipe in pipes.items()}
        stored = stored_bytes(local) * settings.replication * FREE_DISK / GIB
        formula = f"{number(stored_bytes(local) / GIB)} GiB (the peak for the whole retention) x {settings.replication} copies x {FREE_DISK} (half of the disk free)"
        for_storage = _brokers(
            settings, "storage", stored / LARGEST_VOLUME, f"{formula} / {number(LARGEST_VOLUME)} GiB", TOOL
        )
        yield replace(
            for_storage, more="Lower retentionHours, use tieredStorage, or split the load over several stacks."
        )
        brokers = max(settings.brokers, for_storage.amount)
        scaling = settings.storage_autoscaling
        yield Need(
            key=("streaming", "storageAutoscaling", "maxSize") if scaling else ("streaming", "diskSize"),
            what="GiB of disk of each broker",
            limit="disk",
            exact=stored / brokers,
            amount=rounded(stored / brokers),
            have=scaling.max_size if scaling else settings.disk_size,
            formula=f"{formula} / {brokers} brokers",
            source=TOOL,
            fix="A shorter retentionHours needs less.",
        )

    @override
    def notes(self, settings: MskSettings, pipes: Mapping[str, MskPipeSettings]) -> Iterator[str]:
        """Yield the sizes whose throughput is not documented."""
        if writes(settings) is None:
            yield f"The throughput of {settings.instance_type} is not documented. It was not checked; measure it."


def _brokers(settings: MskSettings, limit: str, exact: float, formula: str, source: str) -> Need:
    return Need(
        key=("streaming", "brokers"),
        what=f"brokers of {settings.instance_type} for {limit}",
        limit=f"brokers, {limit}",
        exact=exact,
        amount=rounded(exact, least=ZONES, step=ZONES),
        have=settings.brokers,
        most=MOST_BROKERS,
        formula=formula,
        source=source,
        machines=True,
        fix="A larger instanceType needs fewer brokers.",
    )


def _on_disk(pipe: MskPipeSettings) -> MskPipeSettings:
    """Return the pipe with the retention on the brokers' disks, without older records in tiered storage."""
    hours = pipe.topic.local_retention_hours
    if hours is None:
        return pipe
    return pipe.model_copy(update={"topic": pipe.topic.model_copy(update={"retention_hours": hours})})
