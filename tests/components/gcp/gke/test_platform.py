"""Tests of a GKE cluster: access, administrators, roles and order of creation."""

import json
from functools import cache

import pytest

from components.gcp.gke.base import kubeconfig
from tests.stacks import planned, shipped
from workbench.values import UNKNOWN

STACK = "gcp-pubsub-gke"
CLUSTER = "gcp:container/cluster:Cluster"
POOL = "gcp:container/nodePool:NodePool"
PROJECT_RIGHT = "gcp:projects/iAMMember:IAMMember"
ID = f"projects/data-pipes-42/locations/europe-west1/clusters/{STACK}"


def with_platform(**platform):
    return planned({"data-pipes:platform": platform}, stack=STACK).recording


def recording():
    return shipped(STACK).recording


def needs(resource):
    """Return the types and names of all resources that a resource waits for."""
    return {(recording().by_urn(urn).type, recording().by_urn(urn).name) for urn in recording().requirements(resource)}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", STACK),
        ("location", "europe-west1"),
        ("networkingMode", "VPC_NATIVE"),
        ("ipAllocationPolicy", {"clusterSecondaryRangeName": "pods", "servicesSecondaryRangeName": "services"}),
        ("releaseChannel", {"channel": "REGULAR"}),
        ("privateClusterConfig", {"enablePrivateNodes": True, "enablePrivateEndpoint": True}),
        (
            "controlPlaneEndpointsConfig",
            {"dnsEndpointConfig": {"allowExternalTraffic": True}, "ipEndpointsConfig": {"enabled": False}},
        ),
        ("masterAuth.clientCertificateConfig.issueClientCertificate", False),
        ("databaseEncryption.state", "ENCRYPTED"),
        ("binaryAuthorization.evaluationMode", "PROJECT_SINGLETON_POLICY_ENFORCE"),
        ("loggingConfig.enableComponents", ["SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER"]),
        ("monitoringConfig.enableComponents", ["SYSTEM_COMPONENTS"]),
        ("datapathProvider", "ADVANCED_DATAPATH"),
        ("enableShieldedNodes", True),
        ("workloadIdentityConfig", {"workloadPool": "data-pipes-42.svc.id.goog"}),
        ("removeDefaultNodePool", True),
        ("initialNodeCount", 1),
        ("addonsConfig", {"dnsCacheConfig": {"enabled": False}}),
        ("dnsConfig", {"clusterDns": "KUBE_DNS"}),
    ],
)
def test_the_default_cluster_is_private_regional_and_accepts_only_iam_sign_in(path, value):
    assert recording().one(CLUSTER).input(path) == value
    assert "maintenancePolicy" not in recording().one(CLUSTER).inputs


def test_the_cluster_is_in_the_stack_s_network():
    cluster = recording().one(CLUSTER).inputs
    assert cluster["network"].endswith(f"/global/networks/{STACK}")
    assert cluster["subnetwork"].endswith(f"/regions/europe-west1/subnetworks/{STACK}")


def test_secrets_are_encrypted_with_a_key_that_only_gke_s_agent_can_use():
    key = recording().one(f"{STACK}-gke-key")
    assert key.protect
    assert f"/cryptoKeys/{STACK}-gke-key" in recording().one(CLUSTER).input("databaseEncryption.keyName")
    [right] = [
        each
        for each in recording().of_type("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember")
        if each.name.startswith(f"{STACK}-gke-key")
    ]
    assert right.inputs["member"].endswith("container-engine-robot.iam.gserviceaccount.com")
    assert (right.type, right.name) in needs(recording().one(CLUSTER)), "the cluster creates its first secrets at once"


@cache
def at_its_address():
    return with_platform(endpoint={"publicCidrs": ["203.0.113.7/32", "198.51.100.0/24"]})


def test_with_public_ranges_the_api_is_reached_by_ip_address_and_not_by_dns_name():
    cluster = at_its_address().one(CLUSTER)
    assert cluster.inputs["controlPlaneEndpointsConfig"] == {
        "dnsEndpointConfig": {"allowExternalTraffic": False},
        "ipEndpointsConfig": {"enabled": True},
    }
    assert cluster.inputs["masterAuthorizedNetworksConfig"] == {
        "cidrBlocks": [{"cidrBlock": "203.0.113.7/32"}, {"cidrBlock": "198.51.100.0/24"}],
        "gcpPublicCidrsAccessEnabled": False,
        "privateEndpointEnforcementEnabled": True,
    }
    assert cluster.input("privateClusterConfig") == {"enablePrivateNodes": True, "enablePrivateEndpoint": False}
    assert "masterAuthorizedNetworksConfig" not in recording().one(CLUSTER).inputs


def test_maintenance_window_and_release_channel_are_applied():
    cluster = with_platform(maintenanceStart="03:00", releaseChannel="stable").one(CLUSTER)
    assert cluster.inputs["maintenancePolicy"] == {"dailyMaintenanceWindow": {"startTime": "03:00"}}
    assert cluster.input("releaseChannel.channel") == "STABLE"


