"""Settings of event hubs: those that the program makes, and those that were there before."""

from typing import Annotated, Literal, TypeAlias

import pulumi_azure_native as azure
from pydantic import Field, model_validator
from typing_extensions import override

from components.azure.event_hubs.capture import CaptureSettings
from components.dead_letters import DeadLetterSettings
from components.section import Distinct, Pattern, SettingsModel
from components.settings_bases import ExistingPipeSettings, ExistingTopicSettings, PipeSettings

ConsumerGroupName = Annotated[
    str,
    Pattern(
        r"[a-z0-9](?:[a-z0-9._-]{0,48}[a-z0-9])?",
        "1 to 50 lower-case letters (names are case-insensitive in Azure), digits, dots, hyphens and underscores, beginning and ending with "
        "a letter or digit ($Default always exists)",
    ),
]


class CompactionSettings(SettingsModel, frozen=True):
    """Log compaction settings."""

    tombstone_hours: Annotated[int, Field(ge=1, le=87_600)] = 24
    """Hours for which tombstones (deletion markers of keys) stay readable (Event Hubs, Log compaction)."""


class EventHubsDeadLetterSettings(DeadLetterSettings, frozen=True):
    """Dead-letter settings, for records that the consumers cannot handle."""

    retention_hours: Annotated[int, Field(ge=1, le=2160)] = 168
    """Hours for which dead letters are kept, whether read or not: up to 168 on tier standard, 2160 on other tiers (Event Hubs, Quotas and
    limits). Lowering it deletes older dead letters."""


class EventHubsTopicSettings(SettingsModel, frozen=True):
    """Settings of an event hub."""

    retention_hours: Annotated[int, Field(ge=1, le=2160)] = 168
    """Hours for which records are kept, whether read or not: up to 168 on tier standard, 2160 on other tiers (Event Hubs, Quotas and
    limits). Lowering it deletes older records."""
    compaction: CompactionSettings | None = None
    """Log compaction: keeps the last record of each key instead of deleting records by age. It cannot be changed later."""
    capture: CaptureSettings | None = None
    """Capture of records as Avro files in the stack's storage account. By default records are kept only in the event hub."""
    schema_group: Literal["none", "backward", "forward"] | None = None
    """Compatibility rule of the pipe's Avro schemas. The pipe gets a schema group that its consumers can read. By default the pipe has no
    schema group. The rule cannot be changed later."""
    consumer_groups: Annotated[tuple[ConsumerGroupName, ...], Distinct] = ()
    """Consumer groups to create for AMQP clients. Kafka clients, including the pipe's consumers, do not need them."""
    dead_letter: EventHubsDeadLetterSettings = EventHubsDeadLetterSettings()
    """Dead letters: records that the consumers cannot handle go to a separate event hub."""

    @model_validator(mode="after")
    def _retention_or_compaction(self) -> "EventHubsTopicSettings":
        if self.compaction and "retention_hours" in self.model_fields_set:
            raise ValueError(
                "retentionHours cannot be used with compaction, which keeps records by key and not by age "
                "(Event Hubs, Log compaction). Remove one of the two."
            )
        return self

    @property
    def retention(self) -> azure.eventhub.RetentionDescriptionArgs:
        """Retention configuration of the event hub."""
        if self.compaction:
            return azure.eventhub.RetentionDescriptionArgs(
                cleanup_policy=azure.eventhub.CleanupPolicyRetentionDescription.COMPACT,
                tombstone_retention_time_in_hours=self.compaction.tombstone_hours,
            )
        return delete_after(self.retention_hours)


def delete_after(hours: int) -> azure.eventhub.RetentionDescriptionArgs:
    """Return the retention configuration that deletes records after the given hours."""
    return azure.eventhub.RetentionDescriptionArgs(
        cleanup_policy=azure.eventhub.CleanupPolicyRetentionDescription.DELETE, retention_time_in_hours=hours
    )


class EventHubsPipeSettings(PipeSettings, frozen=True):
    """Settings of a pipe on Event Hubs."""

    topic: EventHubsTopicSettings = EventHubsTopicSettings()
    """Settings of the event hub."""

    @property
    @override
    def kept_minutes(self) -> int | None:
        """Return the minutes that the event hub keeps records. None with compaction, which keeps them by key."""
        return None if self.topic.compaction else self.topic.retention_hours * 60


class ExistingEventHubSettings(ExistingTopicSettings, frozen=True):
    """Settings of an event hub that was there before. The program only reads it."""

    dead_letter: EventHubsDeadLetterSettings = EventHubsDeadLetterSettings()
    """Dead letters: records that the consumers cannot handle go to a separate event hub. The program makes it; it has the name of the pipe
    with the suffix .dead-letters."""


class ExistingEventHubsPipeSettings(ExistingPipeSettings, frozen=True):
    """A pipe whose event hub was there before. The program makes its dead letters and its consumers."""

    topic: ExistingEventHubSettings
    """Settings of the event hub."""


EventHubsPipe: TypeAlias = EventHubsPipeSettings | ExistingEventHubsPipeSettings
"""A pipe on Event Hubs, whose event hub is made or was there before."""
