"""Event hub of a pipe. Kafka clients use it as a topic."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Generic, TypeVar

import pulumi_azure_native as azure
from pulumi import Input, InvokeOptions, Output, Resource, ResourceHookBinding, ResourceOptions
from pulumi_azure_native.eventhub import GetEventHubResult
from typing_extensions import override

from components.azure.event_hubs.capture import Capture, CaptureArgs, CaptureSettings
from components.azure.event_hubs.signals import topic_signals
from components.azure.event_hubs.tiers import refuse_cleanup_policy_change, refuse_compatibility_change
from components.azure.event_hubs.topic_settings import (
    EventHubsPipeSettings,
    ExistingEventHubsPipeSettings,
    delete_after,
)
from components.azure.storage_account import StorageAccount
from components.changes import ChangeRule, guard, refused_change
from components.consumer_group import consumer_group
from components.contracts import SHARED, Connection, EgressRule, Grant, Topic
from components.dead_letters import SUFFIX
from components.existing import FIX, matching, name_key
from components.lookup import lookup, unanswered
from components.redrive import redrive_connection

KAFKA_PORT = 9093
"""Port of the namespace's Kafka endpoint (Event Hubs, Apache Kafka)."""

HTTPS_PORT = 443
"""Port of the schema registry."""

PipeT = TypeVar("PipeT", EventHubsPipeSettings, ExistingEventHubsPipeSettings)


@dataclass(frozen=True, kw_only=True)
class HubNamespace:
    """What event hubs and their clients need of a namespace, new or existing."""

    id: Output[str]
    name: Output[str]
    resource_group: Input[str]
    host: Output[str]
    """Host name of the namespace."""
    cidr: Input[str]
    """IP range with the namespace's addresses."""
    principal_id: Output[str]
    """Principal ID of its system-assigned identity, which writes captured records."""
    partitions_rule: ChangeRule
    """Rule for changing the number of partitions of an event hub."""
    ready: Sequence[Resource]
    """Resources that make the namespace reachable from the network."""


@dataclass(frozen=True, kw_only=True)
class EventHubsTopicArgs(Generic[PipeT]):
    """Inputs of the event hub of a pipe."""

    pipe_name: str
    pipe: PipeT
    namespace: HubNamespace
    storage: StorageAccount | None
    """Storage account for captured records, or None if no pipe captures records."""
    protect: bool


class ReadEventHub(Topic, ABC, Generic[PipeT]):
    """Event hub that the consumers of a pipe read, and its dead letters.

    The consumers can read only this event hub. They can write to its dead-letter event hub but not read it.

    Both kinds of event hubs have one type token, so the dead letters stay if a pipe changes from one kind to the other.
    """

    def __init__(self, name: str, args: EventHubsTopicArgs[PipeT], opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:EventHubsTopic", name, None, opts)
        self.name = name
        self.args = args
        hub = self._source()
        self.partitions = hub.partition_count.apply(lambda count: int(count or 0))
        self.topic_name = self.partitions.apply(lambda _: self._hub_name)
        dead_letters = self._dead_letters()
        connection = self._connection(hub, dead_letters)
        self.connections = {SHARED: connection}
        if dead_letters and args.pipe.topic.dead_letter.redrive:
            grants = [
                Grant(actions=("Azure Event Hubs Data Receiver",), resource=dead_letters.id),
                Grant(actions=("Azure Event Hubs Data Sender",), resource=hub.id),
            ]
            self.redrive = redrive_connection(connection, grants)
        dead_letter_hub = f"{args.pipe_name}{SUFFIX}" if dead_letters else None
        self.signals = topic_signals(args.namespace.id, self._hub_name, dead_letter_hub)
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})

    @property
    def _hub_name(self) -> str:
        """Return the name of the event hub: that of the pipe."""
        return self.args.pipe_name

    @abstractmethod
    def _source(self) -> azure.eventhub.EventHub:
        """Make or read the event hub."""

    def _schema_group(self) -> azure.eventhub.SchemaRegistry | None:
        """Make the schema group. The default is none."""
        return None

    def _dead_letters(self) -> azure.eventhub.EventHub | None:
        args = self.args
        settings = args.pipe.topic.dead_letter
        if not settings.enabled:
            return None
        return azure.eventhub.EventHub(
            f"{self.name}-dead-letters",
            event_hub_name=f"{args.pipe_name}{SUFFIX}",
            namespace_name=args.namespace.name,
            resource_group_name=args.namespace.resource_group,
            partition_count=1,
            retention_description=delete_after(settings.retention_hours),
            opts=ResourceOptions(parent=self, protect=args.protect, depends_on=args.namespace.ready),
        )

    def _connection(self, hub: azure.eventhub.EventHub, dead_letters: azure.eventhub.EventHub | None) -> Connection:
        """Return the consumers' connection to the event hub, its dead letters and its schema group."""
        args = self.args
        url = Output.concat("https://", args.namespace.host)
        settings = {
            "STREAM_SERVICE": "kafka",
            "STREAM_TOPIC": self.topic_name,
            "STREAM_GROUP": consumer_group(args.pipe_name, args.pipe),
            "KAFKA_BOOTSTRAP_SERVERS": Output.concat(args.namespace.host, f":{KAFKA_PORT}"),
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
                "STREAM_SCHEMA_GROUP": schemas.id.apply(lambda _: args.pipe_name),
            }
            grants.append(Grant(actions=("Schema Registry Reader",), resource=schemas.id))
            ports.append(HTTPS_PORT)
        return Connection(
            settings=settings,
            secrets={},
            files={},
            grants=grants,
            egress_rules=[EgressRule(cidr=args.namespace.cidr, port=port) for port in ports],
        )


