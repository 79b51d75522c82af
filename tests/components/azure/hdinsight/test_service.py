"""Tests of Kafka on HDInsight: the cluster, and the Jobs that create the topics."""

from types import SimpleNamespace
from typing import Any

import pytest

from components.azure.hdinsight.cluster import private_address, refuse_fixed_setting_change
from components.changes import ChangeRefusedError
from tests.hooks import before_update
from tests.stacks import planned, shipped
from topic.topic import read

STACK = "azure-hdinsight-aks"
CLUSTER = "azure-native:hdinsight:Cluster"
PASSWORD = "random:index/randomPassword:RandomPassword"
GROUP = {"clientGroupId": "01234567-89ab-cdef-0123-456789abcdef", "clientGroupName": "Kafka producers"}
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/theirs/providers/Microsoft.Network"


@pytest.fixture(scope="module")
def recording():
    return shipped(STACK).recording


def properties(recording):
    return recording.one(CLUSTER).inputs["properties"]


def roles(recording):
    return {role["name"]: role for role in properties(recording)["computeProfile"]["roles"]}


def topic_job(recording):
    return recording.one(f"{STACK}-orders-topic-job")


def environment(recording):
    [container] = topic_job(recording).input("spec.template.spec.containers")
    return {variable["name"]: variable["value"] for variable in container["env"]}


def test_the_cluster_has_hdinsight_5_1_with_kafka_3_2(recording):
    definition = properties(recording)["clusterDefinition"]
    assert properties(recording)["clusterVersion"] == "5.1"
    assert (definition["kind"], definition["componentVersion"]) == ("Kafka", {"Kafka": "3.2"})


def test_the_cluster_has_the_required_nodes_and_only_workers_have_data_disks(recording):
    assert {name: role["targetInstanceCount"] for name, role in roles(recording).items()} == {
        "headnode": 2,
        "workernode": 3,
        "zookeepernode": 3,
    }
    assert roles(recording)["workernode"]["dataDisksGroups"] == [{"disksPerNode": 2}]
    assert not any("dataDisksGroups" in role for name, role in roles(recording).items() if name != "workernode")


def test_node_counts_sizes_and_disks_are_applied():
    sizes = {"workerVmSize": "Standard_DS4_v2", "headVmSize": "Standard_DS5_v2", "zookeeperVmSize": "Standard_DS1_v2"}
    recording = planned(
        {"data-pipes:streaming": {"brokers": 5, "disksPerWorker": 8, "restProxy": GROUP, **sizes}}, stack=STACK
    ).recording
    assert {name: role["hardwareProfile"]["vmSize"] for name, role in roles(recording).items()} == {
        "headnode": "Standard_DS5_v2",
        "workernode": "Standard_DS4_v2",
        "zookeepernode": "Standard_DS1_v2",
        "kafkamanagementnode": "Standard_DS5_v2",
    }
    assert roles(recording)["workernode"]["targetInstanceCount"] == 5
    assert roles(recording)["workernode"]["dataDisksGroups"] == [{"disksPerNode": 8}]
    assert roles(recording)["kafkamanagementnode"]["targetInstanceCount"] == 2
    assert properties(recording)["kafkaRestProperties"] == {
        "clientGroupInfo": {"groupId": GROUP["clientGroupId"], "groupName": GROUP["clientGroupName"]}
    }


def test_all_nodes_are_in_the_hdinsight_subnet(recording):
    places = {
        (role["virtualNetworkProfile"]["id"], role["virtualNetworkProfile"]["subnet"])
        for role in roles(recording).values()
    }
    [(vnet, subnet)] = places
    assert subnet == f"{vnet}/subnets/hdinsight"


def test_disks_broker_traffic_and_gateway_traffic_are_encrypted(recording):
    assert properties(recording)["diskEncryptionProperties"] == {"encryptionAtHost": True}
    assert properties(recording)["encryptionInTransitProperties"] == {"isEncryptionInTransitEnabled": True}
    assert properties(recording)["minSupportedTlsVersion"] == "1.2"


