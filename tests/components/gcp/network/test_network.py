"""The network of a pipeline on Google Cloud."""

import pytest
from pulumi import ResourceHookArgs

from components.changes import ChangeRefusedError
from components.settings import SettingsError
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


def test_the_network_has_one_subnet_whose_ranges_are_where_the_layout_has_them():
    recording = shipped(STACK).recording
    assert recording.one(VPC).inputs["autoCreateSubnetworks"] is False
    assert recording.one(VPC).inputs["routingMode"] == "REGIONAL"
    subnet = recording.one(SUBNET)
    assert subnet.inputs["ipCidrRange"] == "10.0.0.0/20"
    assert subnet.inputs["secondaryIpRanges"] == [
        {"rangeName": "pods", "ipCidrRange": "10.0.128.0/17"},
        {"rangeName": "services", "ipCidrRange": "10.0.16.0/20"},
    ]


def test_google_s_apis_are_reached_from_the_subnet_without_an_address_on_the_internet():
    assert shipped(STACK).recording.one(SUBNET).inputs["privateIpGoogleAccess"] is True


def test_the_only_way_out_is_nat_for_the_nodes_and_pods_of_this_subnet_and_its_errors_are_logged():
    recording = shipped(STACK).recording
    nat = recording.one(NAT)
    assert nat.inputs["sourceSubnetworkIpRangesToNat"] == "LIST_OF_SUBNETWORKS"
    [entry] = nat.inputs["subnetworks"]
    assert entry["name"].endswith(f"/subnetworks/{recording.one(SUBNET).inputs['name']}")
    assert entry["sourceIpRangesToNats"] == ["PRIMARY_IP_RANGE", "LIST_OF_SECONDARY_IP_RANGES"]
    assert entry["secondaryIpRangeNames"] == ["pods"]
    assert nat.inputs["logConfig"] == {"enable": True, "filter": "ERRORS_ONLY"}
    assert nat.inputs["enableDynamicPortAllocation"] is True


def test_whatever_no_rule_of_gke_lets_in_is_refused_and_logged():
    rule = shipped(STACK).recording.one(FIREWALL)
    assert rule.inputs["direction"] == "INGRESS"
    assert rule.inputs["denies"] == [{"protocol": "all"}]
    assert (rule.inputs["sourceRanges"], rule.inputs["destinationRanges"]) == (["0.0.0.0/0"], ["10.0.0.0/16"])
    assert 1000 < rule.inputs["priority"] < 65535, "after GKE's rules, before the one that logs nothing"
    assert rule.inputs["logConfig"] == {"metadata": "INCLUDE_ALL_METADATA"}


def test_the_network_s_logs_are_kept_as_long_as_the_setting_says_in_the_stack_s_region():
    recording = planned({"data-pipes:network": {"flowLogDays": 400}}, stack=STACK).recording
    subnet, bucket, sink = recording.one(SUBNET), recording.one(BUCKET), recording.one(SINK)
    assert subnet.input("logConfig.flowSampling") == 1, "every flow that Google Cloud looks at"
    assert (bucket.inputs["retentionDays"], bucket.inputs["location"]) == (400, subnet.inputs["region"])
    assert sink.inputs["destination"].startswith("logging.googleapis.com/projects/")
    assert sink.inputs["destination"].endswith(f"/buckets/{bucket.inputs['bucketId']}")
    for log, label in (
        ("vpc_flows", "resource.labels.subnetwork_name"),
        ("firewall", "jsonPayload.vpc.vpc_name"),
        ("nat_flows", "resource.labels.gateway_name"),
    ):
        assert f'(log_id("compute.googleapis.com/{log}") AND {label}="{STACK}")' in sink.inputs["filter"]


def test_a_bucket_for_logs_has_a_name_that_no_deleted_one_holds():
    recording = shipped(STACK).recording
    bucket, ending = recording.one(BUCKET), recording.one("random:index/randomString:RandomString")
    assert ending.urn in bucket.property_dependencies["bucketId"]
    assert bucket.inputs["bucketId"].startswith(f"{STACK}-network-")


