"""Simulated Strimzi: the operator's Helm release, the custom resources, and the Secrets that Strimzi creates.

The API server accepts every resource with a valid schema. Strimzi reports errors in the condition Ready, and programs wait for it with
the annotation `pulumi.com/waitFor`. Resources that would never become ready are refused here, with Strimzi's message if it has one.
"""

import base64
from collections.abc import Iterable, Mapping
from typing import Any, cast

from workbench.cloud.kubernetes import existing
from workbench.cloud.kubernetes.object import metadata, row
from workbench.cloud.model import CREATED_AT, Inputs, Others, ResourceModel, at, number, text, uuid_of

_API = "kubernetes:kafka.strimzi.io/v1"
_RELEASE, _KAFKA, _POOL, _TOPIC, _USER = (
    "kubernetes:helm.sh/v3:Release",
    f"{_API}:Kafka",
    f"{_API}:KafkaNodePool",
    f"{_API}:KafkaTopic",
    f"{_API}:KafkaUser",
)
_BLOCKED_BY_TOPICS = (
    "KafkaTopic {} still exists: only the Topic Operator, which would be deleted, removes its finalizer "
    "strimzi.io/topic-operator; delete the topic first"
)


def _release_id(name: str, inputs: Inputs) -> str:
    return f"{text(inputs, 'namespace', 'default')}/{text(inputs, 'name', name)}"


