"""Job that replays dead letters on services, topics and platforms that were there before: its rights, and what it shares with the consumers."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.combinations import ALLOWED
from tests.components.test_redrive import statements
from tests.stacks import merged, refused
from workbench.plan import plan
from workbench.recording.recorder import Recording
from workbench.stack_file import StackFile

EVERY = {str(each): each for each in ALLOWED}
NAME = "matrix-orders-redrive"


def stack_file(name: str, topic: dict[str, Any]) -> StackFile:
    file = EVERY[name].stack_file()
    return replace(file, config=merged(file.config, {"data-pipes:pipes": {"orders": {"topic": topic}}}))


def with_redrive(name: str, topic: dict[str, Any] | None = None) -> Recording:
    return plan(stack_file(name, {"deadLetter": {"redrive": True}, **(topic or {})})).recording


def settings(recording: Recording) -> dict[str, str]:
    found: dict[str, str] = recording.one(f"{NAME}-settings").inputs["data"]
    return found


def principals(recording: Recording, pipe: str = "matrix-orders-redrive") -> set[str]:
    """Return the principals of the role bindings of one client on Confluent Cloud."""
    bound = recording.of_type("confluentcloud:index/roleBinding:RoleBinding")
    return {each.inputs["principal"] for each in bound if each.name.startswith(pipe)}


@pytest.mark.parametrize("streaming", ["msk", "msk-serverless"])
@pytest.mark.parametrize("platform", ["eks", "eks-existing", "eks-existing-irsa"])
def test_on_msk_it_writes_the_topic_that_was_there_and_reads_the_dead_letters_of_the_pipe(
    streaming: str, platform: str
):
    recording = with_redrive(f"aws-{streaming}-existing-topic-{platform}", {"name": "Orders.v1"})
    given = set(statements(recording, f"{NAME}-role"))
    assert {(action, name) for action, name in given if "Data" in action and "events" not in name} >= {
        ("kafka-cluster:ReadData", "orders.dead-letters"),
        ("kafka-cluster:WriteData", "Orders.v1"),
    }
    assert ("kafka-cluster:ReadData", "Orders.v1") not in given
    assert ("kafka-cluster:AlterGroup", "orders.redrive") in given
    assert settings(recording)["STREAM_TOPIC"] == "Orders.v1"


def test_with_irsa_only_its_own_service_account_gets_its_role():
    recording = with_redrive("aws-msk-existing-eks-existing-irsa")
    [role] = [each for each in recording.of_type("aws:iam/role:Role") if each.name == f"{NAME}-role"]
    account = recording.one(f"{NAME}-account").inputs["metadata"]
    [trust] = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert f"system:serviceaccount:orders:{account['name']}" in trust["Condition"]["StringEquals"].values()
    assert account["name"] == "consumer-redrive"
    assert ":role/matrix-orders-redrive-role" in account["annotations"]["eks.amazonaws.com/role-arn"]


@pytest.mark.parametrize(
    ("platform", "role"), [("eks-existing", f"{NAME}-role"), ("ecs-existing", NAME), ("ecs", NAME)]
)
def test_on_kinesis_it_writes_with_the_key_of_the_stream_that_was_there(platform: str, role: str):
    recording = with_redrive(f"aws-kinesis-existing-topic-{platform}")
    [stream] = [each for each in recording.of_type("aws:kinesis/stream:Stream") if each.external]
    [policy] = [each for each in recording.of_type("aws:iam/rolePolicy:RolePolicy") if each.name == role]
    keys = {
        each["Action"][0]: each["Resource"]
        for each in json.loads(policy.inputs["policy"])["Statement"]
        if each["Action"][0].startswith("kms:")
    }
    assert keys["kms:GenerateDataKey"] == stream.state["kmsKeyId"]
    assert keys["kms:Decrypt"] != stream.state["kmsKeyId"], "the dead letters have the key of the stack"


@pytest.mark.parametrize("platform", ["aks", "aks-existing"])
def test_on_event_hubs_it_sends_to_the_hub_that_was_there(platform: str):
    recording = with_redrive(f"azure-event-hubs-existing-topic-{platform}", {"name": "Orders_v1"})
    assigned = {
        each.name.removeprefix(f"{NAME}-azure-event-hubs-data-"): each.inputs["scope"].rpartition("/")[2]
        for each in recording.of_type("azure-native:authorization:RoleAssignment")
        if each.name.startswith(NAME)
    }
    assert assigned == {"receiver": "orders.dead-letters", "sender": "Orders_v1"}


@pytest.mark.parametrize("platform", ["gke", "gke-existing"])
def test_on_pubsub_it_publishes_to_the_topic_that_was_there(platform: str):
    recording = with_redrive(f"gcp-pubsub-existing-topic-{platform}", {"name": "shop-orders"})
    bound = {
        each.inputs["role"]: (each.inputs.get("topic") or each.inputs["subscription"]).rpartition("/")[2]
        for each in recording.resources
        if each.type.startswith("gcp:pubsub") and each.name.startswith(NAME)
    }
    assert bound == {"roles/pubsub.publisher": "shop-orders", "roles/pubsub.subscriber": "matrix-orders.dead-letters"}


def test_the_acl_of_a_managed_kafka_topic_stays_and_the_preview_prints_the_commands_for_the_job():
    recording = with_redrive("gcp-managed-kafka-existing-topic-gke", {"name": "Orders.v1"})
    account = f"{NAME}@data-pipes-example.iam.gserviceaccount.com"
    found = {
        each.inputs["aclId"]: [
            entry["operation"] for entry in each.inputs["aclEntries"] if entry["principal"] == f"User:{account}"
        ]
        for each in recording.of_type("gcp:managedkafka/acl:Acl")
    }
    assert found == {
        "topic/orders.dead-letters": ["READ", "DESCRIBE"],
        "consumerGroup/orders": [],
        "consumerGroup/orders.redrive": ["READ"],
    }
    [warning] = [each.text for each in recording.messages if each.text.startswith("pipes.orders.topic.existing")]
    assert "allow the consumers to read it and the redrive job to write to it: " in warning
    for operation in ("WRITE", "DESCRIBE"):
        assert "add-acl-entry topic/Orders.v1 --cluster=events" in warning
        assert f"--principal=User:{account} --operation={operation}" in warning


def test_its_user_on_strimzi_in_place_has_the_name_of_the_stack_and_writes_the_topic_that_was_there():
    recording = with_redrive("kubernetes-kafka-existing-topic-kubernetes")
    user = recording.one(f"{NAME}-user")
    assert user.inputs["metadata"]["name"] == "matrix-orders.redrive"
    assert user.inputs["metadata"]["labels"]["strimzi.io/cluster"] == "events"
    assert [(each["resource"]["name"], each["operations"]) for each in user.input("spec.authorization.acls")] == [
        ("orders.dead-letters", ["Describe", "Read"]),
        ("orders.redrive", ["Read"]),
        ("orders", ["Describe", "Write"]),
    ]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("kubernetes-kafka-external-kubernetes", {"KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"}),
        ("aws-kafka-external-existing-topic-eks-existing", {"KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"}),
        ("gcp-kafka-external-tls-gke", {"CA", "CERTIFICATE", "KEY"}),
    ],
)
def test_on_any_kafka_it_signs_in_as_the_one_user_of_the_stack(name: str, keys: set[str]):
    recording = with_redrive(name)
    job, consumers = (
        {each.name: each for each in recording.of_type("kubernetes:core/v1:Secret")}[f"{each}-secret"].reveal(
            "stringData"
        )
        for each in (NAME, "matrix-orders")
    )
    assert len(job) == len(keys)
    assert job == consumers
    assert settings(recording)["KAFKA_BOOTSTRAP_SERVERS"] == "b1.example.com:9093,b2.example.com:9093"


def test_on_any_kubernetes_cluster_it_has_an_api_key_of_confluent_cloud_and_elsewhere_tokens():
    anywhere = with_redrive("kubernetes-confluent-existing-topic-kubernetes")
    assert settings(anywhere)["KAFKA_SASL_MECHANISM"] == "PLAIN"
    assert not principals(anywhere) & principals(anywhere, "matrix-orders-read")
    on_gke = with_redrive("gcp-confluent-existing-topic-gke-existing")
    pools = {each.name: each for each in on_gke.of_type("confluentcloud:index/identityPool:IdentityPool")}
    assert '-consumer-redrive"' in pools[f"{NAME}-pods"].inputs["filter"]
    assert settings(on_gke)["KAFKA_SASL_MECHANISM"] == "OAUTHBEARER"


def test_a_topic_that_was_there_without_dead_letters_has_no_job():
    file = stack_file("aws-msk-existing-topic-eks-existing", {"deadLetter": {"enabled": False, "redrive": True}})
    [line] = refused(file.config, secret_keys=file.secret_keys)
    assert line.partition(".yaml: ")[2].startswith(
        "pipes.orders.topic.deadLetter: has keys that are ignored when enabled is false."
    )
