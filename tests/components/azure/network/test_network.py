"""Tests of the virtual network on Azure."""

import pytest

from components.azure.account import SOVEREIGN, THREE_ZONES
from components.changes import ChangeRefusedError
from components.settings import SettingsError
from tests.hooks import before_update
from tests.stacks import planned, settings, shipped

STACK, HDINSIGHT = "azure-eventhubs-aks", "azure-hdinsight-aks"
GROUP = "azure-native:network:NetworkSecurityGroup"
SUBNET = "azure-native:network:Subnet"
LINK = "azure-native:privatedns:VirtualNetworkLink"
ZONE = "azure-native:privatedns:PrivateZone"
OWNER = "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/hub/providers/Microsoft.Network"
VNET = f"{OWNER}/virtualNetworks/shared"
EXISTING = {
    "virtualNetworkId": VNET,
    "cidr": "10.9.0.0/16",
    "nodesSubnetId": f"{VNET}/subnets/aks",
    "endpointsSubnetId": f"{VNET}/subnets/private",
}


def made(type_token, stack=STACK):
    return {each.name.removeprefix(f"{stack}-"): each for each in shipped(stack).recording.of_type(type_token)}


def inbound(stack, role):
    """Return a security group's inbound rules by priority: source, ports and access."""
    rules = sorted(made(GROUP, stack)[role].inputs["securityRules"], key=lambda rule: rule["priority"])
    assert all(rule["direction"] == "Inbound" and rule["description"] for rule in rules)
    return [
        (rule["sourceAddressPrefix"], rule.get("destinationPortRanges") or rule["destinationPortRange"], rule["access"])
        for rule in rules
    ]


def config_errors(changes, stack=STACK):
    try:
        settings(changes, stack)
    except SettingsError as error:
        return [line.split(".yaml: ", 1)[1] for line in str(error).splitlines()]
    return []


def test_subnets_follow_the_layout_and_only_hdinsight_stacks_have_a_subnet_for_it():
    assert {role: each.inputs["addressPrefix"] for role, each in made(SUBNET).items()} == {
        "nodes": "10.0.0.0/22",
        "endpoints": "10.0.4.0/24",
    }
    assert {role: each.inputs["addressPrefix"] for role, each in made(SUBNET, HDINSIGHT).items()} == {
        "nodes": "10.0.0.0/22",
        "endpoints": "10.0.4.0/24",
        "hdinsight": "10.0.5.0/24",
    }


@pytest.mark.parametrize("stack", [STACK, HDINSIGHT])
def test_subnets_are_created_one_after_another(stack):
    recording = shipped(stack).recording
    subnets = recording.of_type(SUBNET)
    waits = [{other.urn for other in subnets} & recording.requirements(each) for each in subnets]
    assert sorted(map(len, waits)) == list(range(len(subnets)))


@pytest.mark.parametrize("stack", [STACK, HDINSIGHT])
def test_egress_is_only_through_a_zone_redundant_nat_gateway(stack):
    [gateway] = made("azure-native:network:NatGateway", stack).values()
    [address] = made("azure-native:network:PublicIPAddress", stack).values()
    subnets = made(SUBNET, stack)
    assert address.inputs["zones"] == ["1", "2", "3"]
    assert gateway.urn in shipped(stack).recording.requirements(subnets["nodes"])
    assert not any(each.inputs["defaultOutboundAccess"] for each in subnets.values())
    assert {role for role, each in subnets.items() if "natGateway" in each.inputs} == subnets.keys() - {"endpoints"}


@pytest.mark.parametrize(
    "waiting", ["azure-native:containerservice:ManagedCluster", "azure-native:network:PrivateEndpoint"]
)
def test_clusters_and_private_endpoints_wait_for_all_subnets(waiting):
    recording = shipped(STACK).recording
    for each in recording.of_type(waiting):
        assert {subnet.urn for subnet in recording.of_type(SUBNET)} <= recording.requirements(each)


