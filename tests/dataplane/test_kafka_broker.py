"""Tests of a real broker on this machine: client access, cleanup, and errors on start."""

import socket
import tempfile
from collections.abc import Mapping

import pytest
import trustme
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import (
    AdminClient,
    NewTopic,  # pyright: ignore[reportPrivateImportUsage]
    ScramCredentialInfo,  # pyright: ignore[reportPrivateImportUsage]
    ScramMechanism,  # pyright: ignore[reportPrivateImportUsage]
    UserScramCredentialUpsertion,  # pyright: ignore[reportPrivateImportUsage]
)

from tests.certificates import authority_file, broker_certificate, client_files
from workbench.servers.kafka_broker import BrokerError, KafkaCluster

PLAIN_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule"


def silent(_text: str) -> None:
    pass


def passed_through(client: Mapping[str, str], cluster: KafkaCluster) -> bytes | None:
    """Write a record and return it as the same client reads it."""
    cluster.administration.create_topics([NewTopic("orders", 1, 1)])["orders"].result(30)
    settings = {"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0, **client}
    producer = Producer({**settings, "message.timeout.ms": 30_000})
    producer.produce("orders", b"41")
    producer.flush(30)
    consumer = Consumer({**settings, "group.id": "orders", "auto.offset.reset": "earliest"})
    consumer.subscribe(["orders"])
    try:
        message = consumer.poll(30)
        assert message is not None, cluster.log(0)
        return message.value()
    finally:
        consumer.close()


def refused(client: Mapping[str, str], cluster: KafkaCluster) -> bool:
    """Return whether a client gets no response."""
    try:
        AdminClient({"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0, **client}).list_topics(timeout=3)
    except KafkaException:
        return True
    return False


def test_clients_need_a_certificate(tmp_path):
    authority = trustme.CA()
    settings = {**broker_certificate(authority), "listener.name.client.ssl.client.auth": "required"}
    stranger = {"security.protocol": "SSL", "ssl.ca.location": authority_file(authority, tmp_path)}
    certificate, key = client_files(authority, "orders", tmp_path)
    user = {**stranger, "ssl.certificate.location": certificate, "ssl.key.location": key}
    with KafkaCluster(silent, protocol="SSL", settings=settings) as cluster:
        assert passed_through(user, cluster) == b"41"
        assert refused(stranger, cluster)


def test_clients_need_the_right_password(tmp_path):
    authority = trustme.CA()
    settings = {
        **broker_certificate(authority),
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
        "listener.name.client.plain.sasl.jaas.config": f'{PLAIN_LOGIN} required user_orders="open";',
        "listener.name.client.scram-sha-512.sasl.jaas.config": f"{SCRAM_LOGIN} required;",
    }
    user = {
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": authority_file(authority, tmp_path),
        "sasl.mechanism": "PLAIN",
        "sasl.username": "orders",
        "sasl.password": "open",
    }
    with KafkaCluster(silent, protocol="SASL_SSL", settings=settings) as cluster:
        assert passed_through(user, cluster) == b"41"
        assert refused({**user, "sasl.password": "shut"}, cluster)
        scram = {**user, "sasl.mechanism": "SCRAM-SHA-512"}
        assert refused(scram, cluster)
        secret = UserScramCredentialUpsertion(
            "orders", ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), b"open"
        )
        cluster.administration.alter_user_scram_credentials([secret])["orders"].result(30)
        assert not refused(scram, cluster)


def test_a_restarted_broker_keeps_its_data():
    with KafkaCluster(silent) as cluster:
        assert passed_through({}, cluster) == b"41"
        for end in (cluster.stop, cluster.kill):
            address = cluster.bootstrap_servers
            end(0)
            assert refused({}, cluster)
            cluster.start(0)
            assert cluster.bootstrap_servers == address
            assert "orders" in cluster.administration.list_topics(timeout=30).topics


def test_an_exception_leaves_no_broker_and_no_files(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ports: list[int] = []

    def broken() -> None:
        with KafkaCluster(silent, brokers=2) as cluster:
            ports.extend(int(address.rpartition(":")[2]) for address in cluster.bootstrap_servers.split(","))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert len(ports) == 2
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0, "no broker may still listen"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"log.segment.bytes": "many"}, "log.segment.bytes"),
        (
            {"listener.name.client.ssl.keystore.type": "PEM", "listener.name.client.ssl.keystore.key": "no key"},
            "certificate chain is not specified",
        ),
    ],
    ids=["refused before it starts", "refused by the broker"],
)
def test_a_broker_that_does_not_start_reports_why(settings: Mapping[str, str], said: str):
    with pytest.raises(BrokerError, match=said), KafkaCluster(silent, protocol="SSL", settings=settings):
        pass
