"""Sizing of Pub/Sub: consumers, and the region's throughput. It has no capacity to set."""

from collections.abc import Iterator, Mapping

from typing_extensions import override

from components.gcp.pubsub.settings import SUBSCRIPTIONS, PubSubSettings
from components.gcp.pubsub.topic_settings import PubSubPipeSettings
from components.load import MB, Need, number, rounded
from components.sizing import Limit, StreamingSizing, Variant, throughput

QUOTA = "Pub/Sub, Quotas and limits, read 2026-11-29"
LARGEST_MESSAGE = 10 * MB
SMALL_REGION, LARGE_REGION = 200 * MB, 4000 * MB
"""Default quota of published bytes per second, in small and in large regions. Google raises it on request."""


class PubSubSizing(StreamingSizing[PubSubSettings, PubSubPipeSettings]):
    """Sizing of Pub/Sub in mode shared and partitioned."""

    variants = (
        Variant(
            name="shared",
            sections=[{"service": "pubsub"}],
            migration=8,
            effort=1,
            reason="no capacity and no partitions; its own API, so clients change",
        ),
        Variant(
            name="partitioned",
            sections=[{"service": "pubsub"}],
            topic={"mode": "partitioned"},
            migration=8,
            effort=2,
            reason="one subscription for each consumer; publishers set the partition",
        ),
    )

    @override
    def largest_message(self, settings: PubSubSettings) -> Limit:
        return Limit(most=LARGEST_MESSAGE, source="Pub/Sub, Quotas and limits, read 2026-11-22")

    @override
    def most_partitions(self, settings: PubSubSettings, pipe: PubSubPipeSettings) -> Limit:
        if pipe.partitions is None:
            return super().most_partitions(settings, pipe)
        most = SUBSCRIPTIONS - pipe.topic.dead_letter.enabled
        return Limit(most=most, source="Pub/Sub, Quotas and limits, read 2026-11-22")

    @override
    def needs(self, settings: PubSubSettings, pipes: Mapping[str, PubSubPipeSettings]) -> Iterator[Need]:
        """Yield the throughput of a large region."""
        yield Need(
            what="MB/s published in the region",
            limit="throughput of the region",
            exact=throughput(pipes) / MB,
            amount=rounded(throughput(pipes) / MB),
            have=LARGE_REGION / MB,
            most=LARGE_REGION / MB,
            formula=f"{number(throughput(pipes) / MB)} MB/s of {number(LARGE_REGION / MB)} MB/s in a large region",
            source=QUOTA,
            more="Ask Google to raise the quota.",
        )

    @override
    def notes(self, settings: PubSubSettings, pipes: Mapping[str, PubSubPipeSettings]) -> Iterator[str]:
        """Yield the quota of small regions and the limit of an ordering key."""
        if throughput(pipes) > SMALL_REGION:
            yield f"A small region has a quota of {number(SMALL_REGION / MB)} MB/s. Check the quota of yours ({QUOTA})."
        if any(pipe.topic.ordering for pipe in pipes.values()):
            yield "Publishers may send at most 1 MB/s for each ordering key (Pub/Sub, Quotas and limits, read 2026-11-22)."
