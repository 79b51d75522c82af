"""Existing clusters and topics on Confluent Cloud: they are only read, consumers get the least rights, and errors name the key."""

from dataclasses import replace
from typing import Any

import pytest
from pulumi import RunError

from tests.stacks import merged, refused
from workbench.plan import Plan, plan
from workbench.recording.records import RecordedResource
from workbench.stack_file import find_stack_file

CREDENTIALS = {"apiKey": "confluentKey", "apiSecret": "confluentSecret"}
EXISTING = {"environmentId": "env-abc123", "clusterId": "lkc-abc123"}
PREFIX = "confluentcloud:index/"
TOPIC, KEY = f"{PREFIX}kafkaTopic:KafkaTopic", f"{PREFIX}apiKey:ApiKey"
BINDING, ACL = f"{PREFIX}roleBinding:RoleBinding", f"{PREFIX}kafkaAcl:KafkaAcl"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
READ: dict[str, Any] = {"topic": {"existing": True}}
SOURCE = "stacks/Pulumi.test.yaml: "


def config(existing: Any = None, pipes: Any = None, **sections: Any) -> dict[str, Any]:
    """Return the keys of a stack on ECS. The cluster is the standard one unless `existing` changes it."""
    streaming = {"service": "confluent", "credentials": CREDENTIALS, "existing": {**EXISTING, **(existing or {})}}
    return {
        "aws:region": "eu-west-1",
        "data-pipes:name": "test",
        "data-pipes:streaming": streaming,
        "data-pipes:platform": {"service": "ecs"},
        "data-pipes:pipes": pipes or {"orders": {"parallelism": 3}},
        "data-pipes:secrets": dict.fromkeys(CREDENTIALS.values(), "hunter2"),
        **{
            f"data-pipes:{key}": merged(streaming if key == "streaming" else {}, value)
            for key, value in sections.items()
        },
    }


def planned(existing: Any = None, pipes: Any = None, *, preview: bool = False, **sections: Any) -> Plan:
    found = replace(
        find_stack_file("aws-confluent-ecs"),
        stack="test",
        config=config(existing, pipes, **sections),
        secret_keys=frozenset(["data-pipes:secrets"]),
    )
    return plan(found, preview=preview)


def stopped(existing: Any = None, pipes: Any = None, *, preview: bool = True) -> str:
    """Return the error that stops a preview. It has one line."""
    with pytest.raises(RunError) as error:
        planned(existing, pipes, preview=preview)
    [line] = str(error.value).splitlines()
    return line.removeprefix(SOURCE)


def errors(existing: Any = None, pipes: Any = None, **sections: Any) -> list[str]:
    secrets = frozenset(f"data-pipes:secrets.{name}" for name in CREDENTIALS.values())
    return [line.removeprefix(SOURCE) for line in refused(config(existing, pipes, **sections), secret_keys=secrets)]


def made(found: Plan) -> list[RecordedResource]:
    return [each for each in found.recording.resources if each.type.startswith(PREFIX) and not each.external]


def rights(found: Plan, owner: str) -> set[tuple[str, str]]:
    """Return the roles of a service account in the cluster, with the resources."""
    bindings = found.recording.of_type(BINDING)
    return {
        (each.inputs["roleName"], each.inputs["crnPattern"].partition("/kafka=lkc-abc123/")[2])
        for each in bindings
        if owner in {found.recording.by_urn(urn).name for urn in each.property_dependencies["principal"]}
    }


def test_the_environment_and_the_cluster_are_never_made():
    found = planned()
    assert found.problems == ()
    assert {each.type.rpartition(":")[2] for each in made(found)} == {
        "ServiceAccount",
        "ApiKey",
        "RoleBinding",
        "KafkaTopic",
    }
    outputs = found.recording.outputs
    assert (outputs["environmentId"], outputs["kafkaClusterId"]) == ("env-abc123", "lkc-abc123")
    assert outputs["bootstrapServers"].endswith(".eu-west-1.aws.confluent.cloud:9092")


def test_topics_are_made_on_the_existing_cluster():
    topics = planned().recording.of_type(TOPIC)
    assert {each.inputs["topicName"]: each.inputs["partitionsCount"] for each in topics} == {
        "orders": 3,
        "orders.dead-letters": 1,
    }
    assert {each.inputs["kafkaCluster"]["id"] for each in topics} == {"lkc-abc123"}


