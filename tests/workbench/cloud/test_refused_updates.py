"""Tests of updates that the simulated services refuse like the real ones, so that a rehearsal without hooks shows the real failure."""

import json
from typing import Any

import pytest

from workbench.cloud import behaviour, kinds

MSK, MSK_TOPIC = "aws:msk/cluster:Cluster", "aws:msk/topic:Topic"
EKS = "aws:eks/cluster:Cluster"
AKS, HUB = "azure-native:containerservice:ManagedCluster", "azure-native:eventhub:EventHub"
CONFLUENT = "confluentcloud:index/kafkaCluster:KafkaCluster"
CONFLUENT_TOPIC = "confluentcloud:index/kafkaTopic:KafkaTopic"
TLS: dict[str, Any] = {"tls": {"certificateAuthorityArns": ["arn:aws:acm-pca:eu-west-1:123456789012:x"]}}
IAM: dict[str, Any] = {"sasl": {"iam": True, "scram": False}}
SCRAM: dict[str, Any] = {"sasl": {"iam": True, "scram": True}}


def methods(**given: Any) -> dict[str, Any]:
    return {"clientAuthentication": given}


def remote(on: bool) -> dict[str, Any]:
    return {"configs": json.dumps({"retention.ms": "1", **({"remote.storage.enable": "true"} if on else {})})}


def config(**settings: str) -> dict[str, Any]:
    return {"config": {name.replace("_", "."): value for name, value in settings.items()}}


REFUSED = [
    (CONFLUENT, {"dedicated": {"cku": 4}}, {"dedicated": {"cku": 2}}, "shrunk by one CKU at a time"),
    (MSK, methods(**IAM, **TLS), methods(**IAM), "does not include any updates to the security setting"),
    (MSK, {"kafkaVersion": "4.1.x.kraft"}, {"kafkaVersion": "3.9.x.kraft"}, "from 4.1.x.kraft to 3.9.x.kraft"),
    (MSK, {"storageMode": "TIERED"}, {"storageMode": "LOCAL"}, "TIERED to LOCAL"),
    (MSK, {"numberOfBrokerNodes": 6}, {"numberOfBrokerNodes": 3}, "hold partitions: there are 6, 3 were asked for"),
    (MSK_TOPIC, remote(True), remote(False), "invalid to disable remote storage without deleting remote data"),
    (EKS, {"version": "1.34"}, {"version": "1.36"}, "Unsupported Kubernetes minor version update from 1.34 to 1.36"),
    (EKS, {"version": "1.36"}, {"version": "1.35"}, "Unsupported Kubernetes minor version update from 1.36 to 1.35"),
    (AKS, {"kubernetesVersion": "1.34"}, {"kubernetesVersion": "1.36"}, "version 1.34 to 1.36 is not allowed"),
    (AKS, {"kubernetesVersion": "1.36"}, {"kubernetesVersion": "1.35"}, "version 1.36 to 1.35 is not allowed"),
    (
        HUB,
        {"retentionDescription": {"cleanupPolicy": "Delete"}},
        {"retentionDescription": {"cleanupPolicy": "Compact"}},
        "CleanupPolicy changes are not allowed in update",
    ),
    (CONFLUENT_TOPIC, config(), config(cleanup_policy="compact,delete"), "from `delete` to `compact` and `delete`"),
    (
        CONFLUENT_TOPIC,
        config(cleanup_policy="delete"),
        config(cleanup_policy="delete,compact"),
        "from `delete` to `compact` and `delete`",
    ),
    (
        CONFLUENT_TOPIC,
        config(segment_ms="1", retention_ms="2"),
        config(retention_ms="2"),
        "removing topic settings from 'configs' block) is not supported",
    ),
]

ACCEPTED = [
    (CONFLUENT, {"dedicated": {"cku": 4}}, {"dedicated": {"cku": 3}}),
    (CONFLUENT, {"dedicated": {"cku": 2}}, {"dedicated": {"cku": 4}}),
    (MSK, methods(**IAM), methods(**IAM, **TLS)),
    (MSK, methods(**IAM, **TLS), methods(**SCRAM)),
    (MSK, {"kafkaVersion": "3.9.x.kraft"}, {"kafkaVersion": "4.1.x.kraft"}),
    (MSK, {"storageMode": "LOCAL"}, {"storageMode": "TIERED"}),
    (MSK, {"numberOfBrokerNodes": 3}, {"numberOfBrokerNodes": 6}),
    (MSK_TOPIC, remote(False), remote(True)),
    (EKS, {"version": "1.35"}, {"version": "1.36"}),
    (AKS, {"kubernetesVersion": "1.35"}, {"kubernetesVersion": "1.36"}),
    (AKS, {"kubernetesVersion": "1.31"}, {"kubernetesVersion": "1.34"}),
    (CONFLUENT_TOPIC, config(), config(cleanup_policy="compact")),
    (CONFLUENT_TOPIC, config(cleanup_policy="compact"), config(cleanup_policy="compact,delete")),
    (CONFLUENT_TOPIC, config(cleanup_policy="compact,delete"), config(cleanup_policy="delete")),
]


@pytest.mark.parametrize(("token", "old", "new", "answer"), REFUSED)
def test_a_refused_update_fails_and_is_not_a_replacement(
    token: str, old: dict[str, Any], new: dict[str, Any], answer: str
):
    kind = kinds.kind(token)
    assert [each.replaces for each in behaviour.differences(kind, old, new, {})] == [False]
    assert answer in (behaviour.refusal(kind, old, new) or "")


@pytest.mark.parametrize(("token", "old", "new"), ACCEPTED)
def test_supported_updates_are_accepted(token: str, old: dict[str, Any], new: dict[str, Any]):
    assert behaviour.refusal(kinds.kind(token), old, new) is None


@pytest.mark.parametrize("token", [MSK, EKS, AKS, CONFLUENT_TOPIC])
@pytest.mark.parametrize(
    "new",
    [
        {"kafkaVersion": "3.9.x.kraft", "numberOfBrokerNodes": 3, "storageMode": "LOCAL"},
        {"version": "1.36", "kubernetesVersion": "1.36"},
        config(cleanup_policy="compact,delete"),
    ],
)
def test_the_same_inputs_are_accepted_in_a_creation(token: str, new: dict[str, Any]):
    assert behaviour.refusal(kinds.kind(token), None, new) is None