def test_every_api_that_the_stack_calls_is_there_first_and_stays_when_the_stack_goes():
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
def test_what_lives_in_the_network_comes_after_all_of_it_and_goes_before_it(kind):
    recording = shipped(STACK).recording
    parts = {each.urn for part in (VPC, SUBNET, FIREWALL, NAT) for each in recording.of_type(part)}
    for each in recording.of_type(kind):
        assert parts <= recording.requirements(each)


def test_the_stack_s_agents_are_known_by_the_number_of_its_project():
    members = {
        each.inputs["member"]
        for each in planned({"data-pipes:streaming": {"customerManagedKey": True}}, stack=STACK).recording.of_type(
            "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
        )
    }
    assert "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com" in members
    assert "serviceAccount:service-123456789012@container-engine-robot.iam.gserviceaccount.com" in members


def test_an_existing_network_is_adopted_and_nothing_is_made_in_it():
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


def test_another_range_is_refused_while_it_is_a_preview():
    rule = shipped(STACK).recording.one(FIREWALL)
    assert rule.urn in shipped(STACK).recording.requirements(shipped(STACK).recording.one(SUBNET)), "refused first"
    hook = shipped(STACK).recording.hook(rule, "before_update")
    assert hook.opts is not None
    assert hook.opts.on_dry_run, "it must refuse in the preview"

    def change(wanted):
        old, new = {"destinationRanges": ["10.0.0.0/16"]}, {"destinationRanges": [wanted]}
        hook(ResourceHookArgs(urn="urn", id="id", name=rule.name, type=FIREWALL, old_inputs=old, new_inputs=new))

    change("10.0.0.0/16")
    with pytest.raises(ChangeRefusedError, match=r"^network\.cidr: would move nodes, pods and services from 10\.0\.0"):
        change("10.1.0.0/16")


WRONG = [
    ({"cidr": "10.0.0.0/21"}, "network.cidr: must be a range from /8, the widest private one, to /20,"),
    ({"cidr": "172.17.0.0/16"}, "network.cidr: must not overlap 172.17.0.0/16, which container runtimes keep"),
    ({"cidr": "10.0.0.1/16"}, "network.cidr: must be an IPv4 range such as"),
    ({"flowLogDays": 0}, "network.flowLogDays: must be at least 1, got 0."),
    ({"flowLogDays": 3651}, "network.flowLogDays: must be at most 3650, got 3651."),
    ({"registryCustomerManagedKey": "own"}, "network.registryCustomerManagedKey: must be true or false,"),
    ({"existing": EXISTING, "cidr": "10.1.0.0/16"}, "network: cidr would have no effect on the existing network;"),
    ({"existing": EXISTING, "flowLogDays": 30}, "network: flowLogDays would have no effect on the existing network;"),
    (
        {"existing": EXISTING | {"network": "shared"}},
        "network.existing.network: must be the id of a network, projects/",
    ),
    (
        {"existing": EXISTING | {"network": f"https://www.googleapis.com/compute/v1/{EXISTING['network']}"}},
        "network.existing.network: must be the id of a network, projects/.../global/networks/..., without an address",
    ),
    (
        {"existing": EXISTING | {"subnetwork": "projects/hub-42/regions/europe-west1/subnetworks/gke"}},
        "network.existing.subnetwork: must be a name of Compute Engine, without a project,",
    ),
    ({"existing": EXISTING | {"cidr": "127.0.0.0/20"}}, "network.existing.cidr: must not overlap 127.0.0.0/8, which"),
    (
        {"existing": EXISTING | {"servicesRange": "gke-pods"}},
        "network.existing: servicesRange must be another range than podsRange, since",
    ),
    (
        {"existing": EXISTING | {"podCidr": "10.9.8.0/21"}},
        "network.existing: podCidr must not overlap cidr, since no two ranges of a subnet do, and 10.9.8.0/21",
    ),
]


@pytest.mark.parametrize(("network", "message"), WRONG)
def test_a_mistake_is_refused_with_its_reason_and_a_way_out(network, message):
    found = config_errors(network)
    assert any(line.startswith(message) for line in found), found


def test_a_setting_that_counts_in_an_adopted_network_too_is_taken():
    assert config_errors({"existing": EXISTING, "registryCustomerManagedKey": True}) == []
