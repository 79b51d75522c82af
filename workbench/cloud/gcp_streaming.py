"""The simulated GCP: Pub/Sub and Managed Service for Apache Kafka. Figures and rules as explained in gcp.py."""

import re
from collections.abc import Mapping
from typing import Any

from workbench.cloud.gcp_resource import member, project_of, region_of, resource
from workbench.cloud.model import MOMENT, Inputs, Kind, Others, at, digits, number, text

_TOPIC = "gcp:pubsub/topic:Topic"
_PUBSUB = "common use: Pub/Sub answers within 1 to 5 s"
_GIBIBYTE = 2**30
_IN_CLUSTER = "projects/{project}/locations/{location}/clusters/{cluster}"
_ACL_ID = re.compile(
    r"cluster|all(Topics|ConsumerGroups|TransactionalIds)|(topic|consumerGroup|transactionalId)(Prefixed)?/[^/]+"
)


def _name_refusal(kind: str, old: Inputs | None, new: Inputs) -> str | None:
    """The names that Pub/Sub takes (Pub/Sub, Guidelines to name a topic, subscription, schema, or snapshot)."""
    name = text(new, "name", "orders")
    if old is not None or re.fullmatch(r"(?!goog)[A-Za-z][\w.~+%-]{2,254}", name):
        return None
    return (
        f"googleapi: Error 400: Invalid [{kind}] name: (name=projects/{project_of(new)}/{kind}/{name}). It must start with a letter, "
        "have 3 to 255 letters, digits and - . _ ~ + %, and not begin with goog"
    )


def _duration(inputs: Inputs, path: str) -> float | None:
    """The seconds of a duration such as `600s`; None where it is absent or unknown."""
    found = re.fullmatch(r"(\d+(\.\d+)?)s", text(inputs, path, ""))
    return float(found[1]) if found else None


def _topic_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Retention is 10 minutes to 31 days (Pub/Sub, Quotas and limits)."""
    seconds = _duration(new, "messageRetentionDuration")
    if seconds is not None and not 600 <= seconds <= 31 * 86400:
        return f"googleapi: Error 400: Invalid value for message_retention_duration: {seconds:g} s is not 10 minutes to 31 days"
    return _name_refusal("topics", old, new)


def _subscription_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """What a subscription takes (Pub/Sub, Subscription properties; Quotas and limits)."""
    size = len(text(new, "filter", "").encode())
    if size > 256:
        return f"googleapi: Error 400: The filter has {size} bytes, the most is 256"
    for path, least, most in (
        ("ackDeadlineSeconds", 10, 600),
        ("deadLetterPolicy.maxDeliveryAttempts", 5, 100),
    ):
        value = number(new, path, least)
        if value and not least <= value <= most:
            return f"googleapi: Error 400: Invalid value for {path}: {value} is not {least} to {most}"
    for path, most in (
        ("messageRetentionDuration", 31 * 86400),
        ("retryPolicy.minimumBackoff", 600),
        ("retryPolicy.maximumBackoff", 600),
    ):
        seconds = _duration(new, path)
        if seconds is not None and not (0 if path.startswith("retry") else 600) <= seconds <= most:
            return f"googleapi: Error 400: Invalid value for {path}: {seconds:g} s"
    if at(new, "enableExactlyOnceDelivery") is True and any(
        at(new, each) for each in ("pushConfig", "bigqueryConfig", "cloudStorageConfig")
    ):
        return "googleapi: Error 400: Exactly once delivery is only supported on pull subscriptions"
    return _name_refusal("subscriptions", old, new)


def _schema_refusal(old: Inputs | None, new: Inputs) -> str | None:
    return _name_refusal("schemas", old, new)


def _revision(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    return {"revisionId": digits(id_, 8)}


def _revised(state: Inputs, inputs: Inputs) -> Mapping[str, Any]:
    """A schema's new definition is a new revision."""
    changed = state.get("definition") != inputs.get("definition")
    return {"revisionId": digits(f"{state.get('revisionId')} {inputs.get('definition')}", 8)} if changed else {}


