"""Brokers restarted one by one, and one killed, while messages are written and handled: none is lost."""

from tests.dataplane.conftest import Pipe
from workbench.prove.replicas import wait_until
from workbench.servers.kafka_broker import KafkaCluster


def wait_until_replicated(cluster: KafkaCluster) -> None:
    """Wait until every broker has every message, before the next one stops."""

    def replicated() -> bool:
        topics = cluster.administration.list_topics(timeout=60).topics.values()
        return all(len(each.isrs) == len(each.replicas) for topic in topics for each in topic.partitions.values())

    wait_until(replicated, "every copy is in sync")


def test_a_rolling_restart_of_the_brokers_loses_no_message(replicated_pipe: Pipe, three_brokers: KafkaCluster):
    pipe = replicated_pipe
    pipe.replicas.start(0, 1, 2)
    pipe.topic.wait_for_owners(1, 1, 1)
    with pipe.writer.writing(3, per_second=200):
        pipe.wait_for(100)
        for number, end in enumerate((three_brokers.stop, three_brokers.stop, three_brokers.kill)):
            wait_until_replicated(three_brokers)
            end(number)
            pipe.wait_for(200)
            three_brokers.start(number)
        pipe.wait_for(200)
    pipe.wait_until_handled()
    assert pipe.tally().problems == ()
    assert sorted(pipe.topic.wait_for_owners(1, 1, 1).values()) == [(0,), (1,), (2,)]
    assert pipe.replicas.stop(0, 1, 2) == [0, 0, 0]
