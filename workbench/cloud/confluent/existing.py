"""Simulated Confluent Cloud: objects that were there before a stack and that it adopts.

The words in the id of a cluster choose its kind: `lkc-basic1` is a Basic cluster, `lkc-azure1` one on Azure. Without such words it is a
Standard cluster on AWS.
"""

import os
from collections.abc import Mapping
from typing import Any

from workbench.cloud.confluent.outputs import environment_of
from workbench.cloud.model import Inputs, at, mapping

ENVIRONMENT, CLUSTER = "env-abc123", "lkc-abc123"
_TIERS: Mapping[str, Mapping[str, Any]] = {
    "basic": {"basic": {}, "availability": "LOW"},
    "standard": {"standard": {}},
    "enterprise": {"enterprises": [{}]},
    "freight": {"freights": [{}]},
    "dedicated": {"dedicated": {"cku": 2}, "availability": "MULTI_ZONE"},
}
_PLACES: Mapping[str, Mapping[str, str]] = {
    "azure": {"cloud": "AZURE", "region": "westeurope"},
    "gcp": {"cloud": "GCP", "region": "europe-west1"},
    "london": {"cloud": "AWS", "region": "eu-west-2"},
}
STARTING = "starting"
"""A cluster with this word in its id is not provisioned yet."""


def environment(id_: str, _location: Inputs) -> Mapping[str, Any]:
    """Return an environment."""
    return {"displayName": f"shared {id_}", "streamGovernance": {"package": "ESSENTIALS"}}


def cluster(id_: str, location: Inputs) -> Mapping[str, Any]:
    """Return a cluster in the environment of the lookup."""
    tier = next((inputs for word, inputs in _TIERS.items() if word in id_), _TIERS["standard"])
    place = next((inputs for word, inputs in _PLACES.items() if word in id_), {"cloud": "AWS", "region": "eu-west-1"})
    return {
        "displayName": f"events {id_}",
        "availability": "HIGH",
        "environment": {"id": environment_of(location)},
        **tier,
        **place,
    }


def topic(id_: str, _location: Inputs) -> Mapping[str, Any]:
    """Return a topic with three partitions that its owner keeps for a week."""
    cluster_id, _, name = id_.partition("/")
    return {
        "kafkaCluster": {"id": cluster_id},
        "topicName": name,
        "partitionsCount": 3,
        "config": {"retention.ms": "604800000"},
    }


def found_cluster(state: Inputs) -> Mapping[str, Any]:
    """Return a cluster as the function returns it: lists for the tiers, and no address before it is provisioned."""
    lists = {
        f"{tier}s": [mapping(state, tier)] if at(state, tier) is not None else [] for tier in ("basic", "standard")
    }
    started = STARTING not in str(state["id"])
    return {
        "enterprises": [],
        "freights": [],
        "networks": [],
        "byokKeys": [],
        "deletionProtection": False,
        **state,
        **lists,
        **({} if started else {"bootstrapEndpoint": "", "restEndpoint": ""}),
    }


def imported_topic() -> Mapping[str, Any]:
    """Return the inputs that an import takes from the environment (Confluent provider, KafkaTopic, Import; read 2026-11-30)."""
    return {
        "restEndpoint": os.environ["IMPORT_KAFKA_REST_ENDPOINT"],
        "credentials": {
            "key": os.environ["IMPORT_KAFKA_API_KEY"],
            "secret": os.environ["IMPORT_KAFKA_API_SECRET"],
        },
    }
