"""Existing MSK clusters and topics: they are only read, consumers get the least rights, and errors name the key."""

import json

import pytest

from components.aws.msk.existing import first_brokers
from components.aws.msk.existing_topic import message_bytes
from tests.combinations import MSK, MSK_SERVERLESS
from tests.components.aws.existing import (
    IMAGE,
    ON_EKS,
    ON_EXISTING_EKS,
    TOPIC,
    errors,
    made,
    msk_cluster,
    planned,
    stopped,
    with_topic,
)
from tests.stacks import planned as planned_stack
from workbench.cloud.aws import existing, existing_streams

STREAMING = {"service": "msk", "existing": {"clusterArn": MSK}}
ARN = "streaming.existing.clusterArn"
KAFKA_TOPIC = "aws:msk/topic:Topic"


def statements(plan):
    """Return the actions of the consumers on ECS, with their resources."""
    [policy] = [each for each in plan.recording.of_type("aws:iam/rolePolicy:RolePolicy") if each.name == "test-orders"]
    return {
        (action, statement["Resource"])
        for statement in json.loads(policy.inputs["policy"])["Statement"]
        for action in statement["Action"]
    }


def variables(plan):
    """Return the consumers' environment variables on ECS."""
    [task] = plan.recording.of_type("aws:ecs/taskDefinition:TaskDefinition")
    containers = json.loads(task.inputs["containerDefinitions"])
    [consumer] = [each for each in containers if any(v["name"] == "STREAM_TOPIC" for v in each["environment"])]
    return {each["name"]: each["value"] for each in consumer["environment"]}


def dead_letter_config(plan):
    [topic] = [each for each in plan.recording.of_type(KAFKA_TOPIC) if not each.external]
    return json.loads(topic.inputs["configs"])


def test_nothing_of_the_cluster_and_its_topic_is_made_or_changed():
    plan = planned(STREAMING, {"orders": TOPIC})
    assert plan.problems == ()
    assert {each.type for each in plan.recording.resources if each.external} == {
        "aws:msk/cluster:Cluster",
        KAFKA_TOPIC,
    }
    kafka = [each for each in made(plan) if "msk" in each.type]
    assert [(each.type, each.inputs["name"]) for each in kafka] == [(KAFKA_TOPIC, "orders.dead-letters")]
    groups = {each.inputs["groupName"] for each in made(plan) if "groupName" in each.inputs}
    assert existing.BROKERS not in groups


@pytest.mark.parametrize("name", [None, "shop_orders.v2"])
def test_consumers_may_read_only_the_topic_in_one_group_and_write_only_their_dead_letters(name):
    topic = name or "orders"
    plan = planned(STREAMING, {"orders": with_topic({}, name=name) if name else TOPIC})
    within = MSK.replace(":cluster/", ":{}/")
    assert {(action, arn) for action, arn in statements(plan) if action.startswith("kafka")} == {
        ("kafka-cluster:Connect", MSK),
        ("kafka-cluster:DescribeTopic", f"{within.format('topic')}/{topic}"),
        ("kafka-cluster:ReadData", f"{within.format('topic')}/{topic}"),
        ("kafka-cluster:DescribeGroup", f"{within.format('group')}/orders"),
        ("kafka-cluster:AlterGroup", f"{within.format('group')}/orders"),
        ("kafka-cluster:WriteDataIdempotently", MSK),
        ("kafka-cluster:DescribeTopic", f"{within.format('topic')}/orders.dead-letters"),
        ("kafka-cluster:WriteData", f"{within.format('topic')}/orders.dead-letters"),
    }


def test_a_topic_may_have_another_name_than_its_pipe_whose_dead_letters_group_and_alarms_keep_the_pipe_s():
    plan = planned(STREAMING, {"orders": with_topic({}, name="shop_orders.v2")})
    found = variables(plan)
    assert (found["STREAM_TOPIC"], found["STREAM_GROUP"], found["STREAM_DEAD_LETTERS"]) == (
        "shop_orders.v2",
        "orders",
        "orders.dead-letters",
    )
    assert plan.recording.outputs["pipes"] == {"orders": {"topic": "shop_orders.v2", "partitions": 3, "replicas": 3}}
    [lag] = [each for each in made(plan) if each.name == "test-orders-old-records"]
    shown = json.dumps(lag.inputs)
    assert '"Topic": "shop_orders.v2"' in shown
    assert '"Consumer Group": "orders"' in shown


