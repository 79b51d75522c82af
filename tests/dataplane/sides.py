"""The two clusters of a migration: a self-managed Kafka with passwords, and a Kafka with client certificates as in a stack.

Both have ACLs. The mirror has only the rights that docs/migration.md and migration/strimzi/mirror-maker.yaml name.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme
import yaml
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AclBinding,  # pyright: ignore[reportPrivateImportUsage]
    AclOperation,  # pyright: ignore[reportPrivateImportUsage]
    AclPermissionType,  # pyright: ignore[reportPrivateImportUsage]
    AdminClient,
    ResourcePatternType,  # pyright: ignore[reportPrivateImportUsage]
    ResourceType,  # pyright: ignore[reportPrivateImportUsage]
    ScramCredentialInfo,  # pyright: ignore[reportPrivateImportUsage]
    ScramMechanism,  # pyright: ignore[reportPrivateImportUsage]
    UserScramCredentialUpsertion,  # pyright: ignore[reportPrivateImportUsage]
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from tests.certificates import authority_file, broker_certificate
from tests.dataplane.test_sign_in import AUTHORIZED, MODULES
from workbench.prove.replicas import PATIENCE, Replicas
from workbench.servers.kafka_broker import MISSED_SOON, KafkaCluster
from workbench.stack_file import ROOT

TOPIC, GROUP, PARTITIONS = "orders", "billing", 3
MIRROR, ADMINISTRATOR, PASSWORD = "mirror-maker", "administrator", "open"

Rights = Sequence[tuple[str, str, str, str]]
"""Kind of resource, its name, `literal` or `prefix`, and the operation."""

READS: Rights = [
    ("topic", TOPIC, "literal", "Read"),
    ("topic", TOPIC, "literal", "Describe"),
    ("group", GROUP, "literal", "Describe"),
]
"""Rights of the mirror on the cluster that it reads."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two clusters, and how to connect to it."""

    cluster: KafkaCluster
    connection: Mapping[str, Any]
    """Properties of an administrator's client."""

    def consumers(self, name: str, directory: Path) -> Replicas:
        """Return the consumers of the pipe. None runs."""
        directory.mkdir()
        environment = {
            "STREAM_SERVICE": "kafka",
            "STREAM_TOPIC": TOPIC,
            "STREAM_GROUP": GROUP,
            "KAFKA_GROUP_PROTOCOL": "consumer",
            **{f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in self.connection.items()},
        }
        return Replicas(name, environment, directory, seconds=0.001)

    def committed(self) -> dict[int, int]:
        """Return the group's offsets by partition. Empty while the brokers still create the topic of the offsets."""
        with self._reader(GROUP) as reader:
            try:
                answer = reader.committed([TopicPartition(TOPIC, number) for number in range(PARTITIONS)], PATIENCE)
            except KafkaException:
                return {}
        return {each.partition: each.offset for each in answer if each.offset >= 0}

    def ends(self) -> dict[int, int]:
        """Return the end offsets by partition."""
        with self._reader() as reader:
            return {
                number: reader.get_watermark_offsets(TopicPartition(TOPIC, number), timeout=PATIENCE)[1]
                for number in range(PARTITIONS)
            }

    def records(self) -> dict[tuple[int, int], tuple[str, int]]:
        """Return key and number of each record that is kept, by partition and offset."""
        found: dict[tuple[int, int], tuple[str, int]] = {}
        ends = self.ends()
        with self._reader() as reader:
            reader.assign([TopicPartition(TOPIC, number, 0) for number in ends])
            while any((number, end - 1) not in found for number, end in ends.items()):
                for each in reader.consume(1000, 1):
                    assert each.error() is None, each.error()
                    found[each.partition() or 0, each.offset() or 0] = (
                        (each.key() or b"").decode(),
                        int(each.value() or 0),
                    )
        return found

    def delete_before(self, offset: int) -> None:
        """Delete the first records of each partition, as the topic's retention does."""
        before = [TopicPartition(TOPIC, number, offset) for number in range(PARTITIONS)]
        for answer in self.cluster.administration.delete_records(before).values():
            answer.result(PATIENCE)

    def _reader(self, group: str = "reader") -> "closing[Consumer]":
        """Return a client that does not join its group."""
        properties = {**self.connection, "group.id": group, "auto.offset.reset": "earliest", "log_level": 0}
        return closing(Consumer(properties))


