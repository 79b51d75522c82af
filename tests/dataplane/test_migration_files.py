"""The shipped MirrorMaker 2 files with Kafka's own definitions, and their sign-in on a real broker."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.dataplane.issuer import CLIENT, CLIENT_TOKEN, Issuer
from tests.dataplane.mirror import java_class, run
from tests.dataplane.test_sign_in import (
    AUDIENCE,
    PASSWORDS,
    READER,
    Broker,
    authority,
    issuer,
    sasl,
)
from tests.migration.files import NAMES, connectors, lines, strimzi

__all__ = ["authority", "issuer", "sasl"]  # fixtures

CLIENTS = {
    "admin": "org.apache.kafka.clients.admin.AdminClientConfig",
    "consumer": "org.apache.kafka.clients.consumer.ConsumerConfig",
    "producer": "org.apache.kafka.clients.producer.ProducerConfig",
}
CONNECTORS = [
    "org.apache.kafka.connect.mirror.MirrorSourceConfig",
    "org.apache.kafka.connect.mirror.MirrorCheckpointConfig",
]
WORKER = "org.apache.kafka.connect.runtime.distributed.DistributedConfig"
MIRROR_MAKER = frozenset(
    {"clusters", "enabled", "config.providers.env.class", "replication.policy.class", "tasks.max"}
    | {"emit.heartbeats.enabled"}
)
"""Keys of MirrorMaker itself and of all connectors, which none of these classes prints (Kafka 4.3.1, MirrorMakerConfig,
MirrorConnectorConfig, MirrorHeartbeatConfig)."""


@cache
def defined(name: str) -> frozenset[str]:
    """Return the keys that a class of Kafka defines. Its main method prints them as HTML."""
    done = subprocess.run(java_class(name), capture_output=True, text=True, check=True)
    keys = frozenset(re.findall(r'<h4><a id="([^"]+)"></a>', done.stdout))
    assert len(keys) > 5, done.stderr
    return keys


def known(key: str) -> bool:
    """Return whether MirrorMaker reads a key."""
    top = frozenset[str]().union(MIRROR_MAKER, defined(WORKER), *map(defined, CONNECTORS))
    prefix, _, rest = key.partition(".")
    if prefix in {"source->target", "target->source"}:
        return rest in top
    if prefix in {"source", "target"}:
        client, _, own = rest.partition(".")
        # MirrorMaker gives only connection keys of a cluster to all clients (MirrorClientConfig)
        shared = rest.startswith(("bootstrap.", "security.", "sasl.", "ssl.")) and rest in defined(CLIENTS["admin"])
        return shared or (client in CLIENTS and own in defined(CLIENTS[client]))
    return key in top


@pytest.mark.parametrize("name", NAMES)
def test_mirror_maker_knows_every_key(name: str):
    assert [key for key, _ in lines(name) if not known(key)] == []


def test_mirror_maker_knows_every_key_of_strimzi_s_file():
    for connector in connectors():
        assert [key for key in connector if not known(key)] == []
    target = strimzi()["KafkaMirrorMaker2"]["spec"]["target"]["config"]
    assert set(target) <= defined(WORKER)


def test_an_unknown_key_is_found():
    assert not known("sync.groups.offsets.enabled")
    assert not known("target.metadata.max.age.ms"), "MirrorMaker does not give it to its clients"


SIGN_IN = {
    "source-scram": {"SOURCE_USERNAME": READER, "SOURCE_PASSWORD": PASSWORDS[READER]},
    "target-msk-scram": {"TARGET_USERNAME": READER, "TARGET_PASSWORD": PASSWORDS[READER]},
    "target-confluent": {"TARGET_API_KEY": READER, "TARGET_API_SECRET": PASSWORDS[READER]},
    "target-event-hubs": {
        "TARGET_CLIENT_ID": CLIENT,
        "TARGET_CLIENT_SECRET": "secret",
        "TARGET_SCOPE": f"{AUDIENCE}/.default",
    },
}
"""Files whose sign-in Apache Kafka's broker supports, with the values of their placeholders."""


@pytest.mark.parametrize("name", SIGN_IN)
def test_the_file_signs_in(sasl: Broker, issuer: Issuer, tmp_path: Path, name: str):
    pipe = sasl.topic(READER, CLIENT)
    url = f"http://{issuer.metadata}{CLIENT_TOKEN}"
    trusted = {"ssl.truststore.type": "PEM", "ssl.truststore.location": sasl.authority}
    # As in docs/migration.md: the file of a client is the cluster's part of the file of MirrorMaker.
    client = dict(trusted) | {key.partition(".")[2]: value for key, value in lines(name)} | trusted
    providers = {key: value for key, value in lines("common") if key.startswith("config.providers")}
    file = tmp_path / "client.properties"
    file.write_text("".join(f"{key} = {value}\n" for key, value in (client | providers).items()), encoding="utf-8")
    environment = {
        **SIGN_IN[name],
        f"{name.partition('-')[0].upper()}_BOOTSTRAP_SERVERS": sasl.cluster.bootstrap_servers,
        "SOURCE_CA_FILE": sasl.authority,
        "TARGET_TOKEN_URL": url,
        "JDK_JAVA_OPTIONS": f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={url}",
    }
    address = ("--bootstrap-server", sasl.cluster.bootstrap_servers, "--command-config", file, "--topic", pipe.name)
    assert run("kafka-get-offsets.sh", *address, environment=environment) == f"{pipe.name}:0:1\n"
