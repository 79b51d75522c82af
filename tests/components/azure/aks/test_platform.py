"""Tests of an AKS cluster: access, administrators, roles and order of creation."""

import json
from base64 import b64encode

import pytest

from components.azure.aks.kubeconfig import ENTRA_SERVER, kubeconfig, server
from components.azure.roles import ROLES
from tests.stacks import planned, shipped
from workbench.values import UNKNOWN

STACK = "azure-eventhubs-aks"
CLUSTER = "azure-native:containerservice:ManagedCluster"
POOL = "azure-native:containerservice:AgentPool"
ROLE = "azure-native:authorization:RoleAssignment"
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
VNET = f"{SUBSCRIPTION}/resourceGroups/shared/providers/Microsoft.Network/virtualNetworks/hub"
EXISTING = {
    "virtualNetworkId": VNET,
    "cidr": "10.9.0.0/16",
    "nodesSubnetId": f"{VNET}/subnets/nodes",
    "endpointsSubnetId": f"{VNET}/subnets/endpoints",
}


def with_platform(network=None, **platform):
    changes = {"data-pipes:platform": platform, **({"data-pipes:network": network} if network else {})}
    return planned(changes, stack=STACK).recording


def recording():
    return shipped(STACK).recording


def needs(resource):
    """Return the types and names of all resources that a resource waits for."""
    return {(recording().by_urn(urn).type, recording().by_urn(urn).name) for urn in recording().requirements(resource)}


def roles(recorded, name):
    """Return the assignments of a built-in role."""
    return [each for each in recorded.of_type(ROLE) if each.inputs["roleDefinitionId"].endswith(ROLES[name])]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("resourceName", STACK),
        ("dnsPrefix", STACK),
        ("nodeResourceGroup", f"{STACK}-nodes"),
        ("nodeResourceGroupProfile.restrictionLevel", "ReadOnly"),
        ("location", "westeurope"),
        ("kubernetesVersion", "1.35"),
        ("sku", {"name": "Base", "tier": "Standard"}),
        ("identity.type", "UserAssigned"),
        ("enableRBAC", True),
        ("disableLocalAccounts", True),
        ("aadProfile", {"managed": True, "enableAzureRBAC": True}),
        (
            "apiServerAccessProfile",
            {
                "enablePrivateCluster": True,
                "privateDNSZone": "none",
                "enablePrivateClusterPublicFQDN": True,
                "disableRunCommand": True,
            },
        ),
        ("oidcIssuerProfile", {"enabled": True}),
        ("securityProfile.workloadIdentity", {"enabled": True}),
        (
            "networkProfile",
            {
                "networkPlugin": "azure",
                "networkPluginMode": "overlay",
                "networkDataplane": "cilium",
                "networkPolicy": "cilium",
                "podCidr": "10.244.0.0/16",
                "serviceCidr": "10.245.0.0/16",
                "dnsServiceIP": "10.245.0.10",
                "outboundType": "userAssignedNATGateway",
                "loadBalancerSku": "standard",
            },
        ),
        ("autoUpgradeProfile", {"upgradeChannel": "patch", "nodeOSUpgradeChannel": "NodeImage"}),
        ("storageProfile.diskCSIDriver.enabled", False),
        ("storageProfile.fileCSIDriver.enabled", False),
        ("tags", {"data-pipes": STACK, "data-pipes-system-nodes": "Standard_D4s_v5"}),
    ],
)
def test_the_default_cluster_is_private_and_accepts_only_entra_sign_in(path, value):
    assert recording().one(CLUSTER).input(path) == value


def test_protect_applies_to_the_cluster():
    assert recording().one(CLUSTER).protect
    assert not planned({"data-pipes:protect": False}, stack=STACK).recording.one(CLUSTER).protect


def test_a_public_api_accepts_only_the_configured_ranges_and_the_nodes():
    ranges = ["203.0.113.7/32", "198.51.100.0/24"]
    access = with_platform(endpoint={"publicCidrs": ranges}).one(CLUSTER).inputs["apiServerAccessProfile"]
    *given, nodes = access["authorizedIPRanges"]
    assert given == ranges
    assert nodes.endswith("/32"), "the nodes call from the NAT gateway's address"
    assert access["enablePrivateCluster"] is False
    assert access["disableRunCommand"] is True


def test_in_an_existing_network_a_public_api_accepts_only_the_configured_ranges():
    recorded = with_platform(network={"existing": EXISTING}, endpoint={"publicCidrs": ["203.0.113.7/32"]})
    assert recorded.one(CLUSTER).input("apiServerAccessProfile.authorizedIPRanges") == ["203.0.113.7/32"]


def test_an_existing_network_can_use_a_route_table_for_egress():
    recorded = with_platform(network={"existing": EXISTING}, outboundType="userDefinedRouting")
    assert recorded.one(CLUSTER).input("networkProfile.outboundType") == "userDefinedRouting"
    assert recorded.one(POOL).inputs["vnetSubnetID"] == EXISTING["nodesSubnetId"]


