"""Facts of Azure Event Hubs, by tier."""

from dataclasses import replace

from components.azure.event_hubs.tiers import TIERS, Tier, TierName
from workbench.choosing.facts import (
    Effort,
    Fact,
    KafkaFeatures,
    Lifecycle,
    Partitions,
    Records,
    Row,
    ServiceGuide,
    Source,
    creation,
    not_documented,
)
from workbench.choosing.kafka import NO_VIDEO
from workbench.choosing.sources import (
    HUBS_COMPACTION,
    HUBS_CONNECT,
    HUBS_FAQ,
    HUBS_GROWTH,
    HUBS_KAFKA,
    HUBS_LARGE,
    HUBS_LIMITS,
    HUBS_PRICES,
    HUBS_SCALE,
    JUDGEMENT,
    PRODUCT_DOCS,
    PROGRAM,
)
from workbench.cloud.azure.kinds import KINDS

_NAMESPACE = KINDS["azure-native:eventhub:Namespace"]
_CLUSTER = KINDS["azure-native:eventhub:Cluster"]


def _most_partitions(tier: Tier) -> str:
    units = f", {tier.unit_partitions:,} for each processing unit" if tier.unit_partitions else ""
    return f"{tier.hub_partitions:,} an event hub{units}"


def _row(name: TierName, *, scaling: Fact, size: Fact, throughput: Fact, billing: Fact, kafka: KafkaFeatures) -> Row:
    tier = TIERS[name]
    return Row(
        effort=Effort(
            complexity=Fact("1: tier and units", JUDGEMENT),
            creation=creation(_NAMESPACE),
            migration=Fact("5: clients keep Kafka's protocol; other limits, missing features", HUBS_KAFKA, JUDGEMENT),
            scaling=scaling,
            lock_in=Fact("medium: Kafka's protocol; Azure's roles and limits", JUDGEMENT),
            video=NO_VIDEO,
        ),
        partitions=Partitions(
            most=Fact(_most_partitions(tier), HUBS_LIMITS),
            growing=Fact("yes; keys can move to another partition" if tier.grows else "no", HUBS_GROWTH),
            shrinking=Fact("no", HUBS_GROWTH),
            order=Fact("in a partition", HUBS_KAFKA),
        ),
        records=Records(
            retention=Fact(f"{tier.retention_days} days", HUBS_LIMITS),
            size=size,
            throughput=throughput,
            latency=not_documented(HUBS_KAFKA),
        ),
        kafka=kafka,
        lifecycle=Lifecycle(
            versions=Fact("none; Kafka clients 1.0 and later", HUBS_KAFKA),
            upgrades=Fact("none", HUBS_KAFKA),
            retirement=Fact("no date found", HUBS_KAFKA),
            billing=billing,
        ),
    )


def _preview(source: Source) -> Fact:
    return Fact("preview", source)


_SIZE = Fact("1 MB", HUBS_LIMITS, HUBS_LARGE)
_KAFKA = KafkaFeatures(
    transactions=_preview(HUBS_KAFKA),
    streams=_preview(HUBS_KAFKA),
    connect=Fact("preview, without support", HUBS_CONNECT),
    compaction=Fact("yes, fixed when the hub is made", HUBS_COMPACTION, PROGRAM),
    compression=Fact("gzip", HUBS_KAFKA),
    acls=Fact("no: Azure roles", HUBS_KAFKA),
    consumer_protocol=not_documented(HUBS_KAFKA),
    admin=Fact("groups; topics by Azure's API", HUBS_FAQ, PROGRAM),
    share_groups=not_documented(HUBS_KAFKA),
)

STANDARD = _row(
    "standard",
    scaling=Fact(f"you, or auto-inflate: up to {TIERS['standard'].capacities[-1]} throughput units", PROGRAM),
    size=_SIZE,
    throughput=Fact("a throughput unit: 1 MB/s or 1,000 events/s in, 2 MB/s or 4,096 events/s out", HUBS_LIMITS),
    billing=Fact("throughput unit hours, million events", HUBS_PRICES),
    kafka=replace(
        _KAFKA,
        transactions=Fact("no", HUBS_KAFKA),
        streams=Fact("no", HUBS_KAFKA),
        compression=Fact("no", HUBS_KAFKA),
    ),
)

PREMIUM = _row(
    "premium",
    scaling=Fact(f"you: up to {TIERS['premium'].capacities[-1]} processing units", PROGRAM),
    size=_SIZE,
    throughput=Fact("a processing unit: about 5 to 10 MB/s in, 10 to 20 MB/s out", HUBS_SCALE),
    billing=Fact("processing unit hours", HUBS_PRICES),
    kafka=_KAFKA,
)

_DEDICATED = _row(
    "dedicated",
    scaling=Fact("you: the capacity units of your cluster", PROGRAM),
    size=Fact("1 MB; 20 MB in preview on new self-serve clusters", HUBS_LARGE),
    throughput=Fact("not documented: depends on the load", HUBS_LIMITS),
    billing=Fact("capacity unit hours", HUBS_PRICES),
    kafka=_KAFKA,
)
DEDICATED = replace(
    _DEDICATED,
    partitions=replace(
        _DEDICATED.partitions,
        most=Fact(f"{_most_partitions(TIERS['dedicated'])}, 2,000 for each capacity unit", HUBS_LIMITS),
    ),
    effort=replace(
        _DEDICATED.effort,
        creation=Fact(
            f"{_NAMESPACE.create_minutes:g} min; before it your own cluster, up to {_CLUSTER.create_minutes:g} min",
            creation(_NAMESPACE).source,
            creation(_CLUSTER).source,
        ),
    ),
)

GUIDE = ServiceGuide(
    rows={
        "`event-hubs`, `standard`": STANDARD,
        "`event-hubs`, `premium`": PREMIUM,
        "`event-hubs`, `dedicated`": DEDICATED,
    },
    choose=(
        Fact("the work is on Azure, and Kafka clients only produce and consume", JUDGEMENT),
        Fact(
            f"`standard`: the load is small, and {TIERS['standard'].hub_partitions} partitions are enough for ever",
            HUBS_LIMITS,
            JUDGEMENT,
        ),
        Fact(
            f"`premium` (the default): up to {TIERS['premium'].hub_partitions} partitions, which can grow",
            HUBS_LIMITS,
            PROGRAM,
        ),
        Fact(
            f"`dedicated`: up to {TIERS['dedicated'].hub_partitions:,} partitions, on a cluster that you create yourself",
            HUBS_LIMITS,
            PRODUCT_DOCS,
        ),
    ),
    avoid=(
        Fact("clients use transactions or Kafka Streams: preview only, and not on `standard`", HUBS_KAFKA),
        Fact("clients compress with lz4, snappy or zstd: gzip only, and not on `standard`", HUBS_KAFKA),
        Fact(
            "the load will grow and the tier is `standard`: its partitions are fixed when the event hub is made",
            HUBS_GROWTH,
        ),
        Fact(
            "two event hubs have readers with the same group name: a Kafka group spans the namespace and rebalances as a whole",
            HUBS_FAQ,
        ),
    ),
)
