"""Tests of the HDInsight settings and their validation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.settings import SettingsError
from tests.stacks import settings

STACK = "azure-hdinsight-aks"
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/theirs/providers/Microsoft.Network"


def refused(changes):
    """Return the one error of the shipped stack file with these changes."""
    with pytest.raises(SettingsError) as refusal:
        settings(changes, stack=STACK)
    [line] = str(refusal.value).splitlines()
    return line


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"brokers": 2}, "streaming.brokers: must be at least 3, got 2."),
        ({"brokers": 201}, "streaming.brokers: must be at most 200, got 201."),
        ({"disksPerWorker": 0}, "streaming.disksPerWorker: must be at least 1, got 0."),
        ({"disksPerWorker": 9}, "streaming.disksPerWorker: must be at most 8, got 9."),
        (
            {"workerVmSize": "DS3 v2"},
            "streaming.workerVmSize: must be the size of a virtual machine, such as Standard_DS3_v2",
        ),
        ({"headVmSize": "Large"}, "streaming.headVmSize: must be the size of a virtual machine"),
        ({"zookeeperVmSize": ""}, "streaming.zookeeperVmSize: must be the size of a virtual machine"),
        ({"privateLink": "perhaps"}, "streaming.privateLink: must be true or false"),
        (
            {"restProxy": {"clientGroupId": "kafka", "clientGroupName": "x"}},
            "streaming.restProxy.clientGroupId: must be a UUID",
        ),
        (
            {"restProxy": {"clientGroupId": "01234567-89ab-cdef-0123-456789abcdef"}},
            "streaming.restProxy.clientGroupName: is required",
        ),
        ({"instanceType": 3}, "streaming.instanceType: unknown key"),
    ],
)
def test_invalid_hdinsight_settings_are_refused(change, message):
    assert message in refused({"data-pipes:streaming": change})


@pytest.mark.parametrize(
    ("topic", "message"),
    [
        ({"retentionHours": 0}, "topic.retentionHours: must be at least 1, got 0."),
        (
            {"config": {"retention.ms": "1"}},
            "topic.config.retention.ms: cannot be set by a pipe (set retentionHours instead)",
        ),
        ({"config": {"min.insync.replicas": "1"}}, "cannot be set by a pipe (it follows from the number of copies)"),
        (
            {"config": {"message.timestamp.after.max.ms": "1"}},
            "is not a topic setting of Kafka 3.2. Did you mean 'message.timestamp.difference.max.ms'?",
        ),
        ({"config": {"cleanup.policy": "never"}}, "config.cleanup.policy: must be one of delete or compact"),
    ],
)
def test_topic_settings_that_kafka_3_2_rejects_are_refused(topic, message):
    assert message in refused({"data-pipes:pipes": {"orders": {"topic": topic}}})


def test_a_setting_that_later_versions_replaced_is_accepted():
    config = {"message.timestamp.difference.max.ms": "60000"}
    settings({"data-pipes:pipes": {"orders": {"topic": {"config": config}}}}, stack=STACK)


def test_an_existing_network_needs_a_subnet_for_hdinsight():
    existing = {
        "virtualNetworkId": f"{SUBSCRIPTION}/virtualNetworks/vnet",
        "cidr": "10.9.0.0/16",
        "nodesSubnetId": f"{SUBSCRIPTION}/virtualNetworks/vnet/subnets/nodes",
        "endpointsSubnetId": f"{SUBSCRIPTION}/virtualNetworks/vnet/subnets/endpoints",
    }
    line = refused({"data-pipes:network": {"existing": existing}})
    assert "network.existing.hdinsightSubnetId: is required (HDInsight needs a separate subnet;" in line
    subnet = {"hdinsightSubnetId": f"{SUBSCRIPTION}/virtualNetworks/vnet/subnets/kafka"}
    settings({"data-pipes:network": {"existing": {**existing, **subnet}}}, stack=STACK)


def test_names_too_long_for_the_jobs_are_refused():
    line = refused(
        {
            "data-pipes:pipes": {"a-name-of-24-characters1": {"parallelism": 1}},
            "data-pipes:name": "twenty-characters-20",
        }
    )
    assert "pipes.a-name-of-24-characters1: must have at most 43 characters together with the stack's name" in line


@pytest.mark.parametrize("name", ["orders-topic", "orders-dead"])
def test_a_pipe_named_like_another_pipe_s_job_is_refused(name):
    line = refused({"data-pipes:pipes": {name: {"parallelism": 1}}})
    assert (
        f"pipes.{name}: must differ from the names of other pipes' topic Jobs, but the pipe orders has a Job with this name"
        in line
    )
    settings({"data-pipes:pipes": {name.replace("orders", "clicks"): {"parallelism": 1}}}, stack=STACK)


@pytest.mark.parametrize("size", ["Standard_DS3_v2", "Standard_D3_v2", "Standard_E4_v3", "Standard_D12_v2"])
def test_more_than_32_workers_need_head_nodes_of_8_vcpus(size):
    settings({"data-pipes:streaming": {"brokers": 32, "headVmSize": size}}, stack=STACK)
    assert refused({"data-pipes:streaming": {"brokers": 33, "headVmSize": size}}).endswith(
        f"streaming.headVmSize: must have at least 8 vCPUs and 14 GB with more than 32 brokers, got {size} with 4 for 33 (HDInsight, Create "
        "clusters by using the Azure portal, read 2026-11-29). Set it to Standard_DS4_v2, or lower brokers. The head nodes of an existing "
        "cluster keep their size."
    )


@pytest.mark.parametrize(
    "size",
    ["Standard_DS4_v2", "Standard_D13_v2", "Standard_E8_v3", "Standard_F8s_v2", "Standard_A8m_v2", "Standard_G3"],
)
def test_large_head_nodes_and_sizes_with_unknown_vcpus_are_accepted_with_many_workers(size):
    settings({"data-pipes:streaming": {"brokers": 200, "headVmSize": size}}, stack=STACK)


@given(workers=st.integers(3, 200), vcpus=st.sampled_from([2, 4, 8, 16, 32]))
def test_head_nodes_are_refused_only_with_many_workers_and_few_vcpus(workers, vcpus):
    change = {"data-pipes:streaming": {"brokers": workers, "headVmSize": f"Standard_D{vcpus}_v3"}}
    if workers > 32 and vcpus < 8:
        assert "streaming.headVmSize: must have at least 8 vCPUs" in refused(change)
    else:
        settings(change, stack=STACK)
