"""Tests of stacks on a GKE cluster that was there before."""

import json

import pytest

from tests.components.gcp.existing import CLUSTER, alter, on_existing_gke, refusal, warnings

AUTOPILOT = {"name": "autopilot"}
UPDATE = "gcloud container clusters update production --location=europe-west1 --project=data-pipes-42"
POOL_UPDATE = (
    "gcloud container node-pools update batch --cluster=production --location=europe-west1 --project=data-pipes-42 "
    "--workload-metadata=GKE_METADATA"
)


def pool(name, mode):
    return {"name": name, "nodeConfig": {"workloadMetadataConfig": {"mode": mode}}}


def peers(plan):
    """Return the address ranges and ports that the consumers may reach."""
    policy = plan.recording.one("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs["spec"]
    return {
        (peer["ipBlock"]["cidr"], port["port"], port["protocol"])
        for rule in policy["egress"]
        for peer in rule["to"]
        if "ipBlock" in peer
        for port in rule["ports"]
    }


def server(plan):
    provider = plan.recording.one("gx-kubernetes")
    [cluster] = json.loads(provider.revealed["kubeconfig"])["clusters"]
    return cluster["cluster"]


def test_the_stack_makes_no_cluster_network_registry_or_key():
    types = {each.type for each in on_existing_gke().recording.resources}
    assert not [each for each in types if each.startswith(("gcp:compute", "gcp:container", "gcp:kms"))]
    assert not [each for each in types if each.startswith(("gcp:artifactregistry", "gcp:logging"))]


def test_only_the_apis_that_the_stack_uses_are_enabled():
    services = on_existing_gke().recording.of_type("gcp:projects/service:Service")
    assert {each.inputs["service"].removesuffix(".googleapis.com") for each in services} == {
        *("cloudresourcemanager", "compute", "container", "iam", "iamcredentials", "monitoring", "pubsub")
    }
    assert not [each for each in services if each.inputs["disableOnDestroy"]]


def test_a_key_ring_is_made_for_a_streaming_service_with_a_key():
    plan = on_existing_gke({"service": "pubsub", "customerManagedKey": True})
    ring = plan.recording.one("gcp:kms/keyRing:KeyRing")
    assert "cloudkms.googleapis.com" in {
        plan.recording.by_urn(urn).inputs.get("service") for urn in plan.recording.requirements(ring)
    }


def test_pods_get_the_identity_of_the_cluster_s_pool(monkeypatch):
    alter(monkeypatch, CLUSTER, workloadIdentityConfig={"workloadPool": "other.svc.id.goog"})
    binding = on_existing_gke().recording.one("gcp:serviceaccount/iAMMember:IAMMember")
    assert binding.inputs["member"] == "serviceAccount:other.svc.id.goog[orders/gx-consumer]"


def test_the_dns_endpoint_is_used_if_it_is_open(monkeypatch):
    assert server(on_existing_gke())["server"].endswith(".gke.goog")
    closed = {"dnsEndpointConfig": {"allowExternalTraffic": False, "endpoint": "gke-x.europe-west1.gke.goog"}}
    alter(monkeypatch, CLUSTER, controlPlaneEndpointsConfig=closed)
    found = server(on_existing_gke())
    assert found["server"].startswith("https://198.51.100.")
    assert found["certificate-authority-data"]


def test_consumers_may_reach_the_metadata_server_and_the_dns_of_every_kind_of_cluster():
    assert peers(on_existing_gke()) >= {
        ("169.254.169.254/32", 80, "TCP"),
        ("169.254.169.252/32", 988, "TCP"),
        ("169.254.20.10/32", 53, "UDP"),
        ("169.254.169.254/32", 53, "UDP"),
    }


def test_consumers_run_on_every_node():
    pods = on_existing_gke().recording.one("kubernetes:apps/v1:Deployment").inputs["spec"]["template"]["spec"]
    assert not pods.get("nodeSelector")


def test_brokers_use_the_given_storage_class():
    plan = on_existing_gke({"service": "kafka"}, existing={"storageClass": "premium-rwo"})
    pools = plan.recording.of_type("kubernetes:kafka.strimzi.io/v1:KafkaNodePool")
    assert {volume["class"] for each in pools for volume in each.inputs["spec"]["storage"]["volumes"]} == {
        "premium-rwo"
    }
    assert not plan.recording.of_type("kubernetes:storage.k8s.io/v1:StorageClass")


def test_a_private_link_is_in_the_network_of_the_cluster():
    secrets = {"key": "hunter2", "secret": "hunter2"}
    streaming = {
        "service": "confluent",
        "tier": "enterprise",
        "privateLink": True,
        "credentials": {"apiKey": "key", "apiSecret": "secret"},
    }
    made = on_existing_gke(streaming, more={"data-pipes:secrets": secrets})
    rule = made.recording.one("gcp:compute/forwardingRule:ForwardingRule")
    assert rule.inputs["network"] == "projects/data-pipes-42/global/networks/shared"
    address = made.recording.one("gcp:compute/address:Address")
    assert address.inputs["subnetwork"] == "projects/data-pipes-42/regions/europe-west1/subnetworks/gke"
    assert ("10.20.0.0/20", 9092, "TCP") in peers(made)


def test_alarms_of_a_zonal_cluster_have_its_zone():
    plan = on_existing_gke(existing={"location": "europe-west1-b"})
    queries = [
        each["conditionPrometheusQueryLanguage"]["query"]
        for policy in plan.recording.of_type("gcp:monitoring/alertPolicy:AlertPolicy")
        for each in policy.inputs["conditions"]
        if "conditionPrometheusQueryLanguage" in each
    ]
    assert queries
    assert all('cluster="production"' in query and 'location="europe-west1-b"' in query for query in queries)


@pytest.mark.parametrize(
    ("existing", "fact"),
    [
        (
            {"name": "missing"},
            "must be the name of a GKE cluster in europe-west1 of the project data-pipes-42, got 'missing' ",
        ),
        (
            {"name": "missing", "location": "europe-west1-b"},
            "must be the name of a GKE cluster in europe-west1-b of the project ",
        ),
    ],
)
def test_a_missing_cluster_is_refused_with_the_command_that_lists_them(existing, fact):
    message = refusal(existing=existing)
    assert message.startswith(f"platform.existing.name: {fact}")
    assert "gcloud container clusters list --project=data-pipes-42" in message


def test_a_subnet_that_cannot_be_read_is_refused(monkeypatch):
    alter(monkeypatch, CLUSTER, subnetwork="projects/host/regions/europe-west1/subnetworks/missing")
    assert "platform.existing.name: must be the name of a GKE cluster whose subnet the deployer may read" in refusal()


def test_a_cluster_without_workload_identity_is_refused_with_the_command(monkeypatch):
    alter(monkeypatch, CLUSTER, workloadIdentityConfig=[])
    message = refusal()
    assert message.startswith(
        "platform.existing.name: must be the name of a GKE cluster whose pods can get a cloud identity, got 'production'"
    )
    assert f"{UPDATE} --workload-pool=data-pipes-42.svc.id.goog" in message


def test_a_cluster_without_a_metadata_server_is_refused_with_the_command(monkeypatch):
    alter(monkeypatch, CLUSTER, nodePools=[pool("batch", "GCE_METADATA")])
    message = refusal()
    assert "no node pool runs the GKE metadata server" in message
    assert POOL_UPDATE in message


def test_a_node_pool_without_a_metadata_server_is_a_warning_with_the_command(monkeypatch):
    alter(monkeypatch, CLUSTER, nodePools=[pool("apps", "GKE_METADATA"), pool("batch", "GCE_METADATA")])
    [warning] = warnings(on_existing_gke())
    assert "the node pool batch of production does not run the GKE metadata server" in warning
    assert POOL_UPDATE in warning


def test_a_cluster_that_is_not_ready_is_refused(monkeypatch):
    alter(monkeypatch, CLUSTER, endpoint="", controlPlaneEndpointsConfig=[])
    message = refusal()
    assert message.startswith(
        "platform.existing.name: must be the name of a GKE cluster that is running, got 'production'"
    )
    assert "gcloud container clusters describe production" in message


def test_a_cluster_without_a_network_policy_engine_is_a_warning_with_the_commands(monkeypatch):
    alter(monkeypatch, CLUSTER, datapathProvider="LEGACY_DATAPATH")
    [warning] = warnings(on_existing_gke())
    assert warning.startswith("platform.existing.name: production has no network policy engine")
    assert f"{UPDATE} --update-addons=NetworkPolicy=ENABLED" in warning
    assert f"{UPDATE} --enable-network-policy" in warning


def test_calico_is_a_network_policy_engine(monkeypatch):
    alter(
        monkeypatch, CLUSTER, datapathProvider="LEGACY_DATAPATH", networkPolicy={"enabled": True, "provider": "CALICO"}
    )
    assert warnings(on_existing_gke()) == []


def test_managed_collection_that_is_off_is_refused_with_the_command(monkeypatch):
    alter(monkeypatch, CLUSTER, monitoringConfig={"managedPrometheus": {"enabled": False}})
    message = refusal()
    assert message.startswith(
        "monitoring.collector: must be operator or none on production, which has no managed collection, got 'managed' ("
    )
    assert f"{UPDATE} --enable-managed-prometheus" in message
    for collector in ("operator", "none"):
        on_existing_gke(more={"data-pipes:monitoring": {"collector": collector}})


def test_requests_that_autopilot_raises_are_a_warning_with_the_values():
    consumer = {"consumer": {"image": "registry.example.com/orders:1.0.0", "cpu": "100m", "memory": "1Gi"}}
    [warning] = warnings(on_existing_gke(pipe=consumer, existing=AUTOPILOT))
    assert warning.startswith(
        "pipes.orders.consumer: requests 100m CPU and 1Gi, which Autopilot raises to 154m and 1024Mi"
    )
    assert "Set cpu to 154m and memory to 1024Mi." in warning


def test_a_consumer_that_is_too_large_for_autopilot_is_refused():
    consumer = {"consumer": {"image": "registry.example.com/orders:1.0.0", "cpu": "31", "memory": "64Gi"}}
    message = refusal(pipe=consumer, existing=AUTOPILOT)
    assert message.startswith(
        "pipes.orders.consumer: must be at most 30000m CPU and 112640Mi on the Autopilot cluster autopilot"
    )


def test_a_stack_without_problems_has_no_warnings():
    assert warnings(on_existing_gke()) == []