def _kafka(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Of a Managed Kafka cluster."""
    host = f"{id_.rsplit('/', 1)[-1]}.{region_of(inputs)}.managedkafka.{project_of(inputs)}.cloud.goog"
    return {
        "name": id_,
        "bootstrapAddress": f"bootstrap.{host}",
        "kafkaVersion": text(inputs, "kafkaVersion", "3.7.1"),
        "state": "ACTIVE",
        "createTime": MOMENT,
        "updateTime": MOMENT,
    }


def _kafka_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """The capacity of a cluster (Managed Service for Apache Kafka, Estimate vCPUs and memory), and versions that only rise."""
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
    """The number that the provider takes as a text; 0 where it is absent or unknown."""
    given = text(inputs, path, "")
    return int(given) if given.isdigit() else 0


def _version(inputs: Inputs) -> tuple[int, ...]:
    return tuple(int(part) for part in text(inputs, "kafkaVersion", "").split(".") if part.isdigit())


def _kafka_topic_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """A topic's partitions are never fewer (Apache Kafka)."""
    before, after = number(old or {}, "partitionCount", 0), number(new, "partitionCount", 1)
    if after < 1:
        return f"googleapi: Error 400: partition_count must be at least 1, not {after}"
    if after < before:
        return f"googleapi: Error 400: the partition count of a topic cannot be decreased: it is {before}, {after} was asked for"
    return None


def _acl(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Of the list of who may do what with one thing in a cluster."""
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
    """The ids of lists (Managed Kafka API, projects.locations.clusters.acls)."""
    given = text(new, "aclId", "cluster")
    if old is not None or _ACL_ID.fullmatch(given):
        return None
    return f"googleapi: Error 400: acl_id {given!r} is not one of cluster, topic/NAME, consumerGroup/NAME, transactionalId/NAME or their forms"


def _acl_id(name: str, inputs: Inputs) -> str:
    """Lists are called by what they are for: two words with a slash between them."""
    cluster = text(inputs, "cluster", "cluster").rsplit("/", 1)[-1]
    return f"projects/{project_of(inputs)}/locations/{region_of(inputs)}/clusters/{cluster}/acls/{text(inputs, 'aclId', name)}"


def _subscribed_refusal(_old: Inputs | None, new: Inputs, others: Others) -> str | None:
    """No subscription without its topic, and no dead letters without theirs."""
    there = {f"projects/{project_of(new)}/topics/{text(each, 'name', '')}" for each in others(_TOPIC)}
    there |= {each.rsplit("/", 1)[-1] for each in there}
    for path in ("topic", "deadLetterPolicy.deadLetterTopic"):
        topic = text(new, path, "")
        if topic and topic not in there and topic.rsplit("/", 1)[-1] not in there:
            return f"googleapi: Error 404: Resource not found (resource={topic.rsplit('/', 1)[-1]})"
    return None


STREAMING: Mapping[str, Kind] = {
    _TOPIC: resource(
        "projects/{project}/topics/{name}",
        holds_data=True,
        create=0.05,
        delete=0.05,
        update=0.05,
        source=_PUBSUB,
        fixed="tags",
        labels="labels",
        refusal=_topic_refusal,
    ),
    "gcp:pubsub/subscription:Subscription": resource(
        "projects/{project}/subscriptions/{name}",
        holds_data=True,
        create=0.05,
        delete=0.05,
        update=0.05,
        source=_PUBSUB,
        fixed="enableMessageOrdering filter tags topic",
        defaults={"messageRetentionDuration": "604800s"},
        left_out="retryPolicy.maximumBackoff retryPolicy.minimumBackoff",
        labels="labels",
        refusal=_subscription_refusal,
        refusal_beside=_subscribed_refusal,
    ),
    "gcp:pubsub/schema:Schema": resource(
        "projects/{project}/schemas/{name}",
        holds_data=True,
        create=0.05,
        delete=0.05,
        update=0.05,
        source=_PUBSUB,
        outputs=_revision,
        updated=_revised,
        refusal=_schema_refusal,
    ),
    "gcp:pubsub/topicIAMMember:TopicIAMMember": member("projects/{project}/topics/{topic}"),
    "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember": member("projects/{project}/subscriptions/{subscription}"),
    "gcp:pubsub/schemaIamMember:SchemaIamMember": member("projects/{project}/schemas/{schema}"),
    "gcp:managedkafka/cluster:Cluster": resource(
        "projects/{project}/locations/{location}/clusters/{clusterId}",
        holds_data=True,
        create=28,
        delete=8,
        update=10,
        source="Terraform log: created in 28m37s, READMEs say 15 to 30 min; deletion and update by common use",
        outputs=_kafka,
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
