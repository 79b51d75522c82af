"""Sizing of Kinesis Data Streams: shards."""

from collections.abc import Sequence

from typing_extensions import override

from components.aws.kinesis.settings import SHARD_QUOTAS, KinesisSettings
from components.aws.kinesis.stream import KinesisPipeSettings
from components.load import MB, MIB
from components.sizing import Limit, StreamingSizing, Variant

QUOTA = "Kinesis Data Streams, Quotas and limits, read 2026-11-22"
SHARD_BYTES, SHARD_RECORDS = MB, 1000
"""Bytes and records per second into one shard. One group of readers gets twice the bytes, which is always enough."""
LARGEST_RECORD = MIB
"""Largest record of the streams that this program creates. Kinesis allows up to 10 MiB if a stream is set to it."""


class KinesisSizing(StreamingSizing[KinesisSettings, KinesisPipeSettings]):
    """Sizing of Kinesis Data Streams. Its only size is the number of shards, the parallelism."""

    variants = (
        Variant(
            sections=[{"service": "kinesis"}],
            migration=8,
            effort=2,
            reason="nothing to run, created in a minute; its own API, so clients change",
        ),
    )

    @override
    def largest_message(self, settings: KinesisSettings) -> Limit:
        return Limit(most=LARGEST_RECORD, source=QUOTA)

    @override
    def partition_limits(self, settings: KinesisSettings) -> Sequence[tuple[str, float, str]]:
        return [("bytes", SHARD_BYTES, QUOTA), ("messages", SHARD_RECORDS, QUOTA)]

    @override
    def most_partitions(self, settings: KinesisSettings, pipe: KinesisPipeSettings) -> Limit:
        quota = settings.shard_quota or max(SHARD_QUOTAS.values())
        return Limit(most=quota - pipe.topic.dead_letter.enabled, source=QUOTA)
