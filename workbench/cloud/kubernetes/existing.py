"""Simulated Kubernetes: objects that were there before a stack and that it adopts. They belong to one Kafka cluster."""

import base64
from collections.abc import Mapping
from typing import Any

from workbench.cloud.model import Inputs

NAMESPACE, CLUSTER = "kafka", "events"
AUTHORITY = "-cluster-ca-cert"
"""Suffix of the Secret with the certificate of a cluster's authority (Strimzi, Cluster CA secrets)."""
_API = "kafka.strimzi.io/v1"


def _metadata(id_: str, **more: object) -> dict[str, Any]:
    namespace, _, name = id_.rpartition("/")
    return {"name": name, **({"namespace": namespace} if namespace else {}), **more}


def namespace(name: str, _location: Inputs) -> Mapping[str, Any]:
    """Return a namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"team": "streaming"}}}


def authority(id_: str, _location: Inputs) -> Mapping[str, Any] | None:
    """Return the Secret with the certificate of a cluster's authority. None for all other Secrets."""
    if not id_.startswith(f"{NAMESPACE}/") or not id_.endswith(AUTHORITY):
        return None
    certificate = base64.b64encode(b"stand-in for the certificate of the authority").decode()
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": _metadata(id_),
        "type": "Opaque",
        "data": {"ca.crt": certificate},
    }


def kafka(id_: str, _location: Inputs) -> Mapping[str, Any]:
    """Return a Kafka cluster with mTLS, authorization and an entity operator."""
    listener = {"name": "tls", "port": 9093, "type": "internal", "tls": True, "authentication": {"type": "tls"}}
    return {
        "apiVersion": _API,
        "kind": "Kafka",
        "metadata": _metadata(id_),
        "spec": {
            "kafka": {"version": "4.1.0", "listeners": [listener], "authorization": {"type": "simple"}},
            "entityOperator": {"topicOperator": {}, "userOperator": {}},
        },
    }


def topic(id_: str, _location: Inputs) -> Mapping[str, Any]:
    """Return a topic with three partitions."""
    return {
        "apiVersion": _API,
        "kind": "KafkaTopic",
        "metadata": _metadata(id_, labels={"strimzi.io/cluster": CLUSTER}),
        "spec": {"partitions": 3, "replicas": 3},
    }
