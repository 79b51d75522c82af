"""Tests of the topic for dead letters on HDInsight."""

import pytest

from tests.stacks import planned, shipped
from topic.topic import read

STACK = "azure-hdinsight-aks"
JOB = f"{STACK}-orders-dead-job"


def with_dead_letters(**dead_letter):
    plan = planned({"data-pipes:pipes": {"orders": {"topic": {"deadLetter": dead_letter}}}}, stack=STACK)
    assert plan.problems == ()
    return plan.recording


def environment(recording):
    [variables] = [
        each.inputs["data"]
        for each in recording.of_type("kubernetes:core/v1:ConfigMap")
        if "STREAM_TOPIC" in each.inputs.get("data", {})
    ]
    return variables


def wanted(recording):
    container = recording.one(JOB).input("spec.template.spec.containers[0]")
    return read({variable["name"]: variable["value"] for variable in container["env"]})[0]


def test_a_job_creates_the_dead_letter_topic_with_one_partition_and_three_copies():
    topic = wanted(shipped(STACK).recording)
    assert (topic.name, topic.partitions, topic.replication_factor) == ("orders.dead-letters", 1, 3)
    assert topic.config == {
        "max.message.bytes": "1114124",
        "min.insync.replicas": "2",
        "retention.ms": "1209600000",
    }


def test_the_dead_letter_retention_is_configurable():
    assert wanted(with_dead_letters(retentionHours=1)).config["retention.ms"] == "3600000"


def test_consumers_get_the_dead_letter_settings_and_wait_for_the_topic():
    recording = with_dead_letters(maxDeliveryAttempts=7)
    assert environment(recording)["STREAM_DEAD_LETTERS"] == "orders.dead-letters"
    assert environment(recording)["STREAM_MAX_DELIVERY_ATTEMPTS"] == "7"
    deployment = recording.one("kubernetes:apps/v1:Deployment")
    assert recording.one(JOB).urn in recording.requirements(deployment)


def test_the_dead_letter_job_has_its_own_service_account_and_can_reach_the_brokers():
    recording = shipped(STACK).recording
    account, policy = recording.one(f"{STACK}-orders-dead-account"), recording.one(f"{STACK}-orders-dead-policy")
    assert recording.one(JOB).input("spec.template.spec.serviceAccountName") == account.input("metadata.name")
    assert account.input("metadata.name") == "orders.dead-letters"
    labels = recording.one(JOB).input("spec.template.metadata.labels")
    assert policy.input("spec.podSelector.matchLabels").items() <= labels.items()
    ports = {rule["ports"][0]["port"] for rule in policy.input("spec.egress")}
    assert 9092 in ports


def test_growth_does_not_change_the_dead_letter_resources():
    grown = planned({"data-pipes:pipes": {"orders": {"parallelism": 6}}}, stack=STACK).recording
    before = {each.urn: each.inputs for each in shipped(STACK).recording.resources}
    changed = {each.name.removeprefix(f"{STACK}-") for each in grown.resources if each.inputs != before[each.urn]}
    assert changed == {"orders-topic-job", "orders-topic-account", "orders-deployment", "orders-alarms", "dashboard"}


def test_without_dead_letters_there_is_no_job_and_no_variable():
    recording = with_dead_letters(enabled=False)
    assert not [each.name for each in recording.resources if "-orders-dead" in each.name]
    assert not {"STREAM_DEAD_LETTERS", "STREAM_MAX_DELIVERY_ATTEMPTS"} & environment(recording).keys()


@pytest.mark.parametrize("preview", [True, False])
def test_consumers_use_the_classic_group_protocol(preview):
    assert "KAFKA_GROUP_PROTOCOL" not in environment(shipped(STACK, preview=preview).recording)
