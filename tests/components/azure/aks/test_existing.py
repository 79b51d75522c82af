"""An existing AKS cluster: what is looked up, what is made, and what is refused."""

import base64
import json
from typing import Any

import pytest
import yaml

from components.azure.aks.existing import admitted, fqdn
from tests.existing_azure import refused, stack, stopped, warnings
from workbench.cloud.azure import existing
from workbench.cloud.azure.resource import DEPLOYER, SUBSCRIPTION
from workbench.plan import Plan, plan

COMMAND = "--resource-group shared --name production"
KUBERNETES = "pulumi:providers:kubernetes"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
ELSEWHERE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub/subnets"
CLUSTER: dict[str, Any] = {"name": "production", "resourceGroup": "shared"}
PIPE: dict[str, Any] = {"parallelism": 3, "consumer": {"image": "registry.example.com/orders:1.0.0"}}


def on_cluster(streaming: str, network: dict[str, Any] | None = None, **section: Any):
    """Return a stack with one streaming section on the existing cluster."""
    return stack(
        streaming,
        changes={"streaming": {"service": streaming, **section}, **({} if network is None else {"network": network})},
    )


def with_cluster(monkeypatch: pytest.MonkeyPatch, **properties: Any) -> None:
    for key, value in properties.items():
        monkeypatch.setitem(existing.AKS, key, value)


def types(made: Plan) -> set[str]:
    return {
        each.type
        for each in made.recording.resources
        if each.custom and not each.external and not each.type.startswith("pulumi:")
    }


def test_on_an_existing_namespace_only_identities_grants_and_consumers_are_made():
    assert types(plan(stack("event-hubs", "existing-topic"))) == {
        "azure-native:applicationinsights:Workbook",
        "azure-native:authorization:RoleAssignment",
        "azure-native:eventhub:EventHub",  # the dead letters
        "azure-native:managedidentity:FederatedIdentityCredential",
        "azure-native:managedidentity:UserAssignedIdentity",
        "azure-native:monitor:MetricAlert",
        "azure-native:resources:ResourceGroup",
        "kubernetes:apps/v1:Deployment",
        "kubernetes:core/v1:ConfigMap",
        "kubernetes:core/v1:Namespace",
        "kubernetes:core/v1:ServiceAccount",
        POLICY,
        "kubernetes:policy/v1:PodDisruptionBudget",
        "random:index/randomString:RandomString",
    }


def test_a_new_namespace_gets_a_private_endpoint_in_the_given_subnet_and_only_its_own_zone():
    recording = plan(stack("event-hubs")).recording
    endpoint = recording.one("azure-native:network:PrivateEndpoint")
    assert endpoint.inputs["subnet"]["id"] == existing.ENDPOINTS
    zone = recording.one("azure-native:privatedns:PrivateZone")
    assert zone.inputs["privateZoneName"] == "privatelink.servicebus.windows.net"
    link = recording.one("azure-native:privatedns:VirtualNetworkLink")
    assert link.inputs["virtualNetwork"] == {"id": existing.VNET}
    assert "10.9.4.0/24" in json.dumps(recording.one(POLICY).inputs), "consumers reach only the subnet of the endpoint"


def test_a_zone_that_is_linked_already_is_used():
    zone = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/hub/providers/Microsoft.Network/privateDnsZones/privatelink.servicebus.windows.net"
    network = {"endpointsSubnetId": existing.ENDPOINTS, "privateDnsZoneIds": {"servicebus": zone}}
    recording = plan(on_cluster("event-hubs", network)).recording
    assert not recording.of_type("azure-native:privatedns:PrivateZone")
    group = recording.one("azure-native:network:PrivateDnsZoneGroup")
    assert group.inputs["privateDnsZoneConfigs"][0]["privateDnsZoneId"] == zone


def test_a_new_hdinsight_cluster_is_in_the_given_subnet():
    recording = plan(stack("hdinsight")).recording
    roles = recording.one("azure-native:hdinsight:Cluster").revealed["properties"]["computeProfile"]["roles"]
    assert {(each["virtualNetworkProfile"]["id"], each["virtualNetworkProfile"]["subnet"]) for each in roles} == {
        (existing.VNET, existing.BROKERS)
    }
    consumers = next(each for each in recording.of_type(POLICY) if each.name == "matrix-orders-policy")
    assert "10.9.5.0/24" in json.dumps(consumers.inputs)


def test_kafka_in_containers_uses_the_storage_class_of_the_cluster():
    recording = plan(stack("kafka")).recording
    assert not recording.of_type("kubernetes:storage.k8s.io/v1:StorageClass")
    assert "managed-csi-premium" in json.dumps([each.inputs for each in recording.resources])


