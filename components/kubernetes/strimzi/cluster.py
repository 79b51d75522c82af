"""What Strimzi is told of a Kafka cluster: the specifications of its resources, from the settings alone."""

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
"""Where brokers are reached over TLS."""

ZONE, MACHINE = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
"""The labels of a node that say where it stands (Kubernetes, Well-Known Labels)."""

LARGEST_HEAP = 6 * 1024
"""MiB of heap that are enough for any broker; the rest of the memory caches records (Apache Kafka, Java Version)."""

CONTROLLER_VOLUME = 20
"""GiB for the log of the cluster's metadata, which Kafka keeps short by snapshots (Apache Kafka, KRaft)."""

VALID_DAYS, RENEWAL_DAYS = 1095, 400
"""How long certificates are valid, and how long before their end Strimzi makes new ones (Strimzi, Certificate renewal and validity
periods).

Consumers have copies, as old as the last `pulumi up`, of certificates that were valid for at least the second number of days then:
one `up` a year is enough. A renewed CA keeps its key, so copies made before stay good until their own end.
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
"""Topics only by this program, no leader that lacks records, and no topic that is gone with one zone (Apache Kafka, Broker Configs)."""


def resources(capacity: Resources) -> dict[str, Any]:
    """The room of a container: what it is promised, and never more."""
    amounts = {"cpu": f"{capacity.cpu}m", "memory": f"{capacity.memory}Mi"}
    return {"requests": amounts, "limits": amounts}


def bursting(capacity: Resources) -> dict[str, Any]:
    """The room of a program that looks after the cluster: it may take a whole vCPU while there is one, as when it starts."""
    amounts = resources(capacity)
    return {**amounts, "limits": {**amounts["limits"], "cpu": "1"}}


def heap(capacity: Resources) -> dict[str, str]:
    """The heap of a Java program that has this room."""
    size = f"{min(capacity.memory // 2, LARGEST_HEAP)}m"
    return {"-Xms": size, "-Xmx": size}


def placed(node_labels: Mapping[str, str]) -> dict[str, Any]:
    """The part of a pod's template that keeps it on nodes with these labels."""
    if not node_labels:
        return {}
    expressions = [{"key": label, "operator": "In", "values": [value]} for label, value in node_labels.items()]
    terms = {"nodeSelectorTerms": [{"matchExpressions": expressions}]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}}


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Nodes of one role, each with a volume."""

    name: str
    role: Literal["broker", "controller"]
    replicas: int
    capacity: Resources
    volume_size: int
    """GiB."""


def pools(settings: StrimziSettings) -> list[Pool]:
    """The controllers and the brokers of a cluster."""
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
            capacity=settings.broker_room,
            volume_size=settings.volume_size,
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
    """As many nodes in each zone, which their volumes cannot leave, and on different machines where there are some."""
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
                **placed(node_labels),
                "priorityClassName": priority_class,
                "topologySpreadConstraints": [
                    {**constraint, "labelSelector": selector} for constraint in (zones, machines)
                ],
            }
        },
    }


def kafka(settings: StrimziSettings, node_labels: Mapping[str, str]) -> dict[str, Any]:
    """A cluster that is reached over TLS by clients with a certificate alone, who may do what they are allowed one by one."""
    pod = placed(node_labels)
    template = {"template": {"pod": pod}} if pod else {}
    authority = {"validityDays": VALID_DAYS, "renewalDays": RENEWAL_DAYS}
    spec: dict[str, Any] = {
        "kafka": {
            "version": settings.version,
            "listeners": [listener()],
            "authorization": {"type": "simple"},
            "rack": {"topologyKey": ZONE},
            "config": AVAILABILITY,
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
    """The way to the brokers: for pods that belong to a pipeline, in namespaces that do."""
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
    """The values of the operator's chart: all pods that it makes are restricted, as its own is (Strimzi, Pod security providers)."""
    environment = [{"name": "STRIMZI_POD_SECURITY_PROVIDER_CLASS", "value": "restricted"}]
    return {"resources": bursting(OPERATOR), "nodeSelector": dict(node_labels), "extraEnvs": environment}


def consumer_user(topic: str, group: str, writes: Sequence[str]) -> dict[str, Any]:
    """A user with a certificate who may read one topic in one group, and write others.

    Who may read a group and describe its topic may be a member (KIP-848), and who may write some topic may do so without writing a
    record twice (KIP-679).
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


def _allowed(kind: str, name: str, operations: Sequence[str]) -> dict[str, Any]:
    resource = {"type": kind, "name": name, "patternType": "literal"}
    return {"resource": resource, "operations": list(operations)}