@pytest.mark.parametrize(("private_link", "state"), [(False, "Disabled"), (True, "Enabled")])
def test_the_cluster_connects_only_outbound_and_private_link_is_optional(private_link, state):
    recording = planned({"data-pipes:streaming": {"privateLink": private_link}}, stack=STACK).recording
    assert properties(recording)["networkProperties"] == {
        "resourceProviderConnection": "Outbound",
        "privateLink": state,
    }


def test_passwords_meet_the_rules_of_hdinsight(recording):
    passwords = recording.of_type(PASSWORD)
    assert {each.name for each in passwords} == {f"{STACK}-gateway-password", f"{STACK}-ssh-password"}
    for each in passwords:
        assert 20 <= each.inputs["length"] <= 72
        assert min(each.inputs[key] for key in ("minLower", "minUpper", "minNumeric", "minSpecial")) >= 1
        assert not set(each.inputs["overrideSpecial"]) & set("'\"`\\ ")


def test_gateway_and_nodes_have_different_users_and_secret_passwords(recording):
    gateway = properties(recording)["clusterDefinition"]["configurations"]["gateway"]
    users = {role["osProfile"]["linuxOperatingSystemProfile"]["username"] for role in roles(recording).values()}
    assert gateway["restAuthCredential.password"] == "[secret]"
    assert gateway["restAuthCredential.username"] not in users
    assert {role["osProfile"]["linuxOperatingSystemProfile"]["password"] for role in roles(recording).values()} == {
        "[secret]"
    }
    cluster = recording.one(CLUSTER)
    shown = cluster.reveal("properties.clusterDefinition.configurations.gateway")["restAuthCredential.password"]
    assert shown == recording.one(f"{STACK}-hdinsight-gateway").reveal("properties.value")
    machine = cluster.reveal("properties.computeProfile.roles[0].osProfile.linuxOperatingSystemProfile.password")
    assert machine == recording.one(f"{STACK}-hdinsight-ssh").reveal("properties.value") != shown


def test_the_cluster_waits_for_its_data_lake_storage_role_and_private_endpoints(recording):
    [files] = properties(recording)["storageProfile"]["storageaccounts"]
    account = recording.one(f"{STACK}-storage")
    assert account.inputs["isHnsEnabled"] is True
    assert files["name"] == f"{account.inputs['accountName']}.dfs.core.windows.net"
    assert (files["isDefault"], files["fileSystem"], files["enableSecureChannel"]) == (True, "hdinsight", True)
    assert "key" not in files
    [identity] = recording.one(CLUSTER).inputs["identity"]["userAssignedIdentities"]
    assert files["msiResourceId"] == identity
    right = recording.one(f"{STACK}-hdinsight-files-right")
    assert right.inputs["roleDefinitionId"].endswith("/b7e6dc6d-f1e8-4753-8033-0f276bb0955b"), "Storage Blob Data Owner"
    assert right.inputs["scope"] == files["resourceId"]
    needed = recording.requirements(recording.one(CLUSTER))
    assert right.urn in needed
    endpoints = {
        each.urn
        for each in recording.of_type("azure-native:network:PrivateEndpoint")
        if each.inputs["privateLinkServiceConnections"][0]["groupIds"][0] in ("blob", "dfs")
    }
    assert len(endpoints) == 2
    assert endpoints <= needed


def test_the_cluster_does_not_wait_for_the_platform(recording):
    needed = {recording.by_urn(urn).type for urn in recording.requirements(recording.one(CLUSTER))}
    assert not any("containerservice" in each or "kubernetes" in each for each in needed)


@pytest.mark.parametrize("protect", [True, False])
def test_protect_applies_to_the_cluster_and_its_files(protect):
    recording = planned({"data-pipes:protect": protect}, stack=STACK).recording
    assert recording.one(CLUSTER).protect is protect
    assert recording.one(f"{STACK}-storage").protect is protect


