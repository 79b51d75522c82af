"""Tests of the Confluent Cloud settings and their validation."""

import pytest

from components.settings import SettingsError
from tests.stacks import REMOVED, settings

STACK = "aws-confluent-ecs"
SOURCE = "(Confluent Cloud, Kafka cluster types)"


def config_errors(streaming, pipes=None, stack=STACK):
    """Return all errors."""
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
def test_settings_within_the_tier_limits_are_accepted(streaming, pipes):
    assert config_errors(streaming, pipes) == []


@pytest.mark.parametrize(
    ("streaming", "line"),
    [
        (
            {"tier": "basic", "availability": "high"},
            f"streaming.availability: high is not available on tier basic {SOURCE}. Remove availability, or set tier to standard.",
        ),
        (
            {"tier": "dedicated"},
            "streaming.cku: is required on tier dedicated. Set cku to 2 or more.",
        ),
        (
            {"cku": 2},
            "streaming.cku: is not available on tier standard (it scales automatically, up to maxEcku). Remove cku.",
        ),
        (
            DEDICATED | {"maxEcku": 2},
            "streaming.maxEcku: is not available on tier dedicated (cku sets the units). Remove maxEcku.",
        ),
        ({"maxEcku": 11}, f"streaming.maxEcku: must be at most 10 on tier standard, got 11 {SOURCE}. Lower maxEcku."),
        (
            ENTERPRISE | {"maxEcku": 1},
            f"streaming.maxEcku: must be at least 2 with availability high, got 1 {SOURCE}. Raise maxEcku, or set availability to low.",
        ),
        (
            DEDICATED | {"cku": 1},
            f"streaming.cku: must be at least 2 with availability high, got 1 {SOURCE}. Raise cku, or set availability to low.",
        ),
        (
            ENTERPRISE | {"ksqldb": {}},
            f"streaming.ksqldb: is not available on tier enterprise {SOURCE}. Remove ksqldb, or set tier to standard or dedicated.",
        ),
        (
            {"ksqldb": {"csu": 4}, "governance": "none"},
            "streaming.ksqldb: is not available with governance none (ksqlDB needs the Schema Registry; Confluent provider, KsqlCluster). Set "
            "governance to essentials, or remove ksqldb.",
        ),
        (
            {"privateLink": True},
            "streaming.privateLink: is not available on tier standard (only enterprise clusters are private here). Remove privateLink, or set "
            "tier to enterprise.",
        ),
        (
            {"tier": "enterprise"},
            f"streaming.privateLink: must be true on tier enterprise, got false (its clusters have no public address; {SOURCE[1:-1]}). Set it "
            "to true, or set tier to standard.",
        ),
    ],
)
def test_incompatible_settings_are_rejected(streaming, line):
    assert config_errors(streaming) == [line]