def test_the_nodes_subnet_has_only_azure_s_default_rules():
    assert inbound(STACK, "nodes") == []


def test_private_endpoints_accept_nodes_on_service_ports_and_connected_networks_on_https():
    assert inbound(STACK, "endpoints") == [
        ("10.0.0.0/22", ["443", "5671", "9093"], "Allow"),
        ("VirtualNetwork", ["443"], "Allow"),
        ("VirtualNetwork", "*", "Deny"),
    ]
    assert {each.inputs["privateEndpointNetworkPolicies"] for each in made(SUBNET).values()} == {
        "NetworkSecurityGroupEnabled"
    }


def test_hdinsight_accepts_only_nodes_and_itself_and_can_reach_private_endpoints():
    assert inbound(HDINSIGHT, "hdinsight") == [
        ("10.0.0.0/22", ["443", "9092"], "Allow"),
        ("10.0.0.0/22", ["9400"], "Allow"),
        ("10.0.5.0/24", ["0-65535"], "Allow"),
        ("AzureLoadBalancer", ["0-65535"], "Allow"),
        ("VirtualNetwork", "*", "Deny"),
    ]
    assert ("10.0.5.0/24", ["443"], "Allow") in inbound(HDINSIGHT, "endpoints")


def test_only_the_hdinsight_subnet_allows_private_link_services():
    policies = {
        role: each.inputs["privateLinkServiceNetworkPolicies"] for role, each in made(SUBNET, HDINSIGHT).items()
    }
    assert policies == {"nodes": "Enabled", "endpoints": "Enabled", "hdinsight": "Disabled"}


def test_every_private_zone_is_linked_to_the_network():
    recording = shipped(STACK).recording
    zones = {each.inputs["privateZoneName"] for each in recording.of_type(ZONE)}
    assert {"privatelink.azurecr.io", "privatelink.servicebus.windows.net"} <= zones
    links = recording.of_type(LINK)
    assert {each.inputs["privateZoneName"] for each in links} == zones
    [vnet] = made("azure-native:network:VirtualNetwork").values()
    for each in links:
        assert each.input("virtualNetwork.id").endswith(f"/virtualNetworks/{vnet.inputs['virtualNetworkName']}")
        assert each.inputs["registrationEnabled"] is False


def test_names_missing_in_the_private_zones_are_resolved_publicly():
    assert {each.inputs["resolutionPolicy"] for each in shipped(STACK).recording.of_type(LINK)} == {"NxDomainRedirect"}


def test_flow_logs_cover_the_network_with_the_configured_retention():
    recording = planned({"data-pipes:network": {"flowLogDays": 30}}, stack=STACK).recording
    log = recording.one("azure-native:network:FlowLog")
    assert log.inputs["targetResourceId"].endswith(f"/virtualNetworks/{STACK}")
    assert (log.inputs["networkWatcherName"], log.inputs["resourceGroupName"]) == (
        "NetworkWatcher_westeurope",
        "NetworkWatcherRG",
    )
    assert log.inputs["retentionPolicy"] == {"days": 30, "enabled": True}


def test_flow_logs_use_an_identity_with_a_role_on_their_private_storage_only():
    recording = shipped(STACK).recording
    log = recording.one("azure-native:network:FlowLog")
    rights = made("azure-native:authorization:RoleAssignment")["flow-logs"]
    storage = made("azure-native:storage:StorageAccount")["flow-logs"]
    assert rights.inputs["scope"] == log.inputs["storageId"]
    assert rights.urn in recording.requirements(log)
    assert storage.inputs["allowSharedKeyAccess"] is False
    assert storage.inputs["allowBlobPublicAccess"] is False
    assert storage.inputs["minimumTlsVersion"] == "TLS1_2"
    assert storage.inputs["networkRuleSet"] == {"bypass": "AzureServices", "defaultAction": "Deny"}


