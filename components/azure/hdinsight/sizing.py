"""Sizing of Kafka on HDInsight: brokers for their disks. Their throughput is not documented."""

from collections.abc import Iterator, Mapping

from typing_extensions import override

from components.azure.hdinsight.settings import (
    COPIES,
    LEAST_BROKERS,
    MOST_BROKERS,
    HdInsightPipeSettings,
    HdInsightSettings,
)
from components.kafka.sizing import FREE_DISK, KafkaSizing, stored_bytes
from components.load import GIB, MB, Need, number, rounded
from components.sizing import Variant, throughput

DISK_GIB = 1024
"""Size of a data disk (HDInsight, Configure storage for Kafka)."""


class HdInsightSizing(KafkaSizing[HdInsightSettings, HdInsightPipeSettings]):
    """Sizing of Kafka on HDInsight."""

    variants = (
        Variant(
            sections=[
                {"service": "hdinsight"},
                {"service": "hdinsight", "disksPerWorker": 8},
                {"service": "hdinsight", "disksPerWorker": 8, "headVmSize": "Standard_DS4_v2"},
            ],
            migration=8,
            effort=7,
            reason="access to the brokers; but Kafka 3.2, no upgrade in place, and brokers without sign-in",
            before=("Push the topic image to the stack's registry (docs/deploying.md, step 4).",),
        ),
    )

    @override
    def needs(self, settings: HdInsightSettings, pipes: Mapping[str, HdInsightPipeSettings]) -> Iterator[Need]:
        """Yield brokers for the stored records."""
        stored = stored_bytes(pipes) / GIB
        each = settings.disks_per_worker * DISK_GIB
        exact = stored * COPIES * FREE_DISK / each
        yield Need(
            key=("streaming", "brokers"),
            what=f"brokers of {settings.worker_vm_size} for storage",
            limit="disks of the brokers",
            exact=exact,
            amount=rounded(exact, least=LEAST_BROKERS),
            have=settings.brokers,
            most=MOST_BROKERS,
            formula=f"{number(stored)} GiB (the peak for the whole retention) x {COPIES} copies x {FREE_DISK} (half of the disk free) / {number(each)} GiB",
            source="HDInsight, Configure storage for Kafka, read 2026-11-22",
            machines=True,
            more="Lower retentionHours, or split the load over several stacks.",
            fix="More disksPerWorker or a shorter retentionHours needs fewer.",
        )

    @override
    def notes(self, settings: HdInsightSettings, pipes: Mapping[str, HdInsightPipeSettings]) -> Iterator[str]:
        """Yield that throughput is not documented, and how much each broker writes."""
        written = throughput(pipes) * COPIES / settings.brokers / MB
        yield (
            f"The throughput of a broker is not documented. It was not checked: each of {settings.brokers} brokers writes {number(written)} MB/s "
            "to its disks."
        )
