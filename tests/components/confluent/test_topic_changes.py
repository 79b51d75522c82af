"""Changes of a topic's settings that Confluent Cloud or its provider refuses, refused in the preview."""

import pytest

from components.changes import ChangeRefusedError
from components.confluent.settings import KAFKA_VERSION
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
            "cleanup.policy cannot go from delete to compact,delete at once. Set it to compact, deploy, then set it to compact,delete. "
            "Records without a key are lost in the first step.",
        ),
        (
            {CLEANUP: "delete"},
            {CLEANUP: "delete,compact"},
            "cleanup.policy cannot go from delete to delete,compact at once. Set it to compact, deploy, then set it to delete,compact. "
            "Records without a key are lost in the first step.",
        ),
        (
            {CLEANUP: "compact"},
            {},
            "cleanup.policy cannot be removed, since Confluent's provider resets no setting of a topic. Set it to its default, "
            '"delete", and keep the line.',
        ),
        (
            {"segment.ms": "1", "segment.bytes": "1"},
            {"segment.ms": "1"},
            "segment.bytes cannot be removed, since Confluent's provider resets no setting of a topic. Set it to its default, "
            '"104857600", and keep the line.',
        ),
        (
            {"confluent.value.schema.validation": "true"},
            {},
            "confluent.value.schema.validation cannot be removed, since Confluent's provider resets no setting of a topic. Reset it with "
            "Confluent's REST API (Reset Topic Config), then run pulumi refresh.",
        ),
    ],
)
def test_a_step_that_confluent_does_not_take_is_refused_with_the_steps_that_it_takes(present, wanted, message):
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
def test_every_other_step_is_let_through(present, wanted):
    change(present, wanted)


def test_every_setting_that_a_pipe_may_choose_has_a_default_that_a_pipe_may_set():
    assert DEFAULTS.keys() == CONFLUENT_TOPIC_SETTINGS
    assert list(config_errors(DEFAULTS, KAFKA_VERSION)) == []
    assert ConfluentTopicSettings.model_validate({"config": dict(DEFAULTS)})