class EventHubsTopic(ReadEventHub[EventHubsPipeSettings]):
    """Event hub that the program makes, after the namespace is reachable from the network."""

    @override
    def _source(self) -> azure.eventhub.EventHub:
        args, settings, name = self.args, self.args.pipe.topic, f"{self.name}-hub"
        capture = self._capture(settings.capture) if settings.capture else None
        hub = azure.eventhub.EventHub(
            name,
            event_hub_name=args.pipe_name,
            namespace_name=args.namespace.name,
            resource_group_name=args.namespace.resource_group,
            partition_count=args.pipe.parallelism,
            retention_description=settings.retention,
            capture_description=capture.description if capture else None,
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                hooks=self._hooks(name),
                # Consumers start after the event hub and need the private endpoint to reach it.
                depends_on=[*args.namespace.ready, *(capture.ready if capture else [])],
            ),
        )
        for group in settings.consumer_groups:
            azure.eventhub.ConsumerGroup(
                f"{self.name}-{group}-consumers",
                consumer_group_name=group,
                event_hub_name=hub.partition_count.apply(lambda _: args.pipe_name),
                namespace_name=args.namespace.name,
                resource_group_name=args.namespace.resource_group,
                opts=ResourceOptions(parent=self),
            )
        return hub

    def _hooks(self, hub: str) -> ResourceHookBinding:
        """Return hooks that refuse, in previews, changes that Event Hubs cannot make to an event hub."""
        pipe = f"pipes.{self.args.pipe_name}"
        hooks = [
            guard(hub, f"{pipe}.parallelism", "partitionCount", self.args.namespace.partitions_rule),
            refused_change(
                hub, f"{pipe}.topic.compaction", "retentionDescription.cleanupPolicy", refuse_cleanup_policy_change
            ),
        ]
        return reduce(ResourceHookBinding.merge, hooks)

    def _capture(self, settings: CaptureSettings) -> Capture:
        args = self.args
        if args.storage is None:
            raise ValueError(f"{args.pipe_name}: capture requires a storage account")
        return Capture(
            f"{self.name}-capture",
            CaptureArgs(
                hub_name=args.pipe_name,
                settings=settings,
                storage=args.storage,
                principal_id=args.namespace.principal_id,
            ),
            ResourceOptions(parent=self),
        )

    @override
    def _schema_group(self) -> azure.eventhub.SchemaRegistry | None:
        compatibility = self.args.pipe.topic.schema_group
        if compatibility is None:
            return None
        name = f"{self.name}-schemas"
        return azure.eventhub.SchemaRegistry(
            name,
            schema_group_name=self.args.pipe_name,
            schema_type=azure.eventhub.SchemaType.AVRO,
            schema_compatibility=compatibility.capitalize(),
            namespace_name=self.args.namespace.name,
            resource_group_name=self.args.namespace.resource_group,
            opts=ResourceOptions(
                parent=self,
                protect=self.args.protect,
                hooks=refused_change(
                    name,
                    f"pipes.{self.args.pipe_name}.topic.schemaGroup",
                    "schemaCompatibility",
                    refuse_compatibility_change,
                ),
            ),
        )


class ExistingEventHub(ReadEventHub[ExistingEventHubsPipeSettings]):
    """Event hub that was there before. The program only reads it."""

    @property
    @override
    def _hub_name(self) -> str:
        return self.args.pipe.topic.name or self.args.pipe_name

    @property
    def _key(self) -> str:
        return name_key(self.args.pipe_name, self.args.pipe.topic.name)

    def _readable(self, hub: GetEventHubResult) -> GetEventHubResult:
        """Return the event hub. Raise RunError if nothing can be read from it."""
        if hub.status not in ("Disabled", "ReceiveDisabled"):
            return hub
        raise unanswered(
            self._key,
            rule="the name of an event hub that can be read",
            got=hub.name,
            reason=f"its status is {hub.status}",
            fix="Set its status to Active, or use another event hub.",
        )

    @override
    def _source(self) -> azure.eventhub.EventHub:
        args, hub = self.args, self._hub_name
        found = lookup(
            azure.eventhub.get_event_hub_output(
                event_hub_name=hub,
                namespace_name=args.namespace.name,
                resource_group_name=args.namespace.resource_group,
                opts=InvokeOptions(parent=self),
            ),
            self._key,
            rule="the name of an event hub in the namespace",
            got=hub,
            fix=FIX,
        ).apply(self._readable)
        count = found.partition_count.apply(lambda known: int(known or 0))
        partitions = matching(count, args.pipe_name, args.pipe.parallelism)
        # The number is a condition of the id, so the event hub is not read, and no consumer starts, if it does not match.
        identifier = Output.all(found.id, partitions).apply(lambda known: known[0])
        # Another name than that of a made event hub: `pulumi import` refuses a URN that is in the state.
        return azure.eventhub.EventHub.get(f"{self.name}-existing", identifier, opts=ResourceOptions(parent=self))
