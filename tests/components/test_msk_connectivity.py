"""The ways to MSK's brokers from outside the VPC."""

import asyncio

import pytest
from pulumi import ResourceHookArgs

from components.changes import ChangeRefusedError
from tests.stacks import planned, shipped

CLUSTER = "aws:msk/cluster:Cluster"
CONNECTIVITY = "brokerNodeGroupInfo.connectivityInfo"
CIDRS = ["203.0.113.0/24", "198.51.100.7/32"]
PUBLIC = {"brokerSubnets": "public", "connectivity": {"publicCidrs": CIDRS}}


def streaming(**settings):
    return {"data-pipes:streaming": settings}


def public_rules(plan):
    rules = plan.recording.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    return {
        (each.inputs["cidrIpv4"], each.inputs["fromPort"], each.inputs["toPort"])
        for each in rules
        if each.name.startswith("aws-msk-eks-msk-") and "cidrIpv4" in each.inputs
    }


def properties(plan):
    return plan.recording.one("aws:msk/configuration:Configuration").inputs["serverProperties"].splitlines()


def test_brokers_are_reached_from_exactly_the_ranges_given_on_the_public_ports_of_the_methods_in_use():
    assert public_rules(planned(streaming(**PUBLIC))) == {(cidr, port, port) for cidr in CIDRS for port in (9198, 9194)}
    plan = planned(streaming(**PUBLIC, authentication="scram", certificateAuthorityArns=[]))
    assert public_rules(plan) == {(cidr, port, port) for cidr in CIDRS for port in (9198, 9196)}
    cluster = plan.recording.one(CLUSTER)
    assert cluster.input(f"{CONNECTIVITY}.publicAccess.type") == "SERVICE_PROVIDED_EIPS"
    assert cluster.input(f"{CONNECTIVITY}.vpcConnectivity.clientAuthentication") == {
        "sasl": {"iam": False, "scram": False},
        "tls": False,
    }
    assert plan.recording.outputs["publicBootstrapServers"].split(",")[0].endswith(":9196")


def test_public_brokers_stand_in_public_subnets_and_consumers_reach_them_inside_the_vpc():
    recording = planned(streaming(**PUBLIC)).recording
    names = {recording.by_urn(urn).name for urn in recording.one(CLUSTER).dependencies}
    assert {f"aws-msk-eks-public-{zone}" for zone in "abc"} <= names
    assert not any(name.startswith("aws-msk-eks-private") for name in names)
    assert recording.outputs["bootstrapServers"].split(",")[0].endswith(":9098")


@pytest.mark.parametrize(
    ("settings", "methods"),
    [
        ({}, {"sasl": {"iam": True, "scram": False}, "tls": True}),
        ({"authentication": "scram"}, {"sasl": {"iam": True, "scram": True}, "tls": True}),
        ({"certificateAuthorityArns": []}, {"sasl": {"iam": True, "scram": False}, "tls": False}),
    ],
    ids=["certificates", "users", "iam-alone"],
)
def test_other_vpcs_connect_by_the_methods_in_use(settings, methods):
    plan = planned(streaming(connectivity={"multiVpc": True}, **settings))
    cluster = plan.recording.one(CLUSTER)
    assert cluster.input(f"{CONNECTIVITY}.vpcConnectivity.clientAuthentication") == methods
    assert cluster.input(f"{CONNECTIVITY}.publicAccess.type") == "DISABLED"
    assert "multiVpcBootstrapServers" in plan.recording.outputs


@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        ({}, False),
        ({"authentication": "scram"}, False),
        ({"brokerSubnets": "public", "certificateAuthorityArns": []}, False),
        ({"brokerSubnets": "public"}, True),
        ({"brokerSubnets": "public", "certificateAuthorityArns": [], "authentication": "scram"}, True),
        ({"connectivity": {"multiVpc": True}}, True),
        ({"connectivity": {"multiVpc": True}, "certificateAuthorityArns": []}, False),
    ],
)
def test_clients_that_iam_does_not_know_need_an_acl_where_they_may_come_from_outside(settings, needed):
    assert ("allow.everyone.if.no.acl.found=false" in properties(planned(streaming(**settings)))) is needed


def test_a_way_is_closed_by_name_since_msk_keeps_what_is_left_out():
    assert "connectivityInfo" not in shipped().recording.one(CLUSTER).inputs["brokerNodeGroupInfo"]
    closed = {
        "publicAccess": {"type": "DISABLED"},
        "vpcConnectivity": {"clientAuthentication": {"sasl": {"iam": False, "scram": False}, "tls": False}},
    }
    for settings in ({"connectivity": {"multiVpc": False, "publicCidrs": []}}, {"brokerSubnets": "public"}):
        cluster = planned(streaming(**settings)).recording.one(CLUSTER)
        assert cluster.input(CONNECTIVITY) == closed
        assert "before_create" not in cluster.hooks


def create(recording):
    """Run the hook that the engine runs before it makes the cluster."""
    hook = recording.hook(recording.one(CLUSTER), "before_create")
    assert hook.opts is not None
    assert hook.opts.on_dry_run, "it must refuse in the preview"
    result = hook(ResourceHookArgs(urn="urn", id="", name="aws-msk-eks-msk", type=CLUSTER, new_inputs={}))
    if asyncio.iscoroutine(result):
        asyncio.run(result)


@pytest.mark.parametrize("settings", [{"connectivity": {"multiVpc": True}}, PUBLIC], ids=["multi-vpc", "public"])
def test_a_cluster_is_not_made_connected_and_the_preview_says_the_two_steps(settings):
    with pytest.raises(ChangeRefusedError) as refusal:
        create(planned(streaming(**settings)).recording)
    assert str(refusal.value) == (
        "streaming.connectivity: aws-msk-eks-msk is still to be made. MSK makes no cluster that is reached from outside its VPC. "
        "Deploy in two steps: first without connectivity; once the cluster is there, set connectivity again and deploy. "
        "MSK then updates the brokers one after the other, which takes a while."
    )


def test_a_cluster_that_nobody_reaches_from_outside_is_made():
    assert "before_create" not in shipped().recording.one(CLUSTER).hooks
