"""Real brokers on loopback, and pipes on them: topic, replicas of the real consumer, and writer."""

from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from workbench.prove.replicas import PROGRAM, Replicas, wait_until
from workbench.prove.soak import BROKERS, SETTINGS
from workbench.prove.soak import PROTOCOLS as PROTOCOL_VARIABLES
from workbench.prove.tally import Tally, tally
from workbench.prove.topic import Topic, Writer
from workbench.servers.kafka_broker import MISSED_SOON, KafkaCluster

HANDLING_SECONDS = 0.002

NEWER, CLASSIC = PROTOCOL_VARIABLES[True], PROTOCOL_VARIABLES[False]
SINGLE, BATCH = PROGRAM, "tests.dataplane.batch_replica"
FORMS = [pytest.param(SINGLE, id="handle"), pytest.param(BATCH, id="handle_batch")]
"""Programs of a replica, one for each form of handler."""

PROTOCOLS = [pytest.param(NEWER, id="KIP-848"), pytest.param(CLASSIC, id="cooperative-sticky")]


@dataclass(frozen=True, kw_only=True)
class Pipe:
    topic: Topic
    replicas: Replicas
    writer: Writer

    def tally(self) -> Tally:
        return tally(self.writer.written, self.replicas.handled())

    def wait_until_handled(self) -> None:
        wait_until(lambda: not self.tally().lost, "every message is handled")

    def wait_for(self, messages: int) -> None:
        """Wait until that many more messages are handled."""
        now = len(self.replicas.handled())
        wait_until(lambda: len(self.replicas.handled()) >= now + messages, f"{messages} more messages are handled")


MakePipe = Callable[..., Pipe]


@pytest.fixture(scope="session")
def kafka() -> Generator[KafkaCluster]:
    with KafkaCluster(print, settings={**MISSED_SOON, "log.cleaner.backoff.ms": "200"}) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def three_brokers() -> Generator[KafkaCluster]:
    with KafkaCluster(print, brokers=BROKERS, settings=SETTINGS) as cluster:
        yield cluster


@pytest.fixture
def make_pipe(kafka: KafkaCluster, tmp_path: Path) -> Generator[MakePipe]:
    """Return a function that creates a pipe with a number of partitions and variables for its replicas.

    No replica runs yet.
    """
    with ExitStack() as stack:

        def make(
            partitions: int,
            variables: Mapping[str, str] = NEWER,
            program: str = PROGRAM,
            *,
            config: Mapping[str, str] | None = None,
        ) -> Pipe:
            pipe = make_pipe_on(kafka, tmp_path, partitions, variables, config or {}, program=program)
            stack.enter_context(pipe.replicas)
            return pipe

        yield make


@pytest.fixture(params=PROTOCOLS)
def replicated_pipe(three_brokers: KafkaCluster, tmp_path: Path, request: pytest.FixtureRequest) -> Generator[Pipe]:
    """Pipe with 3 partitions on three brokers, in each group protocol. Two brokers must confirm each message."""
    pipe = make_pipe_on(three_brokers, tmp_path, 3, request.param, {"min.insync.replicas": "2"})
    with pipe.replicas:
        yield pipe


def make_pipe_on(
    cluster: KafkaCluster,
    directory: Path,
    partitions: int,
    variables: Mapping[str, str],
    config: Mapping[str, str],
    *,
    program: str = PROGRAM,
    copies: int = 3,
) -> Pipe:
    name = f"orders-{uuid4()}"
    connection = {"bootstrap.servers": cluster.bootstrap_servers}
    environment = {
        "STREAM_SERVICE": "kafka",
        "STREAM_TOPIC": name,
        "STREAM_GROUP": name,
        "KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrap_servers,
        **variables,
    }
    return Pipe(
        topic=Topic(connection, name, partitions, config, copies),
        replicas=Replicas("orders", environment, directory, seconds=HANDLING_SECONDS, program=program),
        writer=Writer(connection, name),
    )
