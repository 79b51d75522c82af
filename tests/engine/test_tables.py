"""The tables of the simulated clouds agree with the SDKs, and their rules decide as the providers do. No engine needed."""

import importlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi import _types

from workbench.cloud import aws, behaviour, kinds, kubernetes
from workbench.cloud.model import at
from workbench.cloud.wire import UNKNOWN, beyond, decode, encode, merged, unknown
from workbench.timeline import longest_chain

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "hunter2"}


def sdk_properties(token: str) -> tuple[set[str], set[str]]:
    """(inputs, outputs) of a resource type in the SDK."""
    package, module, name = token.split(":")
    path = f"pulumi_{package}.{module.split('/')[0] if package == 'aws' else module.replace('/', '.').replace('.k8s.io', '')}"
    where = importlib.import_module(path)
    return set(_types.input_type_types(getattr(where, f"{name}InitArgs", None) or getattr(where, f"{name}Args"))), set(
        _types.resource_types(getattr(where, name))
    )


@pytest.mark.parametrize("token", [*aws.KINDS, *kubernetes.KINDS])
def test_a_kind_names_only_properties_that_the_sdk_has_and_answers_without_inputs(token: str):
    kind = kinds.kind(token)
    inputs, outputs = sdk_properties(token)
    named = {*kind.replace_on, *kind.unique, *kind.grow_only, *filter(None, (kind.name_property, kind.guard))}
    assert {path.split(".")[0] for path in named} <= inputs
    for given_inputs in ({}, dict.fromkeys(inputs, UNKNOWN)):
        identity = kind.identifier("orders", given_inputs)
        assert identity
        assert set(kind.outputs(identity, "orders", given_inputs)) <= outputs
    assert min(kind.create_minutes, kind.update_minutes) > 0
    assert kind.source


def test_an_unknown_type_or_function_says_which_table_to_extend():
    for token, place in (("aws:sqs/queue:Queue", "workbench/cloud/aws.py"), ("gcp:a/b:C", "workbench/cloud/kinds.py")):
        with pytest.raises(kinds.UnknownKindError, match=place):
            kinds.kind(token)
    with pytest.raises(kinds.UnknownKindError, match=r"workbench/cloud/aws\.py"):
        kinds.invoke("aws:ec2/getAmi:getAmi", {})


def test_an_msk_cluster_answers_with_a_bootstrap_string_for_each_method_in_use():
    kind = kinds.kind("aws:msk/cluster:Cluster")
    inputs = {"clusterName": "pipes", "numberOfBrokerNodes": 3, "clientAuthentication": {"sasl": {"iam": True}}}
    outputs = kind.outputs(kind.identifier("x", inputs), "x", {**inputs, "region": "eu-central-1"})
    assert [host.rsplit(":")[1] for host in outputs["bootstrapBrokersSaslIam"].split(",")] == ["9098"] * 3
    assert "kafka.eu-central-1.amazonaws.com" in outputs["bootstrapBrokersSaslIam"]
    assert outputs["bootstrapBrokersTls"] == outputs["bootstrapBrokersSaslScram"] == outputs["bootstrapBrokers"] == ""


@pytest.mark.parametrize(
    ("token", "old", "new", "settings", "replaces"),
    [
        ("aws:msk/topic:Topic", {"partitionCount": 3}, {"partitionCount": 6}, {}, False),
        ("aws:msk/topic:Topic", {"replicationFactor": 3}, {"replicationFactor": 2}, {}, True),
        (
            "aws:msk/cluster:Cluster",
            {"brokerNodeGroupInfo": {"clientSubnets": ["a", "b"], "instanceType": "x"}},
            {"brokerNodeGroupInfo": {"clientSubnets": ["a", "c"], "instanceType": "x"}},
            {},
            True,
        ),
        (
            "aws:msk/cluster:Cluster",
            {"brokerNodeGroupInfo": {"clientSubnets": ["a"], "instanceType": "x"}},
            {"brokerNodeGroupInfo": {"clientSubnets": ["a"], "instanceType": "y"}},
            {},
            False,
        ),
        ("kubernetes:core/v1:ConfigMap", {"data": {"a.b": "1"}}, {"data": {"a.b": "2"}}, {}, True),
        (
            "kubernetes:core/v1:ConfigMap",
            {"data": {"a": "1"}},
            {"data": {"a": "2"}},
            {"enableConfigMapMutable": True},
            False,
        ),
        ("kubernetes:core/v1:Secret", {"stringData": {"a": "1"}}, {"stringData": {"a": "1", "b": "2"}}, {}, True),
        ("kubernetes:apps/v1:Deployment", {"spec": {"replicas": 3}}, {"spec": {"replicas": 6}}, {}, False),
        ("kubernetes:apps/v1:Deployment", {"spec": {"selector": {"a": "b"}}}, {"spec": {"selector": {}}}, {}, True),
    ],
)
def test_what_replaces_and_what_is_changed_in_place(
    token: str, old: dict[str, Any], new: dict[str, Any], settings: dict[str, Any], replaces: bool
):
    [difference] = behaviour.differences(kinds.kind(token), old, new, settings)
    assert difference.replaces is replaces
    assert behaviour.differences(kinds.kind(token), old, old, settings) == []