def test_logs_have_the_configured_retention_and_accept_only_entra_identities():
    recording = planned({"data-pipes:network": {"logDays": 365}}, stack=STACK).recording
    workspace = recording.one("azure-native:operationalinsights:Workspace")
    assert workspace.inputs["retentionInDays"] == 365
    assert workspace.input("features.disableLocalAuth") is True


TAGGED = (
    "resources:ResourceGroup",
    "operationalinsights:Workspace",
    "network:VirtualNetwork",
    "network:NetworkSecurityGroup",
    "network:NatGateway",
    "network:PublicIPAddress",
    "network:FlowLog",
    "network:PrivateEndpoint",
    "privatedns:PrivateZone",
    "privatedns:VirtualNetworkLink",
    "managedidentity:UserAssignedIdentity",
    "storage:StorageAccount",
    "containerregistry:Registry",
)


def test_every_taggable_resource_has_the_stack_s_tags():
    recording = planned({"data-pipes:tags": {"team": "orders"}}, stack=STACK).recording
    for kind in TAGGED:
        found = recording.of_type(f"azure-native:{kind}")
        assert found, kind
        for each in found:
            assert each.inputs["tags"] == {"data-pipes": STACK, "team": "orders"}, each.urn


def test_in_an_existing_network_only_private_endpoints_and_zone_links_are_created():
    zone = f"{OWNER}/privateDnsZones/privatelink.azurecr.io"
    existing = {**EXISTING, "privateDnsZoneIds": {"registry": zone}}
    plan = planned({"data-pipes:network": {"existing": existing}}, stack=STACK)
    recording = plan.recording
    network = {each.type for each in recording.resources if each.type.startswith("azure-native:network:")}
    assert network == {"azure-native:network:PrivateEndpoint", "azure-native:network:PrivateDnsZoneGroup"}
    assert {each.input("subnet.id") for each in recording.of_type("azure-native:network:PrivateEndpoint")} == {
        f"{VNET}/subnets/private"
    }
    assert {each.input("virtualNetwork.id") for each in recording.of_type(LINK)} == {VNET}
    assert "privatelink.azurecr.io" not in {each.inputs["privateZoneName"] for each in recording.of_type(ZONE)}
    records = [
        each.input("privateDnsZoneConfigs[0].privateDnsZoneId")
        for each in recording.of_type("azure-native:network:PrivateDnsZoneGroup")
    ]
    assert zone in records
    pool = recording.one("azure-native:containerservice:AgentPool")
    assert pool.inputs["vnetSubnetID"] == f"{VNET}/subnets/aks"
    assert plan.problems == ()


@pytest.mark.parametrize("role", ["nodes", "endpoints"])
def test_a_range_change_is_refused_in_the_preview(role):
    subnet = made(SUBNET)[role]

    def change(wanted):
        old, new = {"addressPrefix": "10.0.0.0/22"}, {"addressPrefix": wanted}
        before_update(shipped(STACK).recording, subnet, old, new)

    change("10.0.0.0/22")
    with pytest.raises(
        ChangeRefusedError,
        match=r"^network\.cidr: cannot be changed: it would move a subnet from 10\.0\.0\.0/22 to 10\.1",
    ):
        change("10.1.0.0/22")


