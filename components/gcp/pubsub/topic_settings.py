"""Pipe settings for Pub/Sub: topic, subscriptions and schema."""

import json
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator
from typing_extensions import override

from components.gcp.pubsub.filter_syntax import checked_filter
from components.section import Distinct, Pattern, SettingsModel
from components.settings_bases import MOST_PARALLELISM, ExistingPipeSettings, ExistingTopicSettings, PipeSettings

LONGEST_RETENTION_HOURS = 31 * 24
"""Longest retention of a topic or subscription (Pub/Sub API, Subscription)."""

RetentionHours = Annotated[int, Field(ge=1, le=LONGEST_RETENTION_HOURS)]
BackoffSeconds = Annotated[int, Field(ge=0, le=600)]
RevisionId = Annotated[str, Pattern(r"[0-9a-f]{8}", "a schema revision ID of 8 hexadecimal digits such as 0a1b2c3d")]
Publisher = Annotated[
    str,
    Pattern(
        r"(serviceAccount|user|group):[^@:\s]+@[^@:\s]+|principal(Set)?://iam\.googleapis\.com/[^\s]+",
        "an IAM member other than allUsers and allAuthenticatedUsers, such as serviceAccount:shop@my-project.iam.gserviceaccount.com",
    ),
]


class DeadLetterSettings(SettingsModel, frozen=True):
    """Handling of messages that consumers never acknowledge."""

    enabled: bool = True
    """Whether messages that are never acknowledged are moved to a dead-letter topic with its own subscription. If false, they are
    redelivered until their retention ends. Moving a message breaks the order of its key."""
    max_delivery_attempts: Annotated[int, Field(ge=5, le=100)] = 10
    """The number of delivery attempts before a message is moved (Pub/Sub API, DeadLetterPolicy). With the default retry settings this
    takes about 40 minutes, which leaves time to fix a faulty consumer."""
    retention_hours: RetentionHours = LONGEST_RETENTION_HOURS
    """The hours that unacknowledged dead letters are kept: up to 744 (Pub/Sub API, Subscription)."""
    redrive: bool = False
    """Whether the stack has a job that reads and replays the dead letters, with rights that the consumers do not have. It runs only when
    an operator starts it (docs/procedures.md, As a job of the stack). The image must contain the consumer of this repository."""

    @model_validator(mode="after")
    def _no_ignored_keys(self) -> "DeadLetterSettings":
        ignored = sorted(self.model_fields_set - {"enabled"})
        if not self.enabled and ignored:
            raise ValueError("has keys that are ignored when enabled is false. Remove them, or set enabled to true.")
        return self


class RetrySettings(SettingsModel, frozen=True):
    """Exponential backoff before an unacknowledged message is redelivered (Pub/Sub API, RetryPolicy)."""

    minimum_backoff_seconds: BackoffSeconds = 10
    """The seconds before the second delivery attempt, up to 600."""
    maximum_backoff_seconds: BackoffSeconds = 600
    """The most seconds between two delivery attempts, up to 600."""

    @model_validator(mode="after")
    def _backoff_order(self) -> "RetrySettings":
        if self.minimum_backoff_seconds > self.maximum_backoff_seconds:
            raise ValueError(
                f"minimumBackoffSeconds must be at most maximumBackoffSeconds ({self.maximum_backoff_seconds}), "
                f"got {self.minimum_backoff_seconds}. Lower minimumBackoffSeconds, or raise maximumBackoffSeconds."
            )
        return self


class SchemaSettings(SettingsModel, frozen=True):
    """Schema of a topic. Pub/Sub rejects messages that do not match it when they are published."""

    type: Literal["avro", "protocol-buffer"]
    """The schema language. It cannot be changed after the schema is created (Pub/Sub, Schema overview)."""
    definition: Annotated[str, Field(min_length=1, max_length=300_000)]
    """The full text of the Avro or .proto file, up to 300 KB (Pub/Sub, Quotas and limits). Each change creates a schema revision. A schema
    can have at most 20 revisions."""
    encoding: Literal["json", "binary"] = "json"
    """The encoding of messages."""
    first_revision: RevisionId | None = None
    """The ID of the oldest revision that messages may use. By default the first existing revision."""
    last_revision: RevisionId | None = None
    """The ID of the newest revision that messages may use. By default the last existing revision."""

    @model_validator(mode="after")
    def _avro_must_be_json(self) -> "SchemaSettings":
        if self.type == "avro":
            try:
                json.loads(self.definition)
            except json.JSONDecodeError as error:
                raise ValueError(
                    f"definition must be valid JSON if type is avro ({error}). Correct the definition."
                ) from error
        return self


