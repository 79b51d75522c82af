"""Tests of refused changes of topic settings."""

import pytest

from components.changes import ChangeRefusedError
from components.confluent.settings_base import KAFKA_VERSION
from components.confluent.topic_changes import DEFAULTS
from components.confluent.topic_settings import CONFLUENT_TOPIC_SETTINGS, ConfluentTopicSettings
from components.kafka.config import config_errors
from tests.components.confluent.test_service import STACK, TOPIC, named
from tests.hooks import before_update
from tests.stacks import shipped

CLEANUP = "cleanup.policy"


def change(present, wanted):
    recording = shipped(STACK).recording
    old, new = ({"config": {"retention.ms": "1", **config}} for config in (present, wanted))
    before_update(recording, named(recording, TOPIC, f"{STACK}-orders-topic"), old, new)


@pytest.mark.parametrize(
    ("present", "wanted", "message"),
    [
        (
            {},
            {CLEANUP: "compact,delete"},
            "cleanup.policy cannot be changed from delete to compact,delete in one step. Set it to compact, deploy, then set it to compact,delete. "
            "The first step deletes records without a key.",
        ),
        (
            {CLEANUP: "delete"},
            {CLEANUP: "delete,compact"},
            "cleanup.policy cannot be changed from delete to delete,compact in one step. Set it to compact, deploy, then set it to delete,compact. "
            "The first step deletes records without a key.",
        ),
        (
            {CLEANUP: "compact"},
            {},
            "cleanup.policy cannot be removed (Confluent's provider never resets a topic setting). Set it to its default, "
            '"delete", instead of removing it.',
        ),
        (
            {"segment.ms": "1", "segment.bytes": "1"},
            {"segment.ms": "1"},
            "segment.bytes cannot be removed (Confluent's provider never resets a topic setting). Set it to its default, "
            '"104857600", instead of removing it.',
        ),
        (
            {"confluent.value.schema.validation": "true"},
            {},
            "confluent.value.schema.validation cannot be removed (Confluent's provider never resets a topic setting). Reset it with "
            "Confluent's REST API (Reset Topic Config), then run pulumi refresh.",
        ),
    ],
)
def test_unsupported_config_changes_are_refused_with_the_supported_steps(present, wanted, message):
    with pytest.raises(ChangeRefusedError) as refusal:
        change(present, wanted)
    assert str(refusal.value) == f"pipes.orders.topic.config: {message}"


@pytest.mark.parametrize(
    ("present", "wanted"),
    [
        ({}, {CLEANUP: "compact"}),
        ({}, {"segment.ms": "1"}),
        ({CLEANUP: "delete"}, {CLEANUP: "compact"}),
        ({CLEANUP: "compact"}, {CLEANUP: "delete"}),
        ({CLEANUP: "compact"}, {CLEANUP: "compact,delete"}),
        ({CLEANUP: "compact,delete"}, {CLEANUP: "compact"}),
        ({CLEANUP: "compact,delete"}, {CLEANUP: "delete"}),
        ({CLEANUP: "compact,delete"}, {CLEANUP: "delete,compact"}),
    ],
)
def test_other_config_changes_are_allowed(present, wanted):
    change(present, wanted)


def test_every_topic_setting_has_a_valid_default():
    assert DEFAULTS.keys() == CONFLUENT_TOPIC_SETTINGS
    assert list(config_errors(DEFAULTS, KAFKA_VERSION)) == []
    assert ConfluentTopicSettings.model_validate({"config": dict(DEFAULTS)})
