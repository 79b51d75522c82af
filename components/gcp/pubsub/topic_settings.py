"""What a stack file says of a topic of Pub/Sub and of the subscriptions that its consumers read."""

import json
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from components.gcp.pubsub.filter_syntax import checked_filter
from components.section import Distinct, Pattern, SettingsModel
from components.settings_bases import PipeSettings

LONGEST_RETENTION_HOURS = 31 * 24
"""How long a topic or a subscription keeps a message at most (Pub/Sub API, Subscription)."""

RetentionHours = Annotated[int, Field(ge=1, le=LONGEST_RETENTION_HOURS)]
BackoffSeconds = Annotated[int, Field(ge=0, le=600)]
RevisionId = Annotated[
    str, Pattern(r"[0-9a-f]{8}", "the id of a schema's revision, 8 hexadecimal digits such as 0a1b2c3d")
]
Publisher = Annotated[
    str,
    Pattern(
        r"(serviceAccount|user|group):[^@:\s]+@[^@:\s]+|principal(Set)?://iam\.googleapis\.com/[^\s]+",
        "an IAM member that is not everybody, such as serviceAccount:shop@my-project.iam.gserviceaccount.com",
    ),
]


class DeadLetterSettings(SettingsModel, frozen=True):
    """What becomes of a message that the consumers never acknowledge."""

    enabled: bool = True
    """Whether such a message is moved to a topic of its own, with a subscription that keeps it; without, it is delivered again and
    again until its retention ends. Moving one breaks the order of its key."""
    max_delivery_attempts: Annotated[int, Field(ge=5, le=100)] = 10
    """How often a message is delivered before it is moved (Pub/Sub API, DeadLetterPolicy); with the default retry that takes about 40
    minutes, in which a wrong consumer can be put right."""
    retention_hours: RetentionHours = LONGEST_RETENTION_HOURS
    """The hours that moved messages are kept, unless somebody acknowledges them: up to 744 (Pub/Sub API, Subscription)."""

    @model_validator(mode="after")
    def _something_to_say(self) -> "DeadLetterSettings":
        said = sorted(self.model_fields_set - {"enabled"})
        if not self.enabled and said:
            raise ValueError("has keys that are ignored when enabled is false. Remove them, or set enabled to true.")
        return self


class RetrySettings(SettingsModel, frozen=True):
    """How long Pub/Sub waits before it delivers a message again that was not acknowledged; each time longer (Pub/Sub API, RetryPolicy)."""

    minimum_backoff_seconds: BackoffSeconds = 10
    """The seconds before the second delivery, up to 600."""
    maximum_backoff_seconds: BackoffSeconds = 600
    """The seconds between two deliveries at most, up to 600."""

    @model_validator(mode="after")
    def _from_less_to_more(self) -> "RetrySettings":
        if self.minimum_backoff_seconds > self.maximum_backoff_seconds:
            raise ValueError(
                f"minimumBackoffSeconds must not be more than maximumBackoffSeconds, which is {self.maximum_backoff_seconds}, "
                f"and is {self.minimum_backoff_seconds}; lower it, or raise the other"
            )
        return self


class SchemaSettings(SettingsModel, frozen=True):
    """What every message of a topic must look like; Pub/Sub refuses others when they are published."""

    type: Literal["avro", "protocol-buffer"]
    """The language of the definition; fixed with the schema (Pub/Sub, Schema overview)."""
    definition: Annotated[str, Field(min_length=1, max_length=300_000)]
    """The whole text of the Avro or .proto file, up to 300 KB (Pub/Sub, Quotas and limits); a changed one becomes the schema's next
    revision, and a schema has at most 20 of them."""
    encoding: Literal["json", "binary"] = "json"
    """How messages are written."""
    first_revision: RevisionId | None = None
    """The id of the oldest revision that messages may still have, by default the first that is there."""
    last_revision: RevisionId | None = None
    """The id of the newest revision that messages may have, by default the last that is there."""

    @model_validator(mode="after")
    def _avro_is_json(self) -> "SchemaSettings":
        if self.type == "avro":
            try:
                json.loads(self.definition)
            except json.JSONDecodeError as error:
                raise ValueError(f"definition must be JSON, which Avro is written in ({error}); correct it") from error
        return self


def _a_filter(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank; remove it to read all messages")
    return checked_filter(text)


class PubSubTopicSettings(SettingsModel, frozen=True):
    """What a user may say of a topic and its subscriptions."""

    renamed_keys: ClassVar = {"publishers": "producers"}

    mode: Literal["shared", "partitioned"] = "shared"
    """How consumers share the messages: all read one subscription, and Pub/Sub deals the messages out (shared), or each reads a
    subscription of its own, with the messages whose attribute partition is its number (partitioned). Fixed with the topic."""
    ordering: bool = True
    """Whether messages of one ordering key are delivered in the order in which they were published (Pub/Sub, Order messages). Fixed
    with the subscriptions."""
    exactly_once: bool = False
    """Whether a message that was acknowledged is never delivered again, at the price of throughput and time (Pub/Sub, Exactly-once
    delivery)."""
    retention_hours: RetentionHours = 168
    """The hours that a subscription keeps messages that nobody acknowledged, up to 744 (Pub/Sub API, Subscription); a lower number
    deletes those that are older."""
    replay_hours: RetentionHours | None = None
    """The hours that the topic keeps all messages besides, acknowledged or not, up to 744, so that a subscription can be set back to
    an earlier time (Pub/Sub, Replay and purge messages); by default it keeps none."""
    ack_deadline_seconds: Annotated[int, Field(ge=10, le=600)] = 60
    """The seconds that a consumer has to acknowledge a message, or ask for more, before it is delivered again (Pub/Sub API,
    Subscription)."""
    retry: RetrySettings = RetrySettings()
    """How long Pub/Sub waits before it delivers a message again."""
    dead_letter: DeadLetterSettings = DeadLetterSettings()
    """What becomes of messages that are never acknowledged."""
    filter: Annotated[str, AfterValidator(_a_filter)] | None = None
    """Which messages the pipe reads by their attributes, such as attributes.kind = "order"; the others are dropped for it. Up to 256
    bytes, with what mode partitioned adds (Pub/Sub, Filter messages). Fixed with the subscriptions."""
    message_schema: Annotated[SchemaSettings | None, Field(alias="schema")] = None
    """What every message must look like; by default anything is taken."""
    producers: Annotated[tuple[Publisher, ...], Distinct] = ()
    """The IAM members that may publish to the topic, besides those who may in the whole project."""


class PubSubPipeSettings(PipeSettings, frozen=True):
    """A pipe on Pub/Sub."""

    parallelism: Annotated[int, Field(ge=1, le=10_000)]
    """The number of consumers that read the one subscription (mode shared), or of the subscriptions and, by that, of the consumers (mode
    partitioned), of which a topic has room for 10,000 (Pub/Sub, Quotas and limits)."""
    topic: PubSubTopicSettings = PubSubTopicSettings()
    """The topic's and the subscriptions' own settings."""

    @property
    def partitions(self) -> int | None:
        """How many partitions the messages are divided into by their attribute; None where they are dealt out."""
        return self.parallelism if self.topic.mode == "partitioned" else None
