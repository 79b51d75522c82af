"""Redrive of dead letters on a real broker: nothing is lost, and handled ones are not offered again."""

import json
import signal
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import Message, TopicPartition

from consumer.kafka.dead_letters import KafkaDeadLetters
from consumer.kafka.settings import read
from consumer.variables import Variables
from tests.dataplane.dead_letter_pipe import PARTITIONS, Pipe, reader, redrive
from workbench.prove.replicas import PATIENCE
from workbench.prove.topic import Topic
from workbench.servers.kafka_broker import KafkaCluster

KILLED_BEFORE_THE_SECOND_MARK = """
import os, signal, sys
from consumer.redrive.command import main
from consumer.redrive.kafka import KafkaLetters

mark, marked = KafkaLetters.mark, []

def killed(self, letters):
    if marked:
        os.kill(os.getpid(), signal.SIGKILL)
    marked.append(letters)
    mark(self, letters)

KafkaLetters.mark = killed
sys.exit(main(sys.argv[1:], os.environ))
"""

WITH_A_HANDLER_THAT_IS_NOT_FIXED = """
import os, sys
from consumer.redrive import command
from consumer.redrive.kafka import KafkaLetters

replay, calls = KafkaLetters.replay, []

def failing_again(self, letters):
    assert len(calls) < 10, "the replay does not end"
    calls.append(letters)
    for each in letters:
        headers = [("dead-letter-topic", each.topic.encode()), ("dead-letter-partition", each.partition.encode())]
        self.producer.produce(self.name, each.value, each.key, headers=headers)
    return replay(self, letters)

KafkaLetters.replay = failing_again
command.BATCH = 1
sys.exit(command.main(sys.argv[1:], os.environ))
"""


@dataclass(frozen=True, kw_only=True)
class FailedRecord:
    topic: str
    partition: str
    position: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    timestamp: float = 0.0


MakePipe = Callable[[int], Pipe]


@pytest.fixture
def make_pipe(kafka: KafkaCluster, tmp_path: Path) -> MakePipe:
    """Return a function that creates a topic without records, and its dead letters with that many."""

    def make(letters: int) -> Pipe:
        pipe = Pipe(kafka.bootstrap_servers, f"orders-{uuid4()}", tmp_path)
        connection = {"bootstrap.servers": kafka.bootstrap_servers}
        Topic(connection, pipe.name, PARTITIONS, {})
        Topic(connection, pipe.dead_letters, 1, {})
        environment = {
            "STREAM_TOPIC": pipe.name,
            "STREAM_GROUP": pipe.name,
            "KAFKA_BOOTSTRAP_SERVERS": pipe.servers,
        }
        dead_letters = KafkaDeadLetters(read(Variables(environment)), pipe.dead_letters)
        for number in range(letters):
            record = FailedRecord(
                topic=pipe.name,
                partition=str(number % PARTITIONS),
                position=str(number),
                key=f"key-{number}".encode(),
                value=f"value-{number}".encode(),
                headers=[("number", str(number).encode()), ("dead-letter-topic", b"own header"), ("number", b"again")],
            )
            dead_letters.put(record, reason="KeyError: 'lines'" if number % 2 else "TimeoutError", tries=5)
        return pipe

    return make


def written(pipe: Pipe, partition: int) -> list[Message]:
    """Return the records of a partition."""
    with reader(pipe.servers, str(uuid4())) as reading:
        place = TopicPartition(pipe.name, partition, 0)
        _, end = reading.get_watermark_offsets(place, PATIENCE)
        reading.assign([place])
        return reading.consume(end, PATIENCE) if end else []


def values(pipe: Pipe) -> list[str]:
    return [(message.value() or b"").decode() for number in range(PARTITIONS) for message in written(pipe, number)]


def offered(pipe: Pipe) -> list[int]:
    """Return the positions that a replay of all would write."""
    lines = redrive(pipe, "replay", "--all").stdout.splitlines()
    return [int(line.split()[1].rstrip(":")) for line in lines if "would be written" in line]


def test_the_list_counts_by_reason_with_the_first_and_the_last_position(make_pipe):
    pipe = make_pipe(5)
    done = redrive(pipe, "list")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split(maxsplit=4) for line in done.stdout.splitlines()] == [
        [f"{pipe.dead_letters}:", "5", "dead", "letters"],
        ["3", "0", "to", "4", "TimeoutError"],
        ["2", "1", "to", "3", "KeyError: 'lines'"],
    ]


def test_one_is_shown_with_its_value_only_if_asked(make_pipe):
    pipe = make_pipe(3)
    lines = [
        "position: 1",
        f"source: {pipe.name}[1] 1",
        "reason: KeyError: 'lines'",
        "attempts: 5",
        "key: key-1",
        "header number: again",
    ]
    shown, with_value = redrive(pipe, "show", "1"), redrive(pipe, "show", "1", "--value")
    assert shown.returncode == with_value.returncode == 0
    assert set(lines) <= set(shown.stdout.splitlines())
    assert "value-1" not in shown.stdout
    assert "value: value-1" in with_value.stdout.splitlines()
    missing = redrive(pipe, "show", "9")
    assert missing.returncode == 1
    assert missing.stderr == f"redrive: {pipe.dead_letters} 9: there is no such dead letter, or it is handled.\n"


