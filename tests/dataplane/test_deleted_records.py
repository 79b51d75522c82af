"""Records that a real broker deleted before they were read are counted and logged once."""

import re
import threading
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from tests.dataplane.dead_letter_pipe import Pipe
from workbench.prove.replicas import PATIENCE, wait_until
from workbench.prove.topic import Topic
from workbench.servers.kafka_broker import KafkaCluster
from workbench.servers.ports import free_ports

PROGRAM = """
import os, sys, time
from pathlib import Path
from consumer.run import run

file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
held = Path(sys.argv[1] + ".hold")

def handle(record):
    os.write(file, f"{record.partition} {record.position}\\n".encode())
    while held.exists():
        time.sleep(0.05)

sys.exit(run(os.environ, handle, port=int(os.environ["PORT"])))
"""

GAP = re.compile(r"\[(\d+)\]: offsets (\d+) to (\d+) were deleted before they were read: (\d+) records lost")

VARIABLES = [{}, {"KAFKA_GROUP_PROTOCOL": "consumer"}]
both_protocols = pytest.mark.parametrize("variables", VARIABLES, ids=["classic", "KIP-848"])


class Deleted(Pipe):
    """Pipe with deleted records, and a consumer that reports losses."""

    log: list[str]
    port: int

    def write(self, count: int, size: int = 1, partition: int = 0) -> None:
        producer = Producer({"bootstrap.servers": self.servers})
        for _ in range(count):
            producer.produce(self.name, bytes(size), partition=partition)
        assert producer.flush(PATIENCE) == 0

    def delete(self, before: int, partition: int = 0) -> None:
        """Delete records like retention: the log then starts at an offset."""
        admin = AdminClient({"bootstrap.servers": self.servers})
        [answer] = admin.delete_records([TopicPartition(self.name, partition, before)]).values()
        assert answer.result().low_watermark == before

    @contextmanager
    def consumer(self, **variables: str) -> Generator[None]:
        [self.port] = free_ports(1)
        with self.start(PROGRAM, PORT=str(self.port), **variables) as process:
            reading = threading.Thread(target=lambda: self.log.extend(process.stderr or ()))
            reading.start()
            try:
                yield
                process.terminate()
                assert process.wait(PATIENCE) == 0, "".join(self.log)
            finally:
                process.kill()
                reading.join()

    @property
    def gaps(self) -> list[tuple[int, ...]]:
        """Return partition, first and last missing offset and the number of records from the log."""
        return [tuple(map(int, found.groups())) for line in list(self.log) if (found := GAP.search(line))]

    def lost(self) -> int:
        """Value of the metric. Below 0 until the consumer responds."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=PATIENCE) as answer:
                [line] = re.findall(r"^consumer_lost_records_total (\S+)$", answer.read().decode(), re.MULTILINE)
        except urllib.error.URLError:
            return -1
        return int(float(line))

    def hold(self) -> Path:
        hold = self.directory / "handled.hold"
        hold.touch()
        return hold

    def offsets(self, partition: int = 0) -> list[int]:
        return [int(offset) for offset in self.handled[partition]]


@pytest.fixture
def pipe(kafka: KafkaCluster, tmp_path: Path) -> Deleted:
    pipe = Deleted(kafka.bootstrap_servers, f"orders-{uuid4()}", tmp_path)
    pipe.log = []
    Topic({"bootstrap.servers": kafka.bootstrap_servers}, pipe.name, 3, {})
    return pipe


@both_protocols
def test_a_new_group_has_lost_nothing_although_the_log_starts_later(pipe, variables):
    pipe.write(20)
    pipe.delete(12)
    with pipe.consumer(**variables):
        wait_until(lambda: pipe.offsets() == list(range(12, 20)), "all that is there is read")
        assert pipe.lost() == 0
    assert pipe.gaps == []


@both_protocols
def test_records_deleted_while_the_consumer_was_stopped_are_logged_once(pipe, variables):
    pipe.write(10)
    with pipe.consumer(**variables):
        wait_until(lambda: pipe.committed()[0] == 10, "all is read")
    pipe.write(20)
    pipe.delete(25)
    with pipe.consumer(**variables):
        wait_until(lambda: pipe.committed()[0] == 30, "all that is left is read")
        wait_until(lambda: pipe.lost() == 15, "it is counted")
    with pipe.consumer(**variables):
        pipe.write(1)
        wait_until(lambda: pipe.committed()[0] == 31, "it goes on")
        assert pipe.lost() == 0
    assert pipe.gaps == [(0, 10, 24, 15)]
    assert pipe.offsets() == [*range(10), *range(25, 31)]


@both_protocols
def test_deleted_records_are_logged_once_even_if_no_record_is_left(pipe, variables):
    pipe.write(10)
    with pipe.consumer(**variables):
        wait_until(lambda: pipe.committed()[0] == 10, "all is read")
    pipe.write(20)
    pipe.delete(30)
    with pipe.consumer(**variables):
        wait_until(lambda: pipe.lost() == 20, "it is counted")
        wait_until(lambda: pipe.committed()[0] == 30, "and noted in the group")
    with pipe.consumer(**variables):
        pipe.write(1)
        wait_until(lambda: pipe.committed()[0] == 31, "it goes on")
    assert pipe.gaps == [(0, 10, 29, 20)]


def test_deleted_records_of_a_never_read_partition_are_logged(pipe):
    with pipe.consumer():
        wait_until(lambda: pipe.committed() == [0, 0, 0], "it waits for the first record")
    pipe.write(20)
    pipe.delete(15)
    with pipe.consumer():
        wait_until(lambda: pipe.committed()[0] == 20, "what is left is read")
    assert pipe.gaps == [(0, 0, 14, 15)]


@both_protocols
def test_records_deleted_during_slow_handling_are_logged_except_fetched_ones(pipe, variables):
    """Records of 100 kB with a small fetch queue: some are fetched and handled before the others are deleted."""
    pipe.write(60, 100_000)
    hold = pipe.hold()
    with pipe.consumer(**variables, KAFKA_QUEUED_MAX_MESSAGES_KBYTES="300", KAFKA_FETCH_MESSAGE_MAX_BYTES="100000"):
        wait_until(lambda: pipe.offsets() == [0], "the first is being handled")
        pipe.delete(50)
        hold.unlink()
        wait_until(lambda: pipe.committed()[0] == 60, "the others are read")
        handled = pipe.offsets()
        wait_until(lambda: pipe.lost() == 60 - len(handled), "exactly the records that were not handled are lost")
    fetched = next(number for number, offset in enumerate(handled) if offset != number)
    assert handled == [*range(fetched), *range(50, 60)]
    assert pipe.gaps == [(0, fetched, 49, 50 - fetched)]


def test_offsets_missing_for_other_reasons_are_not_lost(pipe, kafka):
    """The end of a transaction has an offset but no record."""
    producer = Producer({"bootstrap.servers": pipe.servers, "transactional.id": pipe.name})
    producer.init_transactions(PATIENCE)
    pipe.write(5)
    pipe.delete(3)
    with pipe.consumer():
        for _ in range(10):
            producer.begin_transaction()
            producer.produce(pipe.name, b"x", partition=0)
            producer.commit_transaction(PATIENCE)
        wait_until(lambda: len(pipe.offsets()) == 12, "all is read")
        assert pipe.lost() == 0
    assert pipe.gaps == []
    assert pipe.offsets() == [3, 4, *range(5, 25, 2)]


def test_each_partition_is_counted_separately(pipe):
    for partition in range(3):
        pipe.write(10, partition=partition)
    with pipe.consumer():
        wait_until(lambda: pipe.committed() == [10, 10, 10], "all is read")
    for partition in range(3):
        pipe.write(10, partition=partition)
        pipe.delete(10 + 3 * partition, partition)
    with pipe.consumer():
        wait_until(lambda: pipe.committed() == [20, 20, 20], "what is left is read")
        wait_until(lambda: pipe.lost() == 9, "it is counted")
    assert sorted(pipe.gaps) == [(1, 10, 12, 3), (2, 10, 15, 6)]
