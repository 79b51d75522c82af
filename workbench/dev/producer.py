"""Writes the records of a file at a rate."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from workbench.dev.lines import Line

FLUSH_SECONDS = 30


class LineProducer:
    """Writes lines to a topic. Keys decide the partitions, as for any producer."""

    def __init__(
        self,
        connection: Mapping[str, Any],
        topic: str,
        lines: Sequence[Line],
        rate: float | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Configure the producer. ``rate`` is the records per second; None is as fast as possible."""
        self._producer = Producer({**connection, "log_level": 0, "enable.idempotence": True, "linger.ms": 5})
        self._topic = topic
        self._lines = lines
        self._rate = rate
        self._clock = clock
        self._begun: float | None = None
        self._next = 0
        self.written = 0
        """Records that the brokers acknowledged."""
        self.failed: list[str] = []
        """Reasons of the records that the brokers refused."""

    @property
    def done(self) -> bool:
        """Whether each record is acknowledged or refused."""
        return self.written + len(self.failed) == len(self._lines)

    def write_due(self) -> None:
        """Write the records that are due, as many as fit in the client's queue."""
        if self._begun is None:
            self._begun = self._clock()
        due = len(self._lines)
        if self._rate is not None:
            due = min(due, 1 + int((self._clock() - self._begun) * self._rate))
        while self._next < due:
            line = self._lines[self._next]
            try:
                self._producer.produce(
                    self._topic, line.value, line.key, headers=list(line.headers.items()), on_delivery=self._delivered
                )
            except BufferError:  # the brokers are behind
                break
            except KafkaException as error:  # too large for the client
                self.failed.append(error.args[0].str())
            self._next += 1
        self._producer.poll(0)

    def close(self) -> None:
        """Wait until the brokers have acknowledged the written records."""
        self._producer.flush(FLUSH_SECONDS)

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            self.written += 1
        else:
            self.failed.append(error.str())
