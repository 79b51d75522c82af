"""Tests of the VPC network on Google Cloud."""

import pytest

from components.changes import ChangeRefusedError
from components.settings import SettingsError
from tests.hooks import before_update
from tests.stacks import planned, settings, shipped

STACK = "gcp-pubsub-gke"
API = "gcp:projects/service:Service"
FIREWALL = "gcp:compute/firewall:Firewall"
NAT = "gcp:compute/routerNat:RouterNat"
SUBNET = "gcp:compute/subnetwork:Subnetwork"
VPC = "gcp:compute/network:Network"
BUCKET = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
SINK = "gcp:logging/projectSink:ProjectSink"
CLUSTER = "gcp:container/cluster:Cluster"
POOL = "gcp:container/nodePool:NodePool"
EXISTING = {
    "network": "projects/hub-42/global/networks/shared",
    "subnetwork": "gke",
    "cidr": "10.9.0.0/20",
    "podsRange": "gke-pods",
    "podCidr": "10.64.0.0/14",
    "servicesRange": "gke-services",
}


def config_errors(network):
    try:
        settings({"data-pipes:network": network}, STACK)
    except SettingsError as error:
        return [line.split(".yaml: ", 1)[1] for line in str(error).splitlines()]
    return []


def test_network_has_one_subnet_with_the_ranges_of_the_layout():
    recording = shipped(STACK).recording
    assert recording.one(VPC).inputs["autoCreateSubnetworks"] is False
    assert recording.one(VPC).inputs["routingMode"] == "REGIONAL"
    subnet = recording.one(SUBNET)
    assert subnet.inputs["ipCidrRange"] == "10.0.0.0/20"
    assert subnet.inputs["secondaryIpRanges"] == [
        {"rangeName": "pods", "ipCidrRange": "10.0.128.0/17"},
        {"rangeName": "services", "ipCidrRange": "10.0.16.0/20"},
    ]


def test_private_google_access_is_enabled():
    assert shipped(STACK).recording.one(SUBNET).inputs["privateIpGoogleAccess"] is True


def test_nat_covers_nodes_and_pods_and_logs_errors():
    recording = shipped(STACK).recording
    nat = recording.one(NAT)
    assert nat.inputs["sourceSubnetworkIpRangesToNat"] == "LIST_OF_SUBNETWORKS"
    [entry] = nat.inputs["subnetworks"]
    assert entry["name"].endswith(f"/subnetworks/{recording.one(SUBNET).inputs['name']}")
    assert entry["sourceIpRangesToNats"] == ["PRIMARY_IP_RANGE", "LIST_OF_SECONDARY_IP_RANGES"]
    assert entry["secondaryIpRangeNames"] == ["pods"]
    assert nat.inputs["logConfig"] == {"enable": True, "filter": "ERRORS_ONLY"}
    assert nat.inputs["enableDynamicPortAllocation"] is True


def test_all_other_ingress_is_denied_and_logged():
    rule = shipped(STACK).recording.one(FIREWALL)
    assert rule.inputs["direction"] == "INGRESS"
    assert rule.inputs["denies"] == [{"protocol": "all"}]
    assert (rule.inputs["sourceRanges"], rule.inputs["destinationRanges"]) == (["0.0.0.0/0"], ["10.0.0.0/16"])
    assert 1000 < rule.inputs["priority"] < 65535, "below GKE's rules, above the implied rule that logs nothing"
    assert rule.inputs["logConfig"] == {"metadata": "INCLUDE_ALL_METADATA"}


def test_network_logs_have_the_configured_retention_and_region():
    recording = planned({"data-pipes:network": {"flowLogDays": 400}}, stack=STACK).recording
    subnet, bucket, sink = recording.one(SUBNET), recording.one(BUCKET), recording.one(SINK)
    assert subnet.input("logConfig.flowSampling") == 1, "all sampled flows"
    assert (bucket.inputs["retentionDays"], bucket.inputs["location"]) == (400, subnet.inputs["region"])
    assert sink.inputs["destination"].startswith("logging.googleapis.com/projects/")
    assert sink.inputs["destination"].endswith(f"/buckets/{bucket.inputs['bucketId']}")
    for log, label in (
        ("vpc_flows", "resource.labels.subnetwork_name"),
        ("firewall", "jsonPayload.vpc.vpc_name"),
        ("nat_flows", "resource.labels.gateway_name"),
    ):
        assert f'(log_id("compute.googleapis.com/{log}") AND {label}="{STACK}")' in sink.inputs["filter"]


def test_log_bucket_name_has_a_random_suffix():
    recording = shipped(STACK).recording
    bucket, ending = recording.one(BUCKET), recording.one("random:index/randomString:RandomString")
    assert ending.urn in bucket.property_dependencies["bucketId"]
    assert bucket.inputs["bucketId"].startswith(f"{STACK}-network-")