def test_the_manager_of_an_existing_topic_may_only_describe_it_and_owns_the_dead_letters():
    found = planned(pipes={"orders": READ | {"parallelism": 3}})
    assert rights(found, "test-manager") == {
        ("DeveloperManage", "topic=orders"),
        ("ResourceOwner", "topic=orders.dead-letters"),
    }


def test_consumers_of_an_existing_topic_read_only_it_and_write_only_their_dead_letters():
    found = planned(pipes={"orders": {"topic": {"existing": True, "name": "shop.orders"}}})
    assert rights(found, "test-orders-consumer") == {
        ("DeveloperRead", "topic=shop.orders"),
        ("DeveloperRead", "group=orders"),
        ("DeveloperWrite", "topic=orders.dead-letters"),
    }


def test_the_topic_is_read_only_after_the_manager_has_the_right():
    found = planned(pipes={"orders": READ | {"parallelism": 3}})
    [topic] = [each for each in found.recording.of_type(TOPIC) if each.external]
    needed = {found.recording.by_urn(urn).name for urn in found.recording.requirements(topic)}
    assert {"test-manager", "test-manager-describe-orders"} <= needed


def test_two_pipes_can_read_one_topic_with_one_right_of_the_manager():
    topic = {"topic": {"existing": True, "name": "events"}}
    found = planned(pipes={"billing": topic, "search": topic})
    assert found.problems == ()
    keys = [
        (each.inputs["principal"], each.inputs["roleName"], each.inputs["crnPattern"])
        for each in made(found)
        if each.type == BINDING
    ]
    assert len(keys) == len(set(keys))


def test_the_number_of_consumers_is_that_of_the_topic():
    assert [str(each) for each in planned(pipes={"orders": READ}).pipes] == ["orders: 3 partitions = 3 replicas"]


def test_on_basic_the_manager_administers_the_cluster_and_consumers_have_acls():
    found = planned({"clusterId": "lkc-basic1", "tier": "basic"}, {"orders": READ})
    [binding] = found.recording.of_type(BINDING)
    assert binding.inputs["roleName"] == "CloudClusterAdmin"
    assert {
        (each.inputs["resourceType"], each.inputs["resourceName"], each.inputs["operation"])
        for each in found.recording.of_type(ACL)
    } == {
        ("TOPIC", "orders", "READ"),
        ("GROUP", "orders", "READ"),
        ("TOPIC", "orders.dead-letters", "WRITE"),
    }


def test_existing_topics_of_a_new_cluster_are_read_too():
    streaming = {"service": "confluent", "credentials": CREDENTIALS}
    found = planned(pipes={"orders": READ | {"parallelism": 3}})
    new = replace(found.stack_file, config={**found.stack_file.config, "data-pipes:streaming": streaming})
    assert plan(new).problems == ()


@pytest.mark.parametrize(
    ("existing", "error"),
    [
        (
            {"environmentId": "env-missing"},
            "streaming.existing.environmentId: must be the id of an environment that the Cloud API key may read",
        ),
        (
            {"clusterId": "lkc-missing"},
            "streaming.existing.clusterId: must be the id of a Kafka cluster in this environment, got 'lkc-missing'",
        ),
        (
            {"clusterId": "lkc-starting"},
            "streaming.existing.clusterId: must be the id of a cluster that is provisioned, got 'lkc-starting'",
        ),
        ({"clusterId": "lkc-basic1"}, "streaming.existing.tier: must be basic, the tier of lkc-basic1, got 'standard'"),
        ({"tier": "dedicated"}, "streaming.existing.tier: must be standard, the tier of lkc-abc123, got 'dedicated'"),
        ({"clusterId": "lkc-freight1"}, "streaming.existing.tier: must be freight"),
    ],
)
def test_a_wrong_cluster_stops_the_preview_with_the_key(existing: Any, error: str):
    assert stopped(existing).startswith(error)


