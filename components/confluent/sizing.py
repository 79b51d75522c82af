"""Sizing of Confluent Cloud: units for throughput and partitions."""

from collections.abc import Iterator, Mapping

from typing_extensions import override

from components.confluent.settings import ConfluentSettings
from components.confluent.tiers import HIGH_UNITS, TierName
from components.confluent.topic_settings import ConfluentPipeSettings
from components.kafka.sizing import KafkaSizing, partitions, stored_bytes
from components.load import MB, Need, number, rounded
from components.sizing import Limit, Variant, throughput

SOURCE = "Confluent Cloud, Kafka cluster types, as quoted in confluentinc/kcp, 2026-08-21"

UNIT_BYTES: Mapping[TierName, int] = {
    "basic": 5 * MB,
    "standard": 25 * MB,
    "enterprise": 60 * MB,
    "dedicated": 60 * MB,
}
"""Bytes per second into one unit. Reads may be three times as much."""

TB, BASIC_TB = 1_000_000_000_000, 5
"""Bytes of a TB, and the TB that a basic cluster stores."""

SET_KEY = "Set the Cloud API key: pulumi config set --secret --path 'data-pipes:secrets.confluentKey' (then the same for confluentSecret)."
CREDENTIALS = {"apiKey": "confluentKey", "apiSecret": "confluentSecret"}


def _variant(
    tier: TierName, *, migration: int, effort: int, reason: str, more: Mapping[str, object] | None = None
) -> Variant:
    section = {"service": "confluent", "credentials": CREDENTIALS, "tier": tier, **(more or {})}
    return Variant(name=tier, sections=[section], migration=migration, effort=effort, reason=reason, before=[SET_KEY])


class ConfluentSizing(KafkaSizing[ConfluentSettings, ConfluentPipeSettings]):
    """Sizing of Confluent Cloud. All tiers except dedicated scale automatically, up to maxEcku."""

    variants = (
        _variant("basic", migration=9, effort=9, reason="for trials: one zone, no roles for single topics"),
        _variant("standard", migration=4, effort=3, reason="Kafka without brokers to size, the same on every cloud"),
        _variant(
            "enterprise",
            migration=6,
            effort=4,
            reason="Kafka over a private link, without brokers to size",
            more={"privateLink": True},
        ),
        _variant(
            "dedicated",
            migration=7,
            effort=5,
            reason="reserved units, for a steady load or features that the other tiers lack",
            more={"cku": HIGH_UNITS},
        ),
    )

    @override
    def largest_message(self, settings: ConfluentSettings) -> Limit:
        return Limit(most=settings.limits.message_bytes, source="Confluent Cloud, Kafka cluster types, read 2026-11-29")

    @override
    def most_partitions(self, settings: ConfluentSettings, pipe: ConfluentPipeSettings) -> Limit:
        limits = settings.limits
        most = min(limits.most_units * limits.unit_partitions, limits.most_partitions)
        return Limit(most=most - pipe.topic.dead_letter.enabled, source=SOURCE)

    @override
    def needs(self, settings: ConfluentSettings, pipes: Mapping[str, ConfluentPipeSettings]) -> Iterator[Need]:
        """Yield units for throughput and for partitions."""
        limits, flow, used = settings.limits, throughput(pipes), partitions(pipes)
        each = UNIT_BYTES[settings.tier]
        high = settings.zones == "high"
        least = f" (at least {HIGH_UNITS} with availability high)" if high else ""
        if settings.tier == "basic":
            stored = stored_bytes(pipes)
            yield Need(
                what="TB of storage",
                limit="storage",
                exact=stored / TB,
                amount=rounded(stored / TB),
                have=BASIC_TB,
                most=BASIC_TB,
                formula=f"{number(stored / TB)} TB (the peak for the whole retention)",
                source=SOURCE,
                more="Set streaming.tier to a larger one, or lower topic.retentionHours.",
            )
        for limit, exact, formula in (
            ("throughput", flow / each, f"{number(flow / MB)} MB/s / {number(each / MB)} MB/s"),
            (
                "partitions",
                used / limits.unit_partitions,
                f"{number(used)} partitions / {number(limits.unit_partitions)}",
            ),
        ):
            yield Need(
                key=("streaming", "cku" if settings.tier == "dedicated" else "maxEcku"),
                what=f"{limits.unit} for {limit}",
                limit=f"{limits.unit}, {limit}",
                exact=exact,
                amount=rounded(exact, least=HIGH_UNITS if high else 1),
                have=(settings.cku if settings.tier == "dedicated" else settings.max_ecku) or limits.most_units,
                most=limits.most_units,
                formula=formula + least,
                source=SOURCE,
                more="Set streaming.tier to a larger one, or split the pipes over several stacks.",
            )

    @override
    def notes(self, settings: ConfluentSettings, pipes: Mapping[str, ConfluentPipeSettings]) -> Iterator[str]:
        """Yield that requests and private links were not checked."""
        yield "Requests per second are limited too (basic 100, standard 1,500 for each eCKU). They depend on batching and were not checked."
        if settings.tier == "enterprise":
            yield "Over a private link on AWS, an enterprise cluster has at most 10 eCKU. This is not checked on any cloud."
