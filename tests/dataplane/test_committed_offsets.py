"""Consumers start at the offsets of their group, also if another program committed them before the group had a member."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, TopicPartition

from tests.dataplane.conftest import PROTOCOLS, MakePipe, Pipe
from workbench.prove.replicas import wait_until
from workbench.servers.kafka_broker import KafkaCluster

WRITTEN = 50


@pytest.fixture(params=PROTOCOLS)
def pipe(make_pipe: MakePipe, request: pytest.FixtureRequest) -> tuple[Pipe, str]:
    """Return a pipe with three full partitions, and the name of its group."""
    group = f"billing-{uuid4()}"
    pipe = make_pipe(3, {**request.param, "STREAM_GROUP": group})
    pipe.writer.fill(3, WRITTEN)
    return pipe, group


def commit(kafka: KafkaCluster, pipe: Pipe, group: str, offsets: Mapping[int, int]) -> None:
    """Commit offsets of a group without members, as MirrorMaker does."""
    client: Any = Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": group})
    client.commit(offsets=[TopicPartition(pipe.topic.name, *each) for each in offsets.items()], asynchronous=False)
    client.close()


def handled(pipe: Pipe, number: int) -> dict[int, list[int]]:
    """Start the replicas, wait for a number of records, write one more to each partition, and return all offsets by partition."""
    pipe.replicas.start(0, 1, 2)
    wait_until(lambda: len(pipe.replicas.handled()) >= number, f"{number} records are handled")
    pipe.writer.fill(3, 1)
    wait_until(lambda: len(pipe.replicas.handled()) >= number + 3, "the last records are handled")
    found: dict[int, list[int]] = {}
    for each in sorted(pipe.replicas.handled(), key=lambda each: each.at):
        found.setdefault(each.partition, []).append(each.offset)
    return found


def test_consumers_start_at_committed_offsets_and_read_a_partition_without_one_from_its_start(
    kafka: KafkaCluster, pipe: tuple[Pipe, str]
):
    commit(kafka, *pipe, {0: 30, 2: WRITTEN})
    assert handled(pipe[0], 20 + WRITTEN) == {
        0: list(range(30, WRITTEN + 1)),
        1: list(range(WRITTEN + 1)),
        2: [WRITTEN],
    }


def test_an_offset_beyond_the_end_reads_the_whole_partition_again(kafka: KafkaCluster, pipe: tuple[Pipe, str]):
    """This happens if offsets are copied to a cluster whose offsets differ."""
    commit(kafka, *pipe, {0: WRITTEN + 7, 1: WRITTEN, 2: WRITTEN})
    assert handled(pipe[0], WRITTEN) == {0: list(range(WRITTEN + 1)), 1: [WRITTEN], 2: [WRITTEN]}
