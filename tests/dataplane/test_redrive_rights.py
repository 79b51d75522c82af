"""Rights that a redrive of a Kafka topic needs: exactly those in docs/procedures.md."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import (
    AclBinding,  # pyright: ignore[reportPrivateImportUsage]
    AclOperation,  # pyright: ignore[reportPrivateImportUsage]
    AclPermissionType,  # pyright: ignore[reportPrivateImportUsage]
    ResourcePatternType,  # pyright: ignore[reportPrivateImportUsage]
    ResourceType,  # pyright: ignore[reportPrivateImportUsage]
)

from tests.dataplane.issuer import Issuer
from tests.dataplane.test_sign_in import (
    AUDIENCE,
    PASSWORDS,
    POD,
    READER,
    Broker,
    Pipe,
    Variables,
    authority,
    by_password,
    by_token,
    issuer,
    sasl,
)
from workbench.prove.replicas import PATIENCE
from workbench.prove.topic import Topic
from workbench.stack_file import ROOT

__all__ = ["authority", "issuer", "sasl"]  # fixtures

READ, WRITE = AclOperation.READ, AclOperation.WRITE


def make(broker: Broker, user: str, *missing: str) -> Pipe:
    """Return a topic with a dead letter, and grant the rights of a redrive without the missing ones."""
    pipe = broker.topic()
    letters = f"{pipe.name}.dead-letters"
    connection = {"bootstrap.servers": broker.cluster.bootstrap_servers, **broker.administrator}
    Topic(connection, letters, 1, {})
    producer = Producer(connection)
    headers: list[tuple[str, str | bytes | None]] = [("dead-letter-topic", pipe.name), ("dead-letter-partition", "0")]
    producer.produce(letters, b"value", headers=headers)
    assert producer.flush(PATIENCE) == 0
    rights = {
        "read the dead letters": (ResourceType.TOPIC, letters, READ),
        "read the group": (ResourceType.GROUP, f"{pipe.name}.redrive", READ),
        "write the topic": (ResourceType.TOPIC, pipe.name, WRITE),
    }
    bindings = [
        AclBinding(kind, name, ResourcePatternType.LITERAL, f"User:{user}", "*", operation, AclPermissionType.ALLOW)
        for right, (kind, name, operation) in rights.items()
        if right not in missing
    ]
    answers: Any = broker.cluster.administration.create_acls(bindings)
    for answer in answers.values():
        answer.result(PATIENCE)
    return pipe


def redrive(pipe: Pipe, variables: Variables) -> "subprocess.CompletedProcess[str]":
    """Replay all dead letters of a topic."""
    environment = {
        "STREAM_SERVICE": "kafka",
        "STREAM_TOPIC": pipe.name,
        "STREAM_GROUP": pipe.name,
        "STREAM_DEAD_LETTERS": f"{pipe.name}.dead-letters",
        "KAFKA_GROUP_PROTOCOL": "consumer",
        "KAFKA_BOOTSTRAP_SERVERS": pipe.broker.cluster.bootstrap_servers,
        "KAFKA_SSL_CA_LOCATION": pipe.broker.authority,
        **variables,
    }
    command = [sys.executable, "-m", "consumer.redrive", "replay", "--all", "--yes"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_they_are_enough_with_a_password(sasl: Broker):
    pipe = make(sasl, READER)
    done = redrive(pipe, by_password("SCRAM-SHA-512", PASSWORDS[READER]))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "1 dead letters replayed, 0 skipped"


def test_they_are_enough_with_a_token(sasl: Broker, issuer: Issuer, tmp_path: Path):
    pipe = make(sasl, POD)
    file = tmp_path / "token"
    file.write_text(issuer.token(POD, AUDIENCE))
    done = redrive(pipe, by_token(file))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "1 dead letters replayed, 0 skipped"


@pytest.mark.parametrize(
    ("missing", "fix"),
    [
        ("read the dead letters", "Grant this identity read on the dead letters, and write on the topic for a replay."),
        ("write the topic", "Grant this identity read on the dead letters, and write on the topic for a replay."),
        ("read the group", "Grant this identity read on the group."),
    ],
)
def test_without_one_of_them_the_fix_is_named(sasl: Broker, missing: str, fix: str):
    done = redrive(make(sasl, READER, missing), by_password("PLAIN", PASSWORDS[READER]))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("redrive: ")
    assert line.endswith(fix)


def test_a_wrong_password_is_reported_in_one_line(sasl: Broker):
    done = redrive(make(sasl, READER), by_password("PLAIN", "wrong"))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "uthentication failed" in line


def test_an_expired_token_is_reported_in_one_line(sasl: Broker, issuer: Issuer, tmp_path: Path):
    file = tmp_path / "token"
    file.write_text(issuer.token(POD, AUDIENCE, -10))
    done = redrive(make(sasl, POD), by_token(file))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "cannot get a token: the token expired at " in line
