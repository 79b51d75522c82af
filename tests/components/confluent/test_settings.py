"""What a stack file may ask of Confluent Cloud, tier by tier."""

import pytest

from components.settings import SettingsError
from tests.stacks import REMOVED, rule, settings

STACK = "aws-confluent-ecs"
SOURCE = "(Confluent Cloud, Kafka cluster types)"


def config_errors(streaming, pipes=None, stack=STACK):
    """What is told of the streaming service and the pipes."""
    try:
        settings({"data-pipes:streaming": streaming, "data-pipes:pipes": pipes or {}}, stack)
    except SettingsError as error:
        return [line.split(".yaml: ", 1)[1] for line in str(error).splitlines()]
    return []


def orders(parallelism=3, **topic):
    return {"orders": {"parallelism": parallelism, "topic": topic}}


ENTERPRISE, DEDICATED = {"tier": "enterprise", "privateLink": True}, {"tier": "dedicated", "cku": 2}


@pytest.mark.parametrize(
    ("streaming", "pipes"),
    [
        ({}, orders(2499)),
        ({}, orders(2500, deadLetter={"enabled": False})),
        ({"availability": "low", "maxEcku": 1}, orders(249)),
        ({"tier": "basic", "availability": "low"}, orders(1499)),
        ({}, orders(deadLetter={"maxDeliveryAttempts": 100, "retentionHours": 87_600})),
        ({"tier": "basic", "ksqldb": {"csu": 12}}, orders(kafkaStreams=True, schemaRegistry=True)),
        (ENTERPRISE | {"maxEcku": 32}, orders(5000)),
        (DEDICATED | {"ksqldb": {}}, orders(5000)),
        (
            DEDICATED | {"cku": 1, "availability": "low"},
            orders(config={"max.message.bytes": "20971520", "delete.retention.ms": "60566400000"}),
        ),
        ({"governance": "none"}, orders()),
        ({}, orders(kafkaStreams=True) | {"ordersold": {"parallelism": 1}}),
    ],
)
def test_what_a_tier_has_room_for_is_let_through(streaming, pipes):
    assert config_errors(streaming, pipes) == []


@pytest.mark.parametrize(
    ("streaming", "line"),
    [
        (
            {"tier": "basic", "availability": "high"},
            f"streaming.availability: high is not to be had on the tier basic {SOURCE}; remove it, or set tier to standard",
        ),
        (
            {"tier": "dedicated"},
            "streaming.cku: is missing: a dedicated cluster has the units that it is given; set it to 2 or more",
        ),
        (
            {"cku": 2},
            "streaming.cku: is for the tier dedicated only, and a cluster of standard takes units as it needs them, up to maxEcku; remove it",
        ),
        (
            DEDICATED | {"maxEcku": 2},
            "streaming.maxEcku: is for the other tiers only: a dedicated cluster has the units that cku says; remove it",
        ),
        ({"maxEcku": 11}, f"streaming.maxEcku: must be at most 10 on the tier standard, not 11 {SOURCE}; lower it"),
        (
            ENTERPRISE | {"maxEcku": 1},
            f"streaming.maxEcku: must be at least 2 with the availability high, not 1 {SOURCE}; raise it, or set availability to low",
        ),
        (
            DEDICATED | {"cku": 1},
            f"streaming.cku: must be at least 2 with the availability high, not 1 {SOURCE}; raise it, or set availability to low",
        ),
        (
            ENTERPRISE | {"ksqldb": {}},
            f"streaming.ksqldb: is not to be had on the tier enterprise {SOURCE}; remove it, or set tier to standard or dedicated",
        ),
        (
            {"ksqldb": {"csu": 4}, "governance": "none"},
            "streaming.ksqldb: needs the Schema Registry, which comes with stream governance (Confluent provider, KsqlCluster); set "
            "governance to essentials, or remove ksqldb",
        ),
        (
            {"privateLink": True},
            "streaming.privateLink: is for the tier enterprise only, and a standard cluster here has a public address; remove it, or set "
            "tier to enterprise",
        ),
        (
            {"tier": "enterprise"},
            f"streaming.privateLink: must be true on the tier enterprise, whose clusters have no public address {SOURCE}; set it, or set "
            "tier to standard",
        ),
    ],
)
def test_what_does_not_go_together_is_told_with_the_reason_and_the_way_out(streaming, line):
    assert config_errors(streaming) == [line]


@pytest.mark.parametrize(
    ("streaming", "parallelism", "line"),
    [
        (
            {"tier": "basic", "maxEcku": 1},
            30,
            "streaming.tier: basic has room for 30 partitions with 1 eCKU, and 31 are asked for, dead letters included "
            f"{SOURCE}; raise maxEcku, or ask for less",
        ),
        (
            {},
            2500,
            "streaming.tier: standard has room for 2500 partitions with 10 eCKU, and 2501 are asked for, dead letters included "
            f"{SOURCE}; set tier to a larger one, or ask for less",
        ),
        (
            DEDICATED,
            9000,
            "streaming.tier: dedicated has room for 9000 partitions with 2 CKU, and 9001 are asked for, dead letters included "
            f"{SOURCE}; raise cku, or ask for less",
        ),
    ],
)
def test_more_partitions_than_a_cluster_has_room_for_are_told(streaming, parallelism, line):
    assert line in config_errors(streaming, orders(parallelism))


