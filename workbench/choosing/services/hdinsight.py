"""Facts of Kafka on Azure HDInsight."""

from dataclasses import replace

from components.azure.hdinsight.settings import KAFKA_VERSION, HdInsightSettings
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
    AZURE_PRICES,
    HDINSIGHT_KAFKA,
    HDINSIGHT_VERSIONS,
    JUDGEMENT,
    KAFKA_GROUPS,
    KAFKA_QUEUES,
    PRODUCT_DOCS,
    PROGRAM,
)
from workbench.cloud.azure.kinds import KINDS

_BROKERS = most(HdInsightSettings, "brokers")

ROW = Row(
    effort=Effort(
        complexity=Fact("6: virtual machines, a job for topics, no upgrade", JUDGEMENT),
        creation=creation(KINDS["azure-native:hdinsight:Cluster"]),
        migration=Fact(f"4: {MIRROR_MAKER}, but to Kafka {KAFKA_VERSION}", JUDGEMENT),
        scaling=Fact(f"you: more brokers by hand, up to {_BROKERS}; never fewer", PROGRAM),
        lock_in=Fact("low: Apache Kafka", JUDGEMENT),
        video=NO_VIDEO,
    ),
    partitions=Partitions(
        most=not_documented(HDINSIGHT_KAFKA),
        growing=KEYS_MOVE,
        shrinking=NEVER_SHRINKS,
        order=PER_PARTITION,
    ),
    records=Records(
        retention=Fact(
            f"what the disks hold, {most(HdInsightSettings, 'disks_per_worker')} TiB a broker", HDINSIGHT_KAFKA
        ),
        size=DEFAULT_SIZE,
        throughput=not_documented(HDINSIGHT_KAFKA),
        latency=not_documented(HDINSIGHT_KAFKA),
    ),
    kafka=replace(
        APACHE_KAFKA,
        acls=Fact("no: brokers authenticate nobody", PRODUCT_DOCS),
        consumer_protocol=Fact(f"no: Kafka {KAFKA_VERSION}", PROGRAM, KAFKA_GROUPS),
        share_groups=Fact(f"no: Kafka {KAFKA_VERSION}", PROGRAM, KAFKA_QUEUES),
    ),
    lifecycle=Lifecycle(
        versions=Fact(f"Kafka {KAFKA_VERSION} (2022) in HDInsight 5.1", HDINSIGHT_VERSIONS),
        upgrades=Fact("a new cluster, and MirrorMaker 2", HDINSIGHT_KAFKA),
        retirement=Fact("4.0 and 5.0 ended 2025-03-31; 5.1: no date announced", HDINSIGHT_VERSIONS),
        billing=Fact("hours of brokers, 2 head and 3 ZooKeeper nodes; disks", AZURE_PRICES),
    ),
)

GUIDE = ServiceGuide(
    rows={"`hdinsight`": ROW},
    choose=(Fact("your clusters run on HDInsight already and stay there", JUDGEMENT),),
    avoid=(
        Fact(
            f"the work is new: Kafka {KAFKA_VERSION} is from 2022, and there is no upgrade in place",
            HDINSIGHT_VERSIONS,
            HDINSIGHT_KAFKA,
        ),
        Fact("clients must sign in: only the network protects the brokers", PRODUCT_DOCS),
    ),
)
