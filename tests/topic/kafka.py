"""In-memory Kafka cluster with the AdminClient requests of the topic program."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (
    AlterConfigOpType,  # pyright: ignore[reportPrivateImportUsage]
    ConfigEntry,  # pyright: ignore[reportPrivateImportUsage]
    ConfigResource,  # pyright: ignore[reportPrivateImportUsage]
    ConfigSource,  # pyright: ignore[reportPrivateImportUsage]
    NewPartitions,  # pyright: ignore[reportPrivateImportUsage]
    NewTopic,  # pyright: ignore[reportPrivateImportUsage]
)

DEFAULTS = {"retention.ms": "604800000", "retention.bytes": "-1", "min.insync.replicas": "1"}


@dataclass
class FakeTopic:
    partitions: int
    leaders: int
    replication_factor: int = 3
    config: dict[str, str] = field(default_factory=dict)


class Kafka:
    """Fake AdminClient. `before` maps (request, n) to a callback that runs before the n-th request of that name."""

    def __init__(self) -> None:
        self.topics: dict[str, FakeTopic] = {}
        self.settings: dict[str, Any] = {}
        self.requests: list[str] = []
        self.before: dict[tuple[str, int], Callable[[], None]] = {}
        self.unreachable: KafkaError | None = None

    def has(self, partitions: int, name: str = "orders", leaders: int | None = None, **config: str) -> FakeTopic:
        settings = {key.replace("_", "."): value for key, value in config.items()}
        topic = FakeTopic(partitions, partitions if leaders is None else leaders, config=settings)
        self.topics[name] = topic
        return topic

    @property
    def changes(self) -> list[str]:
        return [request for request in self.requests if not request.startswith("describe")]

    def client(self, settings: dict[str, Any]) -> "Kafka":
        """Replace AdminClient(settings)."""
        self.settings = settings
        return self

    def poll(self, timeout: float) -> int:
        self.settings["error_cb"](self.unreachable)
        self.settings["error_cb"](KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"))
        return 1

    def describe_topics(self, topics: TopicCollection, request_timeout: float) -> dict[str, Future[Any]]:
        def answer() -> Any:
            topic = self._topic(topics.topic_names[0])
            leaders = [SimpleNamespace(leader="broker" if n < topic.leaders else None) for n in range(topic.partitions)]
            return SimpleNamespace(partitions=leaders)

        return self._answer("describe_topics", answer)

    def describe_configs(self, resources: list[ConfigResource], request_timeout: float) -> dict[str, Future[Any]]:
        def answer() -> Any:
            own = self._topic(resources[0].name).config
            theirs = {key: entry(key, value, ConfigSource.DEFAULT_CONFIG) for key, value in DEFAULTS.items()}
            return theirs | {key: entry(key, value, ConfigSource.DYNAMIC_TOPIC_CONFIG) for key, value in own.items()}

        return self._answer("describe_configs", answer)

    def create_topics(self, topics: list[NewTopic], request_timeout: float) -> dict[str, Future[Any]]:
        def answer() -> None:
            (new,) = topics
            if new.topic in self.topics:
                raise failure(KafkaError.TOPIC_ALREADY_EXISTS, "Topic 'orders' already exists.")
            config = self._accepted(dict(new.config or {}))
            self.topics[new.topic] = FakeTopic(new.num_partitions, new.num_partitions, new.replication_factor, config)

        return self._answer("create_topics", answer)

    def create_partitions(self, growth: list[NewPartitions], request_timeout: float) -> dict[str, Future[Any]]:
        def answer() -> None:
            topic = self._topic(growth[0].topic)
            if growth[0].new_total_count <= topic.partitions:
                raise failure(KafkaError.INVALID_PARTITIONS, f"Topic already has {topic.partitions} partition(s).")
            topic.partitions = topic.leaders = growth[0].new_total_count

        return self._answer("create_partitions", answer)

    def incremental_alter_configs(
        self, resources: list[ConfigResource], request_timeout: float
    ) -> dict[str, Future[Any]]:
        def answer() -> None:
            (resource,) = resources
            topic = self._topic(resource.name)
            self._accepted({entry.name: str(entry.value) for entry in resource.incremental_configs})
            for entry in resource.incremental_configs:
                match entry.incremental_operation:
                    case AlterConfigOpType.SET:
                        topic.config[entry.name] = str(entry.value)
                    case AlterConfigOpType.DELETE:
                        topic.config.pop(entry.name, None)
                    case other:
                        raise AssertionError(other)

        return self._answer("incremental_alter_configs", answer)

    def _topic(self, name: str) -> FakeTopic:
        if name not in self.topics:
            raise failure(KafkaError.UNKNOWN_TOPIC_OR_PART, "Broker: Unknown topic or partition")
        return self.topics[name]

    def _accepted(self, config: dict[str, str]) -> dict[str, str]:
        for key in config.keys() - DEFAULTS.keys():
            raise failure(KafkaError.INVALID_CONFIG, f"Unknown topic config name: {key}")
        return config

    def _answer(self, request: str, answer: Callable[[], Any]) -> dict[str, Future[Any]]:
        self.requests.append(request)
        future: Future[Any] = Future()
        if self.unreachable is not None:
            if self.unreachable.code() == KafkaError._TRANSPORT:
                self.poll(0)
                future.set_exception(failure(KafkaError._TIMED_OUT, "Failed while waiting for controller"))
            return {"orders": future}
        try:
            self.before.get((request, self.requests.count(request)), lambda: None)()
            future.set_result(answer())
        except KafkaException as error:
            future.set_exception(error)
        return {"orders": future}


def entry(key: str, value: str, source: ConfigSource) -> ConfigEntry:
    """Return an entry as the client does. Its source is a number, although its type says otherwise."""
    return ConfigEntry(key, value, source=source.value)  # pyright: ignore[reportArgumentType]


def failure(code: int, reason: str) -> KafkaException:
    return KafkaException(KafkaError(code, reason))
