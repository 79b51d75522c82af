"""Simulated Azure: objects that were there before a stack and that it adopts. They are in one virtual network."""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.azure.resource import SUBSCRIPTION, location_of
from workbench.cloud.model import Inputs

VNET = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared/providers/Microsoft.Network/virtualNetworks/shared"
CIDR = "10.9.0.0/16"
SUBNETS: Mapping[str, str] = {"aks": "10.9.0.0/22", "private": "10.9.4.0/24", "hdinsight": "10.9.5.0/24"}
"""Subnets of the nodes, of private endpoints and of HDInsight, with their ranges."""
NODES, ENDPOINTS, BROKERS = (f"{VNET}/subnets/{name}" for name in SUBNETS)

AKS: Mapping[str, Any] = {
    "kubernetesVersion": "1.35",
    "aadProfile": {"managed": True, "enableAzureRBAC": True},
    "oidcIssuerProfile": {"enabled": True},
    "securityProfile": {"workloadIdentity": {"enabled": True}},
    "networkProfile": {"networkPlugin": "azure", "networkPluginMode": "overlay", "networkPolicy": "cilium"},
    "apiServerAccessProfile": {"enablePrivateCluster": True, "enablePrivateClusterPublicFQDN": True},
    "agentPoolProfiles": [{"name": "nodes", "count": 3, "vmSize": "Standard_D8s_v5", "vnetSubnetID": NODES}],
}
"""An AKS cluster with everything that pods need."""

NAMESPACE: Mapping[str, Any] = {
    "sku": {"name": "Premium", "tier": "Premium", "capacity": 1},
    "disableLocalAuth": True,
    "kafkaEnabled": True,
    "publicNetworkAccess": "Enabled",
    "zoneRedundant": True,
}
"""An Event Hubs namespace whose clients sign in with Entra."""

RULES: Mapping[str, Any] = {"defaultAction": "Allow", "publicNetworkAccess": "Enabled"}
"""Network rules of a namespace that is open to all networks."""

HUB: Mapping[str, Any] = {
    "partitionCount": 3,
    "retentionDescription": {"cleanupPolicy": "Delete", "retentionTimeInHours": 168},
}
"""An event hub."""

HDINSIGHT: Mapping[str, Any] = {
    "clusterVersion": "5.1.3000.0",
    "clusterDefinition": {"kind": "Kafka", "componentVersion": {"Kafka": "3.2"}},
    "computeProfile": {
        "roles": [
            {
                "name": name,
                "targetInstanceCount": count,
                "hardwareProfile": {"vmSize": "Standard_DS3_v2"},
                "virtualNetworkProfile": {"id": VNET, "subnet": BROKERS},
            }
            for name, count in (("headnode", 2), ("workernode", 3), ("zookeepernode", 3))
        ]
    },
    "osType": "Linux",
    "tier": "standard",
}
"""Properties of a Kafka cluster on HDInsight."""


def _names(id_: str, *inputs: str) -> dict[str, str]:
    """Return the resource group and the names in an id, by the inputs that have them."""
    group, path = id_.split("/providers/")
    return {"resourceGroupName": group.rsplit("/", 1)[-1], **dict(zip(inputs, path.split("/")[2::2], strict=True))}


def aks_cluster(id_: str, location: Inputs) -> Mapping[str, Any]:
    """Return an AKS cluster."""
    return {**_names(id_, "resourceName"), "location": location_of(location), **AKS}


def namespace_location(location: str) -> str:
    """Return a location as Event Hubs does: West Europe instead of westeurope."""
    return {"westeurope": "West Europe"}.get(location, location)


def namespace(id_: str, location: Inputs) -> Mapping[str, Any]:
    """Return an Event Hubs namespace."""
    return {**_names(id_, "namespaceName"), "location": namespace_location(location_of(location)), **NAMESPACE}


def network_rules(id_: str, _location: Inputs) -> Mapping[str, Any]:
    """Return the network rules of an Event Hubs namespace."""
    return {
        "namespaceName": id_.split("/namespaces/")[1].split("/", maxsplit=1)[0],
        "resourceGroupName": id_.split("/")[4],
        **RULES,
    }


def event_hub(id_: str, _location: Inputs) -> Mapping[str, Any]:
    """Return an event hub with three partitions."""
    return {**_names(id_, "namespaceName", "eventHubName"), **HUB}


def hdinsight_cluster(id_: str, location: Inputs) -> Mapping[str, Any]:
    """Return a Kafka cluster with three brokers."""
    return {**_names(id_, "clusterName"), "location": location_of(location), "properties": HDINSIGHT}


def subnet(id_: str, _location: Inputs) -> Mapping[str, Any]:
    """Return a subnet of the virtual network."""
    names = _names(id_, "virtualNetworkName", "subnetName")
    return {**names, "addressPrefix": SUBNETS.get(names["subnetName"], "10.9.6.0/24")}


def private_endpoint(id_: str, location: Inputs) -> Mapping[str, Any]:
    """Return a private endpoint in the virtual network."""
    return {**_names(id_, "privateEndpointName"), "location": location_of(location), "subnet": {"id": ENDPOINTS}}
