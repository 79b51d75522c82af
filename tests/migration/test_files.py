"""Tests of the shipped MirrorMaker 2 files: they agree with each other and contain no secret."""

import re
from collections import Counter

import pytest

from tests.migration.files import COMBINED, NAMES, combined, connectors, lines, strimzi

POLICY = "replication.policy.class"
IDENTITY = "org.apache.kafka.connect.mirror.IdentityReplicationPolicy"
OWN = re.compile(
    r"(servers|jaas\.config|\.id|secret|password|store\.location|\.url|oauthbearer\.scope|->\w+\.(topics|groups))$"
)
"""Keys whose values are secret, or differ from user to user."""


@pytest.mark.parametrize("name", NAMES)
def test_no_file_has_a_key_twice(name: str):
    assert [key for key, count in Counter(key for key, _ in lines(name)).items() if count > 1] == []


@pytest.mark.parametrize(("source", "target"), COMBINED)
def test_the_files_of_a_source_and_a_target_override_nothing(source: str, target: str):
    keys = [key for name in ("common", source, target) for key, _ in lines(name)]
    assert len(keys) == len(set(keys))
    assert {"source.bootstrap.servers", "target.bootstrap.servers"} <= set(keys)


@pytest.mark.parametrize("name", NAMES)
def test_values_of_users_and_secrets_are_placeholders(name: str):
    for key, value in lines(name):
        rest = re.sub(r"\$\{env:[A-Z_]+\}", "", value)
        if OWN.search(key):
            assert re.fullmatch(r'([\w.]+ required( \w+="")*;)?', rest), key
        else:
            assert rest == value, f"{key}: a user does not change it"


def test_the_file_for_strimzi_names_secrets_and_contains_none():
    mirror = strimzi()["KafkaMirrorMaker2"]["spec"]
    [one] = mirror["mirrors"]
    assert one["source"]["authentication"]["passwordSecret"].keys() == {"secretName", "password"}
    assert mirror["target"]["authentication"]["certificateAndKey"].keys() == {"secretName", "certificate", "key"}
    assert set(strimzi()) == {"KafkaUser", "KafkaMirrorMaker2"}, "no Secret is shipped"


def test_every_connector_keeps_the_names_of_topics():
    """One top-level key sets the policy of both connectors. In a KafkaMirrorMaker2 each connector has its own key."""
    assert combined("common")[POLICY] == IDENTITY
    assert not [name for name in NAMES if name != "common" and POLICY in dict(lines(name))]
    assert [connector[POLICY] for connector in connectors()] == [IDENTITY, IDENTITY]


def test_strimzi_s_file_has_the_values_of_the_properties():
    common = combined("common")
    for connector in connectors():
        for key, value in connector.items():
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            assert common[key] == shown, key


def test_the_source_is_only_read():
    common = combined("common")
    assert common["offset-syncs.topic.location"] == "target"
    assert (common["emit.heartbeats.enabled"], common["heartbeats.replication.enabled"]) == ("false", "false")


def test_the_way_back_reverses_the_copy_and_never_runs_both_ways():
    back = combined("common", "back")
    assert (back["source->target.enabled"], back["target->source.enabled"]) == ("false", "true")
    assert back["offset-syncs.topic.location"] == "source"
    assert back["target.consumer.auto.offset.reset"] == "latest"
