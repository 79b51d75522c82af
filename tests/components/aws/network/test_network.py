"""Network of a stack on AWS."""

import json

import pytest

from tests.stacks import planned, shipped

SUBNET = "aws:ec2/subnet:Subnet"
VPC = "aws:ec2/vpc:Vpc"


def inputs(plan, type_token):
    return {each.name.removeprefix("aws-msk-eks-"): each.inputs for each in plan.recording.of_type(type_token)}


def test_the_default_subnets_are_those_of_the_worked_example():
    subnets = inputs(shipped(), SUBNET)
    assert {name: (each["cidrBlock"], each["availabilityZone"]) for name, each in subnets.items()} == {
        "public-a": ("10.0.0.0/24", "eu-west-1a"),
        "public-b": ("10.0.1.0/24", "eu-west-1b"),
        "public-c": ("10.0.2.0/24", "eu-west-1c"),
        "private-a": ("10.0.3.0/24", "eu-west-1a"),
        "private-b": ("10.0.4.0/24", "eu-west-1b"),
        "private-c": ("10.0.5.0/24", "eu-west-1c"),
    }
    assert not any(each["mapPublicIpOnLaunch"] for each in subnets.values())


def test_load_balancers_find_their_subnets_by_tag():
    subnets = inputs(shipped(), SUBNET)
    assert all(subnets[f"public-{zone}"]["tags"]["kubernetes.io/role/elb"] == "1" for zone in "abc")
    assert all(subnets[f"private-{zone}"]["tags"]["kubernetes.io/role/internal-elb"] == "1" for zone in "abc")


@pytest.mark.parametrize(("nat", "gateways"), [("zone", {"nat-a", "nat-b", "nat-c"}), ("one", {"nat-a"})])
def test_every_private_subnet_has_a_route_to_a_nat_gateway_of_the_nat_setting(nat, gateways):
    plan = planned({"data-pipes:network": {"nat": nat}})
    made = plan.recording.of_type("aws:ec2/natGateway:NatGateway")
    assert {each.name.removeprefix("aws-msk-eks-") for each in made} == gateways
    routes = [route for name, route in inputs(plan, "aws:ec2/route:Route").items() if name.startswith("private")]
    assert len(routes) == 3
    assert len({route["natGatewayId"] for route in routes}) == len(gateways)
    assert len(inputs(plan, "aws:ec2/routeTableAssociation:RouteTableAssociation")) == 6


def test_zones_can_be_set():
    subnets = inputs(planned({"data-pipes:network": {"zones": ["b", "c", "d"]}}), SUBNET)
    assert {each["availabilityZone"] for each in subnets.values()} == {"eu-west-1b", "eu-west-1c", "eu-west-1d"}


def test_the_default_security_group_has_no_rules():
    [group] = inputs(shipped(), "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").values()
    assert (group["ingress"], group["egress"]) == ([], [])


def test_a_nat_gateway_depends_on_its_route_to_the_internet():
    recording = shipped().recording
    for gateway in recording.of_type("aws:ec2/natGateway:NatGateway"):
        assert recording.one("aws-msk-eks-public-out").urn in recording.requirements(gateway)


def test_a_flow_log_depends_on_its_policy():
    recording = shipped().recording
    waits = {recording.by_urn(urn).type for urn in recording.requirements(recording.one("aws:ec2/flowLog:FlowLog"))}
    assert "aws:iam/rolePolicy:RolePolicy" in waits


def test_flow_logs_are_encrypted_and_expire():
    [flow_log] = inputs(shipped(), "aws:ec2/flowLog:FlowLog").values()
    group = shipped().recording.one("aws-msk-eks-vpc-flow-logs")
    assert flow_log["trafficType"] == "ALL"
    assert group.inputs["name"] in flow_log["logDestination"]
    assert group.inputs["retentionInDays"] == 90
    assert group.inputs["kmsKeyId"]


