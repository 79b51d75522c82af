"""The topic of `dev`: create it with its dead letters, read these and the unread records, and delete both."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from workbench.prove.broker import SERVERS
from workbench.prove.topic import Topic

ANSWER_SECONDS = 10
"""Maximum seconds until the brokers answer."""


class BrokersError(Exception):
    """The brokers cannot be used. The message gives the reason and the fix."""


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A record that the consumers could not handle."""

    partition: int
    offset: int
    key: str | None
    reason: str
    attempts: int

    def __str__(self) -> str:
        """`partition 0 offset 17, key 5, after 5 attempts: ValueError: no amount`."""
        key = "" if self.key is None else f", key {self.key}"
        return f"partition {self.partition} offset {self.offset}{key}, after {self.attempts} attempts: {self.reason}"

    def cleaned(self, redact: Callable[[str], str]) -> "DeadLetter":
        """Return a copy without secrets."""
        return replace(self, key=None if self.key is None else redact(self.key), reason=redact(self.reason))

    def as_json(self) -> dict[str, Any]:
        """Return the dead letter as JSON."""
        return asdict(self)


class DevTopic:
    """A topic, its group of the same name, and its dead letters."""

    def __init__(
        self, connection: Mapping[str, Any], name: str, partitions: int, config: Mapping[str, str], dead: str | None
    ) -> None:
        """Create the topics. Raises BrokersError if the brokers do not answer or refuse it."""
        self.name = name
        self._dead = dead
        self._connection = {**connection, "log_level": 0}
        self._admin: Any = AdminClient(self._connection)
        self._all = [TopicPartition(name, number) for number in range(partitions)]
        self.owners: Mapping[str, tuple[int, ...]] = {}
        """Partitions of each consumer, as the brokers last reported them."""
        self.lag: Mapping[int, int] = {}
        """Records of each partition that are not committed yet."""
        try:
            self._admin.list_topics(timeout=ANSWER_SECONDS)
            self._topic = Topic(connection, name, partitions, config)
            if dead:
                Topic(connection, dead, 1, {})
        except KafkaException as error:
            servers = connection["bootstrap.servers"]
            raise BrokersError(
                f"{SERVERS}: must be brokers on which you may create the topic {name}, got {servers} ({error.args[0].str()}). "
                "Start them, or unset the variable to use a broker on this machine."
            ) from None
        self._group = Consumer({**self._connection, "group.id": name, "enable.auto.commit": False})
        self._letters = Consumer({**self._connection, "group.id": f"{name}.dev", "enable.auto.commit": False})
        if dead:
            self._letters.assign([TopicPartition(dead, 0, OFFSET_BEGINNING)])

    def refresh(self) -> None:
        """Read the assignment of the partitions and their unread records. Keep the last values while the brokers cannot answer."""
        self.owners = self._topic.owners() or self.owners
        with suppress(KafkaException):
            committed = self._group.committed(self._all, ANSWER_SECONDS)
            self.lag = {place.partition: self._behind(place) for place in committed}

    def dead_letters(self, *, to_the_end: bool = False) -> Iterator[DeadLetter]:
        """Yield the dead letters that have arrived since the last call, or all of them that are written."""
        if self._dead is None:
            return
        end = -1
        if to_the_end:
            _, end = self._letters.get_watermark_offsets(TopicPartition(self._dead, 0), ANSWER_SECONDS)
        until = time.monotonic() + ANSWER_SECONDS
        while True:
            for message in self._letters.consume(500, 0.1 if to_the_end else 0.0):
                if message.error() is None:
                    yield _dead_letter(message)
            (at,) = self._letters.position([TopicPartition(self._dead, 0)])
            if max(at.offset, 0) >= end or time.monotonic() > until:
                return

    def close(self, *, delete: bool) -> None:
        """End the clients, and delete the topics and the group if that is wanted."""
        self._group.close()
        self._letters.close()
        if delete:
            topics = self._admin.delete_topics([name for name in (self.name, self._dead) if name])
            groups = self._admin.delete_consumer_groups([self.name])
            for future in (*topics.values(), *groups.values()):
                with suppress(KafkaException):  # the group does not exist before its first member has joined
                    future.result(ANSWER_SECONDS)

    def _behind(self, place: TopicPartition) -> int:
        low, high = self._group.get_watermark_offsets(place, ANSWER_SECONDS)
        return high - max(low, place.offset)


def _dead_letter(message: Message) -> DeadLetter:
    headers = dict(cast("list[tuple[str, bytes]]", message.headers()))
    key = message.key()
    return DeadLetter(
        partition=int(headers["dead-letter-partition"]),
        offset=int(headers["dead-letter-position"]),
        key=None if key is None else key.decode(errors="replace"),
        reason=headers["dead-letter-reason"].decode(errors="replace"),
        attempts=int(headers["dead-letter-tries"]),
    )
