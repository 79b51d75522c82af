"""Tests of the consumers' group protocol, and of invalid topic settings on every Kafka service."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.msk.topic import EXPRESS_LIMITS, MSK_TOPIC_SETTINGS, TIERED_LIMITS
from components.aws.msk_serverless.settings import LIMITS as SERVERLESS
from components.aws.msk_serverless.settings import TOPIC_SETTINGS as SERVERLESS_SETTINGS
from components.azure.hdinsight.settings import TOPIC_SETTINGS as HDINSIGHT_SETTINGS
from components.confluent.topic_settings import CONFLUENT_TOPIC_SETTINGS
from components.confluent.topic_settings import LIMITS as CONFLUENT
from components.gcp.managed_kafka.topic import LIMITS as MANAGED_KAFKA
from components.kafka.config import LARGEST_LONG, Whole, config_errors, definition
from components.kafka.topic_settings import TOPIC_SETTINGS, KafkaPipeSettings, group_protocol
from components.settings import SettingsError
from tests.stacks import NAMES, settings

SERVICES = {
    name: read.streaming.service
    for name in NAMES
    if issubclass((read := settings(stack=name)).cloud.streaming[read.streaming.service].pipe, KafkaPipeSettings)
}
"""Services of the shipped stacks with Kafka topics, by stack."""

FEW_SETTINGS = {"msk-serverless": SERVERLESS_SETTINGS, "confluent": CONFLUENT_TOPIC_SETTINGS}


def refused(stack, config):
    """Return the errors of a shipped stack file with these topic settings."""
    try:
        settings({"data-pipes:pipes": {"orders": {"topic": {"config": config}}}}, stack=stack)
    except SettingsError as error:
        return [line.partition(": ")[2] for line in str(error).splitlines()]
    return []


@pytest.mark.parametrize("stack", SERVICES)
@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("cleanup.policy", "sometimes", "one of delete or compact or compact,delete or delete,compact"),
        ("delete.retention.ms", "-1", "a whole number from 0 to "),
        ("flush.messages", "-1", "a whole number from "),
        ("flush.ms", "-1", "a whole number from 0 to 9223372036854775807"),
        ("index.interval.bytes", "-1", "a whole number from 0 to 2147483647"),
        ("max.compaction.lag.ms", "0", "a whole number from 1 to 9223372036854775807"),
        ("max.message.bytes", "-1", "a whole number from 0 to "),
        ("max.message.bytes", "1e6", "a whole number from 0 to "),
        ("max.message.bytes", "2147483648", "a whole number from 0 to "),
        ("message.timestamp.type", "Now", "one of CreateTime or LogAppendTime"),
        ("min.cleanable.dirty.ratio", "-3", "a decimal number from 0 to 1, such as 0.5"),
        ("min.cleanable.dirty.ratio", "2", "a decimal number from 0 to 1, such as 0.5"),
        ("min.cleanable.dirty.ratio", "abc", "a decimal number from 0 to 1, such as 0.5"),
        ("preallocate", "yes", "one of true or false"),
        ("retention.bytes", "lots", "a whole number from -1 to 9223372036854775807"),
        ("retention.bytes", "9223372036854775808", "a whole number from -1 to 9223372036854775807"),
        ("segment.bytes", "1", "a whole number from "),
        ("segment.jitter.ms", "-1", "a whole number from 0 to 9223372036854775807"),
    ],
)
def test_a_value_that_kafka_rejects_is_refused_on_every_service(stack, name, value, rule):
    if name not in FEW_SETTINGS.get(SERVICES[stack], TOPIC_SETTINGS):
        [line] = refused(stack, {name: value})
        assert line.startswith(f"pipes.orders.topic.config.{name}: is not a ")
        return
    [line] = refused(stack, {name: value})
    assert line.startswith(f"pipes.orders.topic.config.{name}: must be {rule}")
    assert f", got {value!r} (" in line
    assert line.endswith("). Correct it.")


@pytest.mark.parametrize("stack", SERVICES)
def test_values_that_kafka_accepts_are_passed_on_unchanged_by_every_service(stack):
    config = {
        "retention.bytes": "-1",
        "cleanup.policy": "compact,delete",
        "max.message.bytes": "0",
        "message.timestamp.type": "LogAppendTime",
    }
    read = settings({"data-pipes:pipes": {"orders": {"topic": {"config": config}}}}, stack=stack)
    assert read.pipes["orders"].model_dump()["topic"]["config"] == config


@pytest.mark.parametrize("stack", [name for name, service in SERVICES.items() if service != "msk-serverless"])
def test_all_invalid_topic_settings_and_conflicting_pairs_are_reported_at_once(stack):
    lags = {"min.compaction.lag.ms": "10", "max.compaction.lag.ms": "9"}
    assert refused(stack, {"retention.bytes": "x", "cleanup.policy": "x", **lags}) == [
        "pipes.orders.topic.config.cleanup.policy: must be one of delete or compact or compact,delete or delete,compact, got 'x' (Apache "
        "Kafka, Topic Configs). Correct it.",
        "pipes.orders.topic.config.retention.bytes: must be a whole number from -1 to 9223372036854775807, got 'x' (Apache Kafka, Topic "
        "Configs). Correct it.",
        "pipes.orders.topic.config.min.compaction.lag.ms: must be at most max.compaction.lag.ms, which is 9, got '10' (Apache Kafka, Topic "
        "Configs). Lower it, or raise max.compaction.lag.ms.",
    ]


def test_msk_serverless_accepts_messages_up_to_8_mib():
    assert refused("aws-msk-serverless-eks", {"max.message.bytes": "8388608"}) == []
    assert refused("aws-msk-serverless-eks", {"max.message.bytes": "8388609"}) == [
        "pipes.orders.topic.config.max.message.bytes: must be a whole number from 0 to 8388608, got '8388609' (MSK, Configuration properties "
        "for MSK Serverless clusters). Correct it."
    ]


@pytest.mark.parametrize(
    ("version", "least"),
    [
        ("3.2", 14),
        ("3.9.x.kraft", 14),
        ("4.0.x", 14),
        ("4.1.x.kraft", 1_048_576),
        ("4.3.1", 1_048_576),
        ("10.0.x", 1_048_576),
    ],
)
def test_the_minimum_segment_size_depends_on_the_kafka_version(version, least):
    assert not list(config_errors({"segment.bytes": str(least)}, version))
    assert list(config_errors({"segment.bytes": str(least - 1)}, version))


@pytest.mark.parametrize(
    ("names", "version"),
    [
        (SERVERLESS_SETTINGS, "3.2"),
        (HDINSIGHT_SETTINGS, "3.2"),
        (MSK_TOPIC_SETTINGS, "3.8.x.kraft"),
        (CONFLUENT_TOPIC_SETTINGS, "4.3.1"),
        (TOPIC_SETTINGS, "4.3.1"),
    ],
)
def test_every_setting_that_a_pipe_may_choose_has_a_definition(names, version):
    assert all(definition(name, version) for name in names)


@pytest.mark.parametrize("limits", [SERVERLESS, EXPRESS_LIMITS, TIERED_LIMITS, CONFLUENT, MANAGED_KAFKA])
@given(number=st.integers(-5, LARGEST_LONG + 5), word=st.text(max_size=12))
def test_values_accepted_by_a_service_are_accepted_by_kafka(limits, number, word):
    for name, limit in limits.items():
        own, kafka = limit.definition, definition(name, "4.3.1")
        bounds = (own.least, own.most, number) if isinstance(own, Whole) else own.values
        for value in (*map(str, bounds), word):
            assert kafka.accepts(value) or not own.accepts(value)


@given(st.text(max_size=20))
def test_no_string_crashes_the_check(text):
    for name in MSK_TOPIC_SETTINGS:
        assert len(list(config_errors({name: text}, "4.3.1"))) <= 1


@pytest.mark.parametrize("version", ["4.0.x.kraft", "4.3.1", "4.1.x", "10.0"])
def test_newer_brokers_use_the_consumer_group_protocol(version):
    assert group_protocol(version) == {"KAFKA_GROUP_PROTOCOL": "consumer"}


@pytest.mark.parametrize("version", ["3.9.x.kraft", "3.2", "2.4.1"])
def test_older_brokers_use_the_classic_group_protocol(version):
    assert group_protocol(version) == {}
