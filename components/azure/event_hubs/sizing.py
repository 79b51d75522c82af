"""Sizing of Event Hubs: throughput units, processing units and partitions."""

from collections.abc import Iterator, Mapping

from typing_extensions import override

from components.azure.event_hubs.settings import EventHubsSettings
from components.azure.event_hubs.tiers import TIERS
from components.azure.event_hubs.topic_settings import EventHubsPipeSettings
from components.load import MB, Need, number, rounded
from components.sizing import Limit, StreamingSizing, Variant, rate, throughput

QUOTA = "Event Hubs, Quotas and limits, read 2026-11-22"
SCALING = "Event Hubs, Scaling with Event Hubs (2026-02-05), read 2026-11-30"
LARGEST_EVENT = 1_046_528
"""Largest event of a Kafka client in bytes (Event Hubs, Quotas and limits)."""
UNIT_BYTES, UNIT_EVENTS = MB, 1000
"""Bytes and events per second into one throughput unit. Reads may be twice as many bytes, and 4,096 events."""
PREMIUM_BYTES = 5 * MB
"""Bytes per second into one processing unit. Microsoft writes about 5 to 10 MB/s; this is the cautious end."""
PLACEHOLDER_CLUSTER = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/shared/providers/Microsoft.EventHub/clusters/shared"


class EventHubsSizing(StreamingSizing[EventHubsSettings, EventHubsPipeSettings]):
    """Sizing of Event Hubs. Each tier has its own unit."""

    variants = (
        Variant(
            name="standard",
            sections=[{"service": "event-hubs", "tier": "standard"}],
            migration=3,
            effort=2,
            reason="the cheapest small Kafka endpoint; at most 32 partitions, fixed when the pipe is created",
        ),
        Variant(
            name="premium",
            sections=[{"service": "event-hubs", "tier": "premium"}],
            migration=2,
            effort=2,
            reason="nothing to run; at most 100 partitions for each pipe",
        ),
        Variant(
            name="dedicated",
            sections=[{"service": "event-hubs", "tier": "dedicated", "clusterId": PLACEHOLDER_CLUSTER}],
            migration=8,
            effort=2,
            reason="up to 1,024 partitions for each pipe; you buy a whole cluster",
            before=("Replace clusterId with the ID of your dedicated cluster.",),
        ),
    )

    @override
    def largest_message(self, settings: EventHubsSettings) -> Limit:
        return Limit(most=LARGEST_EVENT, source="Event Hubs, Quotas and limits, read 2026-11-29")

    @override
    def most_partitions(self, settings: EventHubsSettings, pipe: EventHubsPipeSettings) -> Limit:
        most = settings.limits.hub_partitions
        larger = [f"{name} ({tier.hub_partitions:,})" for name, tier in TIERS.items() if tier.hub_partitions > most]
        tiers = f"Set streaming.tier to {' or '.join(larger)}, or split" if larger else "Split"
        return Limit(
            most=most,
            source=f"{QUOTA}: partitions of an event hub on tier {settings.tier}",
            more=f"{tiers} the records across several pipes.",
        )

    @override
    def needs(self, settings: EventHubsSettings, pipes: Mapping[str, EventHubsPipeSettings]) -> Iterator[Need]:
        """Yield units for throughput, and on premium for partitions. Throughput of a dedicated cluster is not documented."""
        flow = throughput(pipes)
        if settings.tier == "standard":
            yield _units(
                settings, flow / UNIT_BYTES, f"{number(flow / MB)} MB/s / {number(UNIT_BYTES / MB)} MB/s", "throughput"
            )
            yield _units(
                settings,
                rate(pipes) / UNIT_EVENTS,
                f"{number(rate(pipes))} events/s / {number(UNIT_EVENTS)}",
                "events",
            )
        if settings.tier == "premium":
            formula = f"{number(flow / MB)} MB/s / {number(PREMIUM_BYTES / MB)} MB/s (documented: about 5 to 10)"
            yield _units(settings, flow / PREMIUM_BYTES, formula, "throughput")
        each = settings.limits.unit_partitions
        if each:
            used = sum(pipe.parallelism + pipe.topic.dead_letter.enabled for pipe in pipes.values())
            yield _units(settings, used / each, f"{number(used)} partitions / {each}", "partitions", source=QUOTA)

    @override
    def notes(self, settings: EventHubsSettings, pipes: Mapping[str, EventHubsPipeSettings]) -> Iterator[str]:
        """Yield that the throughput of a dedicated cluster and of a partition is not documented."""
        if settings.tier == "dedicated":
            yield "The throughput of a dedicated cluster (CU) is not documented. It was not checked; measure it."
        yield "The throughput of a partition is not documented."


def _units(settings: EventHubsSettings, exact: float, formula: str, limit: str, source: str = SCALING) -> Need:
    inflates = settings.auto_inflate
    capacities = TIERS[settings.tier].capacities
    return Need(
        key=("streaming", "autoInflate", "maximumUnits") if inflates else ("streaming", "capacity"),
        what=f"{settings.limits.unit} for {limit}",
        limit=f"{settings.limits.unit}, {limit}",
        exact=exact,
        amount=rounded(exact, among=capacities),
        have=inflates.maximum_units if inflates else settings.capacity,
        most=capacities[-1],
        formula=formula,
        source=source,
        more="Set streaming.tier to dedicated, or split the pipes over several stacks.",
    )
