"""An Event Hubs namespace that was there before the stack."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pulumi
import pulumi_azure_native as azure
from pulumi import InvokeOptions, Output, ResourceOptions, RunError
from pulumi_azure_native.eventhub import GetNamespaceNetworkRuleSetResult, GetNamespaceResult
from typing_extensions import override

from components.arguments import StreamingArgs
from components.azure.event_hubs.existing_settings import ExistingEventHubsSettings
from components.azure.event_hubs.limits import dead_letter_errors, pipe_errors
from components.azure.event_hubs.reach import Rules, admitted_networks, network_of, private_endpoints, what_to_open
from components.azure.event_hubs.tiers import TierName, partitions_rule
from components.azure.event_hubs.topic import (
    KAFKA_PORT,
    EventHubsTopic,
    EventHubsTopicArgs,
    ExistingEventHub,
    HubNamespace,
    PipeT,
)
from components.azure.event_hubs.topic_settings import EventHubsPipeSettings, ExistingEventHubsPipeSettings
from components.azure.existing import check_region
from components.azure.network.base import Network
from components.contracts import Platform, Streaming, Topic
from components.lookup import lookup, unanswered

KEY = "streaming.existing.namespace"
READY, STARTING = {"Succeeded", "Updating", "Active"}, {"Created", "Creating", "Activating", "Accepted"}
"""States of a namespace. The lists are not documented: others are errors."""
ALL_ADDRESSES = "0.0.0.0/0"
"""The addresses of the namespace are not known: it has public ones, and its owner's private endpoints."""


