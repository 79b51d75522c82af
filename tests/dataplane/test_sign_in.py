"""Sign-in to a real broker with each method. A rejected sign-in ends the consumer with one line."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import trustme
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

from tests.certificates import authority_file, broker_certificate, client_files
from tests.dataplane.issuer import CLIENT, KEYS, TENANT, Issuer, running_issuer
from workbench.prove.replicas import PATIENCE, Replica, wait_until
from workbench.prove.topic import Topic, Writer
from workbench.servers.kafka_broker import KafkaCluster

AUDIENCE = "https://orders.servicebus.windows.net"
MODULES = "org.apache.kafka.common.security"
ADMINISTRATOR, READER = "administrator", "orders"
PASSWORDS = {name: uuid4().hex for name in (ADMINISTRATOR, READER)}
POD = "system:serviceaccount:orders:orders"
"""Audience of a pod's token."""

MOST_PER_SECOND = 3
"""Maximum connections of a rejected consumer."""

Variables = Mapping[str, str]


@dataclass
class Broker:
    """Broker with authentication, the trust for its clients, and the principal of the reader's ACL."""

    cluster: KafkaCluster
    authority: str
    administrator: dict[str, str]
    directory: Path

    def topic(self, *readers: str) -> "Pipe":
        """Create a topic with a message. The readers may read it with the group of the same name."""
        name = f"orders-{uuid4()}"
        connection = {"bootstrap.servers": self.cluster.bootstrap_servers, **self.administrator}
        Topic(connection, name, 1, {})
        for reader in readers:
            allow(self.cluster.administration, name, f"User:{reader}")
        pipe = Pipe(self, name, Writer(connection, name))
        pipe.writer.fill(1, 1)
        return pipe


@dataclass
class Pipe:
    broker: Broker
    name: str
    writer: Writer

    @contextmanager
    def consumer(self, variables: Variables) -> Iterator[Replica]:
        environment = {
            "STREAM_SERVICE": "kafka",
            "STREAM_TOPIC": self.name,
            "STREAM_GROUP": self.name,
            "KAFKA_GROUP_PROTOCOL": "consumer",
            "KAFKA_BOOTSTRAP_SERVERS": self.broker.cluster.bootstrap_servers,
            "KAFKA_SSL_CA_LOCATION": self.broker.authority,
            **variables,
        }
        directory = self.broker.directory / uuid4().hex
        directory.mkdir()
        replica = Replica("orders-0", environment, directory, 0.0)
        try:
            yield replica
        finally:
            replica.process.kill()
            replica.process.wait()

    def reads(self, variables: Variables) -> None:
        with self.consumer(variables) as replica:
            wait_until(lambda: replica.ready and len(replica.handled()) == 1, "the message is handled")
            replica.process.terminate()
            assert replica.process.wait(PATIENCE) == 0

    def ends(self, variables: Variables) -> str:
        """Return the last line of a rejected consumer."""
        with (
            counted(self.broker.cluster.bootstrap_servers) as (address, connections),
            self.consumer({**variables, "KAFKA_BOOTSTRAP_SERVERS": address}) as replica,
        ):
            line = last_line(replica)
            assert replica.handled() == []
        assert len(connections) <= 1 + MOST_PER_SECOND * (connections[-1] - connections[0]), connections
        assert line.startswith(f"consumer: {self.name}: cannot read from {address} with ")
        return line


def last_line(replica: Replica) -> str:
    """Return the last line of a consumer that exited. It must be logged once."""
    assert replica.process.wait(PATIENCE) == 1, replica.log()
    lines = replica.log(1000).splitlines()
    assert len(lines) < 20, "it must not be logged at every attempt"
    assert "Traceback" not in "".join(lines)
    return lines[-1]


@contextmanager
def counted(target: str) -> Iterator[tuple[str, list[float]]]:
    """Yield the address of a proxy, and the times of its connections."""
    host, port = target.split(":")
    connections: list[float] = []

    class Between(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            connections.append(time.monotonic())
            with socket.create_connection((host, int(port))) as broker:
                back = threading.Thread(target=forward, args=(broker, self.request), daemon=True)
                back.start()
                forward(self.request, broker)
                back.join()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Between) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}", connections
        finally:
            server.shutdown()
            thread.join()


