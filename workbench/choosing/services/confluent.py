"""Facts of Confluent Cloud, by tier."""

from dataclasses import replace

from components.confluent.tiers import TIERS, TierName
from components.confluent.topic_settings import CONFLUENT_TOPIC_SETTINGS, ConfluentTopicSettings
from workbench.choosing.facts import (
    Effort,
    Fact,
    Lifecycle,
    Partitions,
    Records,
    Row,
    ServiceGuide,
    creation,
    not_documented,
)
from workbench.choosing.kafka import (
    APACHE_KAFKA,
    KEYS_MOVE,
    MIRROR_MAKER,
    NO_VIDEO,
    PER_PARTITION,
)
from workbench.choosing.sources import (
    CONFLUENT_CLIENTS,
    CONFLUENT_PRICES,
    CONFLUENT_TOPICS,
    CONFLUENT_TYPES,
    JUDGEMENT,
    PRODUCT_DOCS,
    PROGRAM,
)
from workbench.cloud.confluent.kinds import KINDS

_CREATION = creation(KINDS["confluentcloud:index/kafkaCluster:KafkaCluster"])
_DEFAULT_SIZE = ConfluentTopicSettings.default_message_bytes / 2**20


def _row(name: TierName, *, scaling: str, retention: str, throughput: str, acls: str, billing: str) -> Row:
    tier = TIERS[name]
    return Row(
        effort=Effort(
            complexity=Fact(f"2: tier and {tier.unit}", JUDGEMENT),
            creation=_CREATION,
            migration=Fact(f"1: {MIRROR_MAKER}", JUDGEMENT),
            scaling=Fact(scaling, CONFLUENT_TYPES),
            lock_in=Fact("low: Kafka on three clouds; its own sign-in", JUDGEMENT),
            video=NO_VIDEO,
        ),
        partitions=Partitions(
            most=Fact(
                f"{tier.most_partitions:,} a cluster, {tier.unit_partitions:,} for each {tier.unit}", CONFLUENT_TYPES
            ),
            growing=KEYS_MOVE,
            shrinking=Fact("no; this program refuses it, the provider would delete the topic", PROGRAM),
            order=PER_PARTITION,
        ),
        records=Records(
            retention=Fact(retention, CONFLUENT_TYPES),
            size=Fact(
                f"{tier.message_bytes // 2**20} MiB; by default {_DEFAULT_SIZE:.0f} MiB",
                CONFLUENT_TYPES,
                CONFLUENT_TOPICS,
            ),
            throughput=Fact(throughput, CONFLUENT_TYPES),
            latency=not_documented(CONFLUENT_TYPES),
        ),
        kafka=replace(
            APACHE_KAFKA,
            transactions=Fact("yes", CONFLUENT_TYPES),
            streams=Fact("yes (`kafkaStreams`)", PROGRAM, CONFLUENT_CLIENTS),
            compaction=Fact("yes", CONFLUENT_TYPES),
            compression=Fact("by producers; codecs: not documented", CONFLUENT_TOPICS),
            acls=Fact(acls, CONFLUENT_TYPES),
            consumer_protocol=not_documented(CONFLUENT_CLIENTS),
            admin=Fact(f"yes; {len(CONFLUENT_TOPIC_SETTINGS)} topic settings", CONFLUENT_CLIENTS, PROGRAM),
            share_groups=not_documented(CONFLUENT_CLIENTS),
        ),
        lifecycle=Lifecycle(
            versions=Fact("none to choose", CONFLUENT_TYPES),
            upgrades=Fact("Confluent", CONFLUENT_TYPES),
            retirement=Fact("no date found", CONFLUENT_TYPES),
            billing=Fact(billing, CONFLUENT_PRICES),
        ),
    )


BASIC = _row(
    "basic",
    scaling="Confluent, up to `maxEcku`",
    retention="no limit of time; 5 TB",
    throughput="an eCKU: 5 MB/s in, 15 MB/s out",
    acls="yes; API keys only",
    billing="eCKU hours (the first is free), GB in, out and stored",
)
STANDARD = _row(
    "standard",
    scaling="Confluent, up to `maxEcku`",
    retention="no limit",
    throughput="an eCKU: 25 MB/s in, 75 MB/s out",
    acls="yes, and roles",
    billing="eCKU hours, GB in, out and stored",
)
ENTERPRISE = _row(
    "enterprise",
    scaling="Confluent, up to `maxEcku`",
    retention="no limit",
    throughput="an eCKU: 60 MB/s in, 180 MB/s out",
    acls="yes, and roles",
    billing="eCKU hours, GB in, out and stored",
)
_DEDICATED = _row(
    "dedicated",
    scaling="you: `cku`",
    retention="no limit",
    throughput="a CKU: 60 MB/s in, 180 MB/s out",
    acls="yes, and roles",
    billing="CKU hours, GB in, out and stored",
)
DEDICATED = replace(
    _DEDICATED, effort=replace(_DEDICATED.effort, creation=Fact("25 min, up to a day", _CREATION.source))
)

GUIDE = ServiceGuide(
    rows={
        "`confluent`, `basic`": BASIC,
        "`confluent`, `standard`": STANDARD,
        "`confluent`, `enterprise`": ENTERPRISE,
        "`confluent`, `dedicated`": DEDICATED,
    },
    choose=(
        Fact("you need transactions, Kafka Streams or a Schema Registry, and nobody runs brokers", JUDGEMENT),
        Fact(
            "`enterprise` or `dedicated`: brokers must have private addresses",
            CONFLUENT_TYPES,
        ),
        Fact("you need ksqlDB, on a tier other than `enterprise`", PRODUCT_DOCS),
        Fact("one service must run on several clouds", JUDGEMENT),
    ),
    avoid=(
        Fact("a contract with one more vendor is not possible", JUDGEMENT),
        Fact(
            f"there are many partitions with little data: the partitions need units, one for each {TIERS['standard'].unit_partitions} on `standard`",
            CONFLUENT_TYPES,
        ),
        Fact(
            "`basic` is for production: its records are not in three zones, and clients use API keys instead of tokens",
            PRODUCT_DOCS,
        ),
        Fact(
            "the network must be private and the tier is not `enterprise`: this program has no private link for it",
            PROGRAM,
        ),
    ),
)
