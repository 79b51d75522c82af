"""MSK cluster and its topics."""

import json

import pytest

from components.aws.msk.access import METHODS
from components.aws.msk.brokers import min_insync, server_properties
from tests.stacks import planned, shipped

CLUSTER = "aws:msk/cluster:Cluster"
TOPIC = "aws-msk-eks-orders-topic"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


def cluster(plan=None):
    return (plan or shipped()).recording.one(CLUSTER)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("clusterName", "aws-msk-eks"),
        ("kafkaVersion", "3.9.x.kraft"),
        ("numberOfBrokerNodes", 3),
        ("enhancedMonitoring", "PER_BROKER"),
        ("encryptionInfo.encryptionInTransit.clientBroker", "TLS"),
        ("encryptionInfo.encryptionInTransit.inCluster", True),
        ("openMonitoring.prometheus.jmxExporter.enabledInBroker", True),
        ("openMonitoring.prometheus.nodeExporter.enabledInBroker", True),
        ("configurationInfo.revision", 1),
        ("clientAuthentication.sasl.iam", True),
        ("clientAuthentication.unauthenticated", False),
        (
            "clientAuthentication.tls.certificateAuthorityArns",
            ["arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012"],
        ),
        ("tags", {"Name": "aws-msk-eks"}),
        ("brokerNodeGroupInfo.azDistribution", "DEFAULT"),
        ("brokerNodeGroupInfo.instanceType", "kafka.m5.large"),
        ("brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize", 100),
        ("loggingInfo.brokerLogs.cloudwatchLogs.enabled", True),
    ],
)
def test_the_default_cluster_has_every_property_of_the_worked_example(path, value):
    assert cluster().input(path) == value


def test_brokers_are_in_the_private_subnets_with_key_and_configuration():
    recording = shipped().recording
    waits = {recording.by_urn(urn).name for urn in cluster().dependencies}
    assert {f"aws-msk-eks-private-{zone}" for zone in "abc"} <= waits
    assert {"aws-msk-eks-msk", "aws-msk-eks-msk-key", "aws-msk-eks-msk-logs"} <= waits
    assert cluster().input("encryptionInfo.encryptionAtRestKmsKeyArn").startswith("arn:aws:kms:")


@pytest.mark.parametrize(
    ("authorities", "ports"),
    [([], {9098}), (["arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/x"], {9098, 9094})],
)
def test_brokers_accept_only_the_consumers_group_on_the_ports_of_the_methods_in_use(authorities, ports):
    plan = planned({"data-pipes:streaming": {"certificateAuthorityArns": authorities}})
    recording = plan.recording
    [brokers] = cluster(plan).input("brokerNodeGroupInfo.securityGroups")
    rules = [each.inputs for each in recording.of_type(INGRESS) if each.inputs["securityGroupId"] == brokers]
    assert {(rule["fromPort"], rule["toPort"]) for rule in rules} == {(port, port) for port in ports}
    consumers = recording.component_outputs[
        "urn:pulumi:aws-msk-eks::data-pipes::data-pipes:index:Pipeline$data-pipes:aws:Network::aws-msk-eks"
    ]
    assert {rule["referencedSecurityGroupId"] for rule in rules} == {consumers["consumersSecurityGroupId"]}
    assert not any("cidrIpv4" in rule for rule in rules)


def test_ports_and_bootstrap_outputs_come_from_one_table():
    assert {name: method.port for name, method in METHODS.items()} == {"iam": 9098, "scram": 9096, "tls": 9094}
    assert shipped().recording.outputs["bootstrapServers"].split(",")[0].endswith(":9098")


def test_the_configuration_can_be_replaced_while_the_old_one_is_in_use():
    configuration = shipped().recording.one("aws:msk/configuration:Configuration")
    assert "name" not in configuration.inputs, "with a fixed name the new one would conflict with the old one"
    assert "kafkaVersions" not in configuration.inputs, (
        "a list of versions cannot be changed and would block an upgrade"
    )
    assert not configuration.delete_before_replace


@pytest.mark.parametrize(("replication", "insync"), [(1, 1), (2, 1), (3, 2)])
def test_min_insync_replicas_is_one_below_the_replication(replication, insync):
    assert min_insync(replication) == insync
    assert f"min.insync.replicas={insync}\n" in server_properties(replication)


def test_automatic_topics_and_unclean_leader_election_are_disabled():
    properties = shipped().recording.one("aws:msk/configuration:Configuration").inputs["serverProperties"].splitlines()
    assert {"auto.create.topics.enable=false", "unclean.leader.election.enable=false"} <= set(properties)


def test_a_topic_has_as_many_partitions_as_parallelism_and_its_own_settings():
    plan = planned(
        {
            "data-pipes:pipes": {
                "orders": {"parallelism": 7, "topic": {"retentionHours": 1, "config": {"cleanup.policy": "compact"}}}
            }
        }
    )
    topic = plan.recording.one(TOPIC)
    assert (topic.inputs["name"], topic.inputs["partitionCount"], topic.inputs["replicationFactor"]) == ("orders", 7, 3)
    assert json.loads(topic.inputs["configs"]) == {
        "cleanup.policy": "compact",
        "min.insync.replicas": "2",
        "retention.ms": "3600000",
    }


@pytest.mark.parametrize("protect", [True, False])
def test_protect_covers_all_resources_with_data(protect):
    recording = planned({"data-pipes:protect": protect}).recording
    for held in (
        recording.one(CLUSTER),
        recording.one(TOPIC),
        recording.one("aws-msk-eks-msk-key"),
        recording.one("aws:eks/cluster:Cluster"),
    ):
        assert held.protect is protect, held.name
    assert recording.one("aws:eks/cluster:Cluster").inputs["deletionProtection"] is protect


def test_a_cluster_has_a_create_timeout_of_two_hours():
    assert cluster().custom_timeouts["create"] in ("120m", "2h0m0s", "7200s")
