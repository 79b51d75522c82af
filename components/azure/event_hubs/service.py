"""Azure Event Hubs with its Kafka endpoint: one namespace, and one event hub per pipe."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import cast

import pulumi_azure_native as azure
from pulumi import Output, ResourceHookBinding, ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.azure.event_hubs.key import EventHubsKey, EventHubsKeyArgs
from components.azure.event_hubs.settings import EventHubsSettings
from components.azure.event_hubs.signals import service_signals
from components.azure.event_hubs.tiers import (
    partitions_rule,
    refuse_cluster_change,
    refuse_key_change,
    refuse_lower_capacity,
    refuse_tier_change,
)
from components.azure.event_hubs.topic import (
    KAFKA_PORT,
    EventHubsTopic,
    EventHubsTopicArgs,
    ExistingEventHub,
    HubNamespace,
    PipeT,
)
from components.azure.event_hubs.topic_settings import EventHubsPipeSettings, ExistingEventHubsPipeSettings
from components.azure.names import global_name
from components.azure.network.base import Network
from components.azure.network.private_endpoint import PrivateEndpoint, PrivateEndpointArgs
from components.azure.storage_account import StorageAccount, StorageAccountArgs
from components.changes import refused_change
from components.contracts import Platform, Streaming, Topic

LONGEST_NAME = 50
"""Maximum length of a namespace name (Azure naming rules and restrictions)."""

CAPACITY_TAG = "data-pipes-capacity"
"""Tag that stores the configured capacity. With auto-inflate, Event Hubs changes the throughput units itself."""

LOG_CATEGORIES = (
    "ArchiveLogs",
    "AutoScaleLogs",
    "CustomerManagedKeyUserLogs",
    "DiagnosticErrorLogs",
    "EventHubVNetConnectionEvent",
    "KafkaCoordinatorLogs",
    "KafkaUserErrorLogs",
    "OperationalLogs",
)
"""Resource logs available on every tier (Event Hubs, Monitoring data reference)."""

AUDIT_CATEGORIES = ("ApplicationMetricsLogs", "RuntimeAuditLogs")
"""Logs of client connections. The standard tier does not support them (Event Hubs, Monitoring data reference)."""


class EventHubs(Streaming[EventHubsPipeSettings]):
    """Zone-redundant namespace without public access. Clients authenticate only with Entra."""

    namespace: azure.eventhub.Namespace

    def __init__(
        self, name: str, args: StreamingArgs[EventHubsSettings, Network, Platform], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:azure:EventHubs", name, None, opts)
        self.name = name
        self.args = args
        network = args.network
        self.namespace = self._namespace()
        self.host = Output.concat(self.namespace.name, ".servicebus.windows.net")
        network.logs.collect(f"{name}-event-hubs", self.namespace.id, self._log_categories(), self)
        endpoint = PrivateEndpoint(
            f"{name}-event-hubs",
            PrivateEndpointArgs(
                network=network, service="servicebus", resource_id=self.namespace.id, group="namespace"
            ),
            ResourceOptions(parent=self),
        )
        self.ready = endpoint.ready
        self.storage = self._storage()
        self.signals = service_signals(self.namespace.id, args.settings.tier)
        self.outputs = {"bootstrapServers": Output.concat(self.host, f":{KAFKA_PORT}")}
        self.register_outputs(dict(self.outputs))

    def _namespace(self) -> azure.eventhub.Namespace:
        args, settings, network = self.args, self.args.settings, self.args.network
        key = (
            EventHubsKey(
                self.name, EventHubsKeyArgs(network=network, protect=args.protect), ResourceOptions(parent=self)
            )
            if settings.customer_managed_key
            else None
        )
        inflates = settings.auto_inflate
        return azure.eventhub.Namespace(
            f"{self.name}-event-hubs",
            namespace_name=network.suffix.apply(
                lambda suffix: global_name(self.name, suffix, longest=LONGEST_NAME, hyphens=True)
            ),
            resource_group_name=network.resource_group,
            location=network.account.location,
            sku=azure.eventhub.SkuArgs(name=settings.limits.sku, tier=settings.limits.sku, capacity=settings.capacity),
            cluster_arm_id=settings.cluster_id,
            is_auto_inflate_enabled=inflates is not None,
            maximum_throughput_units=inflates.maximum_units if inflates else 0,
            kafka_enabled=True,
            zone_redundant=True,
            disable_local_auth=True,
            minimum_tls_version=azure.eventhub.TlsVersion.TLS_VERSION_1_2,
            public_network_access=azure.eventhub.PublicNetworkAccess.DISABLED,
            identity=self._identity(key),
            encryption=key.encryption if key else None,
            tags={**network.account.tags, **({CAPACITY_TAG: str(settings.capacity)} if inflates else {})},
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                hooks=self._hooks(),
                ignore_changes=["sku.capacity"] if inflates else [],
                depends_on=key.ready if key else [],
            ),
        )

    def _identity(self, key: EventHubsKey | None) -> azure.eventhub.IdentityArgs:
        """Return the namespace's identities: a system-assigned one for capture, and the key's identity if there is a key."""
        kinds = azure.eventhub.ManagedServiceIdentityType
        if key is None:
            return azure.eventhub.IdentityArgs(type=kinds.SYSTEM_ASSIGNED)
        return azure.eventhub.IdentityArgs(
            type=kinds.SYSTEM_ASSIGNED_USER_ASSIGNED, user_assigned_identities=[key.identity_id]
        )

    def _hooks(self) -> ResourceHookBinding:
        """Return hooks that refuse, in previews, changes that Azure cannot make to a namespace."""
        name = f"{self.name}-event-hubs"
        hooks = [
            refused_change(name, "streaming.clusterId", "clusterArmId", refuse_cluster_change),
            refused_change(name, "streaming.tier", "sku.name", refuse_tier_change),
            refused_change(name, "streaming.customerManagedKey", "encryption.keySource", refuse_key_change),
        ]
        if self.args.settings.auto_inflate:
            hooks.append(refused_change(name, "streaming.capacity", f'tags["{CAPACITY_TAG}"]', refuse_lower_capacity))
        return reduce(ResourceHookBinding.merge, hooks)

    def _log_categories(self) -> Sequence[str]:
        audit = AUDIT_CATEGORIES if self.args.settings.tier != "standard" else ()
        return sorted([*LOG_CATEGORIES, *audit])

    def _storage(self) -> StorageAccount | None:
        """Return the storage account for captured records, or None if no pipe captures records."""
        pipes = cast("Mapping[str, EventHubsPipeSettings]", self.args.pipes)
        if not any(pipe.topic.capture for pipe in pipes.values()):
            return None
        return StorageAccount(
            self.name,
            StorageAccountArgs(network=self.args.network, hierarchical=False, protect=self.args.protect),
            ResourceOptions(parent=self),
        )

    @override
    def topic(self, name: str, pipe: EventHubsPipeSettings, opts: ResourceOptions) -> Topic:
        """Create the pipe's event hub."""
        return EventHubsTopic(f"{self.name}-{name}", self._topic(name, pipe), opts)

    @override
    def existing_topic(self, name: str, pipe: ExistingEventHubsPipeSettings, opts: ResourceOptions) -> Topic:
        """Read the pipe's event hub."""
        return ExistingEventHub(f"{self.name}-{name}", self._topic(name, pipe), opts)

    def _topic(self, name: str, pipe: PipeT) -> EventHubsTopicArgs[PipeT]:
        namespace = HubNamespace(
            id=self.namespace.id,
            name=self.namespace.name,
            resource_group=self.args.network.resource_group,
            host=self.host,
            cidr=self.args.network.endpoints_cidr,
            principal_id=self.namespace.identity.apply(lambda identity: identity.principal_id if identity else ""),
            partitions_rule=partitions_rule(self.args.settings.tier),
            ready=self.ready,
        )
        return EventHubsTopicArgs(
            pipe_name=name, pipe=pipe, namespace=namespace, storage=self.storage, protect=self.args.protect
        )
