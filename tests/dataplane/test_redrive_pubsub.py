"""Redrive of dead letters on Google's Pub/Sub test server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import uuid4

import grpc
import pytest
from google.pubsub_v1 import PublisherClient, PubsubMessage, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from workbench.servers.pubsub_server import pubsub_server
from workbench.stack_file import ROOT

DEADLINE = 120.0
"""Maximum seconds for a message on a busy machine."""

STRIPPED = {"CloudPubSubDeadLetterSourceDeliveryCount": "10", "CloudPubSubDeadLetterSourceSubscription": "orders"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with pubsub_server(print) as address:
        yield address


@dataclass
class Pipe:
    address: str
    publisher: PublisherClient
    subscriber: SubscriberClient
    name: str = field(default_factory=lambda: f"orders-{uuid4().hex[:8]}")
    positions: list[str] = field(default_factory=list)
    """IDs of the dead letters."""

    def __post_init__(self) -> None:
        for name in (self.name, f"{self.name}.dead-letters"):
            self.publisher.create_topic(name=f"projects/test/topics/{name}")
            self.subscriber.create_subscription(
                name=f"projects/test/subscriptions/{name}", topic=f"projects/test/topics/{name}"
            )
        for number in range(3):
            message = PubsubMessage(
                data=bytes([255, number]),
                ordering_key="customer",
                attributes={"data": f"{number}", "partition": "1", **STRIPPED},
            )
            topic = f"projects/test/topics/{self.name}.dead-letters"
            self.positions += self.publisher.publish(topic=topic, messages=[message]).message_ids

    def redrive(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {
            "PATH": os.environ["PATH"],
            "PUBSUB_EMULATOR_HOST": self.address,
            "STREAM_SERVICE": "pubsub",
            "STREAM_TOPIC": self.name,
            "STREAM_GROUP": self.name,
            "STREAM_SUBSCRIPTION": f"projects/test/subscriptions/{self.name}",
        }
        command = [sys.executable, "-m", "consumer.redrive", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    def published(self, count: int) -> list[PubsubMessage]:
        """Wait for that many messages of the topic."""
        found: list[PubsubMessage] = []
        while len(found) < count:
            path = f"projects/test/subscriptions/{self.name}"
            got = self.subscriber.pull(subscription=path, max_messages=100, timeout=DEADLINE)
            found += [each.message for each in got.received_messages]
        return found


@pytest.fixture
def pipe(server: str) -> Iterator[Pipe]:
    """Return a topic without messages, with three dead letters."""
    with grpc.insecure_channel(server) as channel:
        yield Pipe(
            server,
            PublisherClient(transport=PublisherGrpcTransport(channel=channel)),
            SubscriberClient(transport=SubscriberGrpcTransport(channel=channel)),
        )


def counted(pipe: Pipe) -> int:
    return int(pipe.redrive("list").stdout.splitlines()[0].rsplit(maxsplit=3)[-3])


def test_a_selected_message_is_published_with_its_key_and_attributes_and_is_gone(pipe):
    dry_run = pipe.redrive("replay", pipe.positions[1])
    assert dry_run.stdout.splitlines()[-1] == "1 dead letters would be replayed, 0 skipped"
    assert counted(pipe) == 3, "they are released at once"
    done = pipe.redrive("replay", pipe.positions[1], "--yes")
    (message,) = pipe.published(1)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"projects/test/subscriptions/{pipe.name}.dead-letters {pipe.positions[1]}: "
        f"written to projects/test/topics/{pipe.name} {message.message_id}",
        "1 dead letters replayed, 0 skipped",
    ]
    assert (message.data, message.ordering_key) == (b"\xff\x01", "customer")
    assert dict(message.attributes) == {"data": "1", "partition": "1"}
    assert counted(pipe) == 2


def test_all_are_published(pipe):
    assert pipe.redrive("replay", "--all", "--yes").returncode == 0
    assert {message.data for message in pipe.published(3)} == {b"\xff\x00", b"\xff\x01", b"\xff\x02"}
    assert counted(pipe) == 0


def test_a_dropped_message_is_gone(pipe):
    assert pipe.redrive("drop", pipe.positions[0], "--yes").returncode == 0
    shown = pipe.redrive("show", pipe.positions[0])
    assert (shown.returncode, shown.stdout) == (1, "")
    shown = pipe.redrive("show", pipe.positions[2])
    assert {"attempts: 10", "key: customer", "header data: 2"} <= set(shown.stdout.splitlines())


def test_messages_stay_in_the_dead_letters_if_the_topic_rejects_them(pipe):
    pipe.publisher.delete_topic(topic=f"projects/test/topics/{pipe.name}")
    done = pipe.redrive("replay", "--all", "--yes")
    assert done.returncode == 1
    assert done.stderr.startswith(f"redrive: projects/test/topics/{pipe.name}: Pub/Sub returned an error: 404 ")
    assert counted(pipe) == 3


def test_missing_dead_letters_are_reported_in_one_line(pipe):
    pipe.subscriber.delete_subscription(subscription=f"projects/test/subscriptions/{pipe.name}.dead-letters")
    done = pipe.redrive("list")
    assert done.returncode == 1
    assert done.stderr.startswith(f"redrive: projects/test/subscriptions/{pipe.name}.dead-letters: Pub/Sub returned ")
    assert len(done.stderr.splitlines()) == 1
