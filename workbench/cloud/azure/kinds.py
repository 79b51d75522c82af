"""Simulated Azure: table of the resource types of azure-native, and results of functions.

Times are planning values in minutes. If a source names a log, it is a public Terraform log. Inputs that replace an object are those
in azure-native's list (provider/pkg/gen/replacement.go) and those that the API specifications call immutable. Each service has a
table next to this file.
"""

import base64
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import yaml

from workbench.cloud.azure.account import ACCOUNT_WIDE
from workbench.cloud.azure.aks import AKS, api_server
from workbench.cloud.azure.event_hubs import EVENT_HUBS
from workbench.cloud.azure.hdinsight import HDINSIGHT
from workbench.cloud.azure.monitor import MONITOR
from workbench.cloud.azure.network import NETWORK
from workbench.cloud.azure.registry import REGISTRY
from workbench.cloud.azure.resource import DEPLOYER, SUBSCRIPTION, TENANT, identifier
from workbench.cloud.model import Inputs, Lookup, ResourceModel, digits, text, uuid_of

KINDS: Mapping[str, ResourceModel] = {
    **NETWORK,
    **ACCOUNT_WIDE,
    **MONITOR,
    **AKS,
    **REGISTRY,
    **EVENT_HUBS,
    **HDINSIGHT,
}


def _client(args: Inputs) -> Mapping[str, Any]:
    """Return the deployer."""
    return {
        "clientId": uuid_of("the Azure CLI"),
        "objectId": DEPLOYER,
        "subscriptionId": text(args, "subscriptionId", SUBSCRIPTION),
        "tenantId": text(args, "tenantId", TENANT),
    }


def _user_credentials(args: Inputs) -> Mapping[str, Any]:
    """Return the kubeconfig of a cluster's users: the cluster and its certificate. kubelogin authenticates the user."""
    name = text(args, "resourceName", "cluster")
    server = api_server(text(args, "resourceGroupName", "group"), name, args)
    certificate = base64.b64encode(f"simulated certificate of {name}".encode()).decode()
    user = f"clusterUser_{text(args, 'resourceGroupName', 'group')}_{name}"
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": name,
                "cluster": {"server": f"https://{server}:443", "certificate-authority-data": certificate},
            }
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user}}],
        "current-context": name,
        "users": [
            {
                "name": user,
                "user": {
                    "exec": {
                        "apiVersion": "client.authentication.k8s.io/v1beta1",
                        "command": "kubelogin",
                        "args": ["get-token", "--login", "devicecode"],
                    }
                },
            }
        ],
    }
    encoded = base64.b64encode(yaml.safe_dump(kubeconfig).encode()).decode()
    return {"kubeconfigs": [{"name": "clusterUser", "value": encoded}]}


def _interface(args: Inputs) -> Mapping[str, Any]:
    """Return a private endpoint's network interface, with an address in the default network's subnet for endpoints."""
    name = text(args, "networkInterfaceName", "interface")
    address = f"10.0.4.{int(digits(name, 2), 16) % 250 + 4}"
    return {"id": name, "ipConfigurations": [{"name": "privateEndpointIpConfig", "privateIPAddress": address}]}


def _id_of(arm_type: str, *names: str) -> Callable[[Inputs], str]:
    """Return a function from the arguments of a lookup to the id of its object."""
    return partial(identifier(arm_type, *names), "")


INVOKES: Mapping[str, Callable[[Inputs], Mapping[str, Any]]] = {
    "azure-native:authorization:getClientConfig": _client,
    "azure-native:containerservice:listManagedClusterUserCredentials": _user_credentials,
    "azure-native:network:getNetworkInterface": _interface,
}

LOOKUPS: Mapping[str, Lookup] = {
    "azure-native:containerservice:getManagedCluster": Lookup(
        type="azure-native:containerservice:ManagedCluster",
        identifier=_id_of("Microsoft.ContainerService/managedClusters", "resourceName"),
    ),
    "azure-native:eventhub:getEventHub": Lookup(
        type="azure-native:eventhub:EventHub",
        identifier=_id_of("Microsoft.EventHub/namespaces/eventhubs", "namespaceName", "eventHubName"),
    ),
    "azure-native:eventhub:getNamespace": Lookup(
        type="azure-native:eventhub:Namespace", identifier=_id_of("Microsoft.EventHub/namespaces", "namespaceName")
    ),
    "azure-native:eventhub:getNamespaceNetworkRuleSet": Lookup(
        type="azure-native:eventhub:NamespaceNetworkRuleSet",
        identifier=_id_of("Microsoft.EventHub/namespaces/networkRuleSets", "namespaceName", "=default"),
    ),
    "azure-native:hdinsight:getCluster": Lookup(
        type="azure-native:hdinsight:Cluster", identifier=_id_of("Microsoft.HDInsight/clusters", "clusterName")
    ),
    "azure-native:network:getPrivateEndpoint": Lookup(
        type="azure-native:network:PrivateEndpoint",
        identifier=_id_of("Microsoft.Network/privateEndpoints", "privateEndpointName"),
    ),
    "azure-native:network:getSubnet": Lookup(
        type="azure-native:network:Subnet",
        identifier=_id_of("Microsoft.Network/virtualNetworks/subnets", "virtualNetworkName", "subnetName"),
    ),
}
"""Functions that find objects which were there before the stack."""
