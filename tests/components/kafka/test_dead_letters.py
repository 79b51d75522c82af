"""Tests of the Kafka settings of a dead-letter topic."""

from components.kafka.topic_settings import KafkaTopicSettings


def dead_letter_config(config=None, *, dead_letter=None, largest=2**31 - 1):
    settings = KafkaTopicSettings.model_validate({"config": config or {}, "deadLetter": dead_letter or {}})
    return settings.dead_letter_config(largest)


def test_the_largest_record_of_the_topic_fits_with_its_headers():
    assert dead_letter_config() == {"max.message.bytes": "1114124", "retention.ms": "1209600000"}
    assert dead_letter_config({"max.message.bytes": "5000000"})["max.message.bytes"] == "5065536"


def test_max_message_bytes_stays_within_the_limit_of_the_service():
    config = dead_letter_config({"max.message.bytes": "8388608"}, largest=8_388_608)
    assert config["max.message.bytes"] == "8388608"


def test_max_message_bytes_stays_within_kafka_s_limit():
    assert dead_letter_config({"max.message.bytes": "2147483647"})["max.message.bytes"] == "2147483647"


def test_other_settings_of_the_topic_do_not_apply_to_its_dead_letters():
    config = dead_letter_config({"cleanup.policy": "compact"}, dead_letter={"retentionHours": 1})
    assert config == {"max.message.bytes": "1114124", "retention.ms": "3600000"}
