"""Confluent Cloud for consumers on any Kubernetes cluster: an existing cluster, read with API keys."""

from dataclasses import replace
from typing import Any

import pytest

from components.settings import SettingsError
from workbench.plan import Plan, plan
from workbench.stack_file import find_stack_file

CREDENTIALS = {"apiKey": "confluentKey", "apiSecret": "confluentSecret"}
EXISTING = {"environmentId": "env-abc123", "clusterId": "lkc-abc123"}


def planned(**streaming: Any) -> Plan:
    config = {
        "data-pipes:name": "test",
        "data-pipes:streaming": {"service": "confluent", "credentials": CREDENTIALS, **streaming},
        "data-pipes:platform": {"service": "kubernetes", "existing": {"kubeconfigContext": "production"}},
        "data-pipes:pipes": {
            "orders": {"parallelism": 3, "consumer": {"image": "registry.example.com/orders:1.0.0"}},
        },
        "data-pipes:secrets": dict.fromkeys(CREDENTIALS.values(), "hunter2"),
    }
    stack_file = replace(find_stack_file("aws-confluent-eks"), stack="test", config=config)
    return plan(replace(stack_file, secret_keys=frozenset(["data-pipes:secrets"])))


def test_consumers_read_an_existing_cluster_with_an_api_key():
    found = planned(existing=EXISTING)
    assert found.problems == ()
    settings = found.recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]
    assert settings["KAFKA_SASL_MECHANISM"] == "PLAIN"
    assert not found.recording.of_type("confluentcloud:index/identityProvider:IdentityProvider")


def test_a_new_cluster_is_refused():
    with pytest.raises(SettingsError, match=r"streaming\.existing: is required"):
        planned()
