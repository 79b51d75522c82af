"""The event hubs of a namespace, which are topics to Kafka's clients: one for each pipe."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Annotated, Literal

import pulumi_azure_native as azure
from pulumi import Output, Resource, ResourceHookBinding, ResourceOptions
from pydantic import Field, model_validator

from components.azure.event_hubs.capture import Capture, CaptureArgs, CaptureSettings
from components.azure.event_hubs.tiers import (
    TierName,
    partitions_rule,
    refuse_cleanup_policy_change,
    refuse_compatibility_change,
)
from components.azure.network.network import Network
from components.azure.storage_account import StorageAccount
from components.changes import guard, refused_change
from components.contracts import SHARED, Connection, EgressRule, Grant, Topic
from components.dead_letters import SUFFIX, DeadLetterSettings
from components.section import Distinct, Pattern, SettingsModel
from components.settings_bases import PipeSettings

KAFKA_PORT = 9093
"""Where a namespace speaks Kafka (Event Hubs, Apache Kafka)."""

HTTPS_PORT = 443
"""Where its schema registry answers."""

ConsumerGroupName = Annotated[
    str,
    Pattern(
        r"[a-z0-9](?:[a-z0-9._-]{0,48}[a-z0-9])?",
        "1 to 50 lower-case letters (Azure tells no others from them), digits, dots, hyphens and underscores, with a letter or digit "
        "at both ends ($Default is always there)",
    ),
]


class CompactionSettings(SettingsModel, frozen=True):
    """How an event hub that keeps the last record of each key forgets a key."""

    tombstone_hours: Annotated[int, Field(ge=1, le=87_600)] = 24
    """The hours in which readers still see that the records of a key were deleted (Event Hubs, Log compaction)."""


class EventHubsDeadLetterSettings(DeadLetterSettings, frozen=True):
    """What becomes of a record that the consumers cannot handle."""

    retention_hours: Annotated[int, Field(ge=1, le=2160)] = 168
    """The hours that records set aside are kept, read or not: up to 168 on the tier standard, 2160 on the others (Event Hubs, Quotas
    and limits); a lower number deletes those that are older."""


class EventHubsTopicSettings(SettingsModel, frozen=True):
    """What a user may say of an event hub."""

    retention_hours: Annotated[int, Field(ge=1, le=2160)] = 168
    """The hours that records are kept, read or not: up to 168 on the tier standard, 2160 on the others (Event Hubs, Quotas and
    limits); a lower number deletes the records that are older."""
    compaction: CompactionSettings | None = None
    """Whether the last record of each key is kept in place of the records of the last hours; fixed with the event hub."""
    capture: CaptureSettings | None = None
    """How records are written as Avro files to a storage account of the stack's own; by default they are in the event hub alone."""
    schema_group: Literal["none", "backward", "forward"] | None = None
    """How the Avro schemas of the pipe may change, in a schema group of its own that consumers may read; by default the pipe has no
    schema group. Fixed with the group."""
    consumer_groups: Annotated[tuple[ConsumerGroupName, ...], Distinct] = ()
    """The consumer groups for clients that speak AMQP; those that speak Kafka, such as the pipe's own consumers, need none made."""
    dead_letter: EventHubsDeadLetterSettings = EventHubsDeadLetterSettings()
    """What becomes of records that the consumers cannot handle; they go to an event hub of their own."""

    @model_validator(mode="after")
    def _kept_by_time_or_by_key(self) -> "EventHubsTopicSettings":
        if self.compaction and "retention_hours" in self.model_fields_set:
            raise ValueError(
                "retentionHours cannot go with compaction, which keeps records by their key and not by their age "
                "(Event Hubs, Log compaction); remove one of the two"
            )
        return self

    @property
    def retention(self) -> azure.eventhub.RetentionDescriptionArgs:
        """What Event Hubs is told of how long records are kept."""
        if self.compaction:
            return azure.eventhub.RetentionDescriptionArgs(
                cleanup_policy=azure.eventhub.CleanupPolicyRetentionDescription.COMPACT,
                tombstone_retention_time_in_hours=self.compaction.tombstone_hours,
            )
        return kept_for(self.retention_hours)


def kept_for(hours: int) -> azure.eventhub.RetentionDescriptionArgs:
    """What Event Hubs is told of records that are kept for some hours."""
    return azure.eventhub.RetentionDescriptionArgs(
        cleanup_policy=azure.eventhub.CleanupPolicyRetentionDescription.DELETE, retention_time_in_hours=hours
    )


class EventHubsPipeSettings(PipeSettings, frozen=True):
    """A pipe on Event Hubs."""

    topic: EventHubsTopicSettings = EventHubsTopicSettings()
    """The event hub's own settings."""


@dataclass(frozen=True, kw_only=True)
class EventHubsTopicArgs:
    """What the event hub of a pipe is built from."""

    hub_name: str
    """The name of the event hub, and of the one Kafka consumer group that reads it."""
    pipe: EventHubsPipeSettings
    network: Network
    tier: TierName
    namespace: azure.eventhub.Namespace
    host: Output[str]
    """The namespace's own address."""
    storage: StorageAccount | None
    """Where records are captured, if any pipe's are."""
    ready: Sequence[Resource]
    """What opens the namespace from inside the network."""
    protect: bool


