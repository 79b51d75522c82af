"""Sizing of MSK Serverless: partitions, and the throughput of the cluster."""

from collections.abc import Iterator, Mapping, Sequence

from typing_extensions import override

from components.aws.msk_serverless.settings import (
    COMPACTED_PARTITIONS,
    LARGEST_RECORD,
    PARTITIONS,
    MskServerlessPipeSettings,
    MskServerlessSettings,
)
from components.kafka.sizing import KafkaSizing, stored_bytes
from components.load import GIB, MB, Need, number, rounded
from components.sizing import Limit, Variant, throughput

QUOTA = "MSK quota, MSK Serverless, read 2026-11-22"
PARTITION_BYTES, CLUSTER_BYTES = 5 * MB, 200 * MB
"""Bytes per second into one partition, and into a cluster. Reads may be twice as much."""
PARTITION_GIB = 250
"""Most GiB that a partition keeps."""


class MskServerlessSizing(KafkaSizing[MskServerlessSettings, MskServerlessPipeSettings]):
    """Sizing of MSK Serverless. It has no capacity to set."""

    variants = (
        Variant(
            sections=[{"service": "msk-serverless"}],
            migration=3,
            effort=4,
            reason="Kafka without brokers to size, up to 200 MB/s; IAM only",
            before=("Push the topic image to the stack's registry (docs/deploying.md, step 4).",),
        ),
    )

    @override
    def largest_message(self, settings: MskServerlessSettings) -> Limit:
        return Limit(
            most=LARGEST_RECORD, source="MSK, Configuration properties for MSK Serverless clusters, read 2026-11-29"
        )

    @override
    def partition_limits(self, settings: MskServerlessSettings) -> Sequence[tuple[str, float, str]]:
        return [("bytes", PARTITION_BYTES, QUOTA)]

    @override
    def most_partitions(self, settings: MskServerlessSettings, pipe: MskServerlessPipeSettings) -> Limit:
        own = COMPACTED_PARTITIONS if pipe.topic.compacted else PARTITIONS - pipe.topic.dead_letter.enabled
        return Limit(most=own, source=QUOTA)

    @override
    def pipe_needs(self, settings: MskServerlessSettings, name: str, pipe: MskServerlessPipeSettings) -> Iterator[Need]:
        """Yield the size of messages, and partitions for the records that the topic keeps."""
        yield from super().pipe_needs(settings, name, pipe)
        if pipe.expect:
            kept = stored_bytes({name: pipe}) / GIB
            yield Need(
                key=("pipes", name, "parallelism"),
                what="partitions for storage",
                limit="storage of a partition",
                exact=kept / PARTITION_GIB,
                amount=rounded(kept / PARTITION_GIB),
                have=pipe.parallelism,
                most=self.most_partitions(settings, pipe).most,
                more="Lower retentionHours, or set streaming.service to msk.",
                formula=f"{number(kept)} GiB / {PARTITION_GIB} GiB per partition",
                source=QUOTA,
            )

    @override
    def needs(self, settings: MskServerlessSettings, pipes: Mapping[str, MskServerlessPipeSettings]) -> Iterator[Need]:
        """Yield the throughput of the cluster, which cannot be raised."""
        yield Need(
            what="MB/s into the cluster",
            limit="throughput of the cluster",
            exact=throughput(pipes) / MB,
            amount=rounded(throughput(pipes) / MB),
            have=CLUSTER_BYTES / MB,
            most=CLUSTER_BYTES / MB,
            formula=f"{number(throughput(pipes) / MB)} MB/s of at most {number(CLUSTER_BYTES / MB)} MB/s",
            source=QUOTA,
            more="Set streaming.service to msk.",
        )