@pytest.mark.parametrize(
    ("pipe", "error"),
    [
        (
            {"topic": {"existing": True, "name": "missing"}},
            "pipes.orders.topic.name: must be the name of a topic on the cluster, got 'missing'",
        ),
        (
            READ | {"parallelism": 5},
            "pipes.orders.parallelism: must be 3, the number of partitions of the existing topic, got 5",
        ),
    ],
)
def test_a_topic_that_does_not_fit_stops_the_deployment(pipe: Any, error: str):
    assert stopped(pipes={"orders": pipe}, preview=False).startswith(error)


@pytest.mark.parametrize(
    ("existing", "sections", "error"),
    [
        (
            {"environmentId": "lkc-abc123"},
            {},
            "streaming.existing.environmentId: must be the id of an environment, such as env-abc123",
        ),
        (
            {"clusterId": "abc123"},
            {},
            "streaming.existing.clusterId: must be the id of a Kafka cluster, such as lkc-abc123",
        ),
        ({"tier": "freight"}, {}, "streaming.existing.tier: must be 'basic', 'standard', 'enterprise' or 'dedicated'"),
        ({}, {"streaming": {"maxEcku": 5}}, "streaming.maxEcku: cannot be used with "),
        ({}, {"streaming": {"ksqldb": {}}}, "streaming.ksqldb: cannot be used with "),
        (
            {},
            {"pipes": {"orders": {"parallelism": 3, "topic": {"existing": True, "retentionHours": 24}}}},
            "pipes.orders.topic.retentionHours: cannot be used with ",
        ),
        (
            {},
            {"pipes": {"orders": {"parallelism": 3, "topic": {"config": {"max.message.bytes": "9000000"}}}}},
            "pipes.orders.topic.config.max.message.bytes: ",
        ),
    ],
)
def test_a_wrong_stack_file_is_refused_by_key(existing: Any, sections: Any, error: str):
    [line] = errors(existing, **sections)
    assert line.startswith(error)


def messages(existing: Any, pipes: Any = None) -> list[str]:
    return [
        each.text for each in planned(existing, pipes, preview=True).recording.messages if each.severity == "warning"
    ]


def test_a_cluster_of_the_stack_s_region_needs_no_warning():
    assert not [each for each in messages({}) if "streaming.existing" in each]


@pytest.mark.parametrize("pipe", [READ, {"parallelism": 3}])
def test_an_administrator_of_an_adopted_basic_cluster_is_a_warning(pipe: Any):
    [warning] = [
        each for each in messages({"clusterId": "lkc-basic1", "tier": "basic"}, {"orders": pipe}) if "Admin" in each
    ]
    assert warning.startswith(
        "streaming.existing.tier: the stack's service account test-manager gets the role CloudClusterAdmin on lkc-basic1"
    )
    assert "\n" not in warning


def test_the_right_to_delete_adopted_topics_is_one_warning():
    pipes = {"billing": READ, "orders": {"topic": {"existing": True, "name": "events"}}, "made": {"parallelism": 1}}
    [warning] = [each for each in messages({}, pipes) if "DeveloperManage" in each]
    assert warning.startswith(
        "pipes.billing.topic.existing, pipes.orders.topic.existing: the role DeveloperManage on billing, events lets the stack's"
    )
    assert "also delete the topic. DeveloperRead cannot read the settings." in warning
    assert not [each for each in messages({}) if "DeveloperManage" in each]


@pytest.mark.parametrize(("cluster", "place"), [("lkc-azure1", "AZURE westeurope"), ("lkc-london1", "AWS eu-west-2")])
def test_a_cluster_of_another_cloud_or_region_is_a_warning(cluster: str, place: str):
    [warning] = [each for each in messages({"clusterId": cluster}) if "streaming.existing" in each]
    assert warning.startswith(
        f"streaming.existing.clusterId: {cluster} is in {place}, the consumers are in AWS eu-west-1."
    )


def test_a_private_cluster_says_what_to_open_and_opens_nothing_to_the_internet():
    found = planned({"clusterId": "lkc-enterprise1", "tier": "enterprise"})
    [warning] = [each.text for each in found.recording.messages if "has a private network" in each.text]
    assert "lkc-enterprise1.eu-west-1.aws.private.confluent.cloud there, and allow TCP port 9092" in warning
    assert ("0.0.0.0/0", 9092) not in {
        (each.inputs.get("cidrIpv4"), each.inputs.get("fromPort")) for each in found.recording.of_type(EGRESS)
    }