WRONG = [
    (
        {"azure-native:location": "westus"},
        "azure-native:location: must be a region with three availability zones, got westus.",
    ),
    ({"azure-native:location": "West Europe"}, "azure-native:location: must be the name of an Azure region, such as"),
    ({"azure-native:location": "chinanorth3"}, "azure-native:location: must be a region of the Azure public cloud"),
    ({"azure-native:location": "usgovvirginia"}, "azure-native:location: must be a region of the Azure public cloud"),
    ({"azure-native:subscriptionId": "production"}, "azure-native:subscriptionId: must be a UUID such as"),
    ({"azure-native:environment": "china"}, "azure-native:environment: unknown key"),
    ({"data-pipes:network": {"cidr": "10.0.0.0/22"}}, "network.cidr: must be from /8 (the widest private range)"),
    ({"data-pipes:network": {"cidr": "0.0.0.0/7"}}, "network.cidr: must be from /8 (the widest private range)"),
    (
        {"data-pipes:network": {"cidr": "172.16.0.0/12"}},
        "network.cidr: must not overlap 172.30.0.0/16, which AKS reserves",
    ),
    ({"data-pipes:network": {"cidr": "224.0.0.0/16"}}, "network.cidr: must not overlap 224.0.0.0/3, which is for"),
    ({"data-pipes:network": {"flowLogDays": 366}}, "network.flowLogDays: must be at most 365, got 366."),
    ({"data-pipes:network": {"logDays": 29}}, "network.logDays: must be at least 30, got 29."),
    (
        {"data-pipes:network": {"registryCidrs": ["0.0.0.0/0"]}},
        "network.registryCidrs[0]: must be a range of /8 or smaller, got 0.0.0.0/0",
    ),
    ({"data-pipes:tags": {"cost centre": "7"}}, "tags.cost centre: must be a tag name that every Azure resource"),
    ({"data-pipes:tags": {"Azure-team": "7"}}, "tags.Azure-team: must be a tag name that every Azure resource"),
    (
        {"data-pipes:network": {"existing": EXISTING, "cidr": "10.1.0.0/16"}},
        "network: cidr cannot be used with existing (it applies only to a new virtual network). Remove it, or",
    ),
    (
        {"data-pipes:network": {"existing": EXISTING | {"virtualNetworkId": "shared"}}},
        "network.existing.virtualNetworkId: must be the ID of a virtual network, /subscriptions/.../resourceGroups/",
    ),
    (
        {"data-pipes:network": {"existing": EXISTING | {"endpointsSubnetId": f"{VNET}/subnets/AKS"}}},
        "network.existing: endpointsSubnetId must not be the same subnet as nodesSubnetId",
    ),
    (
        {"data-pipes:network": {"existing": EXISTING | {"nodesSubnetId": f"{VNET}2/subnets/aks"}}},
        "network.existing: nodesSubnetId must be a subnet of virtualNetworkId, got",
    ),
    (
        {
            "data-pipes:network": {
                "existing": EXISTING
                | {"privateDnsZoneIds": {"registry": f"{OWNER}/privateDnsZones/privatelink.azure.net"}}
            }
        },
        "network.existing.privateDnsZoneIds: registry must be the ID of a private DNS zone named privatelink.azurecr.io",
    ),
    (
        {
            "data-pipes:network": {
                "existing": EXISTING | {"privateDnsZoneIds": {"acr": f"{OWNER}/privateDnsZones/privatelink.azurecr.io"}}
            }
        },
        "network.existing.privateDnsZoneIds: acr: unknown service. Valid: blob, dfs,",
    ),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_invalid_account_and_network_settings_are_refused(changes, message):
    found = config_errors(changes)
    assert any(line.startswith(message) for line in found), found


def test_log_and_registry_settings_are_allowed_with_an_existing_network():
    network = {"existing": EXISTING, "logDays": 30, "registryCidrs": ["203.0.113.0/24"]}
    assert config_errors({"data-pipes:network": network}) == []


def test_no_sovereign_cloud_region_is_listed():
    assert not [region for region in THREE_ZONES if region.startswith(SOVEREIGN)]


def test_event_hubs_and_nodes_wait_for_the_private_zone_links():
    recording = shipped(STACK).recording
    links = {each.name.removeprefix(f"{STACK}-"): each.urn for each in recording.of_type(LINK)}
    assert links["servicebus"] in recording.requirements(recording.one(f"{STACK}-orders-hub"))
    assert links["registry"] in recording.requirements(recording.one("azure-native:containerservice:AgentPool"))
