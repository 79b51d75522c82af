"""Consumer on Google's Pub/Sub test server: work shared or partitioned, no loss, keys in order."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen
from uuid import uuid4

import grpc
import pytest
from google.pubsub_v1 import PublisherClient, PubsubMessage, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from tests.dataplane.issuer import METADATA, running_issuer
from tests.dataplane.pubsub_consumer import AWAITED, PATIENT, POISON
from workbench.servers.ports import free_ports
from workbench.servers.pubsub_server import pubsub_server
from workbench.stack_file import ROOT

DEADLINE = 120.0
"""Maximum seconds for any step on a busy machine."""


@dataclass
class Server:
    address: str
    publisher: PublisherClient
    subscriber: SubscriberClient


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with pubsub_server(print) as address, grpc.insecure_channel(address) as channel:
        yield Server(
            address,
            PublisherClient(transport=PublisherGrpcTransport(channel=channel)),
            SubscriberClient(transport=SubscriberGrpcTransport(channel=channel)),
        )


def until(what: str, reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not reached():
        assert time.monotonic() < deadline, f"{what}: not within {DEADLINE} s"
        time.sleep(0.1)


@dataclass
class Replica:
    """Consumer process."""

    process: subprocess.Popen[str]
    notes: Path
    port: int

    @property
    def ready(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=10) as answer:
                return answer.status == 200
        except (HTTPError, URLError, ConnectionError):
            return False

    def metric(self, name: str) -> float:
        with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))

    @property
    def handled(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.notes.read_text().splitlines()] if self.notes.exists() else []

    @property
    def values(self) -> list[str]:
        return [note["value"] for note in self.handled]

    def told(self) -> str:
        """Output of an ended process."""
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)


@dataclass
class Topic:
    """Topic with its subscriptions, as in the stack, and the consumers of a test."""

    server: Server
    directory: Path
    ended: ExitStack
    path: str = field(default_factory=lambda: f"projects/test/topics/orders-{uuid4().hex}")
    replicas: list[Replica] = field(default_factory=list)
    form: str = "handle"
    """Form of the consumers' handler."""

    def __post_init__(self) -> None:
        self.server.publisher.create_topic(name=self.path)

    def subscription(self, name: str = "all", **options: Any) -> str:
        path = f"{self.path.replace('/topics/', '/subscriptions/')}.{name}"
        made = {
            "name": path,
            "topic": self.path,
            "enable_message_ordering": True,
            "ack_deadline_seconds": 10,
            **options,
        }
        self.server.subscriber.create_subscription(request=made)
        return path

    def publish(self, value: str | bytes, key: str = "", **attributes: str) -> None:
        data = value.encode() if isinstance(value, str) else value
        message = PubsubMessage(data=data, ordering_key=key, attributes=attributes)
        self.server.publisher.publish(topic=self.path, messages=[message])

    def start(self, subscription: str, *, seconds: float = 0.0, changes: Mapping[str, str] | None = None) -> Replica:
        notes, (port,) = self.directory / uuid4().hex, free_ports(1)
        process = self.ended.enter_context(
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.dataplane.pubsub_consumer",
                    str(notes),
                    str(port),
                    str(seconds),
                    self.form,
                ],
                cwd=ROOT,
                env={
                    "PATH": os.environ["PATH"],
                    "PUBSUB_EMULATOR_HOST": self.server.address,
                    "STREAM_SERVICE": "pubsub",
                    "STREAM_TOPIC": self.path.rpartition("/")[2],
                    "STREAM_GROUP": "orders",
                    "STREAM_SUBSCRIPTION": subscription,
                    **({"STREAM_BATCH_RECORDS": "3"} if self.form == "handle_batch" else {}),
                    **(changes or {}),
                },
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        self.ended.callback(process.kill)
        self.replicas.append(Replica(process, notes, port))
        return self.replicas[-1]

    @property
    def values(self) -> set[str]:
        return {value for replica in self.replicas for value in replica.values}

    def free(self, subscription: str) -> list[bytes]:
        """Wait for messages of a subscription that no live consumer holds: the test server holds those of a killed one for some seconds."""
        got = self.server.subscriber.pull(subscription=subscription, max_messages=1000, timeout=DEADLINE)
        return [each.message.data for each in got.received_messages]


@pytest.fixture
def topic(server: Server, tmp_path: Path, form: str) -> Iterator[Topic]:
    with ExitStack() as ended:
        yield Topic(server, tmp_path, ended, form=form)


@pytest.fixture
def form() -> str:
    return "handle"


FORMS = pytest.mark.parametrize("form", ["handle", "handle_batch"])
"""Runs a test with each form of handler."""


def ready(*replicas: Replica) -> None:
    until("consumers ready", lambda: all(replica.ready for replica in replicas))


def one_at_a_time(replica: Replica) -> bool:
    notes = replica.handled
    return all(before["until"] <= after["at"] for before, after in pairwise(notes))


@FORMS
@pytest.mark.parametrize("exactly_once", [False, True])
def test_replicas_share_a_subscription_and_every_message_is_handled(topic: Topic, exactly_once: bool):
    shared = topic.subscription(enable_exactly_once_delivery=exactly_once)
    replicas = [topic.start(shared, seconds=0.02) for _ in range(3)]
    ready(*replicas)
    values = [f"{number}" for number in range(200)]
    for value in values:
        topic.publish(value)
    until("all are handled", lambda: topic.values == set(values))
    shares = [len(replica.values) for replica in replicas]
    assert sum(shares) == len(values), "nobody was slow or killed, so none came twice"
    assert min(shares) >= 30, "each has its part in the work"
    assert all(one_at_a_time(replica) for replica in replicas)
    until("all are counted", lambda: [replica.metric("consumer_handled_total") for replica in replicas] == shares)
    assert [replica.stop() for replica in replicas] == [0, 0, 0]