def _release(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a Helm release whose pods are ready."""
    namespace, name = id_.split("/")
    version = text(inputs, "version", "")
    status = {"name": name, "namespace": namespace, "revision": 1, "status": "deployed", "version": version}
    return {"name": name, "status": status}


def _revised(state: Inputs, inputs: Inputs) -> Mapping[str, Any]:
    status = cast("Mapping[str, Any]", state.get("status") or {})
    version = text(inputs, "version", "")
    return {"status": {**status, "revision": int(status.get("revision", 1)) + 1, "version": version}}


def _ready(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a resource that Strimzi has reconciled."""
    condition = {"type": "Ready", "status": "True", "lastTransitionTime": CREATED_AT}
    return {**metadata(id_, name, inputs), "status": {"conditions": [condition], "observedGeneration": 1}}


def _kafka(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a ready Kafka cluster, with the addresses of its listeners."""
    namespace, cluster = id_.split("/") if "/" in id_ else ("default", id_)
    listeners = at(inputs, "spec.kafka.listeners")
    status = {
        "clusterId": uuid_of(id_),
        "listeners": [
            {
                "name": text(each, "name", "tls"),
                "bootstrapServers": f"{cluster}-kafka-bootstrap.{namespace}.svc:{number(each, 'port', 9093)}",
            }
            for each in cast("list[Inputs]", listeners if isinstance(listeners, list) else [])
        ],
    }
    ready = _ready(id_, name, inputs)
    return {**ready, "status": {**ready["status"], **status}}


def _belongs(inputs: Inputs) -> tuple[str, str]:
    """Return the (namespace, Kafka cluster) in a resource's labels."""
    labels = at(inputs, "metadata.labels")
    cluster = cast("Inputs", labels).get("strimzi.io/cluster", "") if isinstance(labels, Mapping) else ""
    return text(inputs, "metadata.namespace", "default"), str(cluster)


def _itself(kafka: Inputs) -> tuple[str, str]:
    return text(kafka, "metadata.namespace", "default"), text(kafka, "metadata.name", "")


def _brokers(cluster: tuple[str, str], role: str, others: Others) -> int:
    """Return the number of nodes with a role in all pools of a cluster."""
    pools = (pool for pool in others(_POOL) if _belongs(pool) == cluster)
    return sum(number(pool, "spec.replicas", 0) for pool in pools if role in _roles(pool))


def _roles(pool: Inputs) -> Iterable[str]:
    roles = at(pool, "spec.roles")
    return cast("list[str]", roles) if isinstance(roles, list) else ()


def _no_operator(old: Inputs | None, new: Inputs, others: Others) -> str | None:
    """Refuse Strimzi's kinds if its Helm chart, which defines them, is not installed. A cluster that was there before has an operator."""
    installed = any("strimzi" in text(release, "chart", "") for release in others(_RELEASE)) or any(others(_KAFKA))
    if old is not None or installed:
        return None
    return f'no matches for kind "{text(new, "kind", "Kafka")}" in version "kafka.strimzi.io/v1"'


def _kafka_refusal(old: Inputs | None, new: Inputs, others: Others) -> str | None:
    """Refuse a cluster without brokers or controllers. It would never become ready."""
    for role in ("broker", "controller"):
        if not _brokers(_itself(new), role, others):
            return _no_operator(old, new, others) or (
                f"The Kafka cluster {_itself(new)[1]} is invalid: [At least one KafkaNodePool with the {role} role "
                "and at least one replica is required when KRaft mode is enabled]"
            )
    return _no_operator(old, new, others)


def _member_refusal(old: Inputs | None, new: Inputs, others: Others) -> str | None:
    """Refuse a topic or user whose cluster does not exist. No operator would reconcile it."""
    cluster = _belongs(new)
    missing = _no_operator(old, new, others)
    if missing or any(_itself(kafka) == cluster for kafka in others(_KAFKA)):
        return missing
    return (
        f"timed out waiting for the condition Ready: there is no Kafka cluster {cluster[1]} in namespace {cluster[0]}"
    )


def _topic_refusal(old: Inputs | None, new: Inputs, others: Others) -> str | None:
    """Return the Topic Operator's refusal (BatchingTopicController)."""
    if number(new, "spec.partitions", 1) < number(old or {}, "spec.partitions", 1):
        return "Ready=False, NotSupported: Decreasing partitions not supported"
    brokers, replicas = _brokers(_belongs(new), "broker", others), number(new, "spec.replicas", 1)
    if old is None and 0 < brokers < replicas:
        return (
            f"Ready=False, KafkaError: InvalidReplicationFactorException: Unable to replicate the partition {replicas} time(s): "
            f"The target replication factor of {replicas} cannot be reached because only {brokers} broker(s) are registered."
        )
    return _member_refusal(old, new, others)


def _release_blocks_delete(inputs: Inputs, others: Others) -> str | None:
    """Refuse to delete the operator before the topics and clusters. It must remove the finalizers and stop the pods."""
    if "strimzi" not in text(inputs, "chart", ""):
        return None
    for topic in others(_TOPIC):
        return _BLOCKED_BY_TOPICS.format(text(topic, "metadata.name", ""))
    for kafka in others(_KAFKA):
        return f"Kafka {_itself(kafka)[1]} still exists, and no operator would stop its brokers; delete it first"
    return None


def _kafka_blocks_delete(inputs: Inputs, others: Others) -> str | None:
    """Refuse to delete a cluster before its topics. The Topic Operator, which removes their finalizers, is part of the cluster."""
    for topic in others(_TOPIC):
        if _belongs(topic) == _itself(inputs):
            return _BLOCKED_BY_TOPICS.format(text(topic, "metadata.name", ""))
    return None


def _pool_blocks_delete(inputs: Inputs, others: Others) -> str | None:
    """Refuse to delete a node pool before its cluster. Its nodes have partitions."""
    if any(_itself(kafka) == _belongs(inputs) for kafka in others(_KAFKA)):
        return "Cannot scale-down Kafka brokers because they have assigned partition-replicas; delete the Kafka cluster first"
    return None


def made_secret(id_: str, others: Others) -> Mapping[str, Any] | None:
    """Return a Secret that Strimzi creates: a user's, with the user's name, or that of a cluster's CA. Its values are stand-ins."""
    for user in others(_USER):
        if _itself(user) == tuple(id_.split("/")):
            scram = text(user, "spec.authentication.type", "tls") == "scram-sha-512"
            keys = ("password", "sasl.jaas.config") if scram else ("ca.crt", "user.crt", "user.key")
            return _secret(id_, keys)
    for kafka in others(_KAFKA):
        if "/".join(_itself(kafka)) + "-cluster-ca-cert" == id_:
            return _secret(id_, ("ca.crt",))
    return None


def _secret(id_: str, keys: Iterable[str]) -> Mapping[str, Any]:
    namespace, name = id_.split("/")
    data = {key: base64.b64encode(f"stand-in for {key} of {name}".encode()).decode() for key in keys}
    whole = {**metadata(id_, "", {})["metadata"], "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": whole, "type": "Opaque", "data": data}


STRIMZI: Mapping[str, ResourceModel] = {
    _RELEASE: ResourceModel(
        create_minutes=1,
        delete_minutes=0.5,
        update_minutes=1,
        source="common use: images are pulled and pods become ready within a minute",
        identifier=_release_id,
        outputs=_release,
        updated=_revised,
        replace_on=frozenset({"name", "namespace"}),
        name_property="name",
        blocks_delete=_release_blocks_delete,
    ),
    _KAFKA: row(
        holds_data=True,
        create_minutes=3,
        delete_minutes=1,
        update_minutes=3,
        source="common use: three controllers and brokers with their volumes are ready in two to four minutes",
        outputs=_kafka,
        existing=existing.kafka,
        refusal_beside=_kafka_refusal,
        blocks_delete=_kafka_blocks_delete,
    ),
    _POOL: row(holds_data=True, refusal_beside=_no_operator, blocks_delete=_pool_blocks_delete),
    _TOPIC: row(
        holds_data=True,
        create_minutes=0.2,
        delete_minutes=0.2,
        update_minutes=0.2,
        source="common use: the operators answer within seconds",
        outputs=_ready,
        existing=existing.topic,
        refusal_beside=_topic_refusal,
    ),
    _USER: row(
        create_minutes=0.2,
        delete_minutes=0.1,
        update_minutes=0.2,
        source="common use: the operators answer within seconds",
        outputs=_ready,
        refusal_beside=_member_refusal,
    ),
}
