"""Drills of the alarms: real consumers on a real broker, scraped by a real Prometheus with the rules of a pipe.

Each drill causes one problem. Exactly its alarm fires, and it ends after the problem. A minute of the rules lasts a second.
"""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import Producer

from components.monitoring.rules import PipeSeries
from tests.dataplane.alarm_replica import POISON
from tests.dataplane.conftest import NEWER
from tests.dataplane.rule_files import Firing, rule_file
from workbench.prove.replicas import PATIENCE, Replicas, wait_until
from workbench.prove.topic import Topic, Writer
from workbench.servers.kafka_broker import MISSED_SOON, KafkaCluster
from workbench.servers.ports import HOST, free_ports
from workbench.servers.prometheus_server import PrometheusServer

MINUTE = 1
"""Seconds of a minute of the rules."""

SCRAPE_MILLISECONDS = 500
"""Interval of scrapes: the usual 30 seconds, with the same scale."""

PARTITIONS, PODS, PER_SECOND = 2, 4, 40

QUICK: tuple[dict[str, str], float] = {}, 0.002
SLOW: tuple[dict[str, str], float] = {"retention.ms": "1000"}, 0.3
"""Configuration of the topic, and seconds that the handler takes."""

RETENTION_SOON = {"log.retention.check.interval.ms": "250", "log.initial.task.delay.ms": "250"}
"""Settings that delete expired records at once instead of within 5 minutes."""


@dataclass(kw_only=True)
class Drill:
    """Pipe with two partitions, its consumers, and its Prometheus. There is a target for each pod that will ever run."""

    cluster: KafkaCluster
    name: str
    directory: Path
    ports: list[int]
    topic: Topic
    replicas: Replicas
    prometheus: PrometheusServer

    def start(self, number: int) -> None:
        """Start a pod and wait until it is ready."""
        self.replicas.start(number, PORT=str(self.ports[number]), HOLD=str(self.hold(number)))

    def hold(self, number: int) -> Path:
        """Return the file that makes the handler of a pod stuck while it exists."""
        return self.directory / f"hold-{number}"

    @contextmanager
    def traffic(self) -> Generator[None]:
        """Write to all partitions, and wait until all consumers handle records."""
        with Writer({"bootstrap.servers": self.cluster.bootstrap_servers}, self.name).writing(PARTITIONS, PER_SECOND):
            self.wait_until_all_handle()
            yield

    def wait_until_all_handle(self) -> None:
        """Wait until the running consumers have handled records in the last minutes of the rules."""
        ready = "consumer_ready == 1"
        busy = f"count(increase(consumer_handled_total[{2 * MINUTE}s]) > 0 and on(pod) {ready}) == {PARTITIONS}"
        wait_until(lambda: bool(self.prometheus.query(busy)), "all consumers handle records")

    def write(self, value: bytes, count: int = 1) -> None:
        """Write records to partition 0."""
        producer = Producer({"bootstrap.servers": self.cluster.bootstrap_servers})
        for _ in range(count):
            producer.produce(self.name, value, partition=0)
        assert producer.flush(PATIENCE) == 0

    def firing(self) -> Firing:
        """Return the alarms that fire now."""
        alerts = self.prometheus.alerts()
        return {(alert.name, alert.labels.get("pod", "")) for alert in alerts if alert.state == "firing"}

    def fired(self) -> Firing:
        """Return the alarms that have fired at any time of the drill."""
        samples = self.prometheus.query('max_over_time(ALERTS{alertstate="firing"}[10m])')
        return {(sample.labels["alertname"], sample.labels.get("pod", "")) for sample in samples}

    def check(self, alarm: str, pod: str = "") -> None:
        """Wait until the alarm fires. No other one may have fired."""
        wait_until(lambda: bool(self.firing()), f"{alarm} fires")
        assert self.fired() == {(alarm, pod)}

    def check_end(self, alarm: str, pod: str = "") -> None:
        """Wait until no alarm fires. No other one may have fired meanwhile."""
        wait_until(lambda: not self.firing(), f"{alarm} ends")
        assert self.fired() == {(alarm, pod)}


@pytest.fixture(scope="module")
def cluster() -> Generator[KafkaCluster]:
    with KafkaCluster(print, settings={**MISSED_SOON, **RETENTION_SOON}) as cluster:
        yield cluster


@pytest.fixture
def drill(cluster: KafkaCluster, tmp_path: Path, request: pytest.FixtureRequest) -> Generator[Drill]:
    """Pipe whose two consumers are ready and scraped. The parameter is QUICK or SLOW."""
    config, seconds = getattr(request, "param", QUICK)
    name, connection = f"orders-{uuid4()}", {"bootstrap.servers": cluster.bootstrap_servers}
    environment = {
        "STREAM_SERVICE": "kafka",
        "STREAM_TOPIC": name,
        "STREAM_GROUP": name,
        "STREAM_DEAD_LETTERS": f"{name}.dead-letters",
        "STREAM_MAX_DELIVERY_ATTEMPTS": "2",
        "KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrap_servers,
        # A small queue, so that the retention deletes records before a slow consumer has fetched them.
        "KAFKA_QUEUED_MAX_MESSAGES_KBYTES": "300",
        "KAFKA_FETCH_MESSAGE_MAX_BYTES": "100000",
        **NEWER,
    }
    ports = free_ports(PODS)
    targets = {f"{HOST}:{port}": {"namespace": name, "pod": f"orders-{pod}"} for pod, port in enumerate(ports)}
    pipe = PipeSeries(matchers={"namespace": name}, partitions=PARTITIONS, age_minutes=15, minute=MINUTE)
    with ExitStack() as stack:
        topic = Topic(connection, name, PARTITIONS, config)
        Topic(connection, f"{name}.dead-letters", 1, {})
        replicas = stack.enter_context(
            Replicas("orders", environment, tmp_path, seconds=seconds, program="tests.dataplane.alarm_replica")
        )
        made = Drill(
            cluster=cluster,
            name=name,
            directory=tmp_path,
            ports=ports,
            topic=topic,
            replicas=replicas,
            prometheus=PrometheusServer(
                print, targets=targets, rules=rule_file(pipe), milliseconds=SCRAPE_MILLISECONDS
            ),
        )
        for number in range(PARTITIONS):
            made.start(number)
        topic.wait_for_owners(1, 1)
        stack.enter_context(made.prometheus)
        yield made


def test_a_stuck_handler_is_no_progress(drill: Drill):
    with drill.traffic():
        drill.hold(0).touch()
        drill.check("no-progress")
        drill.hold(0).unlink()
        drill.check_end("no-progress")


def test_a_killed_consumer_is_missing_until_another_one_is_ready(drill: Drill):
    with drill.traffic():
        drill.replicas.kill(1)
        drill.check("missing-consumers")
        drill.start(2)
        drill.check_end("missing-consumers")


def test_a_rollout_is_no_alarm(drill: Drill):
    with drill.traffic():
        for number in range(PARTITIONS):
            drill.replicas.stop(number)
            drill.start(PARTITIONS + number)
        drill.topic.wait_for_owners(1, 1)
        drill.wait_until_all_handle()
    assert drill.fired() == set()


def test_a_record_that_cannot_be_handled_is_a_dead_letter(drill: Drill):
    with drill.traffic():
        drill.write(POISON)
        drill.check("dead-letters")
        drill.check_end("dead-letters")


@pytest.mark.parametrize("drill", [SLOW], indirect=True)
def test_records_that_expire_before_a_slow_consumer_reads_them_are_lost(drill: Drill):
    drill.write(bytes(100_000), count=100)
    drill.check("lost-records")
    drill.check_end("lost-records")
