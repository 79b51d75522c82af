"""Job that replays dead letters: its rights on every service, and that nothing runs it or changes without it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from components.redrive import LONGEST, redrive_name
from tests.combinations import FORMS_ONCE, PAIRS, Combination, is_existing
from tests.invariants import INVARIANTS
from tests.stacks import NAMES, changed, merged, planned, refused, shipped
from workbench.plan import Plan, plan
from workbench.recording.recorder import Recording
from workbench.stack_file import StackFile

ON = {"topic": {"deadLetter": {"redrive": True}}}
CRON_JOB, TASK = "kubernetes:batch/v1:CronJob", "aws:ecs/taskDefinition:TaskDefinition"


def with_redrive(stack: str, **changes: Any) -> Recording:
    return planned({"data-pipes:pipes": {"orders": ON}, **changes}, stack=stack).recording


def is_of_redrive(name: str) -> bool:
    return "-redrive" in name


EXISTING = [each for each in FORMS_ONCE if is_existing(each.streaming_form) or is_existing(each.platform_form)]


@pytest.fixture(
    scope="module", params=[each for each in (*PAIRS, *EXISTING) if each.streaming != "kinesis-video"], ids=str
)
def pair(request: pytest.FixtureRequest) -> Combination:
    found: Combination = request.param
    return found


def redriven(file: StackFile) -> StackFile:
    pipes = {name: merged(pipe, ON) for name, pipe in file.config["data-pipes:pipes"].items()}
    return replace(file, config={**file.config, "data-pipes:pipes": pipes})


@pytest.fixture(scope="module")
def made(pair: Combination) -> Plan:
    return plan(redriven(pair.stack_file()))


def test_every_pair_keeps_the_invariants_with_it(made: Plan):
    for invariant in INVARIANTS:
        invariant(made)


def test_no_other_resource_changes_except_the_acls_of_the_topics(pair: Combination, made: Plan):
    before = {each.urn: each.inputs for each in plan(pair.stack_file()).recording.resources}
    after = {each.urn: each for each in made.recording.resources}
    assert before.keys() <= after.keys()
    changes = {after[urn].type for urn in before if after[urn].inputs != before[urn]}
    assert changes <= {"gcp:managedkafka/acl:Acl"}
    assert all(is_of_redrive(each.name) for urn, each in after.items() if urn not in before)


def test_nothing_runs_it(pair: Combination, made: Plan):
    [job] = [each for each in made.recording.resources if is_of_redrive(each.name) and each.type in (CRON_JOB, TASK)]
    if job.type == CRON_JOB:
        assert job.input("spec.suspend") is True
        assert job.input("metadata.namespace") == "orders"
        container = job.input("spec.jobTemplate.spec.template.spec.containers[0]")
        started = container["command"], container["args"]
    else:
        [container] = json.loads(job.inputs["containerDefinitions"])
        started = container["entryPoint"], container["command"]
        assert job.urn not in {
            urn
            for each in made.recording.of_type("aws:ecs/service:Service")
            for urn in made.recording.requirements(each)
        }
    assert started == (["python", "-m", "consumer.redrive"], ["list"])


@pytest.mark.parametrize("stack", NAMES)
def test_without_the_setting_a_stack_has_no_such_job(stack: str):
    assert not [each.name for each in shipped(stack).recording.resources if is_of_redrive(each.name)]


def statements(recording: Recording, role: str) -> Iterator[tuple[str, str]]:
    """Yield each action of a role, with the end of its resource or the condition on a key."""
    [policy] = [each for each in recording.of_type("aws:iam/rolePolicy:RolePolicy") if each.name == role]
    for each in json.loads(policy.inputs["policy"])["Statement"]:
        condition = each.get("Condition", {}).get("StringEquals", {})
        resource = condition.get("kms:EncryptionContext:aws:kinesis:arn", each["Resource"]).rpartition("/")[2]
        yield from ((action, resource) for action in each["Action"])


@pytest.mark.parametrize(
    ("stack", "role"),
    [
        ("aws-msk-eks", "aws-msk-eks-orders-redrive-role"),
        ("aws-msk-ecs", "aws-msk-ecs-orders-redrive"),
        ("aws-msk-serverless-eks", "aws-msk-serverless-eks-orders-redrive-role"),
    ],
)
def test_its_role_on_msk_reads_dead_letters_marks_them_and_writes_the_topic(stack: str, role: str):
    given = set(statements(with_redrive(stack), role))
    assert {(action, resource) for action, resource in given if "Write" in action or "Topic" in action} >= {
        ("kafka-cluster:DescribeTopic", "orders.dead-letters"),
        ("kafka-cluster:DescribeTopic", "orders"),
        ("kafka-cluster:WriteData", "orders"),
    }
    assert {(action, resource) for action, resource in given if "ReadData" in action or "Group" in action} == {
        ("kafka-cluster:ReadData", "orders.dead-letters"),
        ("kafka-cluster:DescribeGroup", "orders.redrive"),
        ("kafka-cluster:AlterGroup", "orders.redrive"),
    }
    assert len(given) == 8, "with Connect and WriteDataIdempotently on the cluster"


@pytest.mark.parametrize(
    ("stack", "role"),
    [("aws-kinesis-eks", "aws-kinesis-eks-orders-redrive-role"), ("aws-kinesis-ecs", "aws-kinesis-ecs-orders-redrive")],
)
def test_its_role_on_kinesis_reads_the_dead_letters_and_writes_the_stream(stack: str, role: str):
    letters, stream = f"{stack}-orders.dead-letters", f"{stack}-orders"
    assert sorted(statements(with_redrive(stack), role)) == [
        ("kinesis:GetRecords", letters),
        ("kinesis:GetShardIterator", letters),
        ("kinesis:ListShards", letters),
        ("kinesis:PutRecord", stream),
        ("kms:Decrypt", letters),
        ("kms:GenerateDataKey", stream),
    ]


def test_its_identity_on_event_hubs_receives_dead_letters_and_sends_to_the_hub():
    recording = with_redrive("azure-eventhubs-aks")
    assigned = {
        each.name.removeprefix("azure-eventhubs-aks-orders-redrive-"): each.inputs["scope"].rpartition("/")[2]
        for each in recording.of_type("azure-native:authorization:RoleAssignment")
        if is_of_redrive(each.name)
    }
    assert assigned == {
        "azure-event-hubs-data-receiver": "orders.dead-letters",
        "azure-event-hubs-data-sender": "orders",
    }


@pytest.mark.parametrize("mode", ["shared", "partitioned"])
def test_its_account_on_pubsub_subscribes_to_the_dead_letters_and_publishes_to_the_topic(mode: str):
    name = "gcp-pubsub-gke-orders"
    topic = {"mode": mode, **ON["topic"]}
    recording = planned({"data-pipes:pipes": {"orders": {"topic": topic}}}, stack="gcp-pubsub-gke").recording
    bound = [
        (each.inputs["role"], (each.inputs.get("topic") or each.inputs["subscription"]).rpartition("/")[2])
        for each in recording.resources
        if each.type.endswith("IAMMember") and each.type.startswith("gcp:pubsub") and is_of_redrive(each.name)
    ]
    assert sorted(bound) == [("roles/pubsub.publisher", name), ("roles/pubsub.subscriber", f"{name}.dead-letters")]
    settings = recording.one(f"{name}-redrive-settings").inputs["data"]
    assert settings["STREAM_SUBSCRIPTION"].endswith(f"/subscriptions/{name}.dead-letters")
    assert settings["STREAM_GROUP"] == name, "the program derives the name of the dead letters from it"


def test_its_account_on_managed_kafka_is_in_three_acls():
    recording = with_redrive("gcp-managed-kafka-gke")
    account = next(
        each
        for each in recording.of_type("gcp:serviceaccount/account:Account")
        if each.name == "gcp-managed-kafka-gke-orders-redrive-identity"
    )
    found = {
        each.inputs["aclId"]: sorted(
            entry["operation"]
            for entry in each.inputs["aclEntries"]
            if f"{account.inputs['accountId']}@" in entry["principal"]
        )
        for each in recording.of_type("gcp:managedkafka/acl:Acl")
    }
    assert {acl: operations for acl, operations in found.items() if operations} == {
        "topic/orders": ["DESCRIBE", "WRITE"],
        "topic/orders.dead-letters": ["DESCRIBE", "READ"],
        "consumerGroup/orders.redrive": ["READ"],
    }


@pytest.mark.parametrize("stack", ["azure-kafka-aks", "gcp-kafka-gke"])
def test_its_user_of_kafka_in_containers_has_three_acls_and_a_certificate_of_its_own(stack: str):
    recording = with_redrive(stack)
    user = recording.one(f"{stack}-orders-redrive-user")
    assert user.inputs["metadata"]["name"] == "orders.redrive"
    assert [
        (each["resource"]["type"], each["resource"]["name"], each["operations"])
        for each in user.input("spec.authorization.acls")
    ] == [
        ("topic", "orders.dead-letters", ["Describe", "Read"]),
        ("group", "orders.redrive", ["Read"]),
        ("topic", "orders", ["Describe", "Write"]),
    ]
    assert user.urn in recording.requirements(recording.one(f"{stack}-orders-redrive-secret"))


@pytest.mark.parametrize(
    "stack", ["aws-confluent-ecs", "aws-confluent-eks", "azure-confluent-aks", "gcp-confluent-gke"]
)
def test_its_principal_on_confluent_cloud_reads_dead_letters_marks_them_and_writes_the_topic(stack: str):
    recording = with_redrive(stack)
    bound = list(recording.of_type("confluentcloud:index/roleBinding:RoleBinding"))
    own = [each for each in bound if is_of_redrive(each.name)]
    assert sorted((each.inputs["roleName"], each.inputs["crnPattern"].rpartition("/")[2]) for each in own) == [
        ("DeveloperRead", "group=orders.redrive"),
        ("DeveloperRead", "topic=orders.dead-letters"),
        ("DeveloperWrite", "topic=orders"),
    ]
    consumers = {each.inputs["principal"] for each in bound if each.name.startswith(f"{stack}-orders-read")}
    assert not {each.inputs["principal"] for each in own} & consumers


def test_only_its_own_pods_get_its_tokens_on_confluent_cloud():
    recording = with_redrive("gcp-confluent-gke")
    pools = {each.name: each for each in recording.of_type("confluentcloud:index/identityPool:IdentityPool")}
    account = recording.one("gcp-confluent-gke-orders-redrive-account").inputs["metadata"]["name"]
    assert f':orders:{account}"' in pools["gcp-confluent-gke-orders-redrive-pods"].inputs["filter"]
    assert account not in pools["gcp-confluent-gke-orders-pods"].inputs["filter"]


def test_it_gets_no_secret_and_no_variable_of_the_handler():
    recording = with_redrive("aws-msk-eks")
    assert "API_TOKEN" in json.dumps(recording.one("kubernetes:apps/v1:Deployment").inputs)
    assert "API_TOKEN" not in json.dumps(recording.one(CRON_JOB).inputs)
    settings = recording.one("aws-msk-eks-orders-redrive-settings").inputs["data"]
    assert {name.partition("_")[0] for name in settings} == {"AWS", "KAFKA", "STREAM"}


def test_its_pods_are_no_consumers():
    recording = with_redrive("aws-msk-eks")
    labels = recording.one(CRON_JOB).input("spec.jobTemplate.spec.template.metadata.labels")
    selector = recording.one("kubernetes:apps/v1:Deployment").input("spec.selector.matchLabels")
    assert not selector.items() <= labels.items()


@pytest.mark.parametrize(
    ("stack", "changes", "message"),
    [
        (
            "aws-video-ecs",
            {},
            "pipes.cameras.topic.deadLetter.redrive: must be false here, got true (a dead letter of Kinesis Video has no fragment",
        ),
        (
            "aws-msk-eks",
            {"data-pipes:streaming": {"authentication": "scram"}},
            "pipes.orders.topic.deadLetter.redrive: must be false here, got true (without Kafka ACLs, a user with authentication scram",
        ),
        (
            "aws-msk-eks",
            {"data-pipes:pipes": {"orders-redrive": {"parallelism": 2}}},
            "pipes.orders.topic.deadLetter.redrive: must be false if there is a pipe orders-redrive, got true",
        ),
        (
            "gcp-managed-kafka-gke",
            {
                "data-pipes:pipes": {
                    "orders": {"topic": {"producers": [f"p{n}@p.iam.gserviceaccount.com" for n in range(49)]}}
                }
            },
            "pipes.orders.topic: producers must have fewer than 49 entries with deadLetter.redrive, got 49",
        ),
    ],
)
def test_a_job_whose_rights_cannot_be_limited_is_refused_with_the_reason(
    stack: str, changes: dict[str, Any], message: str
):
    file = changed(changes, stack)
    [first, *_] = file.config["data-pipes:pipes"]
    config = changed({**changes, "data-pipes:pipes": {first: ON, **changes.get("data-pipes:pipes", {})}}, stack).config
    if stack == "gcp-managed-kafka-gke":
        config["data-pipes:pipes"]["orders"]["topic"] |= ON["topic"]
    assert any(line.partition(".yaml: ")[2].startswith(message) for line in refused(config)), refused(config)


def test_the_longest_name_leaves_room_for_the_suffixes_of_a_role():
    pipe = f"{'s' * 24}-{'p' * 24}"
    assert len(redrive_name(pipe)) == LONGEST
    assert redrive_name(pipe).startswith("s" * 24)
    assert redrive_name(pipe) != redrive_name(f"{pipe[:-1]}q")
    assert redrive_name("stack-orders") == "stack-orders-redrive"
