"""Whether the consumers can reach an existing Event Hubs namespace, and what to open if not."""

from collections.abc import Sequence
from typing import TypeAlias

from pulumi_azure_native.eventhub import GetNamespaceNetworkRuleSetResult, GetNamespaceResult
from pulumi_azure_native.network import GetPrivateEndpointResult

Rules: TypeAlias = GetNamespaceNetworkRuleSetResult | None


def private_endpoints(namespace: GetNamespaceResult) -> Sequence[str]:
    """Return the IDs of the private endpoints that the owner of the namespace accepted."""
    connections = [
        connection
        for connection in namespace.private_endpoint_connections or []
        if (state := connection.private_link_service_connection_state) and state.status == "Approved"
    ]
    ids = (connection.private_endpoint.id for connection in connections if connection.private_endpoint)
    return [each for each in ids if each]


def network_of(endpoint: GetPrivateEndpointResult) -> str:
    """Return the ID of the virtual network of a private endpoint."""
    return _network(endpoint.subnet.id if endpoint.subnet else None)


def admitted_networks(rules: Rules) -> Sequence[str]:
    """Return the IDs of the virtual networks with a subnet that the namespace admits."""
    return [_network(rule.subnet.id if rule.subnet else None) for rule in (rules and rules.virtual_network_rules) or []]


def what_to_open(namespace: GetNamespaceResult, rules: Rules, *, group: str, fact: str) -> str | None:
    """Return what to open on a namespace that the consumers reach through no private endpoint and no rule. None if it is public.

    `group` is its resource group. `fact` says which private endpoint is missing.
    """
    endpoint = (
        "Create a private endpoint, and a private DNS zone privatelink.servicebus.windows.net with its record that is linked to the network "
        f"of the consumers: az network private-endpoint create --name {namespace.name} --resource-group {group} "
        f"--subnet SUBNET_ID --private-connection-resource-id {namespace.id} --group-id namespace --connection-name {namespace.name}"
    )
    if namespace.public_network_access == "Disabled":
        return f"{namespace.name} has no public access, and it {fact}. {endpoint}"
    if namespace.public_network_access == "SecuredByPerimeter":
        return (
            f"{namespace.name} is in a network security perimeter, and it {fact}. Let its owner admit the consumers with an inbound access rule "
            f"of the perimeter. Or: {endpoint}"
        )
    if rules and rules.default_action == "Deny":
        return (
            f"{namespace.name} is open to selected networks only, and it {fact}. Add the subnet of the consumers, which needs the service "
            "endpoint Microsoft.EventHub, or their public IP address to the namespace's networking (Event Hubs, Allow access to Azure Event "
            f"Hubs namespaces from specific virtual networks). Or: {endpoint}"
        )
    return None


def _network(subnet: str | None) -> str:
    return (subnet or "").rsplit("/subnets/", 1)[0]
