"""Confluent Cloud for consumers on any Kubernetes cluster: an existing cluster, read with tokens or API keys."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from components.settings import SettingsError
from workbench.plan import Plan, plan
from workbench.stack_file import find_stack_file

CREDENTIALS = {"apiKey": "confluentKey", "apiSecret": "confluentSecret"}
PROVIDER = "confluentcloud:index/identityProvider:IdentityProvider"
ISSUER = "https://oidc.example.com/production"
EXISTING = {"environmentId": "env-abc123", "clusterId": "lkc-abc123"}


def planned(platform: Mapping[str, str] | None = None, **streaming: Any) -> Plan:
    cluster = {"kubeconfigContext": "production", **(platform or {})}
    config = {
        "data-pipes:name": "test",
        "data-pipes:streaming": {"service": "confluent", "credentials": CREDENTIALS, **streaming},
        "data-pipes:platform": {"service": "kubernetes", "existing": cluster},
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
    assert not found.recording.of_type(PROVIDER)


@pytest.mark.parametrize(
    ("more", "keys"),
    [({}, f"{ISSUER}/openid/v1/jwks"), ({"jwksUri": "https://keys.example.com/keys"}, "https://keys.example.com/keys")],
)
def test_with_an_issuer_consumers_sign_in_with_tokens(more: dict[str, str], keys: str):
    found = planned({"issuer": ISSUER, **more}, existing=EXISTING)
    assert found.problems == ()
    provider = found.recording.one(PROVIDER)
    assert (provider.inputs["issuer"], provider.inputs["jwksUri"]) == (ISSUER, keys)
    pool = found.recording.one("confluentcloud:index/identityPool:IdentityPool")
    assert 'claims.sub == "system:serviceaccount:orders:consumer"' in pool.inputs["filter"]
    settings = found.recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]
    assert settings["KAFKA_SASL_MECHANISM"] == "OAUTHBEARER"
    keys_made = {each.name for each in found.recording.of_type("confluentcloud:index/apiKey:ApiKey")}
    assert not [name for name in keys_made if "orders" in name]


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ({"issuer": "https://kubernetes.default.svc.cluster.local"}, "issuer: must be a public URL, got "),
        (
            {"issuer": ISSUER, "jwksUri": "https://master.local:6443/openid/v1/jwks"},
            "jwksUri: must be a public URL, got ",
        ),
        ({"issuer": "http://oidc.example.com"}, "issuer: must be an https URL such as "),
        ({"jwksUri": "https://keys.example.com/keys"}, "issuer: is required with jwksUri."),
    ],
)
def test_an_issuer_that_confluent_cannot_read_is_refused_by_key(platform: dict[str, str], expected: str):
    with pytest.raises(SettingsError) as refusal:
        planned(platform, existing=EXISTING)
    assert f"platform.existing.{expected}" in str(refusal.value)


def test_a_new_cluster_is_refused():
    with pytest.raises(SettingsError, match=r"streaming\.existing: is required"):
        planned()
