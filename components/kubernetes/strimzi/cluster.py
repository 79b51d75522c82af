"""Specs of the Strimzi resources of a Kafka cluster, built only from the settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pulumi import Input

from components.kubernetes.nodes.capacity import Resources
from components.kubernetes.pods import PART_OF
from components.kubernetes.strimzi.resource import CLUSTER
from components.kubernetes.strimzi.settings import (
    CONTROLLER,
    CONTROLLERS,
    CRUISE_CONTROL,
    ENTITY_OPERATOR,
    EXPORTER,
    OPERATOR,
    REPLICATION,
    StrimziSettings,
)

PORT = 9093
"""TLS port of the brokers."""

ZONE, MACHINE = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
"""Node labels with the zone and the name of the machine (Kubernetes, Well-Known Labels)."""

LARGEST_HEAP = 6 * 1024
"""Maximum heap of a broker in MiB. The rest of the memory caches records (Apache Kafka, Java Version)."""

CONTROLLER_VOLUME = 20
"""Volume of a controller in GiB, for the metadata log. Kafka keeps it short with snapshots (Apache Kafka, KRaft)."""

VALID_DAYS, RENEWAL_DAYS = 1095, 400
"""Validity of certificates, and how many days before expiry Strimzi renews them (Strimzi, Certificate renewal and validity periods).

