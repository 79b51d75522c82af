"""Writes dead letters back to the topic and the partition that they came from.

`python -m consumer.kafka.replay FIRST LAST`, with the environment of a consumer's pod. FIRST and LAST are offsets in the dead letters.
The identity needs permission to read the dead letters and to write to the topic, which consumers do not have.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from consumer.errors import ConsumerError, WrongEnvironmentError
from consumer.kafka.faults import text_of
from consumer.kafka.record import KafkaRecord
from consumer.kafka.settings import KafkaSettings, read
from consumer.variables import Variables

PREFIX = "dead-letter-"
"""Prefix of the headers that describe a failure. All other headers are those of the record."""

LEFT_OUT = frozenset(f"{PREFIX}{part}" for part in ("key", "value", "headers"))
"""Headers of a dead letter that does not contain the whole record."""

SECONDS = 60.0
"""Maximum seconds for the brokers to return or to confirm a record."""


def replay(settings: KafkaSettings, topic: str, offsets: range) -> Iterator[str]:
    """Write the dead letters with these offsets back. Yield one line for each, after the brokers have confirmed it.

    A dead letter without the whole record is skipped. Raises ConsumerError if a record cannot be read or written.
    """
    producer = Producer({**settings.connection, "enable.idempotence": True, "message.timeout.ms": int(SECONDS * 1000)})
    for message in _read(settings, topic, offsets):
        record = KafkaRecord()
        record.message = message
        about = {name: value.decode(errors="replace") for name, value in record.headers if name.startswith(PREFIX)}
        place = f"{topic} {record.position}"
        if f"{PREFIX}topic" not in about:
            yield f"{place}: skipped, is no dead letter"
        elif about.keys() & LEFT_OUT:
            origin = f"{about[f'{PREFIX}topic']}[{about[f'{PREFIX}partition']}] {about[f'{PREFIX}position']}"
            yield f"{place}: skipped, does not contain the whole record. The record is {origin}"
        else:
            yield f"{place}: written to {_write(producer, record, about)}"


def _read(settings: KafkaSettings, topic: str, offsets: range) -> Iterator[Message]:
    """Yield the dead letters with these offsets. Their partition is assigned, so the client does not join the group."""
    properties = {**settings.connection, "group.id": settings.group, "enable.auto.commit": False}
    consumer = Consumer({**properties, "enable.partition.eof": True, "auto.offset.reset": "error"})
    try:
        consumer.assign([TopicPartition(topic, 0, offsets.start)])
        while True:
            message = consumer.poll(SECONDS)
            if message is None:
                raise ConsumerError(f"{topic}: no response within {SECONDS:.0f} seconds from {settings.brokers}.")
            error = message.error()
            if error and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
                return
            if error:
                raise ConsumerError(f"{topic}: {text_of(error)}.")
            if (message.offset() or 0) not in offsets:
                return
            yield message
    finally:
        consumer.close()


def _write(producer: Producer, record: KafkaRecord, about: Mapping[str, str]) -> str:
    """Write a record to its partition without the headers of the failure. Return its new place."""
    target, partition = about[f"{PREFIX}topic"], about[f"{PREFIX}partition"]
    written: list[tuple[KafkaError | None, Message]] = []
    producer.produce(
        target,
        record.value,
        record.key,
        int(partition),
        headers=[(name, value) for name, value in record.headers if not name.startswith(PREFIX)],
        on_delivery=lambda error, message: written.append((error, message)),
    )
    producer.flush()
    ((error, message),) = written
    if error:
        raise ConsumerError(f"{target}[{partition}]: {text_of(error)}.")
    return f"{target}[{partition}] {message.offset()}"


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Replay. Exit status 0: done. 1: a record cannot be read or written. 2: wrong arguments or environment."""
    if len(arguments) != 2 or not all(argument.isdigit() for argument in arguments):
        sys.stderr.write("usage: python -m consumer.kafka.replay FIRST LAST (offsets in the dead letters)\n")
        return 2
    first, last = map(int, arguments)
    variables = Variables(environment)
    try:
        topic = variables.required("STREAM_DEAD_LETTERS")
        settings = read(variables)
        variables.check()
        for line in replay(settings, topic, range(first, last + 1)):
            sys.stdout.write(f"{line}\n")
    except WrongEnvironmentError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (ConsumerError, KafkaException) as error:
        sys.stderr.write(f"replay: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
