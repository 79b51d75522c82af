"""Offsets without a record: aborted transactions and compaction. No record is missed, none counts as lost, and the lag reaches zero."""

from collections.abc import Mapping

import pytest
from confluent_kafka import Producer

from tests.dataplane.conftest import FORMS, PROTOCOLS, MakePipe, Pipe
from tests.dataplane.consumer_metrics import lag, lost, offsets
from workbench.prove.replicas import PATIENCE, wait_until
from workbench.servers.kafka_broker import KafkaCluster

RECORDS, KEYS = 300, 7


def handled(pipe: Pipe) -> list[int]:
    return [each.offset for each in pipe.replicas.handled()]


@pytest.mark.parametrize("program", FORMS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_aborted_transactions_are_not_handled_and_leave_no_lag(
    kafka: KafkaCluster, make_pipe: MakePipe, protocol: Mapping[str, str], program: str
):
    pipe = make_pipe(1, protocol, program)
    pipe.replicas.start(0)
    producer = Producer(
        {"bootstrap.servers": kafka.bootstrap_servers, "transactional.id": pipe.topic.name, "log_level": 0}
    )
    producer.init_transactions(PATIENCE)
    committed: list[int] = []
    end = 0
    for commit in (True, False, True, False, False):
        producer.begin_transaction()
        for _ in range(10):
            producer.produce(pipe.topic.name, b"x", partition=0)
        assert producer.flush(PATIENCE) == 0
        if commit:
            producer.commit_transaction(PATIENCE)
            committed += range(end, end + 10)
        else:
            producer.abort_transaction(PATIENCE)
        end += 11  # the end of a transaction has an offset too
    wait_until(lambda: handled(pipe) == committed, "the committed records are handled")
    wait_until(lambda: lag(pipe, 1) == 0, "the lag is 0 after aborted records at the end")
    pipe.writer.fill(1, 1)
    wait_until(lambda: handled(pipe) == [*committed, end], "the next record is handled")
    wait_until(lambda: lag(pipe, 1) == 0, "the lag is 0")
    assert lost(pipe) == 0
    assert pipe.replicas.stop(0) == [0]
    # A consumer that starts behind a gap has no lag either.
    pipe.replicas.start(0)
    wait_until(lambda: lag(pipe, 1) == 0, "the lag is 0 after a restart")
    assert handled(pipe) == [*committed, end]


@pytest.mark.parametrize("program", FORMS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_compacted_records_leave_no_lag_and_do_not_count_as_lost(
    kafka: KafkaCluster, make_pipe: MakePipe, protocol: Mapping[str, str], program: str
):
    config = {
        "cleanup.policy": "compact",
        "segment.ms": "200",
        "min.cleanable.dirty.ratio": "0.001",
        "min.compaction.lag.ms": "0",
    }
    pipe = make_pipe(1, protocol, program, config=config)
    name = pipe.topic.name
    pipe.replicas.start(0)
    pipe.writer.fill(1, 10)
    pipe.wait_until_handled()
    assert pipe.replicas.stop(0) == [0], "its offset is committed, and the records after it will have gaps"

    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers, "log_level": 0})
    for number in range(RECORDS):
        producer.produce(name, str(number), f"key-{number % KEYS}", partition=0)
    assert producer.flush(PATIENCE) == 0

    def left() -> list[int]:
        """Write one more record, so that the segment before it can be compacted, and return the offsets that are left."""
        producer.produce(name, b"last", b"last", partition=0)
        assert producer.flush(PATIENCE) == 0
        return offsets(kafka, name)

    wait_until(lambda: len(left()) < RECORDS // 2, "the topic is compacted")
    pipe.replicas.start(0)
    wait_until(lambda: lag(pipe, 1) == 0, "the lag is 0")
    wait_until(
        lambda: lag(pipe, 1) == 0 and handled(pipe)[-1] == offsets(kafka, name)[-1], "the last record is handled"
    )
    assert set(offsets(kafka, name)) <= set(handled(pipe))
    assert handled(pipe) == sorted(set(handled(pipe)))
    assert len(handled(pipe)) < RECORDS
    assert lost(pipe) == 0
    assert pipe.replicas.stop(0) == [0]
