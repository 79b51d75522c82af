"""The topic on Kafka for records that consumers set aside."""

from components.kafka.dead_letters import KafkaDeadLetterSettings


def test_a_record_as_large_as_its_topic_takes_has_room_among_the_dead_letters_with_its_headers():
    settings = KafkaDeadLetterSettings()
    assert settings.kafka_config({}) == {"max.message.bytes": "1114124", "retention.ms": "1209600000"}
    assert settings.kafka_config({"max.message.bytes": "5000000"})["max.message.bytes"] == "5065536"


def test_no_more_room_is_asked_for_than_the_service_has():
    config = KafkaDeadLetterSettings().kafka_config({"max.message.bytes": "8388608"}, largest=8_388_608)
    assert config["max.message.bytes"] == "8388608"


def test_no_more_room_is_asked_for_than_kafka_can_count():
    config = KafkaDeadLetterSettings().kafka_config({"max.message.bytes": "2147483647"})
    assert config["max.message.bytes"] == "2147483647"


def test_what_a_pipe_says_of_its_topic_besides_is_not_for_its_dead_letters():
    config = KafkaDeadLetterSettings.model_validate({"retentionHours": 1}).kafka_config({"cleanup.policy": "compact"})
    assert config == {"max.message.bytes": "1114124", "retention.ms": "3600000"}
