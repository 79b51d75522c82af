"""Facts of Google's Managed Service for Apache Kafka."""

from dataclasses import replace
from typing import cast

from components.gcp.managed_kafka.settings import VERSIONS
from components.gcp.managed_kafka.size import BROKER_VCPUS, COPIES_PER_VCPU
from components.gcp.managed_kafka.topic import LIMITS
from components.kafka.config import Choice
from components.kafka.topic_settings import CONSUMER_PROTOCOL_RELEASE
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
    CODEC_NAMES,
    DEFAULT_SIZE,
    KEYS_MOVE,
    MIRROR_MAKER,
    NEVER_SHRINKS,
    NO_VIDEO,
    PER_PARTITION,
)
from workbench.choosing.sources import (
    JUDGEMENT,
    KAFKA_GROUPS,
    MANAGED_CONNECT,
    MANAGED_LIMITS,
    MANAGED_OVERVIEW,
    MANAGED_PRICES,
    MANAGED_SDK,
    MANAGED_SIZE,
    PRODUCT_DOCS,
    PROGRAM,
)
from workbench.cloud.gcp.kinds import KINDS

_CREATION = creation(KINDS["gcp:managedkafka/cluster:Cluster"])
_CODECS = cast("Choice", LIMITS["compression.type"].definition)

ROW = Row(
    effort=Effort(
        complexity=Fact("4: vCPUs and memory", JUDGEMENT),
        creation=_CREATION,
        migration=Fact(f"2: {MIRROR_MAKER}, also as a service; no zstd", JUDGEMENT, MANAGED_CONNECT),
        scaling=Fact(
            f"you: vCPUs and memory; Google: a broker for every {BROKER_VCPUS} vCPUs, storage", MANAGED_OVERVIEW
        ),
        lock_in=Fact("low: Google sign-in, otherwise Apache Kafka", JUDGEMENT),
        video=NO_VIDEO,
    ),
    partitions=Partitions(
        most=Fact(f"not documented; {COPIES_PER_VCPU} copies a vCPU with the default disks", MANAGED_SIZE),
        growing=KEYS_MOVE,
        shrinking=NEVER_SHRINKS,
        order=PER_PARTITION,
    ),
    records=Records(
        retention=Fact(
            "no limit: tiered storage; compacted topics: what the disks hold", MANAGED_OVERVIEW, PRODUCT_DOCS
        ),
        size=DEFAULT_SIZE,
        throughput=Fact("a vCPU: about 20 MiB/s in, 80 MiB/s out", MANAGED_PRICES),
        latency=not_documented(MANAGED_OVERVIEW),
    ),
    kafka=replace(
        APACHE_KAFKA,
        transactions=Fact("yes (no limit is listed)", MANAGED_LIMITS),
        connect=Fact("yes: Connect clusters, or you run it", MANAGED_CONNECT),
        compression=Fact(", ".join(name for name in CODEC_NAMES if name in _CODECS.values), MANAGED_LIMITS),
        consumer_protocol=Fact(
            f"Kafka {CONSUMER_PROTOCOL_RELEASE}.0 and later, not the default {VERSIONS.default}",
            KAFKA_GROUPS,
            MANAGED_SDK,
        ),
        share_groups=not_documented(MANAGED_LIMITS),
    ),
    lifecycle=Lifecycle(
        versions=Fact(f"{VERSIONS.versions[0]} to {VERSIONS.versions[-1]}; default {VERSIONS.default}", MANAGED_SDK),
        upgrades=Fact(
            "you raise the version; Google restarts brokers when it chooses; no way back", MANAGED_LIMITS, PROGRAM
        ),
        retirement=not_documented(MANAGED_OVERVIEW),
        billing=Fact("vCPU and memory hours, GiB local and remote, traffic between zones", MANAGED_PRICES),
    ),
)

GUIDE = ServiceGuide(
    rows={"`managed-kafka`": ROW},
    choose=(
        Fact("a Kafka cluster moves to Google Cloud and its clients stay as they are", JUDGEMENT),
        Fact("retention is long and nobody sizes disks", MANAGED_OVERVIEW),
    ),
    avoid=(
        Fact("producers use zstd, or operators use JMX", MANAGED_LIMITS),
        Fact("restarts must be planned: Google has no schedule for them", MANAGED_LIMITS),
        Fact("you create the environment often: a cluster takes about half an hour", _CREATION.source),
    ),
)