def test_a_private_link_of_confluent_has_its_endpoint_in_the_given_subnet():
    section = {"tier": "enterprise", "privateLink": True}
    credentials = {"apiKey": "confluentKey", "apiSecret": "confluentSecret"}
    network = {"endpointsSubnetId": existing.ENDPOINTS}
    recording = plan(on_cluster("confluent", network, credentials=credentials, **section)).recording
    assert recording.one("azure-native:network:PrivateEndpoint").inputs["subnet"]["id"] == existing.ENDPOINTS
    line = stopped(on_cluster("confluent", credentials=credentials, **section))
    assert line.startswith("network.endpointsSubnetId: is required with streaming.privateLink")


def test_pods_get_tokens_of_the_cluster_s_own_issuer():
    recording = plan(stack("event-hubs", "existing")).recording
    cluster = recording.one("azure-native:containerservice:ManagedCluster")
    credential = recording.one("azure-native:managedidentity:FederatedIdentityCredential")
    assert cluster.external
    assert credential.inputs["issuer"] == cluster.state["oidcIssuerProfile"]["issuerURL"]


def credentials_of(users: list[dict[str, Any]]) -> str:
    cluster = {"server": "https://aks.example.com:443", "certificate-authority-data": "QQ=="}
    config = {"clusters": [{"name": "aks", "cluster": cluster}], "users": users}
    return base64.b64encode(yaml.safe_dump(config).encode()).decode()


class Cluster:
    """Parts of a cluster."""

    def __init__(self, **properties: Any) -> None:
        self.__dict__.update(properties)


def test_kubelogin_signs_in_with_entra_and_a_cluster_without_entra_keeps_its_kubeconfig():
    users = [{"name": "user", "user": {"client-certificate-data": "Qw==", "client-key-data": "Sw=="}}]
    known = {"credentials": credentials_of(users)}
    plain = yaml.safe_load(admitted({**known, "cluster": Cluster(aad_profile=None)}))
    assert plain["users"] == users
    entra = yaml.safe_load(admitted({**known, "cluster": Cluster(aad_profile=object())}))
    assert entra["users"][0]["user"]["exec"]["command"] == "kubelogin"


@pytest.mark.parametrize(
    ("private", "public_name", "used"), [(True, True, "public"), (True, False, None), (False, False, None)]
)
def test_a_private_api_is_reached_by_its_public_name_if_it_has_one(private: bool, public_name: bool, used: str | None):
    access = Cluster(enable_private_cluster=private, enable_private_cluster_public_fqdn=public_name)
    assert fqdn(Cluster(api_server_access_profile=access)) == used  # pyright: ignore[reportArgumentType]
    assert fqdn(Cluster(api_server_access_profile=None)) is None  # pyright: ignore[reportArgumentType]


def test_the_kubeconfig_is_secret():
    made = plan(stack("event-hubs", "existing"))
    assert "kubeconfig" in made.recording.one(KUBERNETES).secrets


@pytest.mark.parametrize(
    ("properties", "line"),
    [
        (
            {"powerState": {"code": "Stopped"}},
            f"platform.existing.name: must be the name of a cluster that runs, got 'production' (its power state is Stopped). Start it: az aks start {COMMAND}",
        ),
        (
            {"provisioningState": "Creating"},
            "platform.existing.name: must be the name of a cluster that is ready, got 'production' (its provisioning state is Creating). Wait until it is "
            f"Succeeded, or repair the cluster: az aks show {COMMAND}",
        ),
        (
            {"securityProfile": {"workloadIdentity": {"enabled": False}}},
            "platform.existing.name: must be the name of a cluster with an OIDC issuer and workload identity, got 'production' (it has no workload identity, so "
            f"pods get no identity). Enable it: az aks update {COMMAND} --enable-workload-identity",
        ),
        (
            {"oidcIssuerProfile": {"enabled": False}, "securityProfile": None},
            "platform.existing.name: must be the name of a cluster with an OIDC issuer and workload identity, got 'production' (it has no OIDC issuer and no "
            f"workload identity, so pods get no identity). Enable it: az aks update {COMMAND} --enable-oidc-issuer --enable-workload-identity",
        ),
        (
            {"location": "northeurope"},
            "platform.existing.name: must be in westeurope, the region of the stack (azure-native:location), got 'northeurope' (traffic between "
            "regions is slow and costs money). Use one there, or set azure-native:location to northeurope.",
        ),
    ],
)
def test_a_cluster_that_cannot_run_consumers_is_refused_in_the_preview_with_the_command(
    monkeypatch: pytest.MonkeyPatch, properties: dict[str, Any], line: str
):
    with_cluster(monkeypatch, **properties)
    assert stopped(stack("event-hubs", "existing")) == line


@pytest.mark.parametrize("state", ["Updating", "Upgrading", "Scaling"])
def test_a_cluster_that_its_owner_changes_is_ready(monkeypatch: pytest.MonkeyPatch, state: str):
    with_cluster(monkeypatch, provisioningState=state)
    assert plan(stack("event-hubs", "existing"), preview=True).problems == ()


def test_a_missing_cluster_is_refused_with_the_command_that_lists_clusters():
    platform = {"service": "aks", "existing": {**CLUSTER, "name": "missing"}}
    line = stopped(stack("event-hubs", "existing", changes={"platform": platform}))
    assert line.startswith(
        "platform.existing.name: must be the name of an AKS cluster in the resource group shared of the stack's subscription, got 'missing' ("
    )
    assert "az aks list --output table" in line
    assert "azure-native:subscriptionId" in line


