"""Brokers that fail: the one that coordinates the group, and the only one that has a partition."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.dataplane.conftest import PROTOCOLS, Pipe, make_pipe_on
from tests.dataplane.consumer_metrics import lag
from tests.dataplane.test_broker_restart import wait_until_replicated
from workbench.prove.replicas import PATIENCE, wait_until
from workbench.servers.kafka_broker import KafkaCluster


def coordinator(cluster: KafkaCluster, group: str) -> int | None:
    """Return the broker that coordinates a group. None while there is none."""
    admin: Any = AdminClient({"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0})
    try:
        return admin.describe_consumer_groups([group], request_timeout=5)[group].result(PATIENCE).coordinator.id
    except KafkaException:
        return None


def test_the_group_goes_on_when_its_coordinator_is_killed(replicated_pipe: Pipe, three_brokers: KafkaCluster):
    pipe, name = replicated_pipe, replicated_pipe.topic.name
    pipe.replicas.start(0, 1, 2)
    owners = pipe.topic.wait_for_owners(1, 1, 1)
    with pipe.writer.writing(3, per_second=200):
        pipe.wait_for(100)
        wait_until_replicated(three_brokers)
        killed = coordinator(three_brokers, name)
        assert killed is not None
        three_brokers.kill(killed)
        try:
            wait_until(lambda: coordinator(three_brokers, name) not in {killed, None}, "another broker coordinates")
            pipe.wait_for(200)
            pipe.replicas.kill(0)
            pipe.replicas.start(3)
            pipe.topic.wait_for_owners(1, 1, 1)
        finally:
            three_brokers.start(killed)
    pipe.wait_until_handled()
    assert pipe.tally().problems == ()
    assert sorted(owners.values()) == sorted(pipe.topic.wait_for_owners(1, 1, 1).values()) == [(0,), (1,), (2,)]
    assert pipe.replicas.stop(1, 2, 3) == [0, 0, 0]


@pytest.fixture(params=PROTOCOLS)
def lone_copies(three_brokers: KafkaCluster, tmp_path: Path, request: pytest.FixtureRequest) -> Generator[Pipe]:
    """Pipe with 3 partitions, each on one broker only."""
    pipe = make_pipe_on(three_brokers, tmp_path, 3, request.param, {}, copies=1)
    with pipe.replicas:
        yield pipe
    three_brokers.administration.delete_topics([pipe.topic.name])[pipe.topic.name].result(PATIENCE)


def leaders(cluster: KafkaCluster, topic: str) -> dict[int, int]:
    """Return the broker that leads each partition. -1 if there is none."""
    partitions = cluster.administration.list_topics(topic, timeout=PATIENCE).topics[topic].partitions
    return {number: each.leader for number, each in partitions.items()}


def test_a_partition_without_a_leader_waits_while_others_are_read(lone_copies: Pipe, three_brokers: KafkaCluster):
    pipe, name = lone_copies, lone_copies.topic.name
    pipe.replicas.start(0, 1, 2)
    pipe.topic.wait_for_owners(1, 1, 1)
    pipe.writer.fill(3, 100)
    pipe.wait_until_handled()
    wait_until_replicated(three_brokers)
    lost = leaders(three_brokers, name)[0]
    three_brokers.kill(lost)
    try:
        wait_until(lambda: leaders(three_brokers, name)[0] == -1, "partition 0 has no leader")
        led = {number for number, leader in leaders(three_brokers, name).items() if leader >= 0}
        with pipe.writer.writing(3, per_second=300):
            for number in led:
                wait_until(lambda number=number: handled(pipe, number) >= 200, f"partition {number} is read meanwhile")
            assert handled(pipe, 0) == 100
            three_brokers.start(lost)
            wait_until(lambda: handled(pipe, 0) >= 200, "partition 0 is read again")
    finally:
        if lost not in three_brokers.running:
            three_brokers.start(lost)
    pipe.wait_until_handled()
    assert pipe.tally().problems == ()
    wait_until(lambda: lag(pipe, 3) == 0, "the lag is 0")
    assert pipe.replicas.stop(0, 1, 2) == [0, 0, 0], "no consumer has ended"


def handled(pipe: Pipe, partition: int) -> int:
    return sum(each.partition == partition for each in pipe.replicas.handled())