@FORMS
def test_each_partition_is_read_by_one_pod_and_keys_keep_their_order(topic: Topic):
    replicas: list[Replica] = []
    for number in range(3):
        own = topic.subscription(str(number), filter=f'attributes.partition = "{number}"')
        replicas.append(topic.start(own, changes={"STREAM_PARTITION": str(number)}))
    ready(*replicas)
    expected: Mapping[str, list[str]] = {f"customer-{number}": [] for number in range(6)}
    for turn in range(20):
        for number, (customer, values) in enumerate(expected.items()):
            values.append(f"{customer}: {turn}")
            topic.publish(values[-1], customer, partition=str(number % 3))
    until("all are handled", lambda: len(topic.values) == 120)
    for number, replica in enumerate(replicas):
        notes = replica.handled
        assert {note["partition"] for note in notes} == {str(number)}
        assert {note["key"] for note in notes} == {f"customer-{number}", f"customer-{number + 3}"}
        assert replica.metric("consumer_partitions") == 1
        for customer in (f"customer-{number}", f"customer-{number + 3}"):
            assert [note["value"] for note in notes if note["key"] == customer] == expected[customer]


@FORMS
def test_messages_of_a_killed_replica_are_handled_by_the_others(topic: Topic):
    shared = topic.subscription()
    first, second = topic.start(shared, seconds=0.5), topic.start(shared, seconds=0.5)
    ready(first, second)
    values = {f"{number}" for number in range(16)}
    for value in sorted(values):
        topic.publish(value)
    until("both are at work", lambda: bool(first.values and second.values))
    first.process.kill()
    assert len(topic.values) < len(values), "it was killed in the midst of it"
    until("the other has handled the rest", lambda: topic.values == values)
    assert second.stop() == 0


@FORMS
def test_a_failed_message_goes_to_the_dead_letters_and_does_not_block_others(topic: Topic):
    letters = f"{topic.path}.dead-letters"
    topic.server.publisher.create_topic(name=letters)
    kept = letters.replace("/topics/", "/subscriptions/")
    topic.server.subscriber.create_subscription(name=kept, topic=letters)
    shared = topic.subscription(dead_letter_policy={"dead_letter_topic": letters, "max_delivery_attempts": 5})
    replica = topic.start(shared)
    ready(replica)
    topic.publish(POISON, "a")
    for number in range(10):
        topic.publish(f"{number}", "a")
    until("it is moved", lambda: topic.free(kept) == [POISON])
    until("the others are handled", lambda: topic.values == {*map(str, range(10))})
    assert replica.metric("consumer_dead_letters_total") == 0, "it was Pub/Sub that moved it"
    assert replica.stop() == 0
    told = replica.told()
    attempts = [told.count(f"attempt {number} failed: ValueError") for number in range(1, 7)]
    assert attempts == [1, 1, 1, 1, 1, 0], "Pub/Sub counts the deliveries, and the consumer tries it alone once in each"


@FORMS
def test_a_failed_message_is_redelivered_before_later_ones_of_its_key(topic: Topic):
    replica = topic.start(topic.subscription())
    ready(replica)
    topic.publish(PATIENT, "a")
    for number in range(5):
        topic.publish(f"a{number}", "a")
    until("the first one has failed", lambda: replica.metric("consumer_failed_total") >= 1)
    topic.publish(AWAITED, "b")
    until("all are handled", lambda: len(set(replica.values)) == 7)
    first_times = list(dict.fromkeys(replica.values))  # redelivery is allowed
    assert first_times == ["awaited", "patient", "a0", "a1", "a2", "a3", "a4"]
    assert replica.stop() == 0


@FORMS
def test_a_stop_finishes_the_current_message_and_returns_the_waiting_ones(topic: Topic):
    shared = topic.subscription()
    slow = topic.start(shared, seconds=1)
    ready(slow)
    values = {f"{number}" for number in range(6)}
    for value in sorted(values):
        topic.publish(value)
    until("it is at work", lambda: bool(slow.values))
    assert slow.stop() == 0
    assert 1 <= len(slow.values) < len(values)
    free: set[str] = set()
    while not free >= values - set(slow.values):  # one is later if the server sent it again just before the end
        free.update(data.decode() for data in topic.free(shared))
    assert free == values - set(slow.values), "what was handled is acknowledged"


@pytest.mark.parametrize("partition", [{}, {"STREAM_PARTITION": "0"}])
def test_a_missing_subscription_ends_it_with_one_line(topic: Topic, partition: dict[str, str]):
    nowhere = "projects/test/subscriptions/nowhere"
    told = ended(topic.start(nowhere, changes=partition))
    assert told.startswith(f"consumer: {nowhere}: Pub/Sub returned an error: 404")


def test_a_failed_sign_in_ends_it_with_one_line(topic: Topic):
    with running_issuer() as issuer:
        issuer.refused[f"{METADATA}instance/service-accounts/default/token"] = (403, {"error": "no such identity"})
        host = {"GCE_METADATA_HOST": issuer.metadata, "GCE_METADATA_IP": issuer.metadata, "PUBSUB_EMULATOR_HOST": ""}
        told = ended(topic.start(topic.subscription(), changes=host))
    assert told.startswith("consumer: cannot sign in to Google Cloud: ")
    assert issuer.secret not in told


def ended(replica: Replica) -> str:
    """Return the last line of a consumer that exited with an error."""
    assert replica.process.wait(DEADLINE) == 1
    told = replica.told()
    assert "Traceback" not in told
    return told.splitlines()[-1]
