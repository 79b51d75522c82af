"""Topic that is deleted and created again while consumers run: every record of the new topic is handled.

The new topic has fewer records than the consumers have committed: otherwise Kafka cannot tell an old offset from a new one."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from tests.dataplane.conftest import FORMS, PROTOCOLS, MakePipe, Pipe
from tests.dataplane.consumer_metrics import lag
from workbench.prove.replicas import PATIENCE, wait_until
from workbench.prove.topic import Topic, Writer
from workbench.servers.kafka_broker import KafkaCluster


def replace_topic(kafka: KafkaCluster, pipe: Pipe) -> Writer:
    """Delete the topic, create it again, and return a writer of the new one."""
    name, connection = pipe.topic.name, {"bootstrap.servers": kafka.bootstrap_servers}
    topics: Any = kafka.administration
    partitions = len(topics.list_topics(timeout=PATIENCE).topics[name].partitions)
    topics.delete_topics([name])[name].result(PATIENCE)
    wait_until(lambda: name not in topics.list_topics(timeout=PATIENCE).topics, "the topic is deleted")
    Topic(connection, name, partitions, {})
    return Writer(connection, name)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_record_of_a_new_topic_of_the_same_name_is_handled(
    kafka: KafkaCluster, make_pipe: MakePipe, protocol: Mapping[str, str]
):
    records = 20
    pipe = make_pipe(2, protocol)
    pipe.writer.fill(2, 50)
    pipe.replicas.start(0, 1)
    pipe.wait_until_handled()
    wait_until(lambda: lag(pipe, 2) == 0, "the lag is 0")
    first = len(pipe.replicas.handled())

    writer = replace_topic(kafka, pipe)
    writer.fill(2, records)

    def again() -> set[tuple[int, int]]:
        """Records handled since. The brokers may delete the offsets of the old topic late, so some are handled twice."""
        handled = sorted(pipe.replicas.handled(), key=lambda each: each.at)[first:]
        return {(each.partition, each.offset) for each in handled}

    wait_until(lambda: again() >= set(writer.written), "every record is handled", 40)
    assert again() == set(writer.written)
    wait_until(lambda: lag(pipe, 2) == 0, "the lag is 0")
    assert pipe.replicas.stop(0, 1) == [0, 0]


@pytest.mark.parametrize("program", FORMS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_topic_that_is_replaced_while_a_batch_is_handled_is_read_from_its_start(
    kafka: KafkaCluster, make_pipe: MakePipe, protocol: Mapping[str, str], program: str
):
    """Offsets of the old topic must not be committed for the new one."""
    pipe = make_pipe(1, protocol, program)
    pipe.writer.fill(1, 3000)
    pipe.replicas.start(0)
    pipe.wait_for(500)

    writer = replace_topic(kafka, pipe)
    writer.fill(1, 5)

    def handled_again(offsets: range) -> bool:
        """Whether each offset was handled in the old and in the new topic."""
        seen = Counter(each.offset for each in pipe.replicas.handled())
        return all(seen[offset] >= 2 for offset in offsets)

    wait_until(lambda: handled_again(range(5)), "every record of the new topic is handled", 40)
    writer.fill(1, 5)
    wait_until(lambda: handled_again(range(5, 10)), "later ones too", 40)
    wait_until(lambda: lag(pipe, 1) == 0, "the lag is 0")
    assert pipe.replicas.stop(0) == [0]