@contextmanager
def self_managed(authority: trustme.CA, directory: Path) -> Iterator[Side]:
    """Run a Kafka with SASL/SCRAM. The mirror may only read."""
    settings = {
        **AUTHORIZED,
        **MISSED_SOON,
        **broker_certificate(authority),
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.client.scram-sha-512.sasl.jaas.config": f"{MODULES}.scram.ScramLoginModule required;",
    }
    with KafkaCluster(print, protocol="SASL_SSL", settings=settings) as cluster:
        for user in (ADMINISTRATOR, MIRROR):
            secret = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
            change = UserScramCredentialUpsertion(user, secret, PASSWORD.encode())
            answers: Any = cluster.administration.alter_user_scram_credentials([change])
            answers[user].result(PATIENCE)
        grant(cluster.administration, READS)
        connection = {
            "bootstrap.servers": cluster.bootstrap_servers,
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": ADMINISTRATOR,
            "sasl.password": PASSWORD,
            "ssl.ca.location": authority_file(authority, directory),
        }
        yield Side(cluster=cluster, connection=connection)


@contextmanager
def as_in_a_stack(authority: trustme.CA, directory: Path) -> Iterator[Side]:
    """Run a Kafka with client certificates. The mirror has the rights of its user in the shipped file."""
    settings = {
        **AUTHORIZED,
        **MISSED_SOON,
        **broker_certificate(authority),
        "listener.name.client.ssl.client.auth": "requested",
        "ssl.principal.mapping.rules": "RULE:^.*CN=([^,]+).*$/$1/",
    }
    with KafkaCluster(print, protocol="SSL", settings=settings) as cluster:
        grant(cluster.administration, writes())
        connection = {
            "bootstrap.servers": cluster.bootstrap_servers,
            "security.protocol": "SSL",
            "ssl.ca.location": authority_file(authority, directory),
        }
        yield Side(cluster=cluster, connection=connection)


def writes(*, reader: str = "source") -> Rights:
    """Return the rights of the mirror on the cluster that it writes to, from the shipped file. `reader` is the other cluster's alias."""
    documents = yaml.safe_load_all((ROOT / "migration" / "strimzi" / "mirror-maker.yaml").read_text(encoding="utf-8"))
    [user] = [each for each in documents if each["kind"] == "KafkaUser"]
    found: list[tuple[str, str, str, str]] = []
    for acl in user["spec"]["authorization"]["acls"]:
        resource = acl["resource"]
        name = resource["name"].replace("source", reader)
        found += [(resource["type"], name, resource["patternType"], operation) for operation in acl["operations"]]
    return found


def grant(administration: AdminClient, rights: Rights) -> None:
    """Grant rights to the mirror."""
    bindings = [
        AclBinding(
            ResourceType[kind.upper()],
            name,
            ResourcePatternType.PREFIXED if pattern == "prefix" else ResourcePatternType.LITERAL,
            f"User:{MIRROR}",
            "*",
            AclOperation["DESCRIBE_CONFIGS" if operation == "DescribeConfigs" else operation.upper()],
            AclPermissionType.ALLOW,
        )
        for kind, name, pattern, operation in rights
    ]
    answers: Any = administration.create_acls(bindings)
    for answer in answers.values():
        answer.result(PATIENCE)


def placeholders(source: Side, target: Side, authority: trustme.CA, directory: Path) -> dict[str, str]:
    """Return the values of the placeholders in the mirror's files."""
    certificate = authority.issue_cert(f"{MIRROR}@consumers.invalid", common_name=MIRROR)
    key = load_pem_private_key(certificate.private_key_pem.bytes(), None)
    user = directory / "mirror.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    user.write_bytes(pem + certificate.cert_chain_pems[0].bytes())
    return {
        "MOVED_TOPICS": TOPIC,
        "MOVED_GROUPS": GROUP,
        "SOURCE_BOOTSTRAP_SERVERS": source.cluster.bootstrap_servers,
        "SOURCE_USERNAME": MIRROR,
        "SOURCE_PASSWORD": PASSWORD,
        "SOURCE_CA_FILE": source.connection["ssl.ca.location"],
        "TARGET_BOOTSTRAP_SERVERS": target.cluster.bootstrap_servers,
        "TARGET_USER_FILE": str(user),
        "TARGET_CA_FILE": target.connection["ssl.ca.location"],
    }
