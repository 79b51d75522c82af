"""Random faults of a soak: each has a victim and, some seconds later, a repair. Faults overlap."""

import os
import random as randoms
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from confluent_kafka import KafkaException

from workbench.prove.replicas import ProveError, Replica, Replicas
from workbench.prove.topic import Topic, Writer
from workbench.servers.kafka_broker import KafkaCluster

FOLLOWED = 0
"""Consumer that is never killed or stopped, so that its memory can be followed. It is frozen as often as others."""
MOST_PARTITIONS = 6
PAUSE_SECONDS = (1.0, 4.0)
"""Shortest and longest time between two faults."""
DOWN_SECONDS = (0.0, 3.0)
"""Shortest and longest time until a killed or stopped consumer or broker starts again."""
FREEZE_SECONDS = (1.0, 10.0)
"""Shortest and longest freeze. The session timeout is 6 s, so the group removes about every second frozen consumer."""


@dataclass(kw_only=True)
class Faults:
    """Faults in a random order: each kind once before one comes again."""

    cluster: KafkaCluster
    topic: Topic
    replicas: Replicas
    writer: Writer
    random: randoms.Random
    report: Callable[[str], None]
    done: Counter[str] = field(default_factory=Counter[str])
    """Number of faults of each kind."""
    statuses: list[int] = field(default_factory=list[int])
    """Exit statuses of the consumers that were stopped."""
    _due: float = 0.0
    _bag: list[str] = field(default_factory=list[str])
    _repairs: list[tuple[float, Callable[[], None]]] = field(default_factory=list[tuple[float, Callable[[], None]]])
    _frozen: dict[int, Replica] = field(default_factory=dict[int, Replica])
    _broker_down: bool = False

    def step(self, now: float) -> None:
        """Repair what is due, and cause the next fault if it is due. Raise ProveError if a consumer ended without a fault."""
        for replica in self.replicas.running.values():
            if (status := replica.process.poll()) is not None:
                raise ProveError(f"{replica.name} ended with status {status}:\n{replica.log()}")
        due = [each for each in self._repairs if each[0] <= now]
        self._repairs = [each for each in self._repairs if each[0] > now]
        for _, repair in due:
            repair()
        if now >= self._due:
            self._due = now + self.random.uniform(*PAUSE_SECONDS)
            self._cause(now)

    def repair_all(self) -> None:
        """Repair all faults now, and wait until every consumer is ready."""
        for _, repair in self._repairs:
            repair()
        self._repairs.clear()
        self.replicas.wait_until_ready()

    def thaw(self) -> None:
        """Continue all frozen consumers."""
        for number in list(self._frozen):
            self._continue(number)

    def _cause(self, now: float) -> None:
        kinds: dict[str, Callable[[float], str | None]] = {
            "kills": self._kill,
            "stops": self._stop,
            "freezes": self._freeze,
            "broker stops": self._stop_broker,
            "broker kills": self._kill_broker,
            "poison records": self._poison,
            "growths": self._grow,
        }
        if not self._bag:
            self._bag = list(kinds)
            self.random.shuffle(self._bag)
        kind = self._bag.pop()
        if (victim := kinds[kind](now)) is not None:
            self.done[kind] += 1
            self.report(f"{kind}: {victim}")

    def _repair_later(self, now: float, seconds: tuple[float, float], repair: Callable[[], None]) -> None:
        self._repairs.append((now + self.random.uniform(*seconds), repair))

    def _victim(self, *, spared: int | None = None) -> int | None:
        found = sorted(self.replicas.running.keys() - self._frozen.keys() - {spared})
        return self.random.choice(found) if found else None

    def _kill(self, now: float) -> str | None:
        number = self._victim(spared=FOLLOWED)
        if number is None:
            return None
        name = self.replicas.running[number].name
        self.replicas.kill(number)
        self._repair_later(now, DOWN_SECONDS, lambda: self.replicas.launch(number))
        return name

    def _stop(self, now: float) -> str | None:
        number = self._victim(spared=FOLLOWED)
        if number is None:
            return None
        replica = self.replicas.running.pop(number)
        replica.process.terminate()

        def start() -> None:
            self.statuses.append(replica.wait())
            self.replicas.launch(number)

        self._repair_later(now, DOWN_SECONDS, start)
        return replica.name

    def _freeze(self, now: float) -> str | None:
        number = self._victim()
        if number is None:
            return None
        replica = self._frozen[number] = self.replicas.running[number]
        os.kill(replica.process.pid, signal.SIGSTOP)
        self._repair_later(now, FREEZE_SECONDS, lambda: self._continue(number))
        return replica.name

    def _continue(self, number: int) -> None:
        os.kill(self._frozen.pop(number).process.pid, signal.SIGCONT)

    def _stop_broker(self, now: float) -> str | None:
        return self._end_broker(now, self.cluster.stop)

    def _kill_broker(self, now: float) -> str | None:
        return self._end_broker(now, self.cluster.kill)

    def _end_broker(self, now: float, end: Callable[[int], None]) -> str | None:
        """End a broker if every broker has every record. Two of three must confirm each record."""
        if not self._complete():
            return None
        number = self.random.randrange(len(self.cluster.bootstrap_servers.split(",")))
        end(number)
        self._broker_down = True

        def start() -> None:
            self.cluster.start(number)
            self._broker_down = False

        self._repair_later(now, DOWN_SECONDS, start)
        return f"broker {number}"

    def _complete(self) -> bool:
        """Return whether every broker runs and has every record."""
        try:
            topics = self.cluster.administration.list_topics(timeout=5).topics.values()
        except KafkaException:
            return False
        parts = [each for topic in topics for each in topic.partitions.values()]
        return not self._broker_down and all(len(each.isrs) == len(each.replicas) for each in parts)

    def _poison(self, _now: float) -> str:
        partition = self.random.randrange(self.writer.partitions)
        self.writer.write_poison(partition)
        return f"partition {partition}"

    def _grow(self, _now: float) -> str | None:
        number = self.writer.partitions + 1
        if number > MOST_PARTITIONS or not self._complete():
            return None
        self.topic.grow(number)
        self.replicas.launch(number - 1)
        self.writer.grow(number)
        return f"{number} partitions"