@pytest.mark.parametrize(
    ("streaming", "parallelism", "line"),
    [
        (
            {"tier": "basic", "maxEcku": 1},
            30,
            "streaming.tier: basic supports at most 30 partitions with 1 eCKU, got 31 including dead letters "
            f"{SOURCE}. Raise maxEcku, or lower parallelism.",
        ),
        (
            {},
            2500,
            "streaming.tier: standard supports at most 2500 partitions with 10 eCKU, got 2501 including dead letters "
            f"{SOURCE}. Set tier to a larger one, or lower parallelism.",
        ),
        (
            DEDICATED,
            9000,
            "streaming.tier: dedicated supports at most 9000 partitions with 2 CKU, got 9001 including dead letters "
            f"{SOURCE}. Raise cku, or lower parallelism.",
        ),
    ],
)
def test_too_many_partitions_are_rejected(streaming, parallelism, line):
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
            "pipes.orders.topic.deadLetter.retentionHours: must be at most 87600, got 87601. Meaning of retentionHours: The hours that dead "
            "letters are kept, read or not.",
        ),
        (
            {},
            orders(deadLetter={"enabled": False, "maxDeliveryAttempts": 3}),
            "pipes.orders.topic.deadLetter: has keys that are ignored when enabled is false. Remove them, or set enabled to true.",
        ),
        (
            {"governance": "none"},
            orders(schemaRegistry=True),
            "pipes.orders.topic.schemaRegistry: is not available with streaming.governance none (it includes no Schema Registry). Set "
            "streaming.governance to essentials, or remove schemaRegistry.",
        ),
        (
            {},
            orders(kafkaStreams=True) | {"orders-old": {"parallelism": 1}},
            "pipes.orders.topic.kafkaStreams: cannot be true if a pipe's name begins with orders-, got orders-old (the consumer may delete "
            "all topics with that prefix, which Kafka Streams uses for internal topics). Rename the pipe, set another consumer.group, or remove kafkaStreams.",
        ),
    ],
)
def test_invalid_pipe_settings_are_rejected(streaming, pipes, line):
    assert config_errors(streaming, pipes) == [line]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("min.insync.replicas", "cannot be set by a pipe (Confluent Cloud manages the copies). Remove it."),
        ("retention.ms", "cannot be set by a pipe (set retentionHours instead). Remove it."),
        ("compression.type", "is not a topic setting that Confluent Cloud accepts"),
    ],
)
def test_unsupported_topic_settings_are_rejected(name, message):
    [line] = config_errors({}, orders(config={name: "1"}))
    assert message in line


def test_wrong_keys_of_the_credentials_are_one_error_each():
    lines = config_errors(
        {"credentials": {"key": "confluentKey", "secret": "confluentSecret", "apiKey": REMOVED, "apiSecret": REMOVED}}
    )
    assert [line.split(".", 3)[2] for line in lines] == ["key: unknown key", "secret: unknown key"]


def test_credentials_are_required():
    [line] = config_errors({"credentials": REMOVED})
    assert line.startswith("streaming.credentials: is required. Meaning of credentials: ")
    assert settings({}, STACK).streaming.secrets == {
        "credentials.apiKey": "confluentKey",
        "credentials.apiSecret": "confluentSecret",
    }


SECRET = "cfltSomethingThatIsSecret"


@pytest.mark.parametrize(
    ("credentials", "message"),
    [
        (SECRET, "streaming.credentials: must be a map, got a value that is not shown."),
        (
            {"apiKey": 7, "apiSecret": f"{SECRET}/+"},
            "streaming.credentials.apiKey: must be a string, got a value that is not shown.",
        ),
        (
            {"apiKey": "ABCDEFGH12345678", "apiSecret": "confluentSecret"},
            "streaming.credentials.apiKey: must be the name of a Pulumi secret, got a value that looks like an API key ID",
        ),
        (
            {"apiKey": "confluentKey", "apiSecret": "confluentKey"},
            "streaming.credentials: must name two different secrets, got the same name twice",
        ),
    ],
)
def test_invalid_credentials_are_rejected_without_showing_values(credentials, message):
    with pytest.raises(SettingsError) as refusal:
        settings({"data-pipes:streaming": {"service": "confluent", "credentials": credentials}}, STACK)
    assert message in str(refusal.value)
    assert SECRET not in str(refusal.value)
    assert "ABCDEFGH12345678" not in str(refusal.value)


@pytest.mark.parametrize("namespace", ["confluentcloud", "confluent"])
def test_provider_config_keys_are_rejected(namespace):
    with pytest.raises(SettingsError) as refusal:
        settings({f"{namespace}:cloudApiSecret": SECRET}, STACK)
    assert (
        f"{namespace}:cloudApiSecret: has no effect (the provider uses the secrets named in streaming.credentials)"
        in str(refusal.value)
    )
    assert SECRET not in str(refusal.value)


def test_consumers_cannot_use_the_admin_credentials():
    [line] = config_errors({}, {"orders": {"consumer": {"secrets": {"KEY": "confluentKey"}}}})
    assert line.startswith(
        "pipes.orders.consumer.secrets.KEY: must not be 'confluentKey' (it holds the admin credentials of the streaming service)"
    )