def test_configured_admins_administer_only_this_cluster():
    [right] = [
        each
        for each in with_platform(admins=["group:platform@example.com"]).of_type(PROJECT_RIGHT)
        if each.inputs["role"] == "roles/container.admin"
    ]
    assert right.inputs["member"] == "group:platform@example.com"
    assert right.input("condition.expression") == (
        f'resource.type == "container.googleapis.com/Cluster" && resource.name == "{ID}"'
    )
    assert not [each for each in recording().of_type(PROJECT_RIGHT) if each.inputs["role"] == "roles/container.admin"]


def test_the_cluster_waits_for_its_roles_apis_and_nat():
    waits = needs(recording().one(CLUSTER))
    assert (PROJECT_RIGHT, f"{STACK}-gke-nodes") in waits
    assert ("gcp:compute/routerNat:RouterNat", f"{STACK}-nat") in waits
    assert {f"{STACK}-container", f"{STACK}-binaryauthorization"} <= {name for _, name in waits}


def test_kubernetes_objects_wait_for_nodes_that_can_pull_images():
    waits = needs(recording().one("kubernetes:core/v1:Namespace"))
    assert {
        (POOL, f"{STACK}-nodes"),
        (PROJECT_RIGHT, f"{STACK}-gke-nodes"),
        ("gcp:artifactregistry/repositoryIamMember:RepositoryIamMember", f"{STACK}-gke-nodes-pulls"),
    } <= waits


def test_the_cluster_and_the_streaming_service_are_created_in_parallel():
    assert not {kind for kind, _ in needs(recording().one(CLUSTER)) if ":pubsub/" in kind}
    for each in recording().of_type("gcp:pubsub/subscription:Subscription"):
        assert not {kind for kind, _ in needs(each) if ":container/" in kind}


def test_the_temporary_first_nodes_use_the_stack_s_service_account():
    first = recording().one(CLUSTER).inputs["nodeConfig"]
    account = recording().one(f"{STACK}-gke-nodes-pulls").inputs["member"].removeprefix("serviceAccount:")
    assert first["serviceAccount"] == account
    assert first["shieldedInstanceConfig"] == {"enableSecureBoot": True, "enableIntegrityMonitoring": True}
    assert recording().one(CLUSTER).ignore_changes == ("initialNodeCount", "nodeConfig")


def test_the_kubeconfig_uses_the_gcloud_identity_and_contains_no_token():
    config = json.loads(kubeconfig(cluster="pipes", host="gke-0123-42.europe-west1.gke.goog"))
    [user] = config["users"]
    assert user["user"] == {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "gke-gcloud-auth-plugin",
            "installHint": "Install it with: gcloud components install gke-gcloud-auth-plugin",
            "provideClusterInfo": True,
            "interactiveMode": "Never",
        }
    }
    [cluster] = config["clusters"]
    assert cluster["cluster"] == {"server": "https://gke-0123-42.europe-west1.gke.goog"}, (
        "the DNS endpoint has a publicly trusted certificate"
    )


def test_pulumi_uses_the_dns_endpoint_or_the_ip_endpoint_with_the_cluster_s_ca(monkeypatch):
    asked = []
    monkeypatch.setattr("components.gcp.gke.platform.kubeconfig", lambda **known: asked.append(known) or "{}")
    planned(stack=STACK)
    with_platform(endpoint={"publicCidrs": ["203.0.113.7/32"]})
    by_name, at_address = asked
    assert by_name["host"].endswith(".gke.goog")
    assert "authority" not in by_name
    assert at_address["host"].startswith("198.51.100."), "the host must be the cluster's IP endpoint"
    assert at_address["authority"]
    assert [each["cluster"] for each in asked] == [STACK, STACK]
    config = json.loads(kubeconfig(**at_address))
    assert config["clusters"][0]["cluster"]["certificate-authority-data"] == at_address["authority"]


def test_kubernetes_objects_are_replaced_only_with_a_new_cluster():
    name = recording().one(f"{STACK}-kubernetes").inputs["clusterIdentifier"]
    assert name.endswith(".gke.goog")
    moved = at_its_address().one(f"{STACK}-kubernetes")
    assert moved.inputs["clusterIdentifier"] == name
    preview = planned(stack=STACK, preview=True).recording.one(f"{STACK}-kubernetes")
    assert preview.inputs["clusterIdentifier"] == UNKNOWN


@pytest.mark.parametrize(("protect", "unreachable"), [(True, False), (False, True)])
def test_objects_in_an_unreachable_cluster_leave_the_state_only_without_protect(protect, unreachable):
    recorded = planned({"data-pipes:protect": protect}, stack=STACK).recording
    assert json.loads(recorded.one(f"{STACK}-kubernetes").inputs["deleteUnreachable"]) is unreachable
    assert recorded.one(CLUSTER).protect is protect


def test_the_stack_exports_the_cluster_name_and_the_kubeconfig():
    outputs = shipped(STACK).recording.outputs
    assert outputs["clusterName"] == STACK
    assert "kubeconfig" in outputs


def test_consumers_can_reach_only_the_metadata_server_and_https():
    [policy] = recording().of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    blocks = {
        (rule["to"][0]["ipBlock"]["cidr"], rule["ports"][0]["port"])
        for rule in policy.input("spec.egress")
        if "ipBlock" in rule["to"][0]
    }
    assert blocks == {("169.254.169.254/32", 80), ("0.0.0.0/0", 443)}
