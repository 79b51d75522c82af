"""SIGTERM while the handler is in a record for a long time."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition

from tests.dataplane.conftest import PROTOCOLS, MakePipe, Pipe
from tests.dataplane.dead_letter_pipe import reader
from workbench.prove.replicas import PATIENCE, Replica, wait_until
from workbench.servers.kafka_broker import KafkaCluster

RECORDS, HELD_AT = 400, 300
HELD_REPLICA = "tests.dataplane.held_replica"
FORMS = pytest.mark.parametrize("form", ["single", "batch"])


def start(make_pipe: MakePipe, hold: Path, protocol: Mapping[str, str], form: str) -> tuple[Pipe, Replica]:
    """Return a pipe and its replica, which is in the held record and has got SIGTERM."""
    variables = {"HOLD": str(hold), "HELD_AT": str(HELD_AT), "FORM": form}
    pipe = make_pipe(1, {**protocol, **variables}, HELD_REPLICA)
    pipe.writer.fill(1, RECORDS)
    hold.touch()
    pipe.replicas.start(0)
    wait_until(hold.with_suffix(".reached").exists, "the handler is in the held record")
    replica = pipe.replicas.running[0]
    replica.process.terminate()
    return pipe, replica


def committed(kafka: KafkaCluster, pipe: Pipe) -> int:
    with reader(kafka.bootstrap_servers, pipe.topic.name) as reading:
        return reading.committed([TopicPartition(pipe.topic.name, 0)], PATIENCE)[0].offset


@FORMS
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_it_finishes_the_record_commits_it_and_nothing_is_delivered_again(
    kafka: KafkaCluster, make_pipe: MakePipe, tmp_path: Path, protocol: Mapping[str, str], form: str
):
    hold = tmp_path / "hold"
    pipe, replica = start(make_pipe, hold, protocol, form)
    assert replica.ask("/live")[0] == 200, "the platform does not kill it early"
    hold.unlink()
    assert replica.wait() == 0
    del pipe.replicas.running[0]
    stopped = len(pipe.replicas.handled())
    assert HELD_AT < stopped < RECORDS or form == "batch"
    assert committed(kafka, pipe) == stopped
    pipe.replicas.start(1)
    pipe.wait_until_handled()
    assert pipe.tally().problems == ()
    assert pipe.tally().again == 0


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_if_it_is_killed_before_the_handler_returns_only_this_record_is_delivered_again(
    kafka: KafkaCluster, make_pipe: MakePipe, tmp_path: Path, protocol: Mapping[str, str]
):
    hold = tmp_path / "hold"
    pipe, replica = start(make_pipe, hold, protocol, "single")
    wait_until(lambda: committed(kafka, pipe) == HELD_AT, "all records before it are committed")
    replica.kill()
    del pipe.replicas.running[0]
    assert len(pipe.replicas.handled()) == HELD_AT
    hold.unlink()
    pipe.replicas.start(1)
    pipe.wait_until_handled()
    assert pipe.tally().problems == ()
    assert pipe.tally().again == 0, "the record in the handler was not finished before"