def test_a_cluster_without_a_policy_engine_is_only_warned_about(monkeypatch: pytest.MonkeyPatch):
    engine = "has no network policy engine"
    assert not [text for text in warnings(plan(stack("event-hubs", "existing"), preview=True)) if engine in text]
    with_cluster(monkeypatch, networkProfile={"networkPlugin": "azure", "networkPolicy": "none"})
    [text] = [text for text in warnings(plan(stack("event-hubs", "existing"), preview=True)) if engine in text]
    assert f"az aks update {COMMAND} --network-policy calico" in text


def test_private_endpoints_are_refused_on_a_network_that_aks_manages(monkeypatch: pytest.MonkeyPatch):
    with_cluster(monkeypatch, agentPoolProfiles=[{"name": "nodes", "count": 3}])
    line = stopped(stack("event-hubs"))
    assert line.startswith(
        "platform.existing.name: must be the name of a cluster whose nodes are in a virtual network of yours"
    )
    assert plan(stack("event-hubs", "existing")).problems == ()


@pytest.mark.parametrize(
    ("subnet", "start"),
    [
        (
            existing.ENDPOINTS.replace(SUBSCRIPTION, DEPLOYER),
            f"network.endpointsSubnetId: must be in {SUBSCRIPTION}, the subscription of the stack, got ",
        ),
        (
            f"{existing.VNET}/subnets/missing",
            "network.endpointsSubnetId: must be in a subnet that the deployer may read",
        ),
    ],
)
def test_a_subnet_that_cannot_be_read_is_refused_by_key(subnet: str, start: str):
    assert stopped(on_cluster("event-hubs", {"endpointsSubnetId": subnet})).startswith(start)


def test_hdinsight_needs_a_subnet_of_the_nodes_network():
    network = {"endpointsSubnetId": existing.ENDPOINTS, "hdinsightSubnetId": f"{ELSEWHERE}/hdinsight"}
    line = stopped(on_cluster("hdinsight", network, topicImage="registry.example.com/topic:1.0.0"))
    assert line.startswith(
        f"network.hdinsightSubnetId: must be a subnet of {existing.VNET}, the virtual network of the nodes"
    )


@pytest.mark.parametrize(
    ("streaming", "changes", "lines"),
    [
        (
            "event-hubs",
            {"network": {}},
            ["network.endpointsSubnetId: is required (the stack has private endpoints for blob, servicebus, vault). "],
        ),
        (
            "hdinsight",
            {"network": {"endpointsSubnetId": existing.ENDPOINTS}},
            ["network.hdinsightSubnetId: is required (HDInsight needs a separate subnet"],
        ),
        (
            "kafka",
            {
                "network": {"endpointsSubnetId": existing.ENDPOINTS, "logDays": 30},
            },
            [
                "network.endpointsSubnetId: is ignored (only a new streaming service on Azure needs it). Remove it.",
                "network.logDays: is ignored (only a new streaming service on Azure needs it). Remove it.",
            ],
        ),
        (
            "kafka",
            {"platform": {"service": "aks", "existing": CLUSTER}},
            [
                "platform.existing.storageClass: is required (the brokers of the streaming service store their records on volumes"
            ],
        ),
        (
            "confluent",
            {"platform": {"service": "aks", "existing": CLUSTER, "nodes": {"max": 3}}},
            ["platform.nodes: cannot be used with "],
        ),
        ("confluent", {"network": {"cidr": "10.0.0.0/16"}}, ["network.cidr: cannot be used with "]),
        ("confluent", {"monitoring": {"collector": "managed"}}, ["monitoring.collector: must be operator or none on "]),
        (
            "confluent",
            {"pipes": {"orders": {"parallelism": 3}}},
            ["pipes.orders.consumer.image: must be a full reference such as registry.example.com/consumer:1.0.0, got "],
        ),
    ],
)
def test_settings_that_are_missing_or_belong_to_a_new_cluster_are_refused_by_key(
    streaming: str, changes: dict[str, Any], lines: list[str]
):
    found = refused(stack(streaming, changes=changes))
    assert len(found) == len(lines), found
    for line, start in zip(found, lines, strict=True):
        assert line.startswith(start)


def test_a_private_cluster_without_a_public_name_says_where_pulumi_must_run(monkeypatch: pytest.MonkeyPatch):
    where = "is private and has no public name. Run Pulumi on a machine in its network"
    assert not [text for text in warnings(plan(stack("event-hubs"))) if where in text]
    private = {"enablePrivateCluster": True, "enablePrivateClusterPublicFQDN": False}
    monkeypatch.setitem(existing.AKS, "apiServerAccessProfile", private)
    [text] = [text for text in warnings(plan(stack("event-hubs"), preview=True)) if where in text]
    assert text.startswith("platform.existing.name: production ")