def test_the_cluster_has_a_two_hour_timeout_and_ignores_values_rewritten_by_hdinsight(recording):
    cluster = recording.one(CLUSTER)
    assert cluster.custom_timeouts["create"] in ("120m", "2h0m0s", "7200s")
    assert set(cluster.ignore_changes) == {"identity", "properties", "tags"}


@pytest.mark.parametrize("name", ["ab", "a--b", "a-name-of-24-characters1"])
def test_the_cluster_name_is_valid_on_azure(name):
    made = planned({"data-pipes:name": name}, stack=STACK).recording.one(CLUSTER).inputs["clusterName"]
    assert 3 <= len(made) <= 59
    assert made.isalnum(), "node names start with its first six characters"


def refuse(recording, setting, present):
    """Run the update hooks of the cluster's identity for a tag that had another value."""
    identity = recording.one(f"{STACK}-hdinsight-identity")
    tags = dict(identity.inputs["tags"])
    assert setting in tags
    before_update(recording, identity, {"tags": {**tags, setting: present}}, {"tags": tags})


@pytest.mark.parametrize(
    ("tag", "setting", "present", "wanted"),
    [
        ("data-pipes-disks-per-worker", "disksPerWorker", "4", "2"),
        ("data-pipes-head-vm-size", "headVmSize", "Standard_DS4_v2", "Standard_DS3_v2"),
        ("data-pipes-private-link", "privateLink", "true", "false"),
        ("data-pipes-rest-proxy", "restProxy", "0 Kafka", "none"),
        ("data-pipes-worker-vm-size", "workerVmSize", "Standard_DS4_v2", "Standard_DS3_v2"),
        ("data-pipes-zookeeper-vm-size", "zookeeperVmSize", "Standard_DS3_v2", "Standard_DS2_v2"),
    ],
)
def test_changes_of_fixed_settings_are_refused_in_the_preview(recording, tag, setting, present, wanted):
    with pytest.raises(ChangeRefusedError) as refusal:
        refuse(recording, tag, present)
    assert str(refusal.value).startswith(
        f"streaming.{setting}: cannot be changed from {present} to {wanted} (HDInsight cannot "
    )
    assert "create a new stack" in str(refusal.value)
    refuse(recording, tag, wanted)


def test_a_missing_tag_refuses_nothing():
    assert refuse_fixed_setting_change(None, "x") is None


def test_every_fixed_setting_changes_its_tag():
    changes = {
        "workerVmSize": "Standard_DS4_v2",
        "disksPerWorker": 4,
        "headVmSize": "Standard_DS4_v2",
        "zookeeperVmSize": "Standard_DS3_v2",
        "restProxy": GROUP,
        "privateLink": True,
    }
    before = shipped(STACK).recording.one(f"{STACK}-hdinsight-identity").inputs["tags"]
    after = (
        planned({"data-pipes:streaming": changes}, stack=STACK)
        .recording.one(f"{STACK}-hdinsight-identity")
        .inputs["tags"]
    )
    assert {tag for tag in before if before[tag] != after[tag]} == set(before) - {"data-pipes"}
    assert all(len(value) <= 256 for value in after.values())


def test_consumers_read_without_sign_in_and_can_reach_the_brokers(recording):
    assert shipped(STACK).problems == ()
    [variables] = [
        each.inputs["data"]
        for each in recording.of_type("kubernetes:core/v1:ConfigMap")
        if "STREAM_TOPIC" in each.inputs.get("data", {})
    ]
    assert variables == {
        "KAFKA_BOOTSTRAP_SERVERS": recording.outputs["bootstrapServers"],
        "KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
        "LOG_LEVEL": "info",
        "STREAM_DEAD_LETTERS": "orders.dead-letters",
        "STREAM_GROUP": "orders",
        "STREAM_MAX_DELIVERY_ATTEMPTS": "5",
        "STREAM_SERVICE": "kafka",
        "STREAM_TOPIC": "orders",
    }
    ways = {
        (rule["to"][0]["ipBlock"]["cidr"], rule["ports"][0]["port"])
        for each in recording.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")
        if each.inputs["metadata"]["namespace"] == "orders"
        for rule in each.inputs["spec"]["egress"]
        if "ipBlock" in rule["to"][0]
    }
    assert ("10.0.0.0/16", 9092) in ways


