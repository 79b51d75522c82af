"""Tests of the simulated Strimzi operators: created objects, refusals and order of deletion. They need no engine."""

import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from workbench.cloud import behaviour, kinds
from workbench.cloud.inventory import CloudObject, Inventory, RefusedError

API = "kubernetes:kafka.strimzi.io/v1"
RELEASE, CONFIG_MAP, SECRET = (
    "kubernetes:helm.sh/v3:Release",
    "kubernetes:core/v1:ConfigMap",
    "kubernetes:core/v1:Secret",
)
KAFKA, POOL, TOPIC, USER = (f"{API}:{kind}" for kind in ("Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser"))
OPERATOR = (
    RELEASE,
    {"name": "strimzi", "namespace": "kafka", "chart": "oci://quay.io/strimzi-helm/strimzi-kafka-operator"},
)


def custom(kind: str, name: str, **spec: Any) -> tuple[str, dict[str, Any]]:
    """Return a resource of the cluster `pipes`."""
    metadata = {"name": name, "namespace": "kafka", "labels": {"strimzi.io/cluster": "pipes"}}
    return kind, {"kind": kind.rsplit(":", 1)[-1], "metadata": metadata, "spec": spec}


CLUSTER = custom(KAFKA, "pipes")
BROKERS, CONTROLLERS = (custom(POOL, f"{role}s", replicas=3, roles=[role]) for role in ("broker", "controller"))
ORDERS, READER = (
    custom(TOPIC, "orders", partitions=3, replicas=3),
    custom(USER, "orders", authentication={"type": "tls"}),
)
WHOLE = (OPERATOR, BROKERS, CONTROLLERS, CLUSTER, ORDERS, READER)


def others(*things: tuple[str, dict[str, Any]]):
    def found(type_token: str) -> Iterable[Mapping[str, Any]]:
        return [inputs for kind, inputs in things if kind == type_token]

    return found


@pytest.mark.parametrize(
    ("made", "there", "answer"),
    [
        (BROKERS, (), 'no matches for kind "KafkaNodePool"'),
        (BROKERS, (OPERATOR,), None),
        (CLUSTER, (OPERATOR, BROKERS), "KafkaNodePool with the controller role and at least one replica is required"),
        (CLUSTER, (OPERATOR, BROKERS, CONTROLLERS), None),
        (ORDERS, (OPERATOR, BROKERS), "no Kafka cluster pipes in namespace kafka"),
        (ORDERS, WHOLE[:4], None),
        (custom(TOPIC, "wide", replicas=5), WHOLE[:4], "because only 3 broker\\(s\\) are registered"),
        (READER, (OPERATOR,), "no Kafka cluster pipes in namespace kafka"),
        (READER, WHOLE[:4], None),
    ],
)
def test_resources_that_would_never_become_ready_are_refused(
    made: tuple[str, dict[str, Any]], there: tuple[tuple[str, dict[str, Any]], ...], answer: str | None
):
    refused = behaviour.refusal(kinds.kind(made[0]), None, made[1], others(*there))
    assert refused is None if answer is None else re.search(answer, refused or ""), refused


def test_a_topic_grows_and_never_shrinks():
    _, three = ORDERS
    _, six = custom(TOPIC, "orders", partitions=6, replicas=3)
    assert behaviour.refusal(kinds.kind(TOPIC), three, six, others(*WHOLE)) is None
    assert "Decreasing partitions not supported" in str(
        behaviour.refusal(kinds.kind(TOPIC), six, three, others(*WHOLE))
    )


def test_an_operator_cannot_be_deleted_before_its_resources(tmp_path: Path):
    inventory = Inventory(tmp_path / "inventory.sqlite")
    things: dict[int, CloudObject] = {}
    for type_token, inputs in WHOLE:
        kind = kinds.kind(type_token)
        thing = CloudObject(
            type=type_token, id=kind.identifier("x", inputs), urn="", status="", inputs=inputs, outputs={}
        )
        inventory.create(kind, thing, "")
        things[len(things)] = thing

    def delete(number: int) -> None:
        thing = things[number]
        inventory.delete(kinds.kind(thing.type), thing.type, thing.id)
        inventory.settle(thing.type, thing.id, "delete")

    operator, brokers, controllers, cluster, topic, reader = range(6)
    for early in (operator, cluster):
        with pytest.raises(RefusedError, match=r"finalizer strimzi\.io/topic-operator"):
            delete(early)
    delete(topic)
    with pytest.raises(RefusedError, match="no operator would stop its brokers"):
        delete(operator)
    with pytest.raises(RefusedError, match="assigned partition-replicas"):
        delete(brokers)
    for late in (reader, cluster, brokers, controllers, operator):
        delete(late)
    assert inventory.objects() == []


def test_strimzis_secrets_exist_with_their_user_or_cluster_and_contain_stand_ins():
    preexisting = kinds.kind(SECRET).preexisting
    assert preexisting("kafka/orders", others(*WHOLE[:4])) is None
    user = preexisting("kafka/orders", others(*WHOLE))
    assert user
    assert {key: b64decode(value).decode() for key, value in user["data"].items()} == {
        key: f"stand-in for {key} of orders" for key in ("ca.crt", "user.crt", "user.key")
    }
    authority = preexisting("kafka/pipes-cluster-ca-cert", others(*WHOLE))
    assert authority
    assert [*authority["data"]] == ["ca.crt"]
    assert preexisting("elsewhere/orders", others(*WHOLE)) is None


def test_a_job_fills_its_config_map():
    variables = [{"name": "CONFIG_MAP", "value": "brokers"}, {"name": "BROKERS", "value": "3"}]
    job = {"metadata": {"namespace": "pipes"}, "spec": {"template": {"spec": {"containers": [{"env": variables}]}}}}
    there, kind = others(("kubernetes:batch/v1:Job", job)), kinds.kind(CONFIG_MAP)
    told = kind.preexisting("pipes/brokers", there)
    assert told
    assert told["data"]["bootstrapServers"].count(":9092") == 3
    assert kind.drift({"metadata": {"name": "brokers", "namespace": "pipes"}}, there) == {"data": told["data"]}
    assert kind.preexisting("pipes/other", there) is None
    assert kind.preexisting("elsewhere/brokers", there) is None
    assert kind.preexisting("pipes/brokers", others()) is None