def test_apis_are_enabled_first_and_stay_enabled_after_destroy():
    recording = shipped(STACK).recording
    apis = {each.inputs["service"].removesuffix(".googleapis.com"): each for each in recording.of_type(API)}
    assert {"artifactregistry", "cloudkms", "compute", "container", "containerscanning", "iam", "pubsub"} <= set(apis)
    assert all(each.inputs["disableOnDestroy"] is False for each in apis.values())
    for api, kind in (
        ("compute", VPC),
        ("cloudkms", "gcp:kms/keyRing:KeyRing"),
        ("logging", BUCKET),
        ("artifactregistry", "gcp:artifactregistry/repository:Repository"),
        ("containerscanning", "gcp:artifactregistry/repository:Repository"),
        ("pubsub", "gcp:projects/serviceIdentity:ServiceIdentity"),
    ):
        assert any(apis[api].urn in recording.requirements(each) for each in recording.of_type(kind)), api


@pytest.mark.parametrize("kind", [CLUSTER, POOL])
def test_cluster_and_nodes_wait_for_the_whole_network(kind):
    recording = shipped(STACK).recording
    parts = {each.urn for part in (VPC, SUBNET, FIREWALL, NAT) for each in recording.of_type(part)}
    for each in recording.of_type(kind):
        assert parts <= recording.requirements(each)


def test_service_agent_addresses_use_the_project_number():
    members = {
        each.inputs["member"]
        for each in planned({"data-pipes:streaming": {"customerManagedKey": True}}, stack=STACK).recording.of_type(
            "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
        )
    }
    assert "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com" in members
    assert "serviceAccount:service-123456789012@container-engine-robot.iam.gserviceaccount.com" in members


def test_an_existing_network_is_used_and_not_modified():
    plan = planned({"data-pipes:network": {"existing": EXISTING}}, stack=STACK)
    recording = plan.recording
    assert plan.problems == ()
    assert not [each.urn for each in recording.resources if each.type.startswith(("gcp:compute/", "gcp:logging/"))]
    cluster = recording.one(CLUSTER)
    assert cluster.inputs["network"] == EXISTING["network"]
    region = plan.stack_file.config["gcp:region"]
    assert cluster.inputs["subnetwork"] == f"projects/hub-42/regions/{region}/subnetworks/gke"
    assert cluster.input("ipAllocationPolicy.clusterSecondaryRangeName") == "gke-pods"
    assert cluster.input("ipAllocationPolicy.servicesSecondaryRangeName") == "gke-services"


def test_a_range_change_is_refused_in_the_preview():
    rule = shipped(STACK).recording.one(FIREWALL)
    assert rule.urn in shipped(STACK).recording.requirements(shipped(STACK).recording.one(SUBNET)), "refused first"

    def change(wanted):
        old, new = {"destinationRanges": ["10.0.0.0/16"]}, {"destinationRanges": [wanted]}
        before_update(shipped(STACK).recording, rule, old, new)

    change("10.0.0.0/16")
    with pytest.raises(ChangeRefusedError, match=r"^network\.cidr: cannot be changed from 10\.0\.0\.0/16 to 10\.1"):
        change("10.1.0.0/16")


WRONG = [
    ({"cidr": "10.0.0.0/21"}, "network.cidr: must be a range from /8 (the widest private range) to /20 (the"),
    (
        {"cidr": "172.17.0.0/16"},
        "network.cidr: must not overlap 172.17.0.0/16, got 172.17.0.0/16 (172.17.0.0/16: used by container",
    ),
    ({"cidr": "10.0.0.1/16"}, "network.cidr: must be an IPv4 range such as"),
    ({"flowLogDays": 0}, "network.flowLogDays: must be at least 1, got 0."),
    ({"flowLogDays": 3651}, "network.flowLogDays: must be at most 3650, got 3651."),
    ({"registryCustomerManagedKey": "own"}, "network.registryCustomerManagedKey: must be true or false,"),
    ({"existing": EXISTING, "cidr": "10.1.0.0/16"}, "network: existing cannot be combined with cidr (they apply"),
    ({"existing": EXISTING, "flowLogDays": 30}, "network: existing cannot be combined with flowLogDays (they"),
    (
        {"existing": EXISTING | {"network": "shared"}},
        "network.existing.network: must be a network ID in the form projects/PROJECT/",
    ),
    (
        {"existing": EXISTING | {"network": f"https://www.googleapis.com/compute/v1/{EXISTING['network']}"}},
        "network.existing.network: must be a network ID in the form projects/PROJECT/global/networks/NAME, without",
    ),
    (
        {"existing": EXISTING | {"subnetwork": "projects/hub-42/regions/europe-west1/subnetworks/gke"}},
        "network.existing.subnetwork: must be a Compute Engine resource name without a project,",
    ),
    ({"existing": EXISTING | {"cidr": "127.0.0.0/20"}}, "network.existing.cidr: must not overlap 127.0.0.0/8, got"),
    (
        {"existing": EXISTING | {"servicesRange": "gke-pods"}},
        "network.existing: servicesRange must be different from podsRange, got 'gke-pods' for both",
    ),
    (
        {"existing": EXISTING | {"podCidr": "10.9.8.0/21"}},
        "network.existing: podCidr must not overlap cidr, got 10.9.8.0/21 and",
    ),
]


@pytest.mark.parametrize(("network", "message"), WRONG)
def test_invalid_network_settings_are_rejected(network, message):
    found = config_errors(network)
    assert any(line.startswith(message) for line in found), found


def test_registry_key_is_allowed_with_an_existing_network():
    assert config_errors({"existing": EXISTING, "registryCustomerManagedKey": True}) == []
