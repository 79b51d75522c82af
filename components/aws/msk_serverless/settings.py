"""Settings of MSK Serverless and of its topics."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal, cast

from pydantic import AfterValidator
from typing_extensions import override

from components.consumer import Image
from components.consumer_group import group_errors
from components.dead_letters import SUFFIX
from components.kafka.config import Limit, Limits, Whole, pipe_config_errors
from components.kafka.dead_letters import RetentionHours
from components.kafka.topic_settings import RESERVED_SETTINGS, KafkaPipeSettings, KafkaTopicSettings, allowed_names
from components.kubernetes.jobs.topic import name_errors
from components.section import ConfigError, QuotedText, first_three
from components.settings_bases import ServiceSettings, ValidationContext

PARTITIONS, COMPACTED_PARTITIONS = 2400, 120
"""Most partitions of a cluster, without and with compaction (MSK quota, MSK Serverless)."""

LARGEST_RECORD = 8_388_608
"""Largest max.message.bytes (MSK, Configuration properties for MSK Serverless clusters, read 2026-11-29)."""

LIMITS: Limits = {
    "max.message.bytes": Limit(
        definition=Whole(0, LARGEST_RECORD), source="MSK, Configuration properties for MSK Serverless clusters"
    )
}

KAFKA_VERSION = "3.2"
"""MSK does not publish the Kafka version of serverless clusters. They accept message.timestamp.difference.max.ms, which Kafka 4.0 removed."""

TOPIC_SETTINGS = frozenset(
    [
        "cleanup.policy",
        "compression.type",
        "max.message.bytes",
        "message.timestamp.difference.max.ms",
        "message.timestamp.type",
        "retention.bytes",
    ]
)
"""Topic settings that a pipe may choose (MSK, Configuration properties for MSK Serverless clusters)."""


class MskServerlessTopicSettings(KafkaTopicSettings, frozen=True):
    """Settings of a topic on MSK Serverless."""

    retention_hours: RetentionHours = 168
    """The hours that records are kept, read or not. A partition keeps at most 250 GiB (config: retention.bytes)."""
    config: Mapping[
        Annotated[
            str,
            AfterValidator(
                allowed_names(
                    TOPIC_SETTINGS,
                    what="a topic setting that MSK Serverless accepts",
                    reserved={"retention.ms": RESERVED_SETTINGS["retention.ms"]},
                )
            ),
        ],
        QuotedText,
    ] = {}
    """More topic settings by their Kafka names. Each value is a string. cleanup.policy cannot be changed later."""

    @property
    def compacted(self) -> bool:
        """Whether the topic keeps the last record of each key."""
        return "compact" in self.config.get("cleanup.policy", "")

    @override
    def dead_letter_config(self, largest: int = LARGEST_RECORD) -> dict[str, str]:
        """Return the Kafka settings of the dead-letter topic."""
        return super().dead_letter_config(largest)


class MskServerlessPipeSettings(KafkaPipeSettings, frozen=True):
    """A pipe on MSK Serverless. If it is removed, its topic and records stay until the cluster is deleted."""

    topic: MskServerlessTopicSettings = MskServerlessTopicSettings()
    """The topic's settings."""


class MskServerlessSettings(ServiceSettings, frozen=True):
    """Streaming section for MSK Serverless."""

    counts_unread: ClassVar = True

    service: Literal["msk-serverless"]
    """Always msk-serverless."""
    authentication: Literal["iam"] = "iam"
    """Always iam, the only authentication of MSK Serverless (MSK, MSK Serverless)."""
    topic_image: Image = ":topic-1.0.0"
    """The container image that creates the topics, built from topic/. The default is in the stack's own registry."""

    @property
    @override
    def images(self) -> Sequence[str]:
        """The image that creates the topics."""
        return (self.topic_image,)

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield invalid topic settings, more partitions than a cluster allows, and names that are too long for the topic jobs."""
        pipes = cast("Mapping[str, MskServerlessPipeSettings]", context.made)
        yield from pipe_config_errors({name: pipe.topic.config for name, pipe in pipes.items()}, KAFKA_VERSION, LIMITS)
        yield from group_errors(context.pipes)
        for compacted, limit, kind in ((False, PARTITIONS, ""), (True, COMPACTED_PARTITIONS, "compacted ")):
            partitions = {name: pipe.parallelism for name, pipe in pipes.items() if pipe.topic.compacted is compacted}
            if not compacted:
                partitions |= {f"{name}{SUFFIX}": 1 for name, pipe in pipes.items() if pipe.topic.dead_letter.enabled}
            total = sum(partitions.values())
            if total > limit:
                largest_first = sorted(partitions, key=lambda name: partitions[name], reverse=True)
                shares = ", ".join(first_three([f"{name} {partitions[name]}" for name in largest_first], "topic"))
                text = (
                    f"must have at most {limit} {kind}partitions in total, got {total}: {shares} (MSK quota). "
                    "Lower parallelism, or set streaming.service to msk."
                )
                yield ConfigError(path=("pipes",), text=text)
        yield from name_errors(context)
