"""Tests that the simulated providers classify changed inputs like the real ones. The facts and their sources are in provider_verdicts.tsv."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workbench.cloud import behaviour, kinds
from workbench.cloud.aws import kinds as aws
from workbench.cloud.confluent import kinds as confluent
from workbench.cloud.gcp import kinds as gcp

FACTS = Path(__file__).with_name("provider_verdicts.tsv")
BESIDE: dict[str, dict[str, Any]] = {
    "privateClusterConfig.enablePrivateEndpoint": {
        "controlPlaneEndpointsConfig": {"ipEndpointsConfig": {"enabled": False}}
    }
}
"""Other inputs that the verdict depends on, by path."""
GKE, POOL = "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"


@dataclass(frozen=True)
class Fact:
    """One line of the file."""

    token: str
    path: str
    change: str
    verdicts: str
    values: str = ""

    def __str__(self) -> str:
        return f"{self.token.rsplit(':', 1)[-1]}.{self.path} {self.change}"

    @property
    def pair(self) -> tuple[Any, Any]:
        """Return two values of the input: those in the file, or arbitrary ones."""
        decoder, left, values = json.JSONDecoder(), self.values, [f"old {self.path}", f"new {self.path}"]
        for index in range(len(left.split(" "))):
            if left:
                values[index], end = decoder.raw_decode(left)
                left = left[end:].lstrip()
        return values[0], values[1]


def facts() -> list[Fact]:
    lines = FACTS.read_text(encoding="utf-8").splitlines()
    return [Fact(*line.split("\t")) for line in lines if not line.startswith("#")]


def steps(path: str) -> list[str | int]:
    """Split a path: `a.b[0]["c.d"]` becomes a, b, 0, c.d."""
    found = re.findall(r'([^.\[\]"]+)|\[(\d+)\]|\["([^"]+)"\]', path)
    return [int(index) if index else plain or quoted for plain, index, quoted in (each for each in found)]


def inputs(path: list[str | int], *value: Any) -> Any:
    """Return inputs with a value at a path. Without a value, the path ends before its last step."""
    if not path:
        return value[0]
    first, *rest = path
    if isinstance(first, int):
        return [*(f"item {index}" for index in range(first)), *([inputs(rest, *value)] if rest or value else [])]
    return {first: inputs(rest, *value)} if rest or value else {}


def decided(token: str, path: str, *values: Any, left_out: bool = False, **beside: Any) -> str:
    """Return the simulation's verdict on another value, or on a removed one."""
    way = steps(path)
    old, new = (inputs(way, *given) for given in (values[:1], values[1:]))
    found = behaviour.differences(kinds.kind(token), {**old, **beside}, {**new, **beside}, {})
    assert left_out == (len(values) == 1)
    if not found:
        return "none"
    return "replace" if any(each.replaces for each in found) else "update"


@pytest.mark.parametrize("fact", facts(), ids=str)
def test_changed_inputs_get_the_verdict_of_the_real_provider(fact: Fact):
    old, new = fact.pair
    given = (old, new) if fact.change == "set" else (old,)
    beside = BESIDE.get(fact.path, {})
    assert decided(fact.token, fact.path, *given, left_out=fact.change == "del", **beside) in fact.verdicts.split("|")


def test_the_file_has_all_verdicts():
    found = facts()
    assert len(found) == len({(each.token, each.path, each.change) for each in found}) == 441
    assert {each.change for each in found} == {"set", "del"}
    assert {verdict for each in found for verdict in each.verdicts.split("|")} == {"none", "update", "replace"}


@pytest.mark.parametrize(
    ("token", "path", "value", "verdict"),
    [
        ("gcp:logging/projectBucketConfig:ProjectBucketConfig", "retentionDays", 90, "update"),
        ("confluentcloud:index/kafkaTopic:KafkaTopic", "partitionsCount", 3, "update"),
        ("gcp:compute/subnetwork:Subnetwork", "logConfig.flowSampling", 1, "update"),
        (POOL, "nodeConfig.shieldedInstanceConfig.enableSecureBoot", True, "replace"),
        (GKE, "deletionProtection", False, "update"),
        ("gcp:compute/network:Network", "autoCreateSubnetworks", False, "replace"),
    ],
)
def test_an_omitted_input_gets_its_default_and_is_no_change_if_it_had_that_value(
    token: str, path: str, value: object, verdict: str
):
    kind = kinds.kind(token)
    assert decided(token, path, value, left_out=True) == verdict
    assert decided(token, path, kind.defaults[path], left_out=True) == "none"
    way = steps(path)
    written_down = behaviour.differences(kind, inputs(way), inputs(way, kind.defaults[path]), {})
    assert written_down == [], "adding a default to the inputs is no change"