@pytest.mark.parametrize(
    ("streaming", "pipes", "line"),
    [
        (
            {},
            orders(config={"max.message.bytes": "8388609"}),
            "pipes.orders.topic.config.max.message.bytes: must be a whole number from 0 to 8388608, got '8388609' (Confluent Cloud, Kafka cluster "
            "types, tier standard). Correct it.",
        ),
        (
            {},
            orders(config={"delete.retention.ms": "60566400001"}),
            "pipes.orders.topic.config.delete.retention.ms: must be a whole number from 0 to 60566400000, got '60566400001' (Confluent Cloud, "
            "Configuration Reference for Topics, read 2026-11-29). Correct it.",
        ),
        (
            {},
            orders(config={"segment.bytes": "52428799"}),
            "pipes.orders.topic.config.segment.bytes: must be a whole number from 52428800 to 1073741824, got '52428799' (Confluent's "
            "TopicPolicyConfig, read 2026-11-29). Correct it.",
        ),
        (
            {},
            orders(deadLetter={"retentionHours": 87_601}),
            "pipes.orders.topic.deadLetter.retentionHours: must be at most 87600, got 87601.",
        ),
        (
            {},
            orders(deadLetter={"enabled": False, "maxDeliveryAttempts": 3}),
            "pipes.orders.topic.deadLetter: has keys that are ignored when enabled is false. Remove them, or set enabled to true.",
        ),
        (
            {"governance": "none"},
            orders(schemaRegistry=True),
            "pipes.orders.topic.schemaRegistry: needs stream governance, which brings the Schema Registry; set streaming.governance to "
            "essentials, or remove it",
        ),
        (
            {},
            orders(kafkaStreams=True) | {"orders-old": {"parallelism": 1}},
            "pipes.orders.topic.kafkaStreams: would let this pipe's consumer delete the topic of orders-old too, since the internal topics "
            "of Kafka Streams begin with orders-; give one of the two pipes another name, or remove it",
        ),
    ],
)
def test_what_a_pipe_cannot_have_is_told(streaming, pipes, line):
    assert [rule(each) for each in config_errors(streaming, pipes)] == [line]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("min.insync.replicas", "is not for a pipe to set: Confluent Cloud sees to the copies itself; remove it"),
        ("retention.ms", "is not for a pipe to set: retentionHours says it; remove it"),
        ("compression.type", "is not a setting that Confluent Cloud lets a topic have"),
    ],
)
def test_settings_that_confluent_cloud_keeps_to_itself_are_refused(name, told):
    [line] = config_errors({}, orders(config={name: "1"}))
    assert told in line


def test_the_credentials_are_required_by_name_and_must_have_a_value():
    [line] = config_errors({"credentials": REMOVED})
    assert line.startswith("streaming.credentials: is required. Meaning of credentials: ")
    assert settings({}, STACK).streaming.secrets == {
        "credentials.apiKey": "confluentKey",
        "credentials.apiSecret": "confluentSecret",
    }


SECRET = "cfltSomethingThatIsSecret"


@pytest.mark.parametrize(
    ("credentials", "told"),
    [
        (SECRET, "streaming.credentials: must be a map, got a value that is not shown."),
        (
            {"apiKey": 7, "apiSecret": f"{SECRET}/+"},
            "streaming.credentials.apiKey: must be a string, got a value that is not shown.",
        ),
        (
            {"apiKey": "ABCDEFGH12345678", "apiSecret": "confluentSecret"},
            "streaming.credentials.apiKey: must be the name of a Pulumi secret, and this looks like the id of an API key",
        ),
        (
            {"apiKey": "confluentKey", "apiSecret": "confluentKey"},
            "streaming.credentials: must name two secrets, since an API key has two halves",
        ),
    ],
)
def test_a_mistake_in_the_credentials_is_told_without_what_stands_there(credentials, told):
    with pytest.raises(SettingsError) as refusal:
        settings({"data-pipes:streaming": {"service": "confluent", "credentials": credentials}}, STACK)
    assert told in str(refusal.value)
    assert SECRET not in str(refusal.value)
    assert "ABCDEFGH12345678" not in str(refusal.value)


@pytest.mark.parametrize("namespace", ["confluentcloud", "confluent"])
def test_a_key_of_the_provider_itself_which_nobody_reads_is_refused(namespace):
    with pytest.raises(SettingsError) as refusal:
        settings({f"{namespace}:cloudApiSecret": SECRET}, STACK)
    assert (
        f"{namespace}:cloudApiSecret: has no effect (the provider uses the secrets named in streaming.credentials)"
        in str(refusal.value)
    )
    assert SECRET not in str(refusal.value)


def test_a_consumer_never_gets_the_credentials_of_the_whole_stack():
    [line] = config_errors({}, {"orders": {"consumer": {"secrets": {"KEY": "confluentKey"}}}})
    assert line.startswith(
        "pipes.orders.consumer.secrets.KEY: must not be 'confluentKey' (it holds the admin credentials of the streaming service)"
    )
