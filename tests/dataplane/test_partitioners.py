"""The partition of a key with Java's producer and with librdkafka's: docs/migration.md, The same partitioner."""

from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from tests.dataplane.mirror import run
from workbench.prove.replicas import PATIENCE
from workbench.prove.topic import Topic
from workbench.servers.kafka_broker import KafkaCluster

KEYS = [f"customer-{number}" for number in range(60)]
PARTITIONS = 6


@pytest.fixture
def topic(kafka: KafkaCluster) -> str:
    name = f"keys-{uuid4()}"
    Topic({"bootstrap.servers": kafka.bootstrap_servers}, name, PARTITIONS, {})
    return name


def partitions(kafka: KafkaCluster, topic: str) -> dict[str, int]:
    """Return the partition of each key."""
    found: dict[str, int] = {}
    reader = Consumer(
        {"bootstrap.servers": kafka.bootstrap_servers, "group.id": "reader", "enable.partition.eof": False}
    )
    reader.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
    while len(found) < len(KEYS):
        message = reader.poll(PATIENCE)
        assert message is not None
        found[(message.key() or b"").decode()] = message.partition() or 0
    reader.close()
    return found


def with_java(kafka: KafkaCluster, topic: str) -> dict[str, int]:
    address = ("--bootstrap-server", kafka.bootstrap_servers, "--topic", topic)
    keyed = ("--reader-property", "parse.key=true", "--reader-property", "key.separator=:")
    text = "".join(f"{key}:value\n" for key in KEYS)
    run("kafka-console-producer.sh", *address, *keyed, environment={}, text=text)
    return partitions(kafka, topic)


def with_librdkafka(kafka: KafkaCluster, **properties: str) -> dict[str, int]:
    name = f"keys-{uuid4()}"
    Topic({"bootstrap.servers": kafka.bootstrap_servers}, name, PARTITIONS, {})
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers, **properties})
    for key in KEYS:
        producer.produce(name, b"value", key)
    assert producer.flush(PATIENCE) == 0
    return partitions(kafka, name)


def test_librdkafka_and_java_write_a_key_to_the_same_partition_only_with_murmur2(kafka: KafkaCluster, topic: str):
    java = with_java(kafka, topic)
    assert len(set(java.values())) == PARTITIONS
    assert with_librdkafka(kafka, partitioner="murmur2_random") == java
    default = with_librdkafka(kafka)
    assert len([key for key in KEYS if default[key] != java[key]]) > len(KEYS) / 2
