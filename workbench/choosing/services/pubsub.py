"""Facts of Google Cloud Pub/Sub, by mode."""

from dataclasses import replace

from components.gcp.pubsub.settings import SUBSCRIPTIONS
from components.gcp.pubsub.topic_settings import LONGEST_RETENTION_HOURS, PubSubPipeSettings
from workbench.choosing.facts import (
    Effort,
    Fact,
    Lifecycle,
    Partitions,
    Records,
    Row,
    ServiceGuide,
    creation,
    most,
    not_documented,
)
from workbench.choosing.kafka import NO_VIDEO, NOT_KAFKA
from workbench.choosing.sources import (
    JUDGEMENT,
    PRODUCT_DOCS,
    PROGRAM,
    PUBSUB_CONNECTOR,
    PUBSUB_EXACTLY_ONCE,
    PUBSUB_LITE,
    PUBSUB_ORDER,
    PUBSUB_PRICES,
    PUBSUB_QUOTA,
)
from workbench.cloud.gcp.kinds import KINDS

SHARED = Row(
    effort=Effort(
        complexity=Fact("1: nothing to size", JUDGEMENT),
        creation=creation(KINDS["gcp:pubsub/topic:Topic"], KINDS["gcp:pubsub/subscription:Subscription"]),
        migration=Fact("6: producers and consumers change", JUDGEMENT, PUBSUB_CONNECTOR),
        scaling=Fact("Google; you: the number of consumers", PROGRAM),
        lock_in=Fact("high: its own API", JUDGEMENT),
        video=NO_VIDEO,
    ),
    partitions=Partitions(
        most=Fact(f"no partitions; {most(PubSubPipeSettings, 'parallelism'):,} consumers", PROGRAM),
        growing=Fact("yes", PROGRAM),
        shrinking=Fact("yes", PROGRAM),
        order=Fact("of one ordering key, if published in one region", PUBSUB_ORDER),
    ),
    records=Records(
        retention=Fact(f"{LONGEST_RETENTION_HOURS // 24} days", PUBSUB_QUOTA),
        size=Fact("10 MB", PUBSUB_QUOTA),
        throughput=Fact("1 MB/s an ordering key; 0.2 to 4 GB/s a region", PUBSUB_ORDER, PUBSUB_QUOTA),
        latency=not_documented(PUBSUB_QUOTA),
    ),
    kafka=replace(NOT_KAFKA, connect=Fact("Google's connector", PUBSUB_CONNECTOR)),
    lifecycle=Lifecycle(
        versions=Fact("none", JUDGEMENT),
        upgrades=Fact("none", JUDGEMENT),
        retirement=Fact("no date found; Pub/Sub Lite, another service, ends 2027-01-31", PUBSUB_LITE),
        billing=Fact("TiB published and delivered, GiB stored", PUBSUB_PRICES),
    ),
)

PARTITIONED = replace(
    SHARED,
    partitions=replace(
        SHARED.partitions,
        most=Fact(f"{SUBSCRIPTIONS:,} subscriptions a project", PUBSUB_QUOTA),
        growing=Fact("yes: subscriptions first, then publishers", PRODUCT_DOCS),
        shrinking=Fact("no: refused, messages would be lost", PROGRAM),
    ),
)

GUIDE = ServiceGuide(
    rows={"`pubsub`, mode `shared`": SHARED, "`pubsub`, mode `partitioned`": PARTITIONED},
    choose=(
        Fact("the work is new, on Google Cloud, and has no Kafka clients", JUDGEMENT),
        Fact("the load has peaks: there are no partitions, shards or units to choose", JUDGEMENT),
        Fact("`shared`: the number of consumers goes up and down", PRODUCT_DOCS),
        Fact("`partitioned`: each consumer must own its part of the keys", PRODUCT_DOCS),
    ),
    avoid=(
        Fact("there are Kafka clients, or you may change the cloud", JUDGEMENT),
        Fact("one key has more than 1 MB/s", PUBSUB_ORDER),
        Fact("throughput is high with `exactlyOnce`: it lowers throughput and adds latency", PUBSUB_EXACTLY_ONCE),
        Fact(
            "`partitioned` and you do not control the publishers: a message without `partition` is dropped",
            PRODUCT_DOCS,
        ),
    ),
)
