"""The broker that `prove` and `dev` use: one on this machine, or the one in KAFKA_BOOTSTRAP_SERVERS."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from workbench.servers.kafka_broker import MISSED_SOON, KafkaCluster, kafka_version

SERVERS = "KAFKA_BOOTSTRAP_SERVERS"


@dataclass(frozen=True, kw_only=True)
class Broker:
    """A broker, and how consumers connect to it."""

    variables: Mapping[str, str]
    """Variables of the consumers: KAFKA_BOOTSTRAP_SERVERS and the machine's other KAFKA_ variables."""
    here: bool
    """Whether it was started for this command. If not, it may hold other topics."""

    def __str__(self) -> str:
        """`a broker of Apache Kafka 4.3.1`."""
        if self.here:
            return f"a broker of Apache Kafka {kafka_version()}"
        return f"the broker in {SERVERS} ({self.variables[SERVERS]}) with its own settings"


@contextmanager
def broker(environment: Mapping[str, str], report: Callable[[str], None]) -> Generator[Broker]:
    """Start a broker while the block runs, or use the one in the environment.

    ``report`` gets one line before a download. Raises JarError or BrokerError if no broker can be started.
    """
    variables = {name: value for name, value in environment.items() if name.startswith("KAFKA_")}
    if variables.get(SERVERS):
        yield Broker(variables=variables, here=False)
        return
    with KafkaCluster(report, settings=MISSED_SOON) as cluster:
        yield Broker(variables={**variables, SERVERS: cluster.bootstrap_servers}, here=True)
