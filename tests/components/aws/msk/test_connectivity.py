"""The ways to MSK's brokers from outside the VPC."""

import asyncio

import pytest
from pulumi import ResourceHookArgs

from components.changes import ChangeRefusedError
from components.settings import SettingsError
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


def test_brokers_are_reached_from_exactly_the_ranges_given_on_the_public_port():
    plan = planned(streaming(**PUBLIC))
    assert public_rules(plan) == {(cidr, 9198, 9198) for cidr in CIDRS}
    assert plan.recording.one(CLUSTER).input(CONNECTIVITY) == {"publicAccess": {"type": "SERVICE_PROVIDED_EIPS"}}
    assert plan.recording.outputs["publicBootstrapServers"].split(",")[0].endswith(":9198")


def test_public_brokers_stand_in_public_subnets_and_consumers_reach_them_inside_the_vpc():
    recording = planned(streaming(**PUBLIC)).recording
    names = {recording.by_urn(urn).name for urn in recording.one(CLUSTER).dependencies}
    assert {f"aws-msk-eks-public-{zone}" for zone in "abc"} <= names
    assert not any(name.startswith("aws-msk-eks-private") for name in names)
    assert recording.outputs["bootstrapServers"].split(",")[0].endswith(":9098")


def test_other_vpcs_connect_by_iam():
    plan = planned(streaming(**OTHER_VPCS))
    assert plan.recording.one(CLUSTER).input(CONNECTIVITY) == {
        "vpcConnectivity": {"clientAuthentication": {"sasl": {"iam": True}}}
    }
    assert "multiVpcBootstrapServers" in plan.recording.outputs


@pytest.mark.parametrize("way", [{"multiVpc": True}, {"publicCidrs": CIDRS}], ids=["multi-vpc", "public"])
@pytest.mark.parametrize(
    "clients", [{}, {"authentication": "scram", "certificateAuthorityArns": []}], ids=["tls", "scram"]
)
def test_ways_from_outside_do_not_go_with_clients_that_only_acls_would_let_in(way, clients):
    with pytest.raises(SettingsError) as refusal:
        settings(streaming(brokerSubnets="public", connectivity=way, **clients))
    [line] = str(refusal.value).splitlines()
    assert "streaming.connectivity: cannot go with authentication scram or with certificateAuthorityArns" in line
    assert "set authentication to iam and remove certificateAuthorityArns, or remove connectivity" in line


def test_nothing_is_said_of_a_way_that_the_stack_file_does_not_speak_of():
    assert "connectivityInfo" not in shipped().recording.one(CLUSTER).inputs["brokerNodeGroupInfo"]
    public = planned(streaming(brokerSubnets="public")).recording.one(CLUSTER)
    assert public.input(CONNECTIVITY) == {"publicAccess": {"type": "DISABLED"}}
    closed = planned(streaming(connectivity={"multiVpc": False})).recording.one(CLUSTER)
    assert closed.input(CONNECTIVITY) == {"vpcConnectivity": {"clientAuthentication": {"sasl": {"iam": False}}}}
    assert "before_create" not in {**public.hooks, **closed.hooks}


def create(recording):
    """Run the hook that the engine runs before it makes the cluster."""
    hook = recording.hook(recording.one(CLUSTER), "before_create")
    assert hook.opts is not None
    assert hook.opts.on_dry_run, "it must refuse in the preview"
    result = hook(ResourceHookArgs(urn="urn", id="", name="aws-msk-eks-msk", type=CLUSTER, new_inputs={}))
    if asyncio.iscoroutine(result):
        asyncio.run(result)


@pytest.mark.parametrize("settings", [OTHER_VPCS, PUBLIC], ids=["multi-vpc", "public"])
def test_a_cluster_is_not_made_connected_and_the_preview_says_the_two_steps(settings):
    with pytest.raises(ChangeRefusedError) as refusal:
        create(planned(streaming(**settings)).recording)
    assert str(refusal.value) == (
        "streaming.connectivity: aws-msk-eks-msk does not exist yet. MSK makes no cluster that is reached from outside its VPC. "
        "Deploy in two steps: first without connectivity; once the cluster is there, set connectivity again and deploy. "
        "MSK then updates the brokers one after the other, which takes a while."
    )


def test_a_cluster_that_nobody_reaches_from_outside_is_made():
    assert "before_create" not in shipped().recording.one(CLUSTER).hooks
