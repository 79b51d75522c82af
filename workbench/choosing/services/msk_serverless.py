"""Facts of Amazon MSK Serverless."""

from dataclasses import replace

from components.aws.msk_serverless.settings import COMPACTED_PARTITIONS, LARGEST_RECORD, PARTITIONS
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
    NEVER_SHRINKS,
    NO_VIDEO,
    PER_PARTITION,
)
from workbench.choosing.sources import (
    AWS_PRICES,
    JUDGEMENT,
    MSK_QUEUES,
    MSK_QUOTA,
    MSK_REPLICATOR,
    MSK_STREAMS,
    PROGRAM,
    SERVERLESS,
    SERVERLESS_CONFIG,
)
from workbench.cloud.aws.kinds import KINDS

HOURLY = 0.75
"""USD for each hour of a cluster in us-east-1."""
HOURS = 730
"""Hours of a month."""

ROW = Row(
    effort=Effort(
        complexity=Fact("3: no brokers; a job makes the topics", JUDGEMENT, PROGRAM),
        creation=creation(KINDS["aws:msk/serverlessCluster:ServerlessCluster"]),
        migration=Fact(f"3: {MIRROR_MAKER}; IAM sign-in only", JUDGEMENT, MSK_REPLICATOR),
        scaling=Fact("AWS, up to 200 MB/s in and 400 MB/s out", MSK_QUOTA),
        lock_in=Fact("low: IAM sign-in only", JUDGEMENT),
        video=NO_VIDEO,
    ),
    partitions=Partitions(
        most=Fact(f"{PARTITIONS:,} a cluster, {COMPACTED_PARTITIONS} more with compaction", MSK_QUOTA),
        growing=KEYS_MOVE,
        shrinking=NEVER_SHRINKS,
        order=PER_PARTITION,
    ),
    records=Records(
        retention=Fact("no limit; by default at most 250 GiB a partition", SERVERLESS_CONFIG),
        size=Fact(f"{LARGEST_RECORD // 2**20} MiB", SERVERLESS_CONFIG),
        throughput=Fact("5 MB/s in, 10 MB/s out a partition", MSK_QUOTA),
        latency=not_documented(SERVERLESS),
    ),
    kafka=replace(
        APACHE_KAFKA,
        transactions=Fact("yes (AWS: fully compatible)", SERVERLESS),
        streams=Fact("after you make its internal topics by hand", MSK_STREAMS),
        compaction=Fact("yes, fixed when the topic is made", SERVERLESS_CONFIG),
        acls=Fact("IAM policies; Kafka ACLs: not documented", SERVERLESS),
        consumer_protocol=not_documented(SERVERLESS),
        share_groups=Fact("no", MSK_QUEUES),
    ),
    lifecycle=Lifecycle(
        versions=Fact("none to choose; not published", SERVERLESS),
        upgrades=Fact("AWS", SERVERLESS),
        retirement=not_documented(SERVERLESS),
        billing=Fact(
            f"cluster hours (at least {HOURLY * HOURS:,.0f} USD a month), partition hours, GB in and out", AWS_PRICES
        ),
    ),
)

GUIDE = ServiceGuide(
    rows={"`msk-serverless`": ROW},
    choose=(
        Fact("Kafka clients run on AWS, the load has peaks, and nobody sizes brokers", JUDGEMENT),
        Fact("many small topics share one cluster", JUDGEMENT),
    ),
    avoid=(
        Fact(
            "consumers run on ECS: no AWS API makes the topics, and ECS has no job that a deployment waits for", PROGRAM
        ),
        Fact("the load is small and steady: a cluster has an hourly price, even without traffic", AWS_PRICES),
        Fact(
            f"all pipes together need more than {PARTITIONS:,} partitions, or clients cannot sign in with IAM",
            MSK_QUOTA,
        ),
    ),
)