def test_a_name_of_the_programs_own_is_deleted_before_it_is_made_again():
    kind = kinds.kind("aws:msk/topic:Topic")
    named = behaviour.with_name(kind, "orders", b"seed", {"name": "orders"}, {})
    auto = behaviour.with_name(kind, "orders", b"seed", {}, {})
    assert behaviour.deletes_first(kind, named, named)
    assert not behaviour.deletes_first(kind, auto, auto)
    assert not behaviour.deletes_first(kind, named, {**named, "name": "other"})
    assert behaviour.with_name(kind, "orders", b"another seed", {}, auto)["name"] == auto["name"]
    assert behaviour.with_name(kind, "orders", b"another seed", {}, {})["name"] != auto["name"]
    secret = behaviour.with_name(kinds.kind("kubernetes:core/v1:Secret"), "s", b"", {"stringData": SECRET}, {})
    assert str(at(secret, "metadata.name")).startswith("s-")


def test_only_what_means_an_object_refers_to_it():
    cluster, role = "aws:eks/cluster:Cluster", "aws:iam/role:Role"
    identities = {"pipes", "arn:aws:eks:eu-west-1:123456789012:cluster/pipes"}
    assert behaviour.refers_to("aws:eks/addon:Addon", {"clusterName": "pipes"}, cluster, identities)
    assert not behaviour.refers_to("aws:msk/cluster:Cluster", {"clusterName": "pipes"}, cluster, identities)
    assert not behaviour.refers_to("aws:eks/addon:Addon", {"tags": {"stack": "pipes"}}, cluster, identities)
    assert behaviour.refers_to("aws:iam/rolePolicy:RolePolicy", {"role": "pipes"}, role, identities)
    vpc = "vpc-0123456789abcdef0"
    assert behaviour.refers_to("aws:ec2/subnet:Subnet", {"a": [{"b": vpc}]}, "aws:ec2/vpc:Vpc", {vpc})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=5) | st.just(UNKNOWN) | st.just(SECRET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
BAGS = st.dictionaries(st.text(max_size=4), VALUES, max_size=4)


@given(BAGS)
def test_values_survive_the_wire(bag: dict[str, Any]):
    assert decode(encode(bag)) == bag


@given(BAGS, BAGS)
def test_inputs_are_never_overwritten_and_what_is_beyond_them_is_found_again(
    computed: dict[str, Any], inputs: dict[str, Any]
):
    state = merged(computed, inputs)
    assert merged(beyond(state, inputs), inputs) == state
    assert {key: state[key] for key in inputs if key not in computed} == {
        key: value for key, value in inputs.items() if key not in computed
    }
    assert merged(unknown(computed), inputs).keys() == state.keys()


def test_the_longest_chain_counts_minutes_and_not_links():
    waits_for = {"a": [], "b": ["a"], "c": ["b"], "slow": ["a"], "end": ["c", "slow"]}
    minutes = {"a": 1.0, "b": 1.0, "c": 1.0, "slow": 28.0, "end": 0.5}
    assert longest_chain(waits_for, minutes) == (29.5, ("a", "slow", "end"))
    assert longest_chain({}, {}) == (0.0, ())