def test_two_pipes_can_read_one_topic_in_groups_of_their_own():
    plan = planned(STREAMING, {name: with_topic({}, name="events") for name in ("billing", "search")})
    assert plan.problems == ()
    letters = [each.inputs["name"] for each in plan.recording.of_type(KAFKA_TOPIC) if not each.external]
    assert sorted(letters) == ["billing.dead-letters", "search.dead-letters"]


@pytest.mark.parametrize(
    ("topic", "largest"), [("orders", 1_048_588 + 65_536), ("large", existing_streams.LARGE_RECORD + 65_536)]
)
def test_the_largest_record_of_the_topic_fits_into_its_dead_letters(topic, largest):
    plan = planned(STREAMING, {"orders": with_topic({}, name=topic)})
    assert dead_letter_config(plan)["max.message.bytes"] == str(largest)


@pytest.mark.parametrize(
    ("configs", "size"), [(None, 1_048_588), ("{}", 1_048_588), ('{"max.message.bytes": "10"}', 10)]
)
def test_the_largest_record_is_read_from_the_topic_s_settings(configs, size):
    assert message_bytes(configs) == size


@pytest.mark.parametrize(("name", "in_sync"), [("events", "2"), ("express", None)])
def test_express_brokers_decide_on_copies_in_sync_themselves(name, in_sync):
    assert dead_letter_config(planned(msk_cluster(name), {"orders": TOPIC})).get("min.insync.replicas") == in_sync


@pytest.mark.parametrize("parallelism", [{}, {"parallelism": 3}])
@pytest.mark.parametrize("sections", [{}, ON_EXISTING_EKS], ids=["ecs", "existing eks"])
def test_parallelism_is_optional_where_the_program_makes_no_nodes(parallelism, sections):
    [equation] = planned(STREAMING, {"orders": {**TOPIC, **IMAGE, **parallelism}}, **sections).pipes
    assert (equation.partitions, equation.replicas) == (3, 3)


def test_parallelism_is_required_on_new_nodes():
    [line] = errors(STREAMING, {"orders": TOPIC}, **ON_EKS)
    assert line.startswith("pipes.orders.parallelism: is required on a new eks cluster")


def test_another_number_of_partitions_is_refused_with_both_numbers():
    line = stopped(STREAMING, {"orders": {**TOPIC, "parallelism": 5}})
    assert line.startswith(
        "pipes.orders.parallelism: must be 3, the number of partitions of the existing topic, got 5 "
    )


def test_topics_can_be_made_on_an_existing_cluster_with_its_copies():
    plan = planned(STREAMING, {"orders": {"parallelism": 6}})
    topic = plan.recording.one("test-orders-topic")
    assert (topic.inputs["clusterArn"], topic.inputs["partitionCount"], topic.inputs["replicationFactor"]) == (
        MSK,
        6,
        3,
    )
    assert topic.protect


def test_an_existing_topic_can_be_read_on_a_cluster_of_the_stack():
    plan = planned_stack({"data-pipes:pipes": {"orders": TOPIC}}, stack="aws-msk-ecs")
    assert plan.problems == ()
    [equation] = plan.pipes
    assert equation.partitions == 3


@pytest.mark.parametrize(
    ("streaming", "start", "reason"),
    [
        (
            msk_cluster("missing"),
            f"{ARN}: must be the ARN of an MSK cluster that is there and ready, got ",
            "couldn't find",
        ),
        (
            msk_cluster("creating"),
            f"{ARN}: must be the ARN of an MSK cluster that is there and ready, got ",
            "CREATING state",
        ),
        (
            msk_cluster("scram"),
            f"{ARN}: must be the ARN of a cluster with IAM authentication",
            "no broker address for IAM",
        ),
        (
            msk_cluster("events", account="210987654321"),
            f"{ARN}: must be the ARN of a cluster in the account 123456789012, in which the stack is deployed, got ",
            "it is in the account 210987654321",
        ),
    ],
    ids=["missing", "not ready", "without IAM", "another account"],
)
def test_a_cluster_that_cannot_be_used_stops_the_preview_with_the_reason(streaming, start, reason):
    line = stopped(streaming, {"orders": TOPIC})
    assert line.startswith(start)
    assert reason in line