def test_with_admin_groups_only_these_groups_are_cluster_admins():
    groups = ["11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000"]
    recorded = with_platform(adminGroups=groups)
    assert recorded.one(CLUSTER).input("aadProfile.adminGroupObjectIDs") == groups
    assert not roles(recorded, "Azure Kubernetes Service RBAC Cluster Admin")


def test_without_admin_groups_the_deployer_is_admin_of_this_cluster_only():
    [right] = roles(recording(), "Azure Kubernetes Service RBAC Cluster Admin")
    assert right.inputs["scope"].endswith(f"/managedClusters/{STACK}")
    assert "principalType" not in right.inputs, "the deployer can be a user or an application"


def test_the_cluster_s_identities_can_only_join_the_nodes_subnet_and_pull_images():
    [subnet] = roles(recording(), "Network Contributor")
    assert subnet.inputs["scope"].endswith("/subnets/nodes")
    [pull] = roles(recording(), "AcrPull")
    assert "/Microsoft.ContainerRegistry/registries/" in pull.inputs["scope"]
    own = {subnet.inputs["principalId"], pull.inputs["principalId"]}
    assert len(own) == 2, "the control plane and the nodes must have different identities"
    rights = [each.name for each in recording().of_type(ROLE) if each.inputs["principalId"] in own]
    assert rights == [subnet.name, pull.name]


def test_the_cluster_waits_for_its_role_its_subnet_and_nat():
    waits = needs(recording().one(CLUSTER))
    assert (ROLE, f"{STACK}-aks-subnet") in waits
    assert ("azure-native:network:Subnet", f"{STACK}-nodes") in waits
    assert ("azure-native:network:NatGateway", f"{STACK}-nat") in waits


def test_kubernetes_objects_wait_for_nodes_the_admin_role_and_image_pulls():
    waits = needs(recording().one("kubernetes:core/v1:Namespace"))
    assert {(POOL, f"{STACK}-nodes"), (ROLE, f"{STACK}-admin-deployer"), (ROLE, f"{STACK}-pull")} <= waits


def test_the_cluster_and_the_streaming_service_are_created_in_parallel():
    assert not {kind for kind, _ in needs(recording().one(CLUSTER)) if ":eventhub:" in kind}
    namespace = recording().one("azure-native:eventhub:Namespace")
    assert not {kind for kind, _ in needs(namespace) if ":containerservice:" in kind}


def test_control_plane_logs_are_enabled_and_configurable():
    logs = recording().one(f"{STACK}-aks-logs").inputs["logs"]
    assert logs == [{"category": each, "enabled": True} for each in ("kube-audit-admin", "kube-apiserver", "guard")]
    chosen = with_platform(logs=["kube-audit", "cluster-autoscaler"]).one(f"{STACK}-aks-logs").inputs["logs"]
    assert [each["category"] for each in chosen] == ["kube-audit", "cluster-autoscaler"]


CREDENTIALS = b64encode(
    b"""
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: Q0E=
    server: https://pipes-1234abcd.hcp.westeurope.azmk8s.io:443
  name: pipes
users:
- name: clusterUser_pipes
  user:
    exec: {command: kubelogin, args: [get-token, --login, devicecode]}
"""
).decode()


def test_the_kubeconfig_uses_the_azure_cli_identity_and_contains_no_token():
    config = json.loads(kubeconfig(CREDENTIALS))
    [user] = config["users"]
    assert user["user"] == {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "kubelogin",
            "args": ["get-token", "--login", "azurecli", "--server-id", ENTRA_SERVER],
            "interactiveMode": "Never",
        }
    }
    [cluster] = config["clusters"]
    assert cluster["cluster"] == {
        "server": "https://pipes-1234abcd.hcp.westeurope.azmk8s.io:443",
        "certificate-authority-data": "Q0E=",
    }
    assert server(CREDENTIALS) == cluster["cluster"]["server"]


@pytest.mark.parametrize(("protect", "unreachable"), [(True, False), (False, True)])
def test_objects_in_an_unreachable_cluster_leave_the_state_only_without_protect(protect, unreachable):
    plan = planned({"data-pipes:protect": protect}, stack=STACK)
    provider = plan.recording.one(f"{STACK}-kubernetes")
    assert json.loads(provider.inputs["deleteUnreachable"]) is unreachable


def test_kubernetes_objects_are_replaced_with_a_new_cluster():
    provider = recording().one(f"{STACK}-kubernetes")
    assert provider.inputs["clusterIdentifier"].startswith("https://")
    assert ".hcp.westeurope.azmk8s.io" in provider.inputs["clusterIdentifier"]
    preview = planned(stack=STACK, preview=True).recording.one(f"{STACK}-kubernetes")
    assert preview.inputs["clusterIdentifier"] == UNKNOWN


def test_the_stack_exports_the_cluster_name_and_the_kubeconfig():
    outputs = shipped(STACK).recording.outputs
    assert outputs["clusterName"] == STACK
    assert "kubeconfig" in outputs
