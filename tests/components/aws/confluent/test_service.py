"""Confluent Cloud on AWS: network access of the consumers over the internet and AWS PrivateLink."""

import pytest

from tests.stacks import planned, shipped

ECS, EKS = "aws-confluent-ecs", "aws-confluent-eks"
LINK = {"data-pipes:streaming": {"tier": "enterprise", "privateLink": True}}
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
RECORD, ZONE = "aws:route53/record:Record", "aws:route53/zone:Zone"
PROVIDER = "confluentcloud:index/identityProvider:IdentityProvider"
CONNECTION = "confluentcloud:index/privateLinkAttachmentConnection:PrivateLinkAttachmentConnection"
KEY, TOPIC = "confluentcloud:index/apiKey:ApiKey", "confluentcloud:index/kafkaTopic:KafkaTopic"
PRIVATE = planned(LINK, stack=ECS).recording


def named(recording, type_token, name):
    return next(each for each in recording.of_type(type_token) if each.name == name)


def sources(recording, resource, key):
    """Return the names of the resources that an input depends on."""
    return {recording.by_urn(urn).name for urn in resource.property_dependencies[key]}


def egress(recording, stack=ECS):
    """Return the egress ranges and ports of the consumers' security group."""
    rules = recording.of_type(EGRESS)
    of_the_consumers = [
        rule.inputs for rule in rules if sources(recording, rule, "securityGroupId") == {f"{stack}-consumers"}
    ]
    return {(rule["cidrIpv4"], rule["fromPort"], rule["toPort"]) for rule in of_the_consumers}


def needed(recording, resource):
    return {recording.by_urn(urn).name for urn in recording.requirements(resource)}


@pytest.mark.parametrize("stack", [ECS, EKS])
def test_the_cluster_is_in_the_region_of_the_stack(stack):
    cluster = shipped(stack).recording.one("confluentcloud:index/kafkaCluster:KafkaCluster").inputs
    assert (cluster["cloud"], cluster["region"]) == ("AWS", "eu-west-1")


@pytest.mark.parametrize("stack", [ECS, EKS])
def test_topics_wait_for_the_consumers_egress_rule_to_brokers_on_the_internet(stack):
    recording = shipped(stack).recording
    assert egress(recording, stack) == {
        ("10.0.0.0/16", 0, 65535),
        ("0.0.0.0/0", 443, 443),
        ("0.0.0.0/0", 9092, 9092),
    }
    for topic in recording.of_type(TOPIC):
        assert f"{stack}-brokers" in needed(recording, topic)
    assert not recording.of_type(CONNECTION)


def test_a_private_link_adds_no_egress_to_the_internet():
    assert egress(PRIVATE) == {("10.0.0.0/16", 0, 65535), ("0.0.0.0/0", 443, 443)}


def test_the_endpoint_is_in_every_zone_and_accepts_consumers_and_https_from_the_vpc():
    endpoint = named(PRIVATE, ENDPOINT, f"{ECS}-link-endpoint")
    assert endpoint.inputs["vpcEndpointType"] == "Interface"
    assert endpoint.inputs["serviceName"].startswith("com.amazonaws.vpce.eu-west-1.vpce-svc-")
    assert sources(PRIVATE, endpoint, "serviceName") == {f"{ECS}-link"}
    assert sources(PRIVATE, endpoint, "subnetIds") == {f"{ECS}-private-{zone}" for zone in "abc"}
    assert sources(PRIVATE, endpoint, "securityGroupIds") == {f"{ECS}-link-endpoint"}
    rules = [
        rule
        for rule in PRIVATE.of_type(INGRESS)
        if sources(PRIVATE, rule, "securityGroupId") == {f"{ECS}-link-endpoint"}
    ]
    by_port = {rule.inputs["fromPort"]: rule for rule in rules}
    assert sorted(by_port) == sorted(rule.inputs["toPort"] for rule in rules) == [443, 9092]
    assert by_port[443].inputs["cidrIpv4"] == "10.0.0.0/16"
    assert sources(PRIVATE, by_port[9092], "referencedSecurityGroupId") == {f"{ECS}-consumers"}


def test_a_wildcard_record_in_this_vpc_only_points_to_the_endpoint():
    zone, record = PRIVATE.one(ZONE), PRIVATE.one(RECORD)
    domain = zone.inputs["name"]
    assert sources(PRIVATE, zone, "name") == {f"{ECS}-link"}
    assert sources(PRIVATE, zone, "vpcs") == {f"{ECS}-vpc"}
    assert len(zone.inputs["vpcs"]) == 1
    assert (record.inputs["name"], record.inputs["type"]) == (f"*.{domain}", "CNAME")
    assert sources(PRIVATE, record, "records") == {f"{ECS}-link-endpoint"}
    assert PRIVATE.outputs["bootstrapServers"].split(":")[0].endswith(f".{domain}")


def test_keys_and_topics_wait_for_the_private_link_connection():
    connection = PRIVATE.one(CONNECTION)
    assert sources(PRIVATE, connection, "aws") == {f"{ECS}-link-endpoint"}
    assert sources(PRIVATE, connection, "privateLinkAttachment") == {f"{ECS}-link"}
    link = {f"{ECS}-link-{role}" for role in ("connection", "names", "brokers", "https")}
    for resource in (*PRIVATE.of_type(TOPIC), *PRIVATE.of_type(KEY)):
        assert link <= needed(PRIVATE, resource), resource.name


def test_the_identity_provider_uses_the_jwks_uri_of_eks():
    recording = shipped(EKS).recording
    provider = recording.one(PROVIDER).inputs
    assert sources(recording, recording.one(PROVIDER), "issuer") == {f"{EKS}-eks"}
    assert provider["jwksUri"] == f"{provider['issuer']}/keys"