def test_a_private_cluster_has_endpoints_for_the_services_it_needs():
    endpoints = inputs(shipped(), "aws:ec2/vpcEndpoint:VpcEndpoint").values()
    services = {
        each["serviceName"].removeprefix("com.amazonaws.eu-west-1."): each["vpcEndpointType"] for each in endpoints
    }
    assert services.pop("s3") == "Gateway"
    assert services == dict.fromkeys(["ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "logs", "sts"], "Interface")
    assert all(each["privateDnsEnabled"] for each in endpoints if each["vpcEndpointType"] == "Interface")


CONSUMERS = {
    "aws-msk-eks": "kubernetes:apps/v1:Deployment",
    "aws-video-ecs": "aws:ecs/service:Service",
}


@pytest.mark.parametrize(("stack", "workload"), CONSUMERS.items())
def test_consumers_depend_on_their_egress_rules_for_the_vpc_and_https(stack, workload):
    recording = shipped(stack).recording
    rules = [
        each
        for each in recording.of_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
        if each.name.startswith(f"{stack}-consumers-")
    ]
    assert {(each.inputs["cidrIpv4"], each.inputs["fromPort"], each.inputs["toPort"]) for each in rules} == {
        ("10.0.0.0/16", 0, 65535),
        ("0.0.0.0/0", 443, 443),
    }
    for consumers in recording.of_type(workload):
        assert {each.urn for each in rules} <= recording.requirements(consumers)


def test_interface_endpoints_replaces_the_default_endpoints():
    plan = planned({"data-pipes:network": {"interfaceEndpoints": ["sqs"]}})
    endpoints = inputs(plan, "aws:ec2/vpcEndpoint:VpcEndpoint").values()
    assert {each["serviceName"].rsplit(".", 1)[1]: each["vpcEndpointType"] for each in endpoints} == {
        "s3": "Gateway",
        "sqs": "Interface",
    }


def test_without_interface_endpoints_there_is_no_security_group_for_them():
    plan = planned({"data-pipes:network": {"interfaceEndpoints": []}})
    assert [each["vpcEndpointType"] for each in inputs(plan, "aws:ec2/vpcEndpoint:VpcEndpoint").values()] == ["Gateway"]
    assert "endpoints" not in inputs(plan, "aws:ec2/securityGroup:SecurityGroup")


def test_in_an_existing_vpc_only_security_groups_are_made():
    private = ["subnet-0a", "subnet-0b", "subnet-0c"]
    existing = {"vpcId": "vpc-0123", "cidr": "10.9.0.0/16", "privateSubnetIds": private}
    plan = planned({"data-pipes:network": {"existing": existing}})
    network = {each.type for each in plan.recording.resources if each.type.startswith(("aws:ec2/", "aws:vpc/"))}
    assert network == {
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    }
    assert {each.inputs["vpcId"] for each in plan.recording.of_type("aws:ec2/securityGroup:SecurityGroup")} == {
        "vpc-0123"
    }
    recording = plan.recording
    assert recording.one("aws:msk/cluster:Cluster").input("brokerNodeGroupInfo.clientSubnets") == private
    assert recording.one("aws:eks/cluster:Cluster").input("vpcConfig.subnetIds") == private
    assert recording.one("aws:eks/nodeGroup:NodeGroup").inputs["subnetIds"] == private
    assert plan.problems == ()


def test_the_logs_key_can_be_used_only_for_the_log_groups_of_this_stack():
    policy = json.loads(shipped().recording.one("aws-msk-eks-logs-key").inputs["policy"])
    [statement] = [each for each in policy["Statement"] if each["Sid"] == "CloudWatchLogs"]
    assert statement["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
    assert statement["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"] == [
        "arn:aws:logs:eu-west-1:123456789012:log-group:/data-pipes/aws-msk-eks/*",
        "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/eks/aws-msk-eks/cluster",
    ]
