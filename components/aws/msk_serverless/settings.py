"""The settings of MSK Serverless and of its topics."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, Field
from typing_extensions import override

from components.consumer import Image
from components.dead_letters import SUFFIX
from components.kafka.config import Limit, Limits, Whole, pipe_config_errors
from components.kafka.dead_letters import KafkaDeadLetterSettings
from components.kafka.topic_settings import setting_names
from components.kubernetes.jobs.topic import name_errors
from components.section import ConfigError, QuotedText, SettingsModel
from components.settings_bases import PipeSettings, ServiceSettings, ValidationContext

PARTITIONS, COMPACTED_PARTITIONS = 2400, 120
"""How many partitions a cluster has room for, without and with compaction (MSK quota, MSK Serverless)."""

LARGEST_RECORD = 8_388_608
"""The most that max.message.bytes may be (MSK, Configuration properties for MSK Serverless clusters, read 2026-11-29)."""

LIMITS: Limits = {
    "max.message.bytes": Limit(
        definition=Whole(0, LARGEST_RECORD), source="MSK, Configuration properties for MSK Serverless clusters"
    )
}

KAFKA_VERSION = "3.2"
"""MSK does not say which Kafka its serverless clusters run. It has message.timestamp.difference.max.ms, which Kafka 4.0 removed."""

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
"""The settings of a topic that a pipe may choose (MSK, Configuration properties for MSK Serverless clusters)."""

SettingName = Annotated[
    str,
    AfterValidator(
        setting_names(
            TOPIC_SETTINGS,
            what="a setting that MSK Serverless lets one choose",
            kept={"retention.ms": "retentionHours says it"},
        )
    ),
]


class MskServerlessTopicSettings(SettingsModel, frozen=True):
    """What a user may say of a topic on MSK Serverless."""

    retention_hours: Annotated[int, Field(ge=1, le=87_600)] = 168
    """The hours that records are kept, read or not, as long as a partition has no more than 250 GiB (config: retention.bytes)."""
    config: Mapping[SettingName, QuotedText] = {}
    """More settings of the topic by their Kafka names, each with a text as value; cleanup.policy is fixed with the topic."""
    dead_letter: KafkaDeadLetterSettings = KafkaDeadLetterSettings()
    """What becomes of records that the consumers cannot handle."""

    @property
    def compacted(self) -> bool:
        """Whether the topic keeps the last record of each key."""
        return "compact" in self.config.get("cleanup.policy", "")

    @property
    def kafka_config(self) -> dict[str, str]:
        """The topic's Kafka settings."""
        return {"retention.ms": str(self.retention_hours * 3_600_000), **self.config}

    @property
    def dead_letter_config(self) -> dict[str, str]:
        """The Kafka settings of the topic of dead letters."""
        return self.dead_letter.kafka_config(self.config, largest=LARGEST_RECORD)


class MskServerlessPipeSettings(PipeSettings, frozen=True):
    """A pipe on MSK Serverless; its topic and its records stay when the pipe is removed, until the cluster is."""

    topic: MskServerlessTopicSettings = MskServerlessTopicSettings()
    """The topic's own settings."""


class MskServerlessSettings(ServiceSettings, frozen=True):
    """The streaming section of a stack file, for MSK Serverless."""

    service: Literal["msk-serverless"]
    """Always msk-serverless."""
    authentication: Literal["iam"] = "iam"
    """Always iam, since MSK Serverless knows its clients by IAM alone (MSK, MSK Serverless)."""
    topic_image: Image = ":topic-1.0.0"
    """The container image of the program in topic/, which makes the topics; by default in the stack's own registry."""

    @property
    @override
    def images(self) -> Sequence[str]:
        """The image of the program that makes the topics."""
        return (self.topic_image,)

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield more partitions than a cluster has room for, values that topics refuse, and names too long for the jobs that make topics."""
        pipes = cast("Mapping[str, MskServerlessPipeSettings]", context.pipes)
        yield from pipe_config_errors({name: pipe.topic.config for name, pipe in pipes.items()}, KAFKA_VERSION, LIMITS)
        for compacted, limit, kind in ((False, PARTITIONS, ""), (True, COMPACTED_PARTITIONS, "compacted ")):
            asked = {name: pipe.parallelism for name, pipe in pipes.items() if pipe.topic.compacted is compacted}
            if not compacted:
                asked |= {f"{name}{SUFFIX}": 1 for name, pipe in pipes.items() if pipe.topic.dead_letter.enabled}
            total = sum(asked.values())
            if total > limit:
                shares = ", ".join(f"{name} {parallelism}" for name, parallelism in asked.items())
                text = (
                    f"have {total} {kind}partitions together ({shares}), and a serverless cluster has room for {limit} "
                    "(MSK quota); lower parallelism, or set streaming.service to msk"
                )
                yield ConfigError(path=("pipes",), text=text)
        yield from name_errors(context)