@pytest.mark.parametrize("command", ["replay", "drop"])
def test_a_dry_run_changes_nothing(make_pipe, command):
    pipe = make_pipe(3)
    done = redrive(pipe, command, "--all")
    assert done.returncode == 0
    assert done.stderr == "Nothing was changed. Add --yes to do it.\n"
    assert values(pipe) == []
    assert offered(pipe) == [0, 1, 2]


def test_selected_ones_get_their_partition_key_and_headers_and_only_the_others_are_offered_again(make_pipe):
    pipe = make_pipe(10)
    assert redrive(pipe, "replay", "1-3", "7", "--reason", "KeyError", "--yes").returncode == 0
    assert sorted(values(pipe)) == ["value-1", "value-3", "value-7"]
    (first, second) = written(pipe, 1)
    assert (first.key(), second.key()) == (b"key-1", b"key-7")
    assert first.headers() == [("number", b"1"), ("dead-letter-topic", b"own header"), ("number", b"again")]
    assert offered(pipe) == [0, 2, 4, 5, 6, 8, 9]
    assert redrive(pipe, "drop", "0-2", "9", "--yes").returncode == 0
    assert offered(pipe) == [4, 5, 6, 8]
    assert redrive(pipe, "replay", "--all", "--yes").returncode == 0
    assert offered(pipe) == []
    assert sorted(values(pipe)) == [f"value-{number}" for number in (1, 3, 4, 5, 6, 7, 8)], "each is written once"


def test_a_kill_between_writing_and_marking_loses_none_and_repeats_one_batch(make_pipe):
    pipe = make_pipe(250)
    killed = redrive(pipe, "replay", "--all", "--yes", program=("-c", KILLED_BEFORE_THE_SECOND_MARK))
    assert killed.returncode == -signal.SIGKILL
    assert len(values(pipe)) == 200, "two batches are written"
    assert offered(pipe) == [*range(100, 250)], "one is marked"
    assert redrive(pipe, "replay", "--all", "--yes").returncode == 0
    assert offered(pipe) == []
    assert sorted(values(pipe)) == sorted(f"value-{number}" for number in (*range(250), *range(100, 200)))


def test_records_that_fail_again_are_not_replayed_by_the_same_command(make_pipe):
    pipe = make_pipe(3)
    done = redrive(pipe, "replay", "--all", "--yes", program=("-c", WITH_A_HANDLER_THAT_IS_NOT_FIXED))
    assert done.returncode == 0, done.stderr
    assert sorted(values(pipe)) == ["value-0", "value-1", "value-2"]
    assert offered(pipe) == [3, 4, 5]


def test_a_rejected_record_is_offered_again_and_the_others_are_marked(make_pipe, kafka):
    pipe = make_pipe(0)
    environment = {"STREAM_TOPIC": pipe.name, "STREAM_GROUP": pipe.name, "KAFKA_BOOTSTRAP_SERVERS": pipe.servers}
    dead_letters = KafkaDeadLetters(read(Variables(environment)), pipe.dead_letters)
    for partition in ("0", str(PARTITIONS), "1"):
        record = FailedRecord(topic=pipe.name, partition=partition, position="0", key=None, value=b"v", headers=[])
        dead_letters.put(record, reason="x", tries=1)
    done = redrive(pipe, "replay", "--all", "--yes")
    assert done.returncode == 1
    assert done.stderr.startswith(f"redrive: {pipe.name}[{PARTITIONS}]: ")
    assert len(done.stderr.splitlines()) == 1
    assert offered(pipe) == [1]


def test_saved_ones_have_all_parts_and_are_offered_again(make_pipe, tmp_path):
    pipe = make_pipe(2)
    file = tmp_path / "letters.jsonl"
    assert redrive(pipe, "save", str(file), "1").returncode == 0
    assert file.stat().st_mode & 0o777 == 0o600
    (line,) = file.read_text().splitlines()
    assert json.loads(line) == {
        "position": "1",
        "topic": pipe.name,
        "partition": "1",
        "origin": "1",
        "reason": "KeyError: 'lines'",
        "tries": "5",
        "incomplete": "",
        "key": b64encode(b"key-1").decode(),
        "headers": [
            ["number", b64encode(b"1").decode()],
            ["dead-letter-topic", b64encode(b"own header").decode()],
            ["number", b64encode(b"again").decode()],
        ],
        "value": b64encode(b"value-1").decode(),
    }
    assert redrive(pipe, "save", "-").stdout.count("\n") == 2
    again = redrive(pipe, "save", str(file))
    assert (again.returncode, again.stderr) == (1, f"redrive: {file}: File exists\n")
    assert offered(pipe) == [0, 1]


def test_a_missing_topic_is_reported_in_one_line(make_pipe):
    pipe = make_pipe(0)
    pipe.name = f"other-{uuid4()}"
    done = redrive(pipe, "list")
    assert done.returncode == 1
    assert done.stderr.startswith(f"redrive: {pipe.dead_letters}: ")
    assert len(done.stderr.splitlines()) == 1