def test_the_job_creates_the_topic_with_three_copies_and_two_in_sync():
    topic = {"retentionHours": 1, "config": {"cleanup.policy": "compact"}}
    recording = planned({"data-pipes:pipes": {"orders": {"topic": topic}}}, stack=STACK).recording
    wanted, client = read(environment(recording))
    assert (wanted.name, wanted.partitions, wanted.replication_factor) == ("orders", 3, 3)
    assert wanted.config == {"cleanup.policy": "compact", "min.insync.replicas": "2", "retention.ms": "3600000"}
    assert {"cleanup.policy", "message.timestamp.difference.max.ms", "retention.bytes"} <= wanted.settings
    assert not {"message.timestamp.after.max.ms", "min.insync.replicas", "retention.ms"} & wanted.settings
    assert client == {
        "bootstrap.servers": recording.outputs["bootstrapServers"],
        "security.protocol": "PLAINTEXT",
    }


def test_partitions_and_replicas_grow_together():
    plan = planned({"data-pipes:pipes": {"orders": {"parallelism": 7}}}, stack=STACK)
    assert plan.problems == ()
    assert plan.recording.one("kubernetes:apps/v1:Deployment").input("spec.replicas") == 7
    assert environment(plan.recording)["TOPIC_PARTITIONS"] == "7"
    [account] = [
        each
        for each in plan.recording.of_type("kubernetes:core/v1:ServiceAccount")
        if each.inputs["metadata"]["namespace"] == "data-pipes-topics" and each.inputs["metadata"]["name"] == "orders"
    ]
    assert account.hooks["before_update"], "a hook must refuse fewer partitions"


def test_gateway_and_key_vault_are_stack_outputs(recording):
    cluster = recording.one(CLUSTER).inputs["clusterName"]
    assert recording.outputs["gateway"] == f"https://{cluster}-int.azurehdinsight.net"
    assert recording.outputs["keyVault"] == recording.one("azure-native:keyvault:Vault").inputs["vaultName"]


def test_in_an_existing_network_the_cluster_uses_the_configured_subnet():
    existing = {
        "virtualNetworkId": f"{SUBSCRIPTION}/virtualNetworks/vnet",
        "cidr": "10.9.0.0/16",
        "nodesSubnetId": f"{SUBSCRIPTION}/virtualNetworks/vnet/subnets/nodes",
        "endpointsSubnetId": f"{SUBSCRIPTION}/virtualNetworks/vnet/subnets/endpoints",
        "hdinsightSubnetId": f"{SUBSCRIPTION}/virtualNetworks/vnet/subnets/kafka",
    }
    plan = planned({"data-pipes:network": {"existing": existing}}, stack=STACK)
    assert plan.problems == ()
    places = [role["virtualNetworkProfile"] for role in roles(plan.recording).values()]
    assert all(
        place == {"id": existing["virtualNetworkId"], "subnet": existing["hdinsightSubnetId"]} for place in places
    )


def test_the_job_uses_the_gateway_address_that_hdinsight_returns(recording):
    [container] = recording.one(f"{STACK}-brokers-job").input("spec.template.spec.containers")
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    assert variables["AMBARI_URL"] == recording.outputs["gateway"]
    assert variables["AMBARI_ADDRESS"] == "10.0.5.20", "the address from the simulated service"
    ssh, https = (
        SimpleNamespace(name=name, private_ip_address=ip) for name, ip in (("SSH", "10.0.5.5"), ("HTTPS", "10.0.5.4"))
    )
    with_endpoints: Any = SimpleNamespace(connectivity_endpoints=[ssh, https])
    silent: Any = SimpleNamespace(connectivity_endpoints=None)
    assert (private_address(with_endpoints), private_address(silent)) == ("10.0.5.4", None)
