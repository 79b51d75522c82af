"""Access to MSK brokers from outside the VPC."""

import pytest

from components.changes import ChangeRefusedError
from components.settings import SettingsError
from tests.hooks import before_create
from tests.stacks import planned, settings, shipped

CLUSTER = "aws:msk/cluster:Cluster"
CONNECTIVITY = "brokerNodeGroupInfo.connectivityInfo"
CIDRS = ["203.0.113.0/24", "198.51.100.7/32"]
PUBLIC = {"brokerSubnets": "public", "connectivity": {"publicCidrs": CIDRS}, "certificateAuthorityArns": []}
OTHER_VPCS = {"connectivity": {"multiVpc": True}, "certificateAuthorityArns": []}


def streaming(**settings):
    return {"data-pipes:streaming": settings}


def public_rules(plan):
    rules = plan.recording.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    return {
        (each.inputs["cidrIpv4"], each.inputs["fromPort"], each.inputs["toPort"])
        for each in rules
        if each.name.startswith("aws-msk-eks-msk-") and "cidrIpv4" in each.inputs
    }


def test_the_public_port_accepts_exactly_the_public_cidrs():
    plan = planned(streaming(**PUBLIC))
    assert public_rules(plan) == {(cidr, 9198, 9198) for cidr in CIDRS}
    assert plan.recording.one(CLUSTER).input(CONNECTIVITY) == {"publicAccess": {"type": "SERVICE_PROVIDED_EIPS"}}
    assert plan.recording.outputs["publicBootstrapServers"].split(",")[0].endswith(":9198")


def test_public_brokers_are_in_public_subnets_and_consumers_use_private_addresses():
    recording = planned(streaming(**PUBLIC)).recording
    names = {recording.by_urn(urn).name for urn in recording.one(CLUSTER).dependencies}
    assert {f"aws-msk-eks-public-{zone}" for zone in "abc"} <= names
    assert not any(name.startswith("aws-msk-eks-private") for name in names)
    assert recording.outputs["bootstrapServers"].split(",")[0].endswith(":9098")


def test_other_vpcs_authenticate_with_iam():
    plan = planned(streaming(**OTHER_VPCS))
    assert plan.recording.one(CLUSTER).input(CONNECTIVITY) == {
        "vpcConnectivity": {"clientAuthentication": {"sasl": {"iam": True}}}
    }
    assert "multiVpcBootstrapServers" in plan.recording.outputs


@pytest.mark.parametrize("way", [{"multiVpc": True}, {"publicCidrs": CIDRS}], ids=["multi-vpc", "public"])
@pytest.mark.parametrize(
    "clients", [{}, {"authentication": "scram", "certificateAuthorityArns": []}], ids=["tls", "scram"]
)
def test_connectivity_is_refused_with_scram_or_certificates(way, clients):
    with pytest.raises(SettingsError) as refusal:
        settings(streaming(brokerSubnets="public", connectivity=way, **clients))
    [line] = str(refusal.value).splitlines()
    assert "streaming.connectivity: cannot be combined with authentication scram or certificateAuthorityArns" in line
    assert "Set authentication to iam and remove certificateAuthorityArns, or remove connectivity." in line


def test_connectivity_is_set_only_if_the_stack_file_sets_it():
    assert "connectivityInfo" not in shipped().recording.one(CLUSTER).inputs["brokerNodeGroupInfo"]
    public = planned(streaming(brokerSubnets="public")).recording.one(CLUSTER)
    assert public.input(CONNECTIVITY) == {"publicAccess": {"type": "DISABLED"}}
    closed = planned(streaming(connectivity={"multiVpc": False})).recording.one(CLUSTER)
    assert closed.input(CONNECTIVITY) == {"vpcConnectivity": {"clientAuthentication": {"sasl": {"iam": False}}}}
    assert "before_create" not in {**public.hooks, **closed.hooks}


@pytest.mark.parametrize("settings", [OTHER_VPCS, PUBLIC], ids=["multi-vpc", "public"])
def test_creating_a_cluster_with_connectivity_is_refused_with_the_two_steps(settings):
    recording = planned(streaming(**settings)).recording
    with pytest.raises(ChangeRefusedError) as refusal:
        before_create(recording, recording.one(CLUSTER))
    assert str(refusal.value) == (
        "streaming.connectivity: aws-msk-eks-msk does not exist yet. MSK cannot create a cluster with access from outside its VPC. "
        "Deploy in two steps: first without connectivity; once the cluster exists, set connectivity again and deploy. "
        "MSK then updates the brokers one by one."
    )


def test_creating_a_cluster_without_connectivity_is_accepted():
    assert "before_create" not in shipped().recording.one(CLUSTER).hooks
