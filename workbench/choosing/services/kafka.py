"""Facts of Kafka in containers, run by Strimzi."""

from dataclasses import replace
from typing import get_args

from components.kubernetes.strimzi.settings import REPLICATION, StrimziSettings
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
from workbench.choosing.kafka import (
    APACHE_KAFKA,
    DEFAULT_SIZE,
    KEYS_MOVE,
    MIRROR_MAKER,
    NEVER_SHRINKS,
    NO_VIDEO,
    PER_PARTITION,
)
from workbench.choosing.sources import JUDGEMENT, KAFKA_QUEUES, PRODUCT_DOCS, PROGRAM, STRIMZI
from workbench.cloud.kubernetes.kinds import KINDS

_FIELDS = StrimziSettings.model_fields
_VERSIONS = get_args(_FIELDS["version"].annotation)

ROW = Row(
    effort=Effort(
        complexity=Fact("7: brokers, disks, operator and their upgrades", JUDGEMENT),
        creation=creation(KINDS["kubernetes:helm.sh/v3:Release"], KINDS["kubernetes:kafka.strimzi.io/v1:Kafka"]),
        migration=Fact(f"1: {MIRROR_MAKER}", JUDGEMENT),
        scaling=Fact("you: brokers, CPU, memory, disks, nodes", PROGRAM),
        lock_in=Fact("none: the same on every cloud", JUDGEMENT),
        video=NO_VIDEO,
    ),
    partitions=Partitions(
        most=Fact(f"not documented; {most(StrimziSettings, 'brokers')} brokers", PROGRAM),
        growing=KEYS_MOVE,
        shrinking=NEVER_SHRINKS,
        order=PER_PARTITION,
    ),
    records=Records(
        retention=Fact(
            f"what the disks hold, {most(StrimziSettings, 'disk_size') // 1024} TiB a broker, {REPLICATION} copies",
            PROGRAM,
        ),
        size=DEFAULT_SIZE,
        throughput=Fact("not documented: your disks and nodes", STRIMZI),
        latency=Fact("not documented: measure it", STRIMZI),
    ),
    kafka=replace(
        APACHE_KAFKA,
        acls=Fact("yes, for the users of Strimzi", STRIMZI),
        share_groups=Fact(f"yes: all versions here are {_VERSIONS[0]} or later", KAFKA_QUEUES, PROGRAM),
    ),
    lifecycle=Lifecycle(
        versions=Fact(f"{', '.join(_VERSIONS)}; default {_FIELDS['version'].default}", STRIMZI),
        upgrades=Fact("you: Kafka, the operator, its definitions; certificates once a year", PRODUCT_DOCS),
        retirement=Fact("each Strimzi release drops old versions: 1.1.0 dropped Kafka 4.1", STRIMZI),
        billing=Fact("nodes, volumes, traffic between zones", JUDGEMENT),
    ),
)

GUIDE = ServiceGuide(
    rows={"`kafka`": ROW},
    choose=(
        Fact("you need every feature and setting of the newest Kafka", STRIMZI),
        Fact("the stack must be the same on several clouds, without a vendor of Kafka", JUDGEMENT),
        Fact("your team already runs stateful services on Kubernetes", JUDGEMENT),
    ),
    avoid=(
        Fact("nobody is on call for brokers, full disks and upgrades", JUDGEMENT),
        Fact("consumers run on ECS: the brokers run on Kubernetes", PROGRAM),
        Fact("retention is long: there is no tiered storage here, and disks never shrink", PROGRAM),
    ),
)