class EventHubsTopic(Topic):
    """An event hub, there only once the network has a way to it, that its consumers may read and no other.

    Beside it is one for its dead letters, which they may write to and not read.
    """

    def __init__(self, name: str, args: EventHubsTopicArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:EventHubsTopic", name, None, opts)
        self.name = name
        self.args = args
        settings = args.pipe.topic
        capture = self._capture(settings.capture) if settings.capture else None
        hub = azure.eventhub.EventHub(
            f"{name}-hub",
            event_hub_name=args.hub_name,
            namespace_name=args.namespace.name,
            resource_group_name=args.network.resource_group,
            partition_count=args.pipe.parallelism,
            retention_description=settings.retention,
            capture_description=capture.description if capture else None,
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                hooks=self._hooks(f"{name}-hub"),
                # The consumers start after the event hub, and nobody reaches it before the endpoint is there.
                depends_on=[*args.ready, *(capture.ready if capture else [])],
            ),
        )
        self.partitions = hub.partition_count.apply(lambda count: int(count or 0))
        self.topic_name = self.partitions.apply(lambda _: args.hub_name)
        for group in settings.consumer_groups:
            azure.eventhub.ConsumerGroup(
                f"{name}-{group}-consumers",
                consumer_group_name=group,
                event_hub_name=self.topic_name,
                namespace_name=args.namespace.name,
                resource_group_name=args.network.resource_group,
                opts=ResourceOptions(parent=self),
            )
        self.connections = {SHARED: self._connection(hub, self._dead_letters())}
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})

    def _hooks(self, hub: str) -> ResourceHookBinding:
        """What is refused in a preview: what Event Hubs cannot do to an event hub."""
        pipe = f"pipes.{self.args.hub_name}"
        hooks = [
            guard(hub, f"{pipe}.parallelism", "partitionCount", partitions_rule(self.args.tier)),
            refused_change(
                hub, f"{pipe}.topic.compaction", "retentionDescription.cleanupPolicy", refuse_cleanup_policy_change
            ),
        ]
        return reduce(ResourceHookBinding.merge, hooks)

    def _capture(self, settings: CaptureSettings) -> Capture:
        args = self.args
        if args.storage is None:
            raise ValueError(f"{args.hub_name} captures its records, and there is no storage account for them")
        return Capture(
            f"{self.name}-capture",
            CaptureArgs(hub_name=args.hub_name, settings=settings, storage=args.storage, namespace=args.namespace),
            ResourceOptions(parent=self),
        )

    def _dead_letters(self) -> azure.eventhub.EventHub | None:
        args = self.args
        settings = args.pipe.topic.dead_letter
        if not settings.enabled:
            return None
        return azure.eventhub.EventHub(
            f"{self.name}-dead-letters",
            event_hub_name=f"{args.hub_name}{SUFFIX}",
            namespace_name=args.namespace.name,
            resource_group_name=args.network.resource_group,
            partition_count=1,
            retention_description=kept_for(settings.retention_hours),
            opts=ResourceOptions(parent=self, protect=args.protect, depends_on=args.ready),
        )

    def _connection(self, hub: azure.eventhub.EventHub, dead_letters: azure.eventhub.EventHub | None) -> Connection:
        """How the pipe's consumers reach the event hub, where they set records aside, and its schemas where it has some."""
        args = self.args
        url = Output.concat("https://", args.host)
        settings = {
            "STREAM_SERVICE": "kafka",
            "STREAM_TOPIC": self.topic_name,
            "STREAM_GROUP": args.hub_name,
            "KAFKA_BOOTSTRAP_SERVERS": Output.concat(args.host, f":{KAFKA_PORT}"),
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
            "KAFKA_SASL_OAUTHBEARER_SCOPE": Output.concat(url, "/.default"),
        }
        grants = [Grant(actions=("Azure Event Hubs Data Receiver",), resource=hub.id)]
        if dead_letters:
            settings |= args.pipe.topic.dead_letter.variables(dead_letters.name)
            grants.append(Grant(actions=("Azure Event Hubs Data Sender",), resource=dead_letters.id))
        ports = [KAFKA_PORT]
        schemas = self._schema_group()
        if schemas:
            settings |= {
                "STREAM_SCHEMA_REGISTRY": url,
                "STREAM_SCHEMA_GROUP": schemas.id.apply(lambda _: args.hub_name),
            }
            grants.append(Grant(actions=("Schema Registry Reader",), resource=schemas.id))
            ports.append(HTTPS_PORT)
        return Connection(
            settings=settings,
            secrets={},
            files={},
            grants=grants,
            egress_rules=[EgressRule(cidr=args.network.cidr, port=port) for port in ports],
        )

    def _schema_group(self) -> azure.eventhub.SchemaRegistry | None:
        compatibility = self.args.pipe.topic.schema_group
        if compatibility is None:
            return None
        name = f"{self.name}-schemas"
        return azure.eventhub.SchemaRegistry(
            name,
            schema_group_name=self.args.hub_name,
            schema_type=azure.eventhub.SchemaType.AVRO,
            schema_compatibility=compatibility.capitalize(),
            namespace_name=self.args.namespace.name,
            resource_group_name=self.args.network.resource_group,
            opts=ResourceOptions(
                parent=self,
                protect=self.args.protect,
                hooks=refused_change(
                    name,
                    f"pipes.{self.args.hub_name}.topic.schemaGroup",
                    "schemaCompatibility",
                    refuse_compatibility_change,
                ),
            ),
        )
