"""Facts of Amazon Kinesis Data Streams."""

from dataclasses import replace

from components.aws.kinesis.settings import OTHER_SHARD_QUOTA, SHARD_QUOTAS
from components.aws.kinesis.sizing import SHARD_RECORDS
from components.aws.kinesis.stream import UPDATES_PER_DAY, KinesisTopicSettings
from consumer.kinesis.shards import IDLE_PAUSE, QUICK_PAUSE
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
)
from workbench.choosing.kafka import NO_VIDEO, NOT_KAFKA
from workbench.choosing.sources import (
    JUDGEMENT,
    KINESIS_API,
    KINESIS_CONNECTOR,
    KINESIS_KCL,
    KINESIS_PRICES,
    KINESIS_QUOTA,
    KINESIS_READING,
    KINESIS_RESHARD,
    PROGRAM,
)
from workbench.cloud.aws.kinds import KINDS

ROW = Row(
    effort=Effort(
        complexity=Fact("1: the number of shards", JUDGEMENT),
        creation=creation(KINDS["aws:kinesis/stream:Stream"]),
        migration=Fact(
            "6: producers and consumers change; positions are not carried over", JUDGEMENT, KINESIS_CONNECTOR
        ),
        scaling=Fact("you: `parallelism` is the number of shards; AWS: the rest", PROGRAM),
        lock_in=Fact("high: its own API", JUDGEMENT),
        video=NO_VIDEO,
    ),
    partitions=Partitions(
        most=Fact(
            f"{max(SHARD_QUOTAS.values()):,} shards an account in {', '.join(sorted(SHARD_QUOTAS))}; at least {OTHER_SHARD_QUOTA:,} elsewhere",
            KINESIS_QUOTA,
        ),
        growing=Fact(f"yes, at most to twice as many; {UPDATES_PER_DAY} updates in 24 h", KINESIS_API),
        shrinking=Fact("yes, at most to half", KINESIS_API),
        order=Fact("in a shard; kept when shards split or merge", KINESIS_RESHARD),
    ),
    records=Records(
        retention=Fact(f"{most(KinesisTopicSettings, 'retention_hours') // 24} days", KINESIS_API),
        size=Fact("1 MiB in this program; the service allows up to 10 MiB", PROGRAM, KINESIS_QUOTA),
        throughput=Fact(f"1 MB/s or {SHARD_RECORDS:,} records/s in, 2 MB/s out a shard", KINESIS_QUOTA),
        latency=Fact(
            f"70 ms with `fanOut`; otherwise 200 ms, and the consumer reads every {QUICK_PAUSE * 1000:.0f} ms, or {IDLE_PAUSE:.0f} s if idle",
            KINESIS_READING,
            PROGRAM,
        ),
    ),
    kafka=replace(NOT_KAFKA, connect=Fact("a sink connector exists (last change 2023)", KINESIS_CONNECTOR)),
    lifecycle=Lifecycle(
        versions=Fact("none", JUDGEMENT),
        upgrades=Fact("none of the service; the client library (KCL) has major versions", KINESIS_KCL),
        retirement=Fact("no date found; KCL 1 ended 2026-01-30", KINESIS_KCL),
        billing=Fact("shard hours, 25 KB put units, longer retention, fan-out", KINESIS_PRICES),
    ),
)

GUIDE = ServiceGuide(
    rows={"`kinesis`": ROW},
    choose=(
        Fact(
            "the work is new, on AWS, and has no Kafka clients: no brokers, no versions, created in less than a minute",
            JUDGEMENT,
        ),
        Fact("the number of partitions must be able to shrink", KINESIS_API),
        Fact("you want nothing to upgrade: no brokers here, and no nodes on ECS", JUDGEMENT),
    ),
    avoid=(
        Fact("there are Kafka clients, or you may change the cloud", JUDGEMENT),
        Fact(
            f"few keys have much traffic: a shard takes 1 MB/s or {SHARD_RECORDS:,} records/s, and a key stays in its shard",
            KINESIS_QUOTA,
        ),
        Fact(
            "AWS must scale the shards (on-demand): this program refuses it, because each shard needs one consumer",
            PROGRAM,
        ),
        Fact("several applications read the stream without `fanOut`: they share 2 MB/s of a shard", KINESIS_READING),
    ),
)