def _a_filter(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank. To read all messages, remove filter.")
    return checked_filter(text)


class SubscriptionSettings(SettingsModel, frozen=True):
    """Settings of the subscriptions of a pipe, on a topic that is made or was there before."""

    mode: Literal["shared", "partitioned"] = "shared"
    """How consumers share the messages. With shared, all consumers read one subscription. With partitioned, each consumer reads its own
    subscription with the messages whose attribute partition equals its number. It cannot be changed after the topic is created."""
    ordering: bool = True
    """Whether messages with the same ordering key are delivered in publish order (Pub/Sub, Order messages). It cannot be changed after
    the subscriptions are created."""
    exactly_once: bool = False
    """Whether acknowledged messages are never redelivered. This lowers throughput and adds latency (Pub/Sub, Exactly-once delivery)."""
    retention_hours: RetentionHours = 168
    """The hours that a subscription keeps unacknowledged messages, up to 744 (Pub/Sub API, Subscription). Lowering it deletes older
    messages."""
    ack_deadline_seconds: Annotated[int, Field(ge=10, le=600)] = 60
    """The seconds that a consumer has to acknowledge a message, or to extend the deadline, before the message is redelivered (Pub/Sub
    API, Subscription)."""
    retry: RetrySettings = RetrySettings()
    """The delay before a message is redelivered."""
    dead_letter: DeadLetterSettings = DeadLetterSettings()
    """The handling of messages that are never acknowledged."""
    filter: Annotated[str, AfterValidator(_a_filter)] | None = None
    """The filter on message attributes, such as attributes.kind = "order". The pipe does not receive messages that do not match. Up to 256
    bytes, including the partition condition that mode partitioned adds (Pub/Sub, Filter messages). It cannot be changed after the
    subscriptions are created."""


class PubSubTopicSettings(SubscriptionSettings, frozen=True):
    """Settings of a Pub/Sub topic and its subscriptions."""

    renamed_keys: ClassVar = {"publishers": "producers"}

    replay_hours: RetentionHours | None = None
    """The hours that the topic keeps all messages, even acknowledged ones, up to 744. A subscription can then be set back to an earlier
    time (Pub/Sub, Replay and purge messages). By default the topic keeps none."""
    message_schema: Annotated[SchemaSettings | None, Field(alias="schema")] = None
    """The schema that every message must match. By default any message is accepted."""
    producers: Annotated[tuple[Publisher, ...], Distinct] = ()
    """The IAM members that may publish to the topic. Members with a project-wide publisher role can publish too."""


class ExistingPubSubTopicSettings(SubscriptionSettings, ExistingTopicSettings, frozen=True):
    """Settings of the subscriptions on a Pub/Sub topic that was there before. Its owner manages its schema and its publishers."""

    existing: Literal[True]
    """Always true. The program makes subscriptions on the topic and never changes the topic."""
    name: (
        Annotated[
            str,
            Pattern(
                r"(?!goog)[A-Za-z][\w.~+%-]{2,254}",
                "the name of a Pub/Sub topic without its project, such as shop-orders",
            ),
        ]
        | None
    ) = None
    """The name of the topic, in the project of the stack. The default is the name of the pipe."""


class SubscribedPipe(PipeSettings, frozen=True):
    """A pipe whose consumers read subscriptions."""

    topic: SubscriptionSettings
    """The settings of the subscriptions."""

    @property
    @override
    def kept_minutes(self) -> int:
        """Return the minutes that the subscription keeps unread messages."""
        return self.topic.retention_hours * 60

    @property
    def partitions(self) -> int | None:
        """Number of partitions in mode partitioned, else None."""
        return self.parallelism if self.topic.mode == "partitioned" else None


class PubSubPipeSettings(SubscribedPipe, frozen=True):
    """Settings of a pipe on Pub/Sub."""

    parallelism: Annotated[int, Field(ge=1, le=MOST_PARALLELISM)]
    """The number of consumers. In mode partitioned it is also the number of subscriptions. A topic can have at most 10,000 subscriptions
    (Pub/Sub, Quotas and limits)."""
    topic: PubSubTopicSettings = PubSubTopicSettings()
    """The settings of the topic and its subscriptions."""


class ExistingPubSubPipeSettings(SubscribedPipe, ExistingPipeSettings, frozen=True):
    """A pipe whose Pub/Sub topic was there before. The program makes its subscriptions, its dead letters and its consumers."""

    # Required, other than in the base class: there is no number of partitions to read.
    parallelism: Annotated[int, Field(ge=1, le=MOST_PARALLELISM)]  # pyright: ignore[reportGeneralTypeIssues]
    """The number of consumers, which is required because a Pub/Sub topic has no partitions. In mode partitioned it is also the number of
    subscriptions."""
    topic: ExistingPubSubTopicSettings
    """The settings of the subscriptions."""
