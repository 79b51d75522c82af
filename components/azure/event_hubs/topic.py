"""Event hub of a pipe. Kafka clients use it as a topic."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Annotated, Literal

import pulumi_azure_native as azure
from pulumi import Output, Resource, ResourceHookBinding, ResourceOptions
from pydantic import Field, model_validator
from typing_extensions import override

from components.azure.event_hubs.capture import Capture, CaptureArgs, CaptureSettings
from components.azure.event_hubs.signals import topic_signals
from components.azure.event_hubs.tiers import (
    TierName,
    partitions_rule,
    refuse_cleanup_policy_change,
    refuse_compatibility_change,
)
from components.azure.network.network import Network
from components.azure.storage_account import StorageAccount
from components.changes import guard, refused_change
from components.consumer_group import consumer_group
from components.contracts import SHARED, Connection, EgressRule, Grant, Topic
from components.dead_letters import SUFFIX, DeadLetterSettings
from components.redrive import redrive_connection
from components.section import Distinct, Pattern, SettingsModel
from components.settings_bases import PipeSettings

KAFKA_PORT = 9093
"""Port of the namespace's Kafka endpoint (Event Hubs, Apache Kafka)."""

HTTPS_PORT = 443
"""Port of the schema registry."""

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


@dataclass(frozen=True, kw_only=True)
class EventHubsTopicArgs:
    """Inputs of the event hub of a pipe."""

    hub_name: str
    """Name of the event hub."""
    pipe: EventHubsPipeSettings
    network: Network
    tier: TierName
    namespace: azure.eventhub.Namespace
    host: Output[str]
    """Host name of the namespace."""
    storage: StorageAccount | None
    """Storage account for captured records, or None if no pipe captures records."""
    ready: Sequence[Resource]
    """Resources that make the namespace reachable from the network."""
    protect: bool


class EventHubsTopic(Topic):
    """Event hub of a pipe. It is created after the namespace is reachable from the network.

    The pipe's consumers can read only this event hub. They can write to its dead-letter event hub but not read it.
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
                # Consumers start after the event hub and need the private endpoint to reach it.
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
        dead_letters = self._dead_letters()
        connection = self._connection(hub, dead_letters)
        self.connections = {SHARED: connection}
        if dead_letters and settings.dead_letter.redrive:
            grants = [
                Grant(actions=("Azure Event Hubs Data Receiver",), resource=dead_letters.id),
                Grant(actions=("Azure Event Hubs Data Sender",), resource=hub.id),
            ]
            self.redrive = redrive_connection(connection, grants)
        self.signals = topic_signals(args.namespace.id, args.hub_name, dead_letters=settings.dead_letter.enabled)
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})

    def _hooks(self, hub: str) -> ResourceHookBinding:
        """Return hooks that refuse, in previews, changes that Event Hubs cannot make to an event hub."""
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
            raise ValueError(f"{args.hub_name}: capture requires a storage account")
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
            retention_description=delete_after(settings.retention_hours),
            opts=ResourceOptions(parent=self, protect=args.protect, depends_on=args.ready),
        )

    def _connection(self, hub: azure.eventhub.EventHub, dead_letters: azure.eventhub.EventHub | None) -> Connection:
        """Return the consumers' connection to the event hub, its dead letters and its schema group."""
        args = self.args
        url = Output.concat("https://", args.host)
        settings = {
            "STREAM_SERVICE": "kafka",
            "STREAM_TOPIC": self.topic_name,
            "STREAM_GROUP": consumer_group(args.hub_name, args.pipe),
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