def forward(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def allow(administration: AdminClient, name: str, reader: str) -> None:
    """Grant permission to read a topic with the group of the same name, as in the stacks."""
    rights = [
        AclBinding(kind, name, ResourcePatternType.LITERAL, reader, "*", operation, AclPermissionType.ALLOW)
        for kind, operation in (
            (ResourceType.TOPIC, AclOperation.READ),
            (ResourceType.TOPIC, AclOperation.DESCRIBE),
            (ResourceType.GROUP, AclOperation.READ),
        )
    ]
    answers: Any = administration.create_acls(rights)
    for answer in answers.values():
        answer.result(PATIENCE)


AUTHORIZED = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": f"User:ANONYMOUS;User:{ADMINISTRATOR}",
}


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA) -> Iterator[Broker]:
    """Broker that accepts clients with and without a certificate. Clients without one are administrators."""
    directory = tmp_path_factory.mktemp("tls")
    settings = {
        **AUTHORIZED,
        **broker_certificate(authority),
        "listener.name.client.ssl.client.auth": "requested",
        "ssl.principal.mapping.rules": "RULE:^.*CN=([^,]+).*$/$1/",
    }
    with KafkaCluster(print, protocol="SSL", settings=settings) as cluster:
        trusted = authority_file(authority, directory)
        yield Broker(cluster, trusted, {"security.protocol": "SSL", "ssl.ca.location": trusted}, directory)


@pytest.fixture(scope="session")
def sasl(tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA, issuer: Issuer) -> Iterator[Broker]:
    """Broker that accepts passwords and tokens, and ends sessions when the token expires."""
    directory = tmp_path_factory.mktemp("sasl")
    users = " ".join(f'user_{name}="{password}"' for name, password in PASSWORDS.items())
    # the module does not start with options but without a name
    trust = f'unsecuredLoginStringClaim_sub="broker" ssl.truststore.type="PEM" ssl.truststore.location="{issuer.trusted(directory)}"'
    keys = f"{issuer.url}{KEYS}"
    client = {
        "plain.sasl.jaas.config": f"{MODULES}.plain.PlainLoginModule required {users};",
        "scram-sha-512.sasl.jaas.config": f"{MODULES}.scram.ScramLoginModule required;",
        "oauthbearer.sasl.jaas.config": f"{MODULES}.oauthbearer.OAuthBearerLoginModule required {trust};",
        "oauthbearer.sasl.server.callback.handler.class": f"{MODULES}.oauthbearer.OAuthBearerValidatorCallbackHandler",
        "oauthbearer.sasl.oauthbearer.jwks.endpoint.url": keys,
        "oauthbearer.sasl.oauthbearer.expected.audience": AUDIENCE,
        "oauthbearer.sasl.oauthbearer.expected.issuer": issuer.url,
        "oauthbearer.connections.max.reauth.ms": "3600000",
    }
    settings = {
        **AUTHORIZED,
        **broker_certificate(authority),
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512,OAUTHBEARER",
        **{f"listener.name.client.{name}": value for name, value in client.items()},
    }
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:
            # allow the broker's Java to fetch the keys from this URL
            environment.setenv("JDK_JAVA_OPTIONS", f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={keys}")
            cluster = stack.enter_context(KafkaCluster(print, protocol="SASL_SSL", settings=settings))
        scram = UserScramCredentialUpsertion(
            READER, ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), PASSWORDS[READER].encode()
        )
        answers: Any = cluster.administration.alter_user_scram_credentials([scram])
        answers[READER].result(PATIENCE)
        trusted = authority_file(authority, directory)
        administrator = {
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": trusted,
            "sasl.mechanism": "PLAIN",
            "sasl.username": ADMINISTRATOR,
            "sasl.password": PASSWORDS[ADMINISTRATOR],
        }
        yield Broker(cluster, trusted, administrator, directory)


def by_password(mechanism: str, password: str) -> Variables:
    return {
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": mechanism,
        "KAFKA_SASL_USERNAME": READER,
        "KAFKA_SASL_PASSWORD": password,
    }


def by_token(file: Path) -> Variables:
    return {
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
        "STREAM_TOKEN_FILE": str(file),
        "KAFKA_SASL_OAUTHBEARER_EXTENSIONS": "logicalCluster=lkc-1,identityPoolId=pool-2",
    }


def by_certificate(authority: trustme.CA, user: str, directory: Path) -> Variables:
    certificate, key = client_files(authority, user, directory)
    return {
        "KAFKA_SECURITY_PROTOCOL": "SSL",
        "KAFKA_SSL_CERTIFICATE_LOCATION": certificate,
        "KAFKA_SSL_KEY_LOCATION": key,
    }


MECHANISMS = pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])


def test_it_reads_over_tls(tls: Broker):
    tls.topic().reads({"KAFKA_SECURITY_PROTOCOL": "SSL"})


