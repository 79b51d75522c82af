"""A pipe of kafka-external whose topic was there before, on a real broker: the Jobs and the consumers run as the plan has them."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import trustme
from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    ConfigResource,  # pyright: ignore[reportPrivateImportUsage]
    NewTopic,  # pyright: ignore[reportPrivateImportUsage]
    ScramCredentialInfo,  # pyright: ignore[reportPrivateImportUsage]
    ScramMechanism,  # pyright: ignore[reportPrivateImportUsage]
    UserScramCredentialUpsertion,  # pyright: ignore[reportPrivateImportUsage]
)

from components.consumer import file_key
from components.kafka.client_files import AUTHORITY, CERTIFICATE, KEY
from tests.certificates import broker_certificate
from tests.combinations import CERTIFICATE as CERTIFICATE_NAMES
from tests.combinations import PASSWORD, Combination
from workbench.plan import Plan, plan
from workbench.prove.replicas import PATIENCE, Replicas, wait_until
from workbench.prove.topic import Writer
from workbench.servers.kafka_broker import KafkaCluster
from workbench.stack_file import ROOT, StackFile

USER, SECRET = "orders", uuid4().hex
TOPIC, PARTITIONS, EACH = "Orders_v1", 3, 5
METHODS = ("scram-sha-512", "scram-sha-256", "plain", "tls", "none")
MODULES = "org.apache.kafka.common.security"
SIGN_IN: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "password": (
        "SASL_SSL",
        {
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
            "listener.name.client.plain.sasl.jaas.config": f'{MODULES}.plain.PlainLoginModule required user_{USER}="{SECRET}";',
            "listener.name.client.scram-sha-256.sasl.jaas.config": f"{MODULES}.scram.ScramLoginModule required;",
            "listener.name.client.scram-sha-512.sasl.jaas.config": f"{MODULES}.scram.ScramLoginModule required;",
        },
    ),
    "tls": ("SSL", {"listener.name.client.ssl.client.auth": "required"}),
    "none": ("PLAINTEXT", {}),
}
"""Protocol and settings of the broker for each kind of sign-in."""


@dataclass
class External:
    """A Kafka of another owner, and the stack that reads its topic."""

    cluster: KafkaCluster
    stack_file: StackFile

    def stack(self, parallelism: int = PARTITIONS) -> Plan:
        return plan(self.stack_file.with_parallelism("orders", parallelism))


@pytest.fixture(scope="module")
def clusters() -> Iterator[Any]:
    """Return a function that starts the broker of a kind of sign-in once."""
    authority, started = trustme.CA(), dict[str, KafkaCluster]()
    with ExitStack() as stack:

        def of(kind: str) -> tuple[KafkaCluster, trustme.CA]:
            protocol, settings = SIGN_IN[kind]
            if kind not in started:
                certificate = broker_certificate(authority) if protocol.endswith("SSL") else {}
                cluster = KafkaCluster(print, protocol=protocol, settings={**certificate, **settings})
                started[kind] = stack.enter_context(cluster)
            return started[kind], authority

        yield of


@pytest.fixture(params=METHODS)
def external(request: pytest.FixtureRequest, clusters: Any) -> Iterator[External]:
    """Yield a broker with a topic that was there before, and a stack file with a real user."""
    method: str = request.param
    cluster, authority = clusters(method if method in SIGN_IN else "password")
    if method.startswith("scram"):
        mechanism = ScramMechanism[method.upper().replace("-", "_")]
        user = UserScramCredentialUpsertion(USER, ScramCredentialInfo(mechanism, 4096), SECRET.encode())
        cluster.administration.alter_user_scram_credentials([user])[USER].result(PATIENCE)
    client = authority.issue_cert(f"{USER}@consumers.invalid", common_name=USER)
    secrets = {
        PASSWORD["username"]: USER,
        PASSWORD["password"]: SECRET,
        CERTIFICATE_NAMES["certificate"]: client.cert_chain_pems[0].bytes().decode(),
        CERTIFICATE_NAMES["key"]: client.private_key_pem.bytes().decode(),
    }
    administration: AdminClient = cluster.administration
    [created] = administration.create_topics(
        [NewTopic(TOPIC, PARTITIONS, 1, config={"retention.ms": "7200000"})]
    ).values()
    created.result(PATIENCE)
    wait_until(lambda: is_known(cluster), "the broker knows the topic")
    try:
        yield External(cluster, stack_file(method, cluster, authority, secrets))
    finally:
        for name in (TOPIC, "orders", "orders.dead-letters"):
            [deleted] = administration.delete_topics([name]).values()
            deleted.exception(PATIENCE)


def stack_file(method: str, cluster: KafkaCluster, authority: trustme.CA, secrets: Mapping[str, str]) -> StackFile:
    file = Combination("kubernetes", "kafka-external", "kubernetes", "existing-topic").stack_file()
    names = {"tls": CERTIFICATE_NAMES, "none": {}}.get(method, PASSWORD)
    encrypted = {} if method == "none" else {"certificateAuthority": authority.cert_pem.bytes().decode()}
    streaming = {
        **file.config["data-pipes:streaming"],
        "bootstrapServers": cluster.bootstrap_servers.split(","),
        "authentication": method,
        "credentials": names,
        "tls": method != "none",
        "brokerCidrs": ["10.0.0.0/8"],
        "replication": 1,
        **encrypted,
    }
    return replace(file, config={**file.config, "data-pipes:streaming": streaming, "data-pipes:secrets": secrets})


def environment(found: Plan, prefix: str, directory: Path) -> dict[str, str]:
    """Return the variables of a Job or of the consumers, with the files of their Secrets in a directory of this machine."""
    variables: dict[str, str] = {}
    files: dict[str, str] = {}
    for each in found.recording.resources:
        if not each.name.startswith(prefix):
            continue
        if each.type == "kubernetes:batch/v1:Job":
            [container] = each.input("spec.template.spec.containers")
            variables |= {variable["name"]: variable["value"] for variable in container["env"]}
        if each.type == "kubernetes:core/v1:ConfigMap":
            variables |= each.revealed["data"]
        if each.type == "kubernetes:core/v1:Secret":
            given = each.revealed["stringData"]
            files |= {key: value for key, value in given.items() if key.startswith("file-")}
            variables |= {key: value for key, value in given.items() if not key.startswith("file-")}
    for path in (AUTHORITY, CERTIFICATE, KEY):
        if content := files.get(file_key(path)):
            local = directory / path.name
            local.write_text(content)
            variables = {name: str(local) if value == str(path) else value for name, value in variables.items()}
    return variables


def job(found: Plan, kind: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run the program of a Job with its environment."""
    return subprocess.run(
        [sys.executable, ROOT / "topic" / "topic.py"],
        env=environment(found, f"matrix-orders-{kind}-", directory),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def is_known(cluster: KafkaCluster) -> bool:
    """Whether the broker has the new topic in its metadata."""
    try:
        return state(cluster)[0] == PARTITIONS
    except KafkaException:
        return False


def state(cluster: KafkaCluster, topic: str = TOPIC) -> tuple[int, Mapping[str, str]]:
    """Return the number of partitions and the settings of a topic, as the broker has them."""
    administration: AdminClient = cluster.administration
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    [config] = administration.describe_configs([resource]).values()
    found = administration.list_topics(topic, timeout=PATIENCE).topics[topic]
    return len(found.partitions), {name: str(entry.value) for name, entry in config.result(PATIENCE).items()}


def shares(cluster: KafkaCluster) -> list[int]:
    """Return how many partitions each member of the group has. Empty during a rebalance."""
    [described] = cluster.administration.describe_consumer_groups(["orders"]).values()
    group = described.result(PATIENCE)
    if group.state != ConsumerGroupState.STABLE:
        return []
    return [len(member.assignment.topic_partitions) for member in group.members]


def producer(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the client's properties of a pipe's variables."""
    own = {name: value for name, value in variables.items() if name.startswith(("KAFKA_BOOTSTRAP", "KAFKA_S"))}
    return {name.removeprefix("KAFKA_").lower().replace("_", "."): value for name, value in own.items()}


def test_a_pipe_reads_a_topic_that_was_there_before_and_the_topic_stays_as_it_was(external: External, tmp_path: Path):
    found, before = external.stack(), state(external.cluster)
    checked, made = job(found, "topic", tmp_path), job(found, "dead", tmp_path)
    assert (checked.returncode, checked.stdout) == (0, f"{TOPIC}: up to date ({PARTITIONS} partitions)\n"), (
        checked.stderr
    )
    assert (made.returncode, made.stdout) == (0, "orders.dead-letters: created with 1 partitions\n"), made.stderr
    variables = environment(found, "matrix-orders-se", tmp_path)
    writer = Writer(producer(variables), TOPIC)
    writer.fill(PARTITIONS, EACH)
    [pipe] = found.pipes
    with Replicas("orders", variables, tmp_path, seconds=0.0) as replicas:
        replicas.start(*range(pipe.replicas))
        wait_until(lambda: shares(external.cluster) == [1] * PARTITIONS, "each replica has a partition")
        wait_until(
            lambda: len(replicas.handled()) == PARTITIONS * EACH, "the records from before the stack are handled"
        )
        writer.fill(PARTITIONS, EACH)
        wait_until(lambda: len(replicas.handled()) >= 2 * PARTITIONS * EACH, "every record is handled")
        assert replicas.stop(*range(pipe.replicas)) == [0] * pipe.replicas
        handled = replicas.handled()
    assert sorted((each.partition, each.offset) for each in handled) == sorted(writer.written)
    later = [each for each in handled if each.offset >= EACH]
    owners = {(each.partition, each.replica) for each in later}
    assert len({replica for _, replica in owners}) == len(owners) == PARTITIONS, "each partition has one reader"
    assert state(external.cluster) == before


def test_the_job_ends_with_both_numbers_and_changes_nothing(external: External, tmp_path: Path):
    before = state(external.cluster)
    ended = job(external.stack(parallelism=4), "topic", tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.startswith(
        f"{TOPIC}: the pipe's parallelism must be 3, the number of partitions of the existing topic, got 4 "
    )
    assert state(external.cluster) == before


@pytest.mark.parametrize("external", ["none"], indirect=True)
def test_a_job_adds_partitions_to_a_topic_that_was_there_and_never_changes_its_settings(
    external: External, tmp_path: Path
):
    cluster, [pipe] = external.cluster, external.stack_file.config["data-pipes:pipes"].values()
    given = {"retention.ms": "7200000", "segment.ms": "3600000", "retention.bytes": "1000000"}
    for name in ("orders", "orders.dead-letters"):
        [created] = cluster.administration.create_topics([NewTopic(name, 1, 1, config=given)]).values()
        created.result(PATIENCE)

    def ended(kind: str, topic: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
        pipes = {"orders": {**pipe, "parallelism": PARTITIONS, "topic": topic}}
        return job(plan(external.stack_file.with_config("data-pipes:pipes", pipes)), kind, tmp_path)

    for kind, name in (("topic", "orders"), ("dead", "orders.dead-letters")):
        refused = ended(kind, {})
        assert refused.returncode == 2, refused.stderr
        assert "retention.ms must be 7200000, the present value, got " in refused.stderr
        partitions, settings = state(cluster, name)
        assert (partitions, settings.items() >= given.items()) == (1, True)

    before = state(cluster, "orders")[1]
    grown = ended("topic", {"retentionHours": 2})
    assert (grown.returncode, grown.stdout) == (0, "orders: partitions increased from 1 to 3\n"), grown.stderr
    assert state(cluster, "orders") == (PARTITIONS, before)
