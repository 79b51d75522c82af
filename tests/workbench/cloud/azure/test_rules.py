"""Tests of the simulated Azure: responses, stored values and refusals. They need no engine."""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from workbench.cloud import behaviour, kinds
from workbench.cloud.azure import native as azure_native
from workbench.cloud.azure.resource import SUBSCRIPTION
from workbench.cloud.inventory import CloudObject, Inventory, RefusedError
from workbench.cloud.kubernetes import cluster

NAMESPACE, HUB = "azure-native:eventhub:Namespace", "azure-native:eventhub:EventHub"
AKS, POOL = "azure-native:containerservice:ManagedCluster", "azure-native:containerservice:AgentPool"
HDINSIGHT, VAULT = "azure-native:hdinsight:Cluster", "azure-native:keyvault:Vault"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/pipes"
INFLATES = {"isAutoInflateEnabled": True, "maximumThroughputUnits": 4, "sku": {"name": "Standard", "capacity": 1}}


def of(namespace: Mapping[str, Any]) -> Callable[[str], list[Mapping[str, Any]]]:
    """Return a cloud with one namespace."""
    return lambda type_token: [{"namespaceName": "pipes", **namespace}] if type_token == NAMESPACE else []


def tier(name: str) -> dict[str, Any]:
    return {"sku": {"name": name}}


def thing(type_token: str, inputs: Mapping[str, Any]) -> CloudObject:
    kind, given = kinds.kind(type_token), {"resourceGroupName": "pipes", **inputs}
    id_ = kind.identifier("x", given)
    outputs = dict(kind.outputs(id_, "x", given))
    return CloudObject(type=type_token, id=id_, urn=f"urn of {id_}", status="", inputs=given, outputs=outputs)


def make(inventory: Inventory, type_token: str, **inputs: Any) -> CloudObject:
    made = thing(type_token, inputs)
    inventory.create(kinds.kind(type_token), made, "")
    inventory.settle(made.type, made.id, "create")
    return made


@pytest.mark.parametrize(
    ("namespace", "before", "after", "answer"),
    [
        (tier("Standard"), None, 32, None),
        (tier("Standard"), None, 33, "must be 1 to 32 on Standard"),
        (tier("Standard"), 3, 6, "SubCode=40000. PartitionCount cannot be changed for EventHub"),
        (tier("Standard"), 3, 3, None),
        (tier("Premium"), 3, 100, None),
        (tier("Premium"), 3, 101, "must be 1 to 100 on Premium"),
        (tier("Premium"), 6, 3, "cannot be decreased"),
        ({"clusterArmId": "/subscriptions/x", **tier("Standard")}, 3, 1024, None),
        ({"clusterArmId": "/subscriptions/x", **tier("Standard")}, 3, 2, "cannot be decreased"),
    ],
)
def test_an_event_hub_accepts_only_the_partitions_that_its_tier_allows(
    namespace: dict[str, Any], before: int | None, after: int, answer: str | None
):
    def hub(partitions: int) -> dict[str, Any]:
        return {"namespaceName": "pipes", "partitionCount": partitions}

    old = None if before is None else hub(before)
    refused = behaviour.refusal(kinds.kind(HUB), old, hub(after), of(namespace))
    assert refused is None if answer is None else re.search(answer, refused or ""), refused


@pytest.mark.parametrize(
    ("token", "old", "new", "answer"),
    [
        (NAMESPACE, tier("Standard"), tier("Premium"), "cannot be changed from Standard to Premium"),
        (NAMESPACE, tier("Premium"), tier("Standard"), "cannot be changed from Premium to Standard"),
        (NAMESPACE, tier("Basic"), tier("Standard"), None),
        (NAMESPACE, None, {"isAutoInflateEnabled": True}, "must be 1 to 40"),
        (NAMESPACE, None, {"maximumThroughputUnits": 4}, "only allowed where auto-inflate is enabled"),
        (NAMESPACE, None, INFLATES, None),
        (HDINSIGHT, {"properties": {"a": 1}}, {"properties": {"a": 2}}, "only its tags can be changed"),
        (HDINSIGHT, {"properties": {"a": 1}}, {"properties": {"a": 1}, "tags": {"a": "b"}}, None),
        (AKS, {"oidcIssuerProfile": {"enabled": True}}, {}, "OIDC issuer feature cannot be disabled"),
        (AKS, {}, {"oidcIssuerProfile": {"enabled": True}}, None),
        (AKS, {}, {"apiServerAccessProfile": {"enablePrivateCluster": True}}, "PropertyChangeNotAllowed"),
        (POOL, None, {"enableAutoScaling": True, "minCount": 3, "maxCount": 2}, "greater than maxCount"),
        (POOL, None, {"enableAutoScaling": True, "minCount": 3, "maxCount": 6, "count": 7}, "from minCount 3"),
        (POOL, None, {"enableAutoScaling": True, "minCount": 3, "maxCount": 6, "count": 3}, None),
        (VAULT, {"properties": {"enablePurgeProtection": True}}, {"properties": {}}, "irreversible"),
    ],
)
def test_a_service_refuses_invalid_inputs(
    token: str, old: dict[str, Any] | None, new: dict[str, Any], answer: str | None
):
    refused = behaviour.refusal(kinds.kind(token), old, new)
    assert refused is None if answer is None else re.search(answer, refused or ""), refused


