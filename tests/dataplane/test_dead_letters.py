"""Failed records on a real broker go to the dead letters: none is lost, and none blocks the others."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import Producer, TopicPartition

from tests.dataplane.dead_letter_pipe import PARTITIONS, Pipe, reader, redrive
from workbench.prove.replicas import PATIENCE, wait_until
from workbench.prove.topic import Topic
from workbench.servers.kafka_broker import KafkaCluster

RECORDS, POISONED = 100, 40
POISON = b"poison"
LARGE = "x" * 2000

PROGRAM = """
import os, sys
from consumer.run import run

file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

def handle(record):
    if record.value == b"poison":
        raise ValueError("this one cannot be handled")
    os.write(file, f"{record.partition} {record.value.decode()}\\n".encode())

sys.exit(run(os.environ, handle, port=0))
"""

BATCH_PROGRAM = """
import os, sys
from consumer.run import run

file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

def handle_batch(records):
    if any(record.value == b"poison" for record in records):
        raise ValueError("this one cannot be handled")
    os.write(file, "".join(f"{record.partition} {record.value.decode()}\\n" for record in records).encode())

sys.exit(run(os.environ, handle_batch=handle_batch, port=0))
"""

FORMS = [pytest.param(PROGRAM, id="handle"), pytest.param(BATCH_PROGRAM, id="handle_batch")]

HEALED = PROGRAM.replace('b"poison"', "None")


def fill(pipe: Pipe) -> None:
    producer = Producer({"bootstrap.servers": pipe.servers})
    for number in range(RECORDS):
        value = POISON if number == POISONED else str(number)
        headers: list[tuple[str, str | bytes | None]] = [("number", str(number).encode())]
        producer.produce(pipe.name, value, f"key-{number}", number % PARTITIONS, headers=headers)
    assert producer.flush(PATIENCE) == 0


MakePipe = Callable[..., Pipe]


@pytest.fixture
def make_pipe(kafka: KafkaCluster, tmp_path: Path) -> MakePipe:
    """Return a function that creates a topic, and its dead letters with the given configuration."""

    def make(**config: str) -> Pipe:
        pipe = Pipe(kafka.bootstrap_servers, f"orders-{uuid4()}", tmp_path)
        connection = {"bootstrap.servers": kafka.bootstrap_servers}
        Topic(connection, pipe.name, PARTITIONS, {})
        Topic(connection, pipe.dead_letters, 1, {name.replace("_", "."): value for name, value in config.items()})
        fill(pipe)
        return pipe

    return make


def expected() -> dict[int, list[str]]:
    """Return the expected values per partition, in order."""
    numbers = [number for number in range(RECORDS) if number != POISONED]
    return {partition: [str(n) for n in numbers if n % PARTITIONS == partition] for partition in range(PARTITIONS)}


def ends() -> list[int]:
    return [len(range(partition, RECORDS, PARTITIONS)) for partition in range(PARTITIONS)]


@pytest.mark.parametrize("program", FORMS)
@pytest.mark.parametrize("variables", [{}, {"KAFKA_GROUP_PROTOCOL": "consumer"}], ids=["classic", "KIP-848"])
def test_a_failed_record_is_dead_lettered_and_all_others_are_handled_in_order(make_pipe, variables, program):
    pipe = make_pipe()
    with pipe.start(
        program, **variables, STREAM_DEAD_LETTERS=pipe.dead_letters, STREAM_MAX_DELIVERY_ATTEMPTS="3"
    ) as consumer:
        try:
            wait_until(lambda: pipe.handled == expected(), "all records except one are handled")
            wait_until(
                lambda: pipe.committed() == ends(), "handled and dead-lettered records are committed while it runs"
            )
            consumer.terminate()
            _, log = consumer.communicate(timeout=PATIENCE)
        finally:
            consumer.kill()
    assert consumer.returncode == 0, log
    (letter,) = pipe.read_dead_letters(1)
    assert (letter.key(), letter.value()) == (f"key-{POISONED}".encode(), POISON)
    assert dict(letter.headers() or ()) == {
        "number": str(POISONED).encode(),
        "dead-letter-topic": pipe.name.encode(),
        "dead-letter-partition": str(POISONED % PARTITIONS).encode(),
        "dead-letter-position": str(POISONED // PARTITIONS).encode(),
        "dead-letter-group": pipe.name.encode(),
        "dead-letter-reason": b"ValueError: this one cannot be handled",
        "dead-letter-tries": b"3",
    }


@pytest.mark.parametrize("program", FORMS)
def test_without_dead_letters_a_failed_record_ends_the_consumer_and_a_fixed_handler_continues_there(make_pipe, program):
    pipe = make_pipe()
    with pipe.start(program, STREAM_MAX_DELIVERY_ATTEMPTS="2") as consumer:
        try:
            _, log = consumer.communicate(timeout=PATIENCE)
        finally:
            consumer.kill()
    place = f"{pipe.name}[{POISONED % PARTITIONS}] {POISONED // PARTITIONS}"
    assert consumer.returncode == 1
    assert log.splitlines()[-1] == (
        f"consumer: {place}: cannot be handled, and dead letters are disabled: ValueError: this one cannot be handled"
    )
    assert pipe.committed()[POISONED % PARTITIONS] == POISONED // PARTITIONS, (
        "committed up to the failed record, exclusive"
    )
    _nothing_lost(pipe)


@pytest.mark.parametrize("program", FORMS)
def test_a_record_is_not_lost_if_the_dead_letter_is_rejected(make_pipe, program):
    pipe = make_pipe(max_message_bytes="100")
    with pipe.start(program, STREAM_DEAD_LETTERS=pipe.dead_letters, STREAM_MAX_DELIVERY_ATTEMPTS="1") as consumer:
        try:
            _, log = consumer.communicate(timeout=PATIENCE)
        finally:
            consumer.kill()
    place = f"{pipe.name}[{POISONED % PARTITIONS}] {POISONED // PARTITIONS}"
    assert consumer.returncode == 1
    assert log.splitlines()[-1].startswith(f"consumer: {place}: cannot write the dead letter to {pipe.dead_letters}: ")
    assert "MSG_SIZE_TOO_LARGE" in log.splitlines()[-1]
    assert pipe.committed()[POISONED % PARTITIONS] == POISONED // PARTITIONS
    _nothing_lost(pipe)


def test_a_record_that_is_too_large_is_dead_lettered_without_its_value(make_pipe):
    pipe = make_pipe(max_message_bytes="1000")
    producer = Producer({"bootstrap.servers": pipe.servers})
    producer.produce(pipe.name, LARGE, "large", 0)
    assert producer.flush(PATIENCE) == 0
    with pipe.start(
        PROGRAM.replace('b"poison"', f"b{LARGE!r}"),
        STREAM_DEAD_LETTERS=pipe.dead_letters,
        STREAM_MAX_DELIVERY_ATTEMPTS="1",
    ) as consumer:
        try:
            wait_until(lambda: pipe.committed()[0] == ends()[0] + 1, "it is dead-lettered")
        finally:
            consumer.kill()
    (letter,) = pipe.read_dead_letters(1)
    headers = dict(letter.headers() or ())
    assert (letter.key(), letter.value()) == (b"large", None)
    assert headers["dead-letter-position"] == str(ends()[0]).encode()
    assert headers["dead-letter-value"].startswith(b"left out: too large")


def _nothing_lost(pipe: Pipe) -> None:
    """A consumer that can handle the record handles it and the remaining ones, and nothing of its partition twice."""
    with pipe.start(HEALED) as consumer:
        try:
            wait_until(lambda: pipe.committed() == ends(), "all is handled")
        finally:
            consumer.kill()
    handled = {partition: list(dict.fromkeys(values)) for partition, values in pipe.handled.items()}
    everything = expected()
    everything[POISONED % PARTITIONS].insert(POISONED // PARTITIONS, POISON.decode())
    assert handled == everything


def test_dead_letters_are_replayed_into_their_partition_and_handled_by_a_fixed_handler(make_pipe):
    """docs/procedures.md, Dead letters."""
    pipe = make_pipe()
    variables = {"STREAM_DEAD_LETTERS": pipe.dead_letters, "STREAM_MAX_DELIVERY_ATTEMPTS": "1"}
    with pipe.start(PROGRAM, **variables) as consumer:
        try:
            wait_until(lambda: pipe.committed() == ends(), "all records are committed, one as a dead letter")
            consumer.terminate()  # leaves the group at once
            consumer.communicate(timeout=PATIENCE)
        finally:
            consumer.kill()
    done = redrive(pipe, "replay", "--reason", "cannot be handled", "--yes")
    partition = POISONED % PARTITIONS
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"{pipe.dead_letters} 0: written to {pipe.name}[{partition}] {ends()[partition]}",
        "1 dead letters replayed, 0 skipped",
    ]
    with pipe.start(HEALED, **variables) as consumer:
        try:
            wait_until(lambda: pipe.handled[partition][-1] == POISON.decode(), "the replayed record is handled")
        finally:
            consumer.kill()
    with reader(pipe.servers, str(uuid4())) as reading:
        reading.assign([TopicPartition(pipe.name, partition, ends()[partition])])
        (again,) = reading.consume(1, PATIENCE)
    assert (again.key(), again.headers()) == (f"key-{POISONED}".encode(), [("number", str(POISONED).encode())])


def test_a_dead_letter_without_the_whole_record_is_not_replayed(make_pipe):
    pipe = make_pipe(max_message_bytes="1000")
    producer = Producer({"bootstrap.servers": pipe.servers})
    producer.produce(pipe.name, POISON, "large", 0, headers=[("large", LARGE.encode())])
    assert producer.flush(PATIENCE) == 0
    variables = {"STREAM_DEAD_LETTERS": pipe.dead_letters, "STREAM_MAX_DELIVERY_ATTEMPTS": "1"}
    with pipe.start(PROGRAM, **variables) as consumer:
        try:
            letters = pipe.read_dead_letters(2)
        finally:
            consumer.kill()
    offset = next(letter.offset() for letter in letters if letter.key() == b"large")
    done = redrive(pipe, "replay", str(offset), "--yes")
    place = f"{pipe.name}[0] {ends()[0]}"
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{pipe.dead_letters} {offset}: skipped, does not contain the whole record. The record is {place}",
        "0 dead letters replayed, 1 skipped",
    ]
    assert redrive(pipe, "list").stdout.startswith(f"{pipe.dead_letters}: 2 dead letters\n"), "it is offered again"