Each `pulumi up` copies the certificates to the consumers. A copied certificate is valid for at least RENEWAL_DAYS, so one `up` per year
is enough. A renewed CA keeps its key, so older copies stay valid until they expire.
"""

AVAILABILITY: Mapping[str, Any] = {
    "auto.create.topics.enable": False,
    "default.replication.factor": REPLICATION,
    "min.insync.replicas": REPLICATION - 1,
    "offsets.topic.replication.factor": REPLICATION,
    "transaction.state.log.min.isr": REPLICATION - 1,
    "transaction.state.log.replication.factor": REPLICATION,
    "unclean.leader.election.enable": False,
}
"""No automatic topics, no unclean leader election, and topics that survive the loss of a zone (Apache Kafka, Broker Configs)."""

METRICS_CONFIG: Mapping[str, Any] = {
    "type": "strimziMetricsReporter",
    "values": {
        "allowList": ["kafka_controller_kafkacontroller.*", "kafka_log_log_size", "kafka_server_replicamanager.*"]
    },
}
"""What the rules need, because managed collectors bill samples. On an idle broker these are 124 series, and those of Strimzi's own list
are 6,586 (strimzi-kafka-operator 1.2.0, KafkaCluster.java; counted on 2026-11-30 with Kafka 4.3.1 and metrics-reporter 0.2.0)."""


def resources(capacity: Resources) -> dict[str, Any]:
    """Return the resources of a container, with limits equal to requests."""
    amounts = {"cpu": f"{capacity.cpu}m", "memory": f"{capacity.memory}Mi"}
    return {"requests": amounts, "limits": amounts}


def bursting(capacity: Resources) -> dict[str, Any]:
    """Return the resources of an operator or tool. It may use a whole vCPU if one is free, for example during startup."""
    amounts = resources(capacity)
    return {**amounts, "limits": {**amounts["limits"], "cpu": "1"}}


def heap(capacity: Resources) -> dict[str, str]:
    """Return the heap size for a Java program with these resources."""
    size = f"{min(capacity.memory // 2, LARGEST_HEAP)}m"
    return {"-Xms": size, "-Xmx": size}


def node_affinity(node_labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the affinity of a pod template for nodes with these labels."""
    if not node_labels:
        return {}
    expressions = [{"key": label, "operator": "In", "values": [value]} for label, value in node_labels.items()]
    terms = {"nodeSelectorTerms": [{"matchExpressions": expressions}]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}}


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Kafka nodes of one role, each with a volume."""

    name: str
    role: Literal["broker", "controller"]
    replicas: int
    capacity: Resources
    volume_size: int
    """In GiB."""


def pools(settings: StrimziSettings) -> list[Pool]:
    """Return the pools of controllers and brokers."""
    return [
        Pool(
            name="controllers",
            role="controller",
            replicas=CONTROLLERS,
            capacity=CONTROLLER,
            volume_size=CONTROLLER_VOLUME,
        ),
        Pool(
            name="brokers",
            role="broker",
            replicas=settings.brokers,
            capacity=settings.broker_resources,
            volume_size=settings.disk_size,
        ),
    ]


def node_pool(
    pool: Pool,
    *,
    volume_class: Input[str],
    keep_volumes: bool,
    priority_class: Input[str],
    node_labels: Mapping[str, str],
) -> dict[str, Any]:
    """Return the spec of a pool: the same number of pods in each zone, on different machines if possible."""
    selector = {"matchLabels": {"strimzi.io/cluster": CLUSTER, "strimzi.io/pool-name": pool.name}}
    zones = {"topologyKey": ZONE, "maxSkew": 1, "minDomains": REPLICATION, "whenUnsatisfiable": "DoNotSchedule"}
    machines = {"topologyKey": MACHINE, "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"}
    volume = {
        "id": 0,
        "type": "persistent-claim",
        "size": f"{pool.volume_size}Gi",
        "class": volume_class,
        "deleteClaim": not keep_volumes,
        "kraftMetadata": "shared",
    }
    return {
        "replicas": pool.replicas,
        "roles": [pool.role],
        "storage": {"type": "jbod", "volumes": [volume]},
        "resources": resources(pool.capacity),
        "jvmOptions": heap(pool.capacity),
        "template": {
            "pod": {
                **node_affinity(node_labels),
                "priorityClassName": priority_class,
                "topologySpreadConstraints": [
                    {**constraint, "labelSelector": selector} for constraint in (zones, machines)
                ],
            }
        },
    }


def kafka(settings: StrimziSettings, node_labels: Mapping[str, str], *, metrics: bool) -> dict[str, Any]:
    """Return the spec of a cluster: TLS client certificates for authentication, ACLs for authorization.

    With metrics, brokers and controllers have the port METRICS, which Strimzi opens to all pods.
    """
    pod = node_affinity(node_labels)
    template = {"template": {"pod": pod}} if pod else {}
    authority = {"validityDays": VALID_DAYS, "renewalDays": RENEWAL_DAYS}
    spec: dict[str, Any] = {
        "kafka": {
            "version": settings.version,
            "listeners": [listener()],
            "authorization": {"type": "simple"},
            "rack": {"topologyKey": ZONE},
            "config": AVAILABILITY,
            **({"metricsConfig": METRICS_CONFIG} if metrics else {}),
        },
        "clusterCa": authority,
        "clientsCa": authority,
        "entityOperator": {
            "topicOperator": {"resources": bursting(ENTITY_OPERATOR)},
            "userOperator": {"resources": bursting(ENTITY_OPERATOR)},
            **template,
        },
    }
    if settings.cruise_control:
        spec["cruiseControl"] = {
            "resources": bursting(CRUISE_CONTROL),
            "jvmOptions": heap(CRUISE_CONTROL),
            "autoRebalance": [{"mode": "add-brokers"}, {"mode": "remove-brokers"}],
            **template,
        }
    if settings.exporter:
        spec["kafkaExporter"] = {
            "topicRegex": ".*",
            "groupRegex": ".*",
            "resources": bursting(EXPORTER),
            **template,
        }
    return spec


def listener() -> dict[str, Any]:
    """Return the listener of the brokers. Only pods of pipelines, in namespaces of pipelines, can connect."""
    part_of = {"matchLabels": PART_OF}
    return {
        "name": "tls",
        "port": PORT,
        "type": "internal",
        "tls": True,
        "authentication": {"type": "tls"},
        "networkPolicyPeers": [{"namespaceSelector": part_of, "podSelector": part_of}],
    }


def operator_values(node_labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of the operator's chart. All its pods get the restricted security profile (Strimzi, Pod security providers)."""
    environment = [{"name": "STRIMZI_POD_SECURITY_PROVIDER_CLASS", "value": "restricted"}]
    return {"resources": bursting(OPERATOR), "nodeSelector": dict(node_labels), "extraEnvs": environment}


def consumer_user(topic: Input[str], group: str, writes: Sequence[Input[str]]) -> dict[str, Any]:
    """Return the spec of a user with a client certificate, who may read one topic in one group and write other topics.

    Read on the group and Describe on the topic allow membership in the group (KIP-848). Write on a topic allows idempotent writes
    (KIP-679).
    """
    return {
        "authentication": {"type": "tls", "validityDays": VALID_DAYS, "renewalDays": RENEWAL_DAYS},
        "authorization": {
            "type": "simple",
            "acls": [
                _allowed("topic", topic, ["Describe", "Read"]),
                _allowed("group", group, ["Read"]),
                *(_allowed("topic", each, ["Describe", "Write"]) for each in writes),
            ],
        },
    }


def redrive_user(topic: Input[str], dead_letters: str, group: str) -> dict[str, Any]:
    """Return the spec of a user who may read dead letters, mark them in one group and write records to their topic."""
    return consumer_user(topic=dead_letters, group=group, writes=[topic])


def _allowed(kind: str, name: Input[str], operations: Sequence[str]) -> dict[str, Any]:
    resource = {"type": kind, "name": name, "patternType": "literal"}
    return {"resource": resource, "operations": list(operations)}