def test_an_hdinsight_cluster_returns_its_full_version_but_no_brokers():
    kind = kinds.kind(HDINSIGHT)
    given = {"clusterName": "pipes", "properties": {"clusterVersion": "5.1", "tier": "Standard"}}
    assert kind.stored(given) == {"properties": {"clusterVersion": "5.1.3000.0", "tier": "standard"}}
    outputs = kind.outputs(kind.identifier("x", given), "x", given)
    assert [each["location"] for each in outputs["properties"]["connectivityEndpoints"]] == [
        "pipes-ssh.azurehdinsight.net",
        "pipes.azurehdinsight.net",
    ]


def test_changes_by_the_service_appear_in_a_later_read(tmp_path: Path):
    inventory = Inventory(tmp_path / "inventory.sqlite")
    system = {"name": "system", "count": 3}
    aks = make(inventory, AKS, resourceName="pipes", agentPoolProfiles=[system])
    scaled = {"enableAutoScaling": True, "minCount": 3, "maxCount": 6, "count": 3}
    pool = make(inventory, POOL, resourceName="pipes", agentPoolName="nodes", **scaled)
    make(inventory, POOL, resourceName="other", agentPoolName="others", **scaled)
    assert kinds.kind(AKS).drift(aks.inputs, inventory.others) == {
        "agentPoolProfiles": [system, {**scaled, "name": "nodes"}]
    }
    assert kinds.kind(POOL).drift(pool.inputs, inventory.others) == {"count": 4}
    assert kinds.kind(POOL).drift({**scaled, "enableAutoScaling": False}, inventory.others) == {}
    inflated = kinds.kind(NAMESPACE).drift(INFLATES, inventory.others)
    assert inflated == {"sku": {"name": "Standard", "capacity": 2}}


def test_the_kubeconfig_from_azure_has_the_cluster_s_address(tmp_path: Path):
    inventory = Inventory(tmp_path / "inventory.sqlite")
    args = {"resourceGroupName": "pipes", "resourceName": "aks", "location": "northeurope"}
    answer = kinds.invoke("azure-native:containerservice:listManagedClusterUserCredentials", args)
    server = cluster.server_of({"kubeconfig": b64decode(answer["kubeconfigs"][0]["value"]).decode()})
    assert server
    assert server.endswith(".hcp.northeurope.azmk8s.io:443")
    assert not cluster.is_up(inventory, server)
    make(inventory, AKS, **args)
    assert cluster.is_up(inventory, server)


def test_the_account_is_the_providers():
    token = "azure-native:authorization:getClientConfig"
    place = kinds.place("azure-native", {"subscriptionId": "s", "location": "westeurope", "useMsi": True})
    assert kinds.invoke(token, place)["subscriptionId"] == "s"
    assert kinds.invoke(token, {})["subscriptionId"] == SUBSCRIPTION
    assert kinds.kind(NAMESPACE).identifier("x", {**place, "namespaceName": "n"}).startswith("/subscriptions/s/")


