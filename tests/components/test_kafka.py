"""What Kafka would refuse of a topic's settings is refused in the stack file, not after half an hour."""

import pytest

from components.kafka import group_protocol, known_values
from components.settings import SettingsError
from tests.stacks import settings


@pytest.mark.parametrize("stack", ["aws-msk-eks", "aws-msk-serverless-eks"])
@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"retention.bytes": "lots"}, "retention.bytes must be a whole number in quotes"),
        ({"max.message.bytes": "-5"}, "max.message.bytes must be a whole number in quotes"),
        ({"max.message.bytes": "-1"}, "max.message.bytes must be from 0 to 2147483647"),
        ({"max.message.bytes": "2147483648"}, "max.message.bytes must be from 0 to 2147483647"),
        ({"cleanup.policy": "sometimes"}, "cleanup.policy must be one of delete or compact"),
        ({"message.timestamp.type": "Now"}, "message.timestamp.type must be one of CreateTime or LogAppendTime"),
    ],
)
def test_a_value_that_kafka_does_not_take_is_refused_with_its_place(stack, config, told):
    with pytest.raises(SettingsError) as refusal:
        settings({"data-pipes:pipes": {"orders": {"topic": {"config": config}}}}, stack=stack)
    [line] = str(refusal.value).splitlines()
    assert f"pipes.orders.topic.config: {told}" in line
    assert f"not {next(iter(config.values()))!r}; " in line


def test_values_that_kafka_takes_are_kept_as_they_are():
    config = {"retention.bytes": "-1", "segment.ms": "600000", "cleanup.policy": "compact,delete", "other": "x"}
    assert known_values(config) is config


@pytest.mark.parametrize("version", ["4.0.x.kraft", "4.3.1", "4.1.x", "10.0"])
def test_brokers_that_deal_partitions_out_themselves_are_asked_to(version):
    assert group_protocol(version) == {"KAFKA_GROUP_PROTOCOL": "consumer"}


@pytest.mark.parametrize("version", ["3.9.x.kraft", "3.2", "2.4.1"])
def test_consumers_of_older_brokers_are_told_nothing_of_it(version):
    assert group_protocol(version) == {}
