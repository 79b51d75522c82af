"""What a stack makes on an EKS cluster that was there before, and which settings it refuses."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.adopted import planned, stack, warnings
from tests.components.aws.eks.support import CLUSTER, config
from tests.stacks import refused
from workbench.cloud.aws.existing import CIDR, NODES, SUBNETS, VPC
from workbench.plan import Plan, plan
from workbench.stack_file import StackFile

POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


def egress(made: Plan) -> list[tuple[str, int, str]]:
    """Return the ranges, ports and protocols that the consumers can reach."""
    rules = made.recording.one(POLICY).input("spec.egress")
    return [
        (peer["ipBlock"]["cidr"], port["port"], port["protocol"])
        for rule in rules
        for peer in rule["to"]
        if "ipBlock" in peer
        for port in rule["ports"]
    ]


def test_the_cluster_and_its_network_are_only_read():
    made = planned(config())
    types = {each.type for each in made.recording.resources if each.custom and not each.external}
    assert made.recording.one(CLUSTER).external
    assert not [each for each in types if each.startswith(("aws:ec2/", "aws:vpc/", "aws:ecr/"))]
    assert {each for each in types if each.startswith("aws:eks/")} == {
        "aws:eks/podIdentityAssociation:PodIdentityAssociation"
    }
    assert warnings(made) == [each for each in warnings(made) if each.startswith("monitoring.collector")]


def test_a_stack_without_log_groups_has_no_key_for_them():
    streams = planned(config())
    brokers = planned(config({"service": "msk"}))
    assert not streams.recording.of_type("aws:cloudwatch/logGroup:LogGroup")
    assert "test-logs-key" not in {each.name for each in streams.recording.resources}
    assert "test-logs-key" in {each.name for each in brokers.recording.resources}


def test_the_role_of_the_pods_trusts_only_the_existing_cluster():
    made = planned(config())
    association = made.recording.one("aws:eks/podIdentityAssociation:PodIdentityAssociation")
    assert association.inputs["clusterName"] == "production"
    trust = made.recording.one("aws:iam/role:Role").inputs["assumeRolePolicy"]
    assert "arn:aws:eks:eu-west-1:123456789012:cluster/production" in trust


def test_pods_get_their_role_through_the_oidc_provider_of_the_account():
    made = planned(config(identity="irsa"))
    [principal] = json.loads(made.recording.one("aws:iam/role:Role").inputs["assumeRolePolicy"])["Statement"]
    assert principal["Principal"]["Federated"].startswith(
        "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/"
    )
    assert not made.recording.of_type("aws:eks/podIdentityAssociation:PodIdentityAssociation")
    account = made.recording.one("kubernetes:core/v1:ServiceAccount")
    assert "eks.amazonaws.com/role-arn" in account.input("metadata.annotations")


@pytest.mark.parametrize(("identity", "agent"), [("pod-identity", True), ("irsa", False)])
def test_consumers_reach_the_dns_of_the_cluster_and_only_with_pod_identity_its_agent(identity: str, agent: bool):
    reached = egress(planned(config(identity=identity)))
    for address in ("10.100.0.10/32", "169.254.20.10/32"):
        assert {(address, 53, "UDP"), (address, 53, "TCP")} <= set(reached)
    assert (("169.254.170.23/32", 80, "TCP") in reached) is agent


def test_new_brokers_are_in_the_subnets_of_the_cluster_and_admit_its_nodes():
    made = planned(config({"service": "msk"}))
    brokers = made.recording.one("aws:msk/cluster:Cluster")
    assert brokers.input("brokerNodeGroupInfo.clientSubnets") == list(SUBNETS)
    [rule] = made.recording.of_type(INGRESS)
    assert rule.inputs["referencedSecurityGroupId"] == NODES
    assert made.recording.one("aws:ec2/securityGroup:SecurityGroup").inputs["vpcId"] == VPC
    assert (CIDR, 9098, "TCP") in egress(made)


def test_the_stack_file_can_name_the_subnets_and_the_security_group_of_the_nodes():
    subnets = [f"subnet-0123456789abcde{number}" for number in ("03", "02", "01")]
    network = {"securityGroupId": "sg-0aa", "privateSubnetIds": subnets}
    made = planned(config({"service": "msk"}, network))
    assert made.recording.one("aws:msk/cluster:Cluster").input("brokerNodeGroupInfo.clientSubnets") == subnets
    [rule] = made.recording.of_type(INGRESS)
    assert rule.inputs["referencedSecurityGroupId"] == "sg-0aa"


def test_brokers_with_public_addresses_are_in_the_public_subnets_of_the_stack_file():
    public = [f"subnet-0123456789abcde{number}" for number in ("02", "03", "01")]
    made = planned(config({"service": "msk", "brokerSubnets": "public"}, {"publicSubnetIds": public}))
    assert made.recording.one("aws:msk/cluster:Cluster").input("brokerNodeGroupInfo.clientSubnets") == public


def test_no_rule_is_added_to_the_security_group_of_the_nodes():
    secrets = {"confluentKey": "a", "confluentSecret": "b"}
    streaming = {"service": "confluent", "credentials": {"apiKey": "confluentKey", "apiSecret": "confluentSecret"}}
    public = plan(_with_secrets(config(streaming), secrets))
    private = plan(_with_secrets(config({**streaming, "tier": "enterprise", "privateLink": True}), secrets))
    for made in (public, private):
        assert made.problems == ()
        assert NODES not in {each.inputs["securityGroupId"] for each in made.recording.of_type(EGRESS)}
    endpoint = private.recording.one("aws:ec2/vpcEndpoint:VpcEndpoint")
    assert endpoint.inputs["subnetIds"] == list(SUBNETS)


def _with_secrets(stack_config: dict[str, Any], secrets: dict[str, str]) -> StackFile:
    made = stack({**stack_config, "data-pipes:secrets": secrets})
    return replace(made, secret_keys=frozenset(["data-pipes:secrets"]))


def test_brokers_in_the_cluster_use_the_storage_class_of_the_stack_file():
    made = planned(config({"service": "kafka"}, storageClass="fast"))
    assert not made.recording.of_type("kubernetes:storage.k8s.io/v1:StorageClass")
    pools = made.recording.of_type("kubernetes:kafka.strimzi.io/v1:KafkaNodePool")
    assert '"class": "fast"' in json.dumps([pool.inputs for pool in pools])


def test_the_collector_can_be_the_user_s_own_prometheus():
    made = planned({**config(), "data-pipes:monitoring": {"collector": "operator"}})
    assert made.recording.of_type("kubernetes:monitoring.coreos.com/v1:PodMonitor")


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        pytest.param(
            {"streaming": {"service": "kafka"}},
            [
                "platform.existing.storageClass: is required (the brokers of the streaming service store their records on"
            ],
            id="volumes",
        ),
        pytest.param(
            {"platform": {"version": "1.35"}},
            ["platform.version: unknown key (existing things keep their settings). Valid: existing, service."],
            id="a key of a new cluster",
        ),
        pytest.param(
            {"network": {"cidr": "10.0.0.0/16"}},
            ["network.cidr: unknown key. "],
            id="a key of a new network",
        ),
        pytest.param(
            {"network": {"existing": {"vpcId": "vpc-0a"}}}, ["network.existing: unknown key. "], id="another network"
        ),
        pytest.param(
            {"network": {"securityGroupId": "default"}},
            ["network.securityGroupId: must be a security group id such as sg-0a1b2c3d, got 'default'."],
            id="name of a security group",
        ),
        pytest.param(
            {"streaming": {"service": "msk", "brokerSubnets": "public"}},
            ["streaming.brokerSubnets: requires public subnets, but network has none. Set network.publicSubnetIds."],
            id="public brokers",
        ),
    ],
)
def test_wrong_settings_are_refused_by_key(changes: dict[str, Any], errors: list[str]):
    lines = [line.removeprefix("stacks/Pulumi.test.yaml: ") for line in refused(config(**changes))]
    assert len(lines) == len(errors)
    for line, error in zip(lines, errors, strict=True):
        assert line.startswith(error)


def test_an_arn_instead_of_a_name_is_refused():
    arn = "arn:aws:eks:eu-central-1:123456789012:cluster/production"
    [line] = refused({**config(), "data-pipes:platform": {"service": "eks", "existing": {"name": arn}}})
    assert "platform.existing.name: must be the name of an EKS cluster" in line


def test_an_image_in_the_registry_of_the_stack_is_refused():
    given = config()
    given["data-pipes:pipes"] = {"orders": {"parallelism": 3, "consumer": {"image": ":1.0.0"}}}
    [line] = refused(given)
    assert "pipes.orders.consumer.image: must be a full reference such as registry.example.com/consumer:1.0.0" in line