def test_creations_require_the_resource_group_and_parent_object(tmp_path: Path):
    inventory = Inventory(tmp_path / "inventory.sqlite")
    namespace, hub = thing(NAMESPACE, {"namespaceName": "pipes"}), thing(HUB, {"namespaceName": "pipes"})
    assert "ResourceGroupNotFound" in str(azure_native.refusal(inventory, namespace.id))
    make(inventory, "azure-native:resources:ResourceGroup")
    assert azure_native.refusal(inventory, namespace.id) is None
    assert "ParentResourceNotFound" in str(azure_native.refusal(inventory, hub.id))
    inventory.create(kinds.kind(NAMESPACE), namespace, "")
    assert "ParentResourceNotFound" in str(azure_native.refusal(inventory, hub.id)), (
        "the namespace is still being created"
    )
    inventory.settle(NAMESPACE, namespace.id, "create")
    assert azure_native.refusal(inventory, hub.id) is None
    container = thing("azure-native:storage:BlobContainer", {"accountName": "records", "containerName": "capture"})
    assert "storageAccounts/records'" in str(azure_native.refusal(inventory, container.id))
    flow_log = thing("azure-native:network:FlowLog", {"resourceGroupName": "NetworkWatcherRG"})
    assert azure_native.refusal(inventory, flow_log.id) is None, "Azure creates this group"
    assert azure_native.refusal(inventory, f"{hub.id}/providers/Microsoft.Authorization/roleAssignments/a") is None


def test_event_hubs_can_be_created_in_a_namespace_that_was_there_before(tmp_path: Path):
    inventory = Inventory(tmp_path / "inventory.sqlite")
    hub = thing(HUB, {"namespaceName": "pipes"})
    found = kinds.existing(NAMESPACE, f"{GROUP}/providers/Microsoft.EventHub/namespaces/pipes", {})
    assert found
    assert azure_native.refusal(inventory, hub.id) is not None
    planted = CloudObject(
        type=NAMESPACE, id=found.id, urn="", status="active", inputs={**found.inputs}, outputs={**found.state}
    )
    inventory.plant(planted)
    assert azure_native.refusal(inventory, hub.id) is None, "an object is in a resource group"


def test_global_names_and_ids_are_unique(tmp_path: Path):
    inventory = Inventory(tmp_path / "inventory.sqlite")
    make(inventory, NAMESPACE, namespaceName="pipes")
    for other in ("pipes", "elsewhere"):
        with pytest.raises(RefusedError, match="exists already"):
            make(inventory, NAMESPACE, namespaceName="pipes", resourceGroupName=other)
    make(inventory, HUB, namespaceName="pipes", eventHubName="orders")
    with pytest.raises(RefusedError, match="exists already"):
        make(inventory, HUB, namespaceName="pipes", eventHubName="orders")


def test_a_network_with_used_subnets_cannot_be_deleted_and_a_deletion_includes_the_subnets(tmp_path: Path):
    inventory = Inventory(tmp_path / "inventory.sqlite")
    vnet, subnet = "azure-native:network:VirtualNetwork", "azure-native:network:Subnet"
    network = make(inventory, vnet, virtualNetworkName="pipes")
    inside = make(inventory, subnet, virtualNetworkName="pipes", subnetName="nodes")
    endpoint = make(inventory, "azure-native:network:PrivateEndpoint", subnet={"id": inside.id})
    for used in (network, inside):
        with pytest.raises(RefusedError, match="still in use by azure-native:network:PrivateEndpoint"):
            inventory.delete(kinds.kind(used.type), used.type, used.id)
    for gone in (endpoint, network):
        assert inventory.delete(kinds.kind(gone.type), gone.type, gone.id)
        inventory.settle(gone.type, gone.id, "delete")
    assert inventory.objects() == []


def test_a_private_zone_with_links_cannot_be_deleted(tmp_path: Path):
    inventory, zone = Inventory(tmp_path / "inventory.sqlite"), "privatelink.servicebus.windows.net"
    made = make(inventory, "azure-native:privatedns:PrivateZone", privateZoneName=zone)
    make(inventory, "azure-native:privatedns:VirtualNetworkLink", privateZoneName=zone)
    with pytest.raises(RefusedError, match="still in use by azure-native:privatedns:VirtualNetworkLink"):
        inventory.delete(kinds.kind(made.type), made.type, made.id)


def test_aks_refuses_new_pools_in_a_cluster_update():
    def cluster(*pools: str) -> dict[str, Any]:
        profiles = [{"name": "system", "mode": "System"}, *({"name": pool, "mode": "User"} for pool in pools)]
        return {"resourceName": "pipes", "agentPoolProfiles": profiles}

    def pools(type_token: str) -> list[Mapping[str, Any]]:
        return [{"agentPoolName": "new", "resourceName": "pipes"}] if type_token == POOL else []

    kind = kinds.kind(AKS)
    assert behaviour.refusal(kind, cluster(), cluster("new"), pools) is None
    assert behaviour.refusal(kind, None, cluster("first"), pools) is None
    refused = behaviour.refusal(kind, cluster("new"), cluster("gone"), pools)
    assert refused is not None
    assert "A new agent pool was introduced" in refused
