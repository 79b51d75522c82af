"""The network between consumers and an existing MSK cluster."""

from types import SimpleNamespace
from typing import Any

import pytest

from components.aws.msk.reach import admits, covering
from tests.combinations import MSK
from tests.components.aws.existing import IMAGE, ON_EXISTING_EKS, TOPIC, config, msk_cluster, planned
from workbench.cloud.aws import existing, existing_streams

STREAMING = {"service": "msk", "existing": {"clusterArn": MSK}}
ARN = "streaming.existing.clusterArn"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


def test_one_rule_opens_the_first_security_group_of_the_brokers_for_the_consumers():
    recording = planned(STREAMING, {"orders": TOPIC}).recording
    [rule] = [each.inputs for each in recording.of_type(INGRESS)]
    assert (rule["securityGroupId"], rule["fromPort"], rule["toPort"]) == (existing.BROKERS, 9098, 9098)
    [network] = [found for urn, found in recording.component_outputs.items() if urn.endswith("aws:Network::test")]
    assert rule["referencedSecurityGroupId"] == network["consumersSecurityGroupId"]
    [egress] = [each.inputs for each in recording.resources if each.name == "test-msk-brokers"]
    assert (egress["cidrIpv4"], egress["fromPort"], egress["toPort"]) == ("172.20.0.0/18", 9098, 9098)


def test_the_owner_can_keep_the_rules_of_the_brokers():
    closed = {"service": "msk", "existing": {"clusterArn": MSK, "openSecurityGroup": False}}
    recording = planned(closed, {"orders": TOPIC}).recording
    assert recording.of_type(INGRESS) == ()


@pytest.mark.parametrize(
    ("ranges", "whole"),
    [
        (["10.0.0.0/24"], "10.0.0.0/24"),
        (["10.0.0.0/24", "10.0.1.0/24"], "10.0.0.0/23"),
        (["10.0.3.0/24", "10.0.1.0/26", "10.0.2.0/24"], "10.0.0.0/22"),
    ],
)
def test_consumers_may_send_to_the_smallest_range_with_all_brokers(ranges, whole):
    assert covering(ranges) == whole


PORTS = {"from_port": 9098, "to_port": 9098}
RULE = {"ip_protocol": "tcp", "is_egress": False, "cidr_ipv4": "", "referenced_security_group_id": "sg-1", **PORTS}


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({}, True),
        ({"from_port": 0, "to_port": 65535}, True),
        ({"ip_protocol": "-1", "from_port": None, "to_port": None}, True),
        ({"referenced_security_group_id": "", "cidr_ipv4": "172.16.0.0/12"}, True),
        ({"referenced_security_group_id": "", "cidr_ipv4": "172.20.0.0/24"}, False),
        ({"referenced_security_group_id": "sg-2"}, False),
        ({"to_port": 9096, "from_port": 9096}, False),
        ({"ip_protocol": "udp"}, False),
        ({"is_egress": True}, False),
    ],
)
def test_a_rule_admits_consumers_by_group_or_range_on_the_port_for_iam(change, allowed):
    rule: Any = SimpleNamespace(**{**RULE, **change})
    assert admits(rule, group="sg-1", cidr=existing.CIDR) is allowed


def on_existing_eks(name, **setting):
    streaming = msk_cluster(name)
    streaming = {**streaming, "existing": {**streaming["existing"], **setting}}
    plan = planned(streaming, {"orders": {**TOPIC, **IMAGE}}, **ON_EXISTING_EKS)
    assert plan.problems == ()
    rules = [each for each in plan.recording.of_type(INGRESS) if each.name == "test-msk-iam"]
    return rules, [each.text for each in plan.recording.messages if "openSecurityGroup" in each.text]


def test_on_an_existing_eks_cluster_no_second_rule_is_made_because_aws_would_refuse_it():
    assert on_existing_eks("events") == ([], [])


def test_on_an_existing_eks_cluster_a_missing_rule_is_told_with_the_command_that_adds_it():
    rules, [warning] = on_existing_eks("closed")
    assert rules == []
    assert f"--group-id {existing_streams.CLOSED} --protocol tcp --port 9098 --source-group {existing.NODES}" in warning


@pytest.mark.parametrize(("opens", "made_rules"), [(True, 1), (False, 0)])
def test_the_user_can_decide_on_the_rule_on_an_existing_eks_cluster(opens, made_rules):
    rules, warnings = on_existing_eks("closed", openSecurityGroup=opens)
    assert (len(rules), warnings) == (made_rules, [])


@pytest.mark.parametrize(("vpc", "warned"), [("vpc-0123456789abcdef0", False), ("vpc-0a", True)])
def test_a_preview_warns_if_the_brokers_are_in_another_vpc(vpc, warned):
    network = config({}, {})["data-pipes:network"]
    elsewhere = {"existing": {**network["existing"], "vpcId": vpc}}
    plan = planned(STREAMING, {"orders": TOPIC}, network=elsewhere, preview=True)
    warnings = [each.text for each in plan.recording.messages if each.severity == "warning"]
    assert (
        any(f"{ARN}: the cluster is in {existing.VPC}, the consumers are in {vpc}" in each for each in warnings)
        is warned
    )
