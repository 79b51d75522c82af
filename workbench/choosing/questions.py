"""Decision tree of docs/choosing.md: questions whose answers are a later question or a service."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.aws.msk_serverless.settings import PARTITIONS
from components.azure.event_hubs.tiers import TIERS as HUBS
from components.confluent.tiers import TIERS as CONFLUENT


@dataclass(frozen=True)
class Answer:
    """A possible answer and where it leads."""

    when: str
    then: str | int
    """The choice, or the number of the next question."""
    next: int | None = None
    """After a choice: the number of a further question."""


@dataclass(frozen=True)
class Question:
    """A question of the decision tree."""

    text: str
    answers: Sequence[Answer]


QUESTIONS: Sequence[Question] = (
    Question(
        "Is the data video or audio of devices?",
        (Answer("yes", "`kinesis-video` on `ecs` (AWS only)"), Answer("no", 2)),
    ),
    Question(
        "On which cloud do the consumers run?",
        (Answer("AWS", 3), Answer("Azure", 6), Answer("Google Cloud", 8), Answer("several, or not decided", 9)),
    ),
    Question(
        "AWS: are there Kafka clients already, or do you need a Kafka feature (transactions, Kafka Streams, compaction, Connect)?",
        (
            Answer("no", "`kinesis`", 5),
            Answer("yes, and AWS runs the brokers", 4),
            Answer("yes, and the service must be the same on other clouds", 9),
        ),
    ),
    Question(
        "AWS: who sizes the brokers?",
        (
            Answer(
                f"nobody; the load has peaks, and all pipes together need at most {PARTITIONS:,} partitions",
                "`msk-serverless` on `eks`",
            ),
            Answer("your team", "`msk` with Express brokers (`instanceType: express.m7g.large` or larger)", 5),
            Answer(
                "your team, which needs a setting that Express fixes, Kafka Streams unchanged, or the lowest price for a small load",
                "`msk` with standard brokers (`kafka.m5.large`, the default)",
                5,
            ),
        ),
    ),
    Question(
        "AWS: do you run Kubernetes, or want the same platform on other clouds?",
        (Answer("no", "`ecs`"), Answer("yes", "`eks`")),
    ),
    Question(
        "Azure, on `aks`: do clients need transactions, Kafka Streams, lz4, snappy or zstd, Kafka ACLs, or records over 1 MB?",
        (Answer("yes", 9), Answer("no", 7)),
    ),
    Question(
        "Azure: how many partitions (N) will the largest pipe ever need?",
        (
            Answer(
                f"{HUBS['standard'].hub_partitions} or fewer, kept for at most {HUBS['standard'].retention_days} days, and N never grows",
                "`event-hubs`, `tier: standard`",
            ),
            Answer(f"{HUBS['premium'].hub_partitions} or fewer", "`event-hubs`, `tier: premium` (the default)"),
            Answer(
                f"{HUBS['dedicated'].hub_partitions:,} or fewer, and you have a dedicated cluster",
                "`event-hubs`, `tier: dedicated`",
            ),
            Answer("otherwise", 9),
        ),
    ),
    Question(
        "Google Cloud, on `gke`: are there Kafka clients already, or do you need a Kafka feature?",
        (
            Answer("no, and any consumer may take any message", "`pubsub`, mode `shared`"),
            Answer("no, and each consumer must own its part of the keys", "`pubsub`, mode `partitioned`"),
            Answer("yes, without zstd and with restarts when Google chooses", "`managed-kafka`"),
            Answer("yes, otherwise", 9),
        ),
    ),
    Question(
        "Kafka on every cloud, on `eks`, `aks` or `gke`: does your team run the brokers, their disks and their upgrades?",
        (
            Answer("yes", "`kafka`"),
            Answer("no", 10),
            Answer("the brokers run on Azure HDInsight already and stay there", "`hdinsight`"),
        ),
    ),
    Question(
        "Which tier of Confluent Cloud?",
        (
            Answer("a trial", "`confluent`, `tier: basic`"),
            Answer(
                f"production with public addresses, at most {CONFLUENT['standard'].most_partitions:,} partitions",
                "`confluent`, `tier: standard` (the default)",
            ),
            Answer("a private link", "`confluent`, `tier: enterprise`"),
            Answer("reserved capacity", "`confluent`, `tier: dedicated`"),
        ),
    ),
)
"""Questions in order. The first has number 1. Answers lead to later questions only."""