def test_a_topic_that_is_not_there_stops_the_preview_by_its_key():
    line = stopped(STREAMING, {"orders": with_topic({}, name="missing")})
    assert line.startswith("pipes.orders.topic.name: must be the name of a topic on the cluster, got 'missing'")


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        (
            {"aws:region": "eu-central-1"},
            f"{ARN}: must be in eu-central-1, the region of the stack (aws:region), got eu-west-1",
        ),
        (
            {"aws:allowedAccountIds": ["210987654321"]},
            f"{ARN}: must be in the account of the stack (aws:allowedAccountIds: 210987654321), got 123456789012",
        ),
        (
            {"streaming": {"service": "msk", "existing": {"clusterArn": MSK.replace("arn:aws:", "arn:aws-us-gov:")}}},
            f"{ARN}: must be in aws, the partition of eu-west-1, got aws-us-gov",
        ),
        ({"network": {}}, "network.existing: is required with streaming.existing"),
        (
            {"streaming": {**STREAMING, "brokers": 3}},
            "streaming.brokers: cannot be used with ",
        ),
        (
            {"streaming": {"service": "msk", "existing": {"clusterArn": MSK_SERVERLESS}}},
            f"{ARN}: must be the ARN of a cluster with brokers, got that of a serverless cluster. Set streaming.service to msk-serverless",
        ),
        (
            {"pipes": {"orders": with_topic({}, retentionHours=24)}},
            "pipes.orders.topic.retentionHours: cannot be used with ",
        ),
        (
            {"streaming": {"service": "msk", "existing": {"clusterArn": "events"}}},
            f"{ARN}: must be the ARN of an MSK cluster",
        ),
    ],
    ids=["region", "account", "partition", "new network", "mixed", "serverless", "mixed topic", "no ARN"],
)
def test_wrong_settings_are_refused_by_key(changes, start):
    sections = {"pipes": {"orders": TOPIC}, **changes}
    streaming = sections.pop("streaming", STREAMING)
    [line] = errors(streaming, sections.pop("pipes"), **sections)
    assert line.startswith(start), line


def test_consumers_start_with_the_same_brokers_in_each_deployment():
    names = [f"b-{number}.events" for number in range(1, 7)]
    changing = "b-5.events:9098,b-2.events:9098,b-6.events:9098"
    assert first_brokers(changing, names) == "b-1.events:9098,b-2.events:9098,b-3.events:9098"
    assert first_brokers("b-1.events:9098", names[:1]) == "b-1.events:9098"
    servers = variables(planned(msk_cluster("six"), {"orders": TOPIC}))["KAFKA_BOOTSTRAP_SERVERS"].split(",")
    assert [server.split(".")[0] for server in servers] == ["b-1", "b-2", "b-3"]


def test_the_brokers_have_no_alarms_but_the_lag_and_the_dead_letters_have():
    alarms = {each.name for each in made(planned(STREAMING, {"orders": TOPIC})) if each.type.endswith(":MetricAlarm")}
    assert {"test-orders-old-records", "test-orders-dead-letters"} <= alarms
    assert not [name for name in alarms if "disk" in name or "broker" in name or "busy" in name]


def test_dead_letters_keep_their_urn_when_the_program_takes_over_the_topic():
    read = planned(STREAMING, {"orders": TOPIC})
    managed = planned(STREAMING, {"orders": {"parallelism": 3}})
    letters = [
        each
        for plan in (read, managed)
        for each in plan.recording.of_type(KAFKA_TOPIC)
        if each.name == "test-orders-dead-letters"
    ]
    assert letters[0].urn == letters[1].urn
    assert letters[0].inputs == letters[1].inputs
    topic = managed.recording.one("test-orders-topic")
    assert topic.urn not in read.recording.urns, "pulumi import refuses a URN that is in the state"
    assert topic.parent == read.recording.one("test-orders-existing").parent