def test_it_reads_with_a_client_certificate(tls: Broker, authority: trustme.CA, tmp_path: Path):
    tls.topic(READER).reads(by_certificate(authority, READER, tmp_path))


@MECHANISMS
def test_it_reads_with_a_password(sasl: Broker, mechanism: str):
    sasl.topic(READER).reads(by_password(mechanism, PASSWORDS[READER]))


def test_it_reads_with_the_token_of_its_pod(sasl: Broker, issuer: Issuer, tmp_path: Path):
    file = tmp_path / "token"
    file.write_text(issuer.token(POD, AUDIENCE))
    sasl.topic(POD).reads(by_token(file))


def test_it_reads_with_an_entra_token_of_its_workload_identity(sasl: Broker, issuer: Issuer, tmp_path: Path):
    file = tmp_path / "azure-token"
    file.write_text(issuer.token(POD, "api://AzureADTokenExchange"))
    sasl.topic(POD).reads(
        {
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
            "KAFKA_SASL_OAUTHBEARER_SCOPE": f"{AUDIENCE}/.default",
            "AZURE_CLIENT_ID": CLIENT,
            "AZURE_TENANT_ID": TENANT,
            "AZURE_FEDERATED_TOKEN_FILE": str(file),
            "AZURE_AUTHORITY_HOST": f"{issuer.url}/",
            "REQUESTS_CA_BUNDLE": str(issuer.trusted(tmp_path)),
        }
    )


@pytest.mark.parametrize("protocol", ["consumer", "classic"])
def test_it_continues_with_the_next_token_after_one_expires(
    sasl: Broker, issuer: Issuer, tmp_path: Path, protocol: str
):
    file, life = tmp_path / "token", 25
    pipe = sasl.topic(POD)
    file.write_text(issuer.token(POD, AUDIENCE, life))
    ended = time.time() + life
    with pipe.consumer({**by_token(file), "KAFKA_GROUP_PROTOCOL": protocol}) as replica:
        wait_until(lambda: replica.ready and len(replica.handled()) == 1, "the first message is handled")
        file.write_text(issuer.token(POD, AUDIENCE))
        wait_until(lambda: time.time() > ended + 1, "the first token has ended")
        pipe.writer.fill(1, 1)
        wait_until(lambda: replica.ready and len(replica.handled()) == 2, "the second message is handled")


def test_it_ends_when_its_token_expires_and_cannot_be_renewed(sasl: Broker, issuer: Issuer, tmp_path: Path):
    file = tmp_path / "token"
    file.write_text(issuer.token(POD, AUDIENCE, 15))
    with sasl.topic(POD).consumer(by_token(file)) as replica:
        line = last_line(replica)
    assert "cannot get a token: the token expired at " in line


@MECHANISMS
def test_a_wrong_password_ends_it(sasl: Broker, mechanism: str):
    old = uuid4().hex
    line = sasl.topic(READER).ends(by_password(mechanism, old))
    assert f" with {mechanism}: " in line
    assert "uthentication failed" in line
    assert old not in line


def test_an_untrusted_broker_ends_it(tls: Broker, tmp_path: Path):
    stranger = authority_file(trustme.CA(), tmp_path)
    line = tls.topic().ends({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CA_LOCATION": stranger})
    assert "certificate verify failed" in line
    assert "KAFKA_SSL_" in line


def test_a_token_of_another_issuer_ends_it(sasl: Broker, issuer: Issuer, tmp_path: Path):
    file = tmp_path / "token"
    file.write_text(Issuer(secure_port=issuer.secure_port).token(POD, AUDIENCE))
    line = sasl.topic(POD).ends(by_token(file))
    assert " with OAUTHBEARER: " in line
    assert file.read_text() not in line


def test_an_expired_token_ends_it(sasl: Broker, issuer: Issuer, tmp_path: Path):
    file = tmp_path / "token"
    file.write_text(issuer.token(POD, AUDIENCE, -10))
    with sasl.topic(POD).consumer(by_token(file)) as replica:
        line = last_line(replica)
    assert line.startswith("consumer: cannot get a token: the token expired at ")


def test_a_missing_permission_ends_it(sasl: Broker):
    line = sasl.topic().ends(by_password("PLAIN", PASSWORDS[READER]))
    assert "authorization failed" in line
    assert "permission to read" in line


def test_a_certificate_without_permission_ends_it(tls: Broker, authority: trustme.CA, tmp_path: Path):
    line = tls.topic(READER).ends(by_certificate(authority, "payments", tmp_path))
    assert "authorization failed" in line
