"""Simulated Google Cloud: Managed Service for Apache Kafka. Times and rules are explained in kinds.py."""

import re
from collections.abc import Mapping
from typing import Any

from workbench.cloud.gcp import existing
from workbench.cloud.gcp.resource import project_of, region_of, resource
from workbench.cloud.model import CREATED_AT, Inputs, ResourceModel, digits, number, text

_GIBIBYTE = 2**30
_IN_CLUSTER = "projects/{project}/locations/{location}/clusters/{cluster}"
_ACL_ID = re.compile(
    r"cluster|all(Topics|ConsumerGroups|TransactionalIds)|(topic|consumerGroup|transactionalId)(Prefixed)?/[^/]+"
)


def _kafka(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a Managed Kafka cluster."""
    host = f"{id_.rsplit('/', 1)[-1]}.{region_of(inputs)}.managedkafka.{project_of(inputs)}.cloud.goog"
    return {
        "name": id_,
        "bootstrapAddress": f"bootstrap.{host}",
        "kafkaVersion": text(inputs, "kafkaVersion", "3.7.1"),
        "state": "ACTIVE",
        "createTime": CREATED_AT,
        "updateTime": CREATED_AT,
    }


def _kafka_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Refuse invalid capacities (Managed Service for Apache Kafka, Estimate vCPUs and memory) and lowered versions."""
    cpus, memory = (_counted(new, f"capacityConfig.{size}") for size in ("vcpuCount", "memoryBytes"))
    if cpus and cpus < 3:
        return f"googleapi: Error 400: vcpu_count must be at least 3, not {cpus}"
    if cpus and memory and not cpus * _GIBIBYTE <= memory <= cpus * 8 * _GIBIBYTE:
        return f"googleapi: Error 400: memory_bytes must be 1 to 8 GiB for each of the {cpus} vCPUs, not {memory}"
    disk = _counted(new, "brokerCapacityConfig.diskSizeGib")
    if disk and disk < 100:
        return f"googleapi: Error 400: disk_size_gib must be at least 100, not {disk}"
    before, after = (_version(each) for each in (old or {}, new))
    if before and after and after < before:
        return "googleapi: Error 400: the Kafka version of a cluster cannot be lowered"
    return None


def _counted(inputs: Inputs, path: str) -> int:
    """Return a number that the provider accepts as a string, or 0 if it is absent or unknown."""
    given = text(inputs, path, "")
    return int(given) if given.isdigit() else 0


def _version(inputs: Inputs) -> tuple[int, ...]:
    return tuple(int(part) for part in text(inputs, "kafkaVersion", "").split(".") if part.isdigit())


def _kafka_topic_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Refuse to decrease a topic's partitions (Apache Kafka)."""
    before, after = number(old or {}, "partitionCount", 0), number(new, "partitionCount", 1)
    if after < 1:
        return f"googleapi: Error 400: partition_count must be at least 1, not {after}"
    if after < before:
        return f"googleapi: Error 400: the partition count of a topic cannot be decreased: it is {before}, {after} was asked for"
    return None


def _acl(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of an access control list of one object in a cluster."""
    which, _, name = text(inputs, "aclId", "cluster").partition("/")
    kind = which.removesuffix("Prefixed").removeprefix("all").removesuffix("s")
    kinds = {"topic": "TOPIC", "consumergroup": "GROUP", "transactionalid": "TRANSACTIONAL_ID"}
    return {
        "name": id_,
        "etag": digits(id_, 12),
        "resourceType": kinds.get(kind.lower(), "CLUSTER"),
        "resourceName": name or ("*" if which.startswith("all") else "kafka-cluster"),
        "patternType": "PREFIXED" if which.endswith("Prefixed") else "LITERAL",
    }


def _acl_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Refuse invalid ids of access control lists (Managed Kafka API, projects.locations.clusters.acls)."""
    given = text(new, "aclId", "cluster")
    if old is not None or _ACL_ID.fullmatch(given):
        return None
    return f"googleapi: Error 400: acl_id {given!r} is not one of cluster, topic/NAME, consumerGroup/NAME, transactionalId/NAME or their forms"


def _acl_id(name: str, inputs: Inputs) -> str:
    """Return the id of an access control list. It ends with the object's type and name, separated by a slash."""
    cluster = text(inputs, "cluster", "cluster").rsplit("/", 1)[-1]
    return f"projects/{project_of(inputs)}/locations/{region_of(inputs)}/clusters/{cluster}/acls/{text(inputs, 'aclId', name)}"


MANAGED_KAFKA: Mapping[str, ResourceModel] = {
    "gcp:managedkafka/cluster:Cluster": resource(
        "projects/{project}/locations/{location}/clusters/{clusterId}",
        holds_data=True,
        create=28,
        delete=8,
        update=10,
        source="Terraform log: created in 28m37s, READMEs say 15 to 30 min; deletion and update by common use",
        outputs=_kafka,
        existing=existing.kafka_cluster,
        fixed="gcpConfig.kmsKey",
        labels="labels",
        refusal=_kafka_refusal,
    ),
    "gcp:managedkafka/topic:Topic": resource(
        f"{_IN_CLUSTER}/topics/{{topicId}}",
        holds_data=True,
        create=0.2,
        delete=0.2,
        source="common use, no log found: 5 to 20 s",
        outputs=lambda id_, _name, _inputs: {"name": id_},
        existing=existing.kafka_topic,
        fixed="replicationFactor",
        refusal=_kafka_topic_refusal,
    ),
    "gcp:managedkafka/acl:Acl": resource(
        f"{_IN_CLUSTER}/acls/{{aclId}}",
        create=0.2,
        delete=0.2,
        source="common use, no log found: 5 to 20 s",
        identifier=_acl_id,
        outputs=_acl,
        defaults={"aclEntries.host": "*", "aclEntries.permissionType": "ALLOW"},
        refusal=_acl_refusal,
    ),
}
