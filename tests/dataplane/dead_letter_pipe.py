"""Topic with dead letters on a real broker, and a consumer process that reads it."""

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from uuid import uuid4

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from workbench.prove.replicas import PATIENCE
from workbench.stack_file import ROOT

PARTITIONS = 3


@dataclass
class Pipe:
    """Topic with dead letters, and a consumer that writes handled records to a file."""

    servers: str
    name: str
    directory: Path

    @property
    def dead_letters(self) -> str:
        return f"{self.name}.dead-letters"

    @property
    def handled(self) -> dict[int, list[str]]:
        """Handled values, by partition."""
        handled: dict[int, list[str]] = defaultdict(list)
        with suppress(FileNotFoundError):
            for line in (self.directory / "handled").read_text().splitlines():
                partition, value = line.split()
                handled[int(partition)].append(value)
        return handled

    def start(self, program: str, **variables: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", program, str(self.directory / "handled")],
            cwd=ROOT,
            env={
                "PATH": os.defpath,
                "STREAM_SERVICE": "kafka",
                "STREAM_TOPIC": self.name,
                "STREAM_GROUP": self.name,
                "KAFKA_BOOTSTRAP_SERVERS": self.servers,
                **variables,
            },
            stderr=subprocess.PIPE,
            text=True,
        )

    def committed(self) -> list[int]:
        """Committed offset of each partition. Below 0 if there is none or it is not known yet."""
        with reader(self.servers, self.name) as reading:
            places = [TopicPartition(self.name, number) for number in range(PARTITIONS)]
            try:
                return [place.offset for place in reading.committed(places, PATIENCE)]
            except KafkaException:  # just after the start, the group has no coordinator
                return [-1] * PARTITIONS

    def read_dead_letters(self, count: int) -> list[Message]:
        """Wait for that many dead letters, then read once more to detect extra ones."""
        found: list[Message] = []
        with reader(self.servers, str(uuid4())) as reading:
            reading.assign([TopicPartition(self.dead_letters, 0, 0)])
            end = time.monotonic() + PATIENCE
            while len(found) < count and time.monotonic() < end:
                found += reading.consume(10, 0.5)
            return found + reading.consume(10, 1.0)


def reader(servers: str, group: str) -> Consumer:
    return Consumer({"bootstrap.servers": servers, "group.id": group, "auto.offset.reset": "earliest"})


def redrive(
    pipe: Pipe, *arguments: str, program: Sequence[str] = ("-m", "consumer.redrive")
) -> "CompletedProcess[str]":
    """Run the redrive of a pipe's dead letters to its end."""
    environment = {
        "STREAM_SERVICE": "kafka",
        "STREAM_TOPIC": pipe.name,
        "STREAM_GROUP": pipe.name,
        "STREAM_DEAD_LETTERS": pipe.dead_letters,
        "KAFKA_BOOTSTRAP_SERVERS": pipe.servers,
    }
    command = [sys.executable, *program, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
