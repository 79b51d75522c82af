"""Facts of Amazon MSK, with standard and with Express brokers."""

from dataclasses import replace

from components.aws.msk.brokers import BROKERS, EXPRESS_ONLY, EXPRESS_VERSIONS, VERSIONS
from components.aws.msk.settings import LARGEST_VOLUME, MskSettings
from components.kafka.topic_settings import CONSUMER_PROTOCOL_RELEASE
from components.versions import release
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
from workbench.choosing.kafka import (
    APACHE_KAFKA,
    DEFAULT_SIZE,
    KEYS_MOVE,
    MIRROR_MAKER,
    NEVER_SHRINKS,
    NO_VIDEO,
    PER_PARTITION,
)
from workbench.choosing.sources import (
    AWS_PRICES,
    AWS_SKILL,
    JUDGEMENT,
    KAFKA_GROUPS,
    MSK_BROKERS,
    MSK_ENDS,
    MSK_QUEUES,
    MSK_QUOTA,
    MSK_REPLICATOR,
    MSK_SIZE,
    MSK_STREAMS,
    MSK_SUPPORT,
    MSK_TIERED,
    MSK_UPGRADES,
    MSK_VERSIONS,
    PROGRAM,
)
from workbench.cloud.aws.kinds import KINDS

_STANDARD_SIZES = [broker.partitions for name, broker in BROKERS.items() if not broker.express and "t3" not in name]
_EXPRESS_SIZES = [broker.partitions for broker in BROKERS.values() if broker.express]
_STANDARD_VERSIONS = [each for each in VERSIONS.versions if release(each) < release(EXPRESS_ONLY)]
_CREATION = creation(KINDS["aws:msk/cluster:Cluster"])
_CLUSTER = f"{most(MskSettings, 'brokers')} brokers"

STANDARD = Row(
    effort=Effort(
        complexity=Fact("5: brokers, disks, settings", JUDGEMENT),
        creation=_CREATION,
        migration=Fact(f"1: {MIRROR_MAKER}. MSK Replicator copies from other clusters", JUDGEMENT, MSK_REPLICATOR),
        scaling=Fact("you: brokers, size, disks; disks can grow by themselves", PROGRAM),
        lock_in=Fact("low: IAM sign-in, otherwise Apache Kafka", JUDGEMENT),
        video=NO_VIDEO,
    ),
    partitions=Partitions(
        most=Fact(
            f"{min(_STANDARD_SIZES):,} (large) to {max(_STANDARD_SIZES):,} (4xlarge and larger) a broker, copies included; {_CLUSTER}",
            MSK_SIZE,
            MSK_QUOTA,
        ),
        growing=KEYS_MOVE,
        shrinking=NEVER_SHRINKS,
        order=PER_PARTITION,
    ),
    records=Records(
        retention=Fact(
            f"what the disks hold, {LARGEST_VOLUME // 1024} TiB a broker; no limit with tiered storage",
            MSK_QUOTA,
            MSK_TIERED,
        ),
        size=DEFAULT_SIZE,
        throughput=Fact("set by the broker's size", AWS_SKILL),
        latency=Fact("not documented; up to about 2 s (p99) while a broker restarts", AWS_SKILL),
    ),
    kafka=replace(
        APACHE_KAFKA,
        connect=Fact("yes: MSK Connect, or you run it", MSK_QUOTA),
        acls=Fact("yes, for passwords and certificates; IAM policies for IAM", MSK_BROKERS),
        consumer_protocol=Fact(
            f"Kafka {CONSUMER_PROTOCOL_RELEASE}.0 and later, not the default {VERSIONS.default}", KAFKA_GROUPS, PROGRAM
        ),
        share_groups=Fact(
            f"AWS names standard brokers with Kafka 4.2; this program knows {EXPRESS_ONLY} only on Express",
            MSK_QUEUES,
            PROGRAM,
        ),
    ),
    lifecycle=Lifecycle(
        versions=Fact(f"{', '.join(_STANDARD_VERSIONS)}; default {VERSIONS.default}", MSK_VERSIONS),
        upgrades=Fact("you start them; brokers restart one by one; no way back", MSK_UPGRADES),
        retirement=Fact(
            "3.6 ended 2026-06-01, 3.7 2026-09-01; later ones: no date. After the end AWS upgrades without notice",
            MSK_ENDS,
            MSK_SUPPORT,
        ),
        billing=Fact("broker hours, disk GB, traffic between zones", AWS_PRICES),
    ),
)

EXPRESS = Row(
    effort=replace(
        STANDARD.effort,
        complexity=Fact("4: number and size of brokers", JUDGEMENT),
        migration=Fact(f"2: {MIRROR_MAKER}; some topic settings are fixed", JUDGEMENT, AWS_SKILL),
        scaling=Fact("you: brokers and size; AWS: storage", MSK_BROKERS),
    ),
    partitions=replace(
        STANDARD.partitions,
        most=Fact(
            f"{min(_EXPRESS_SIZES):,} (large) to {max(_EXPRESS_SIZES):,} (16xlarge) a broker, copies included; {_CLUSTER}",
            MSK_QUOTA,
        ),
    ),
    records=replace(
        STANDARD.records,
        retention=Fact("no limit", MSK_BROKERS),
        throughput=Fact("15 MB/s a partition", MSK_QUOTA),
        latency=not_documented(AWS_SKILL),
    ),
    kafka=replace(
        STANDARD.kafka,
        transactions=Fact("yes (no limit is listed)", AWS_SKILL),
        streams=Fact("after you make its internal topics by hand", MSK_STREAMS),
        compaction=Fact("yes, at most once a day", PROGRAM),
        share_groups=Fact("no", MSK_QUEUES),
    ),
    lifecycle=replace(
        STANDARD.lifecycle,
        versions=Fact(f"{', '.join(EXPRESS_VERSIONS)} with KRaft; default {VERSIONS.default}", MSK_VERSIONS),
        upgrades=Fact("you start new versions; no maintenance windows", AWS_SKILL),
        billing=Fact("broker hours, GB written, GB stored", AWS_PRICES),
    ),
)

GUIDE = ServiceGuide(
    rows={"`msk`, standard brokers": STANDARD, "`msk`, Express brokers": EXPRESS},
    choose=(
        Fact("a Kafka cluster moves to AWS and its clients stay as they are", JUDGEMENT),
        Fact(
            "your team sizes brokers: AWS recommends Express brokers (`instanceType: express.*`) by default", AWS_SKILL
        ),
        Fact(
            "you need a setting that Express fixes, Kafka Streams unchanged, two zones, or a small cluster: then with standard brokers (`kafka.*`)",
            AWS_SKILL,
        ),
    ),
    avoid=(
        Fact("the work is new and has no Kafka clients: Kinesis has no brokers", JUDGEMENT),
        Fact("you create the environment often: a cluster takes about half an hour", _CREATION.source),
        Fact("you want to change between standard and Express brokers later: this needs a new cluster", MSK_BROKERS),
    ),
)