class ExistingEventHubs(Streaming[EventHubsPipeSettings]):
    """Namespace of another owner. The program reads it and makes event hubs on it. Private endpoints are the owner's."""

    namespace: azure.eventhub.Namespace

    def __init__(
        self,
        name: str,
        args: StreamingArgs[ExistingEventHubsSettings, Network, Platform],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:azure:ExistingEventHubs", name, None, opts)
        self.name = name
        self.args = args
        self._tier: TierName | None = None
        existing = args.settings.existing
        found = lookup(
            azure.eventhub.get_namespace_output(
                namespace_name=existing.namespace,
                resource_group_name=existing.resource_group,
                opts=InvokeOptions(parent=self),
            ),
            KEY,
            rule=f"the name of an Event Hubs namespace in the resource group {existing.resource_group} of the stack's subscription",
            got=existing.namespace,
            fix="Correct namespace or resourceGroup (az eventhubs namespace list --output table prints both), or set azure-native:subscriptionId "
            "to the subscription of the namespace.",
        ).apply(self._checked)
        self.namespace = azure.eventhub.Namespace.get(
            f"{name}-event-hubs", found.apply(lambda result: result.id), opts=ResourceOptions(parent=self)
        )
        self.host = found.apply(lambda result: f"{result.name}.servicebus.windows.net")
        found.apply(self._warn_about_keys)
        rules = found.apply(self._network_rules)
        Output.all(namespace=found, rules=rules).apply(self._warn_if_closed)
        # A new network is not known in a preview.
        connected = found.apply(self._connected_networks)
        Output.all(namespace=found, rules=rules, own=args.network.vnet_id, connected=connected).apply(
            self._warn_if_elsewhere
        )
        self.outputs = {"bootstrapServers": Output.concat(self.host, f":{KAFKA_PORT}")}
        self.register_outputs(dict(self.outputs))

    def _checked(self, namespace: GetNamespaceResult) -> GetNamespaceResult:
        """Return the namespace. Raise RunError if it is not ready, has no Kafka endpoint, or if the pipes exceed the limits of its tier."""
        check_region(namespace.location, self.args.network.account, KEY)
        self._tier = tier_of(namespace)
        errors = list[str]()
        for name, pipe in cast("Mapping[str, EventHubsPipeSettings]", self.args.pipes).items():
            errors += [
                str(error.under("pipes", name)) for error in pipe_errors(name, pipe, self._tier, another_namespace)
            ]
        for name, pipe in cast("Mapping[str, ExistingEventHubsPipeSettings]", self.args.existing_pipes).items():
            errors += [
                str(error.under("pipes", name)) for error in dead_letter_errors(pipe, self._tier, another_namespace)
            ]
        if errors:
            raise RunError("\n".join(f"stacks/Pulumi.{pulumi.get_stack()}.yaml: {error}" for error in errors))
        return namespace

    def _warn_about_keys(self, namespace: GetNamespaceResult) -> None:
        if not namespace.disable_local_auth:
            group = self.args.settings.existing.resource_group
            pulumi.log.warn(
                f"{KEY}: {namespace.name} accepts access keys (SAS), and their holders can read every event hub. If no client uses them: "
                f"az eventhubs namespace update --resource-group {group} --name {namespace.name} --disable-local-auth true",
                self,
            )

    def _connected_networks(self, namespace: GetNamespaceResult) -> Output[Sequence[str]]:
        """Return the IDs of the networks with a private endpoint of the namespace. Empty for an endpoint that cannot be looked up."""
        return Output.all(*map(self._network_of, private_endpoints(namespace)))

    def _network_rules(self, namespace: GetNamespaceResult) -> Output[Rules]:
        """Return which networks the namespace admits. None if the rules cannot be read, as they are only for a warning."""
        found = azure.eventhub.get_namespace_network_rule_set_output(
            namespace_name=namespace.name,
            resource_group_name=self.args.settings.existing.resource_group,
            opts=InvokeOptions(parent=self),
        )

        def known(rules: GetNamespaceNetworkRuleSetResult) -> Rules:
            return rules

        return found.apply(known).recover(lambda _: None)

    def _network_of(self, endpoint_id: str) -> Output[str]:
        _, _, _, _, group, *_, name = endpoint_id.split("/")
        found = azure.network.get_private_endpoint_output(
            resource_group_name=group, private_endpoint_name=name, opts=InvokeOptions(parent=self)
        )
        return found.apply(network_of).recover(lambda _: "")  # not found, or no right to read it

    def _warn_if_closed(self, known: Mapping[str, Any]) -> None:
        """Tell what to open if nothing can reach the namespace."""
        namespace, rules = known["namespace"], known["rules"]
        if not private_endpoints(namespace) and not admitted_networks(rules):
            self._warn_about_access(namespace, rules, "has no private endpoint")

    def _warn_if_elsewhere(self, known: Mapping[str, Any]) -> None:
        """Tell what to open if nothing admits the network of the consumers, and what to check if that is not known."""
        namespace: GetNamespaceResult = known["namespace"]
        rules, own, connected = known["rules"], known["own"], known["connected"]
        networks = [*connected, *admitted_networks(rules)]
        if not networks or (own and own.lower() in [each.lower() for each in networks]):
            return
        network = own or "the network that AKS manages"
        unread = [id_ for id_, found in zip(private_endpoints(namespace), connected, strict=True) if not found]
        if unread and namespace.public_network_access == "Disabled":
            pulumi.log.warn(
                f"{KEY}: {namespace.name} has no public access, and it could not be checked that one of its private endpoints is in {network}, "
                f"the network of the consumers: {', '.join(unread)} cannot be read. Check it: az network private-endpoint show --ids {unread[0]} "
                "--query subnet.id. Or give the deployer Microsoft.Network/privateEndpoints/read there (make permissions).",
                self,
            )
        elif not unread:
            here = f"has no private endpoint in {network}, the network of the consumers"
            self._warn_about_access(namespace, rules, here)

    def _warn_about_access(self, namespace: GetNamespaceResult, rules: Rules, fact: str) -> None:
        text = what_to_open(namespace, rules, group=self.args.settings.existing.resource_group, fact=fact)
        if text:
            pulumi.log.warn(f"{KEY}: {text}", self)

    @override
    def topic(self, name: str, pipe: EventHubsPipeSettings, opts: ResourceOptions) -> Topic:
        """Make the pipe's event hub on this namespace."""
        return EventHubsTopic(f"{self.name}-{name}", self._topic(name, pipe), opts)

    @override
    def existing_topic(self, name: str, pipe: ExistingEventHubsPipeSettings, opts: ResourceOptions) -> Topic:
        """Read the pipe's event hub."""
        return ExistingEventHub(f"{self.name}-{name}", self._topic(name, pipe), opts)

    def _topic(self, name: str, pipe: PipeT) -> EventHubsTopicArgs[PipeT]:
        namespace = HubNamespace(
            id=self.namespace.id,
            name=self.namespace.name,
            resource_group=self.args.settings.existing.resource_group,
            host=self.host,
            cidr=ALL_ADDRESSES,
            principal_id=Output.from_input(""),
            partitions_rule=self._refuse_change,
            ready=[],
        )
        return EventHubsTopicArgs(
            pipe_name=name, pipe=pipe, namespace=namespace, storage=None, protect=self.args.protect
        )

    def _refuse_change(self, present: int, wanted: int) -> str | None:
        """Apply the rule of the tier, which is known when an event hub is updated."""
        return partitions_rule(self._tier)(present, wanted) if self._tier else None


def another_namespace(tier: TierName) -> str:
    """Return how to get a larger tier. A namespace keeps its own."""
    return "use a namespace in a dedicated cluster" if tier == "dedicated" else f"use a namespace on tier {tier}"


def tier_of(namespace: GetNamespaceResult) -> TierName:
    """Return the tier of a namespace. Raise RunError if it is not ready or has no Kafka endpoint."""
    sku = namespace.sku.name if namespace.sku else "Basic"
    name = namespace.name
    if sku == "Basic" or namespace.kafka_enabled is False:
        raise unanswered(
            KEY,
            rule="the name of a namespace with a Kafka endpoint",
            got=name,
            reason=f"tier {sku.lower()} has none" if sku == "Basic" else "Kafka is disabled on it",
            fix="Use a namespace on tier standard or premium, or one in a dedicated cluster (Event Hubs, Compare tiers).",
        )
    states = dict.fromkeys(state for state in (namespace.provisioning_state, namespace.status) if state)
    if not states.keys() <= READY:
        raise unanswered(
            KEY,
            rule="the name of a namespace that is active",
            got=name,
            reason=f"its state is {', '.join(states)}",
            fix="Wait until it is active."
            if states.keys() <= STARTING | READY
            else "Repair it (its page in the portal shows why), or use another namespace.",
        )
    if namespace.cluster_arm_id:
        return "dedicated"
    return "premium" if sku == "Premium" else "standard"