@pytest.mark.parametrize(
    ("token", "path", "verdict"),
    [
        ("aws:msk/cluster:Cluster", "storageMode", "none"),
        ("aws:eks/cluster:Cluster", "version", "none"),
        ("aws:eks/nodeGroup:NodeGroup", "instanceTypes", "none"),
        ("aws:ec2/subnet:Subnet", "availabilityZone", "none"),
        ("aws:ec2/securityGroup:SecurityGroup", "description", "replace"),
        ("gcp:managedkafka/cluster:Cluster", "tlsConfig", "none"),
        ("gcp:managedkafka/cluster:Cluster", "gcpConfig", "replace"),
        ("gcp:dns/managedZone:ManagedZone", "description", "update"),
        ("gcp:compute/firewall:Firewall", "sourceRanges[0]", "update"),
        ("gcp:container/nodePool:NodePool", "nodeConfig.oauthScopes[0]", "replace"),
        ("azure-native:eventhub:Namespace", "minimumTlsVersion", "update"),
        ("kubernetes:apps/v1:Deployment", "spec.replicas", "update"),
    ],
)
def test_only_computed_inputs_keep_their_value_if_omitted(token: str, path: str, verdict: str):
    assert decided(token, path, "old", left_out=True) == verdict


@pytest.mark.parametrize("token", [*aws.KINDS, *confluent.KINDS, *gcp.KINDS])
def test_a_model_has_at_most_one_rule_for_an_omitted_input(token: str):
    kind = kinds.kind(token)
    assert not kind.left_out & kind.computed()
    assert not (kind.left_out | kind.computed()) & set(kind.defaults)
    assert all("." in path for path in kind.left_out), "the SDK lists inputs of the first level"


def test_inputs_that_the_sdk_fills_are_not_computed_by_the_provider():
    """The SDK sends `Managed by Pulumi` if a program gives no description."""
    assert "description" not in kinds.kind("gcp:dns/managedZone:ManagedZone").computed()


ADDRESSES, GROUP = {"cidrIpv4": "10.0.0.0/16"}, {"referencedSecurityGroupId": "sg-1"}


@pytest.mark.parametrize("direction", ["Ingress", "Egress"])
@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        (ADDRESSES, GROUP, True),
        (GROUP, ADDRESSES, True),
        (ADDRESSES, {"cidrIpv6": "2001:db8::/56"}, True),
        ({"prefixListId": "pl-1"}, GROUP, True),
        (ADDRESSES, {"cidrIpv4": "10.1.0.0/16"}, False),
        (GROUP, {"referencedSecurityGroupId": "sg-2"}, False),
        ({**GROUP, "toPort": 9096}, {**GROUP, "toPort": 9098}, False),
    ],
)
def test_a_security_group_rule_is_replaced_if_the_type_of_its_source_changes(
    direction: str, old: dict[str, Any], new: dict[str, Any], replaces: bool
):
    kind = kinds.kind(f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule")
    found = behaviour.differences(kind, old, new, {})
    assert found
    assert {each.replaces for each in found} == {replaces}


@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        ({"encryptionConfig": {"provider": {"keyArn": "a"}}}, {}, True),
        ({}, {"encryptionConfig": {"provider": {"keyArn": "a"}}}, False),
        (
            {"encryptionConfig": {"provider": {"keyArn": "a"}}},
            {"encryptionConfig": {"provider": {"keyArn": "b"}}},
            False,
        ),
    ],
)
def test_an_eks_cluster_is_replaced_only_if_its_encryption_is_removed(
    old: dict[str, Any], new: dict[str, Any], replaces: bool
):
    [difference] = behaviour.differences(kinds.kind("aws:eks/cluster:Cluster"), old, new, {})
    assert difference.replaces is replaces


def test_a_private_endpoint_is_detected_only_with_an_ip_endpoint():
    assert decided(GKE, "privateClusterConfig.enablePrivateEndpoint", True, False) == "update"
