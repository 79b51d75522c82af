"""Simulated Confluent Cloud: Kafka clusters, topics, ACLs and ksqlDB. Times and rules are explained in kinds.py."""

import re
from collections.abc import Mapping
from typing import Any

from workbench.cloud.confluent import existing
from workbench.cloud.confluent.outputs import crn, described, domain, environment_of, identifier
from workbench.cloud.model import COMMON, Inputs, Others, ResourceModel, at, digits, joined, mapping, number, text

CLUSTER = "confluentcloud:index/kafkaCluster:KafkaCluster"
KEY = "confluentcloud:index/apiKey:ApiKey"
ROLE_BINDING = "confluentcloud:index/roleBinding:RoleBinding"
TOPIC = "confluentcloud:index/kafkaTopic:KafkaTopic"
ACL = "confluentcloud:index/kafkaAcl:KafkaAcl"
_ADMINISTERS = ("CloudClusterAdmin", "EnvironmentAdmin", "OrganizationAdmin")
_TIERS: Mapping[str, str] = {
    "basic": "Basic",
    "standard": "Standard",
    "enterprises": "Enterprise",
    "freights": "Freight",
    "dedicated": "Dedicated",
}
_REST = "the provider's source: it waits for 10 seconds after each creation"


def _tiers(inputs: Inputs) -> list[str]:
    return [key for key in _TIERS if isinstance(at(inputs, key), Mapping | list)]


def _cluster(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return a cluster's outputs. An Enterprise cluster's endpoints resolve only in networks with a private link."""
    private = "enterprises" in _tiers(inputs)
    host = f"{id_ if private else 'pkc-' + digits(id_, 5)}.{domain(inputs, private=private)}"
    return {
        **described("cmk/v2", "Cluster"),
        "bootstrapEndpoint": f"SASL_SSL://{host}:9092",
        "restEndpoint": f"https://{host}:443",
        "rbacCrn": crn(environment=environment_of(inputs), **{"cloud-cluster": id_}),
        "endpoints": [],
    }


def _same_availability(old: Inputs, new: Inputs) -> frozenset[str]:
    """Return the availability if it changes. The provider treats its old and new names as equal."""
    names = {"LOW": "SINGLE_ZONE", "HIGH": "MULTI_ZONE"}
    before, after = (text(inputs, "availability", "") for inputs in (old, new))
    return frozenset() if names.get(before, before) == names.get(after, after) else frozenset({"availability"})


def _cluster_update_refusal(old: Inputs, new: Inputs) -> str | None:
    """Refuse tier changes and shrinking that an existing cluster does not support."""
    before, tiers = _tiers(old), _tiers(new)
    if tiers and before != tiers and (before, tiers) != (["basic"], ["standard"]):
        return "error updating Kafka Cluster: clusters can only be upgraded from 'Basic' to 'Standard'"
    if 0 < number(new, "dedicated.cku", 0) < number(old, "dedicated.cku", 0) - 1:
        return "400 Bad Request: a dedicated cluster can only be shrunk by one CKU at a time"
    return None


def _cluster_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Return the refusals of the provider's checks and of the service for a tier."""
    tiers, availability = _tiers(new), text(new, "availability", "")
    if old is not None and (refusal := _cluster_update_refusal(old, new)):
        return refusal
    if len(tiers) > 1:
        return f"only one of `{','.join(_TIERS)}` can be specified, but `{','.join(tiers)}` were specified"
    if tiers == ["dedicated"] and availability in ("LOW", "HIGH"):
        return f"400 Bad Request: availability {availability} is not supported for Dedicated clusters"
    if tiers == ["dedicated"] and availability == "MULTI_ZONE" and number(new, "dedicated.cku", 1) < 2:
        return "multi-zone dedicated clusters must have at least 2 CKUs"
    if tiers == ["basic"] and availability in ("MULTI_ZONE", "HIGH"):
        return f"400 Bad Request: availability {availability} is not supported for Basic clusters"
    return None


def _is_authorized(others: Others, cluster: str, *, topic: str | None, roles: tuple[str, ...]) -> bool:
    """Whether the owner of any API key of the cluster administers it or has one of the roles on the topic."""
    owners = {text(key, "owner.id", "") for key in others(KEY) if at(key, "managedResource.id") == cluster}
    held = [
        binding for binding in others(ROLE_BINDING) if text(binding, "principal", "").removeprefix("User:") in owners
    ]
    return any(
        _administers(binding, cluster) or (topic and text(binding, "roleName", "") in roles and _covers(binding, topic))
        for binding in held
    )


def _administers(binding: Inputs, cluster: str) -> bool:
    where = text(binding, "crnPattern", "")
    whole = "cloud-cluster=" not in where or where.endswith(f"cloud-cluster={cluster}")
    return text(binding, "roleName", "") in _ADMINISTERS and whole


def _covers(binding: Inputs, topic: str) -> bool:
    """Whether a role binding includes a topic such as `lkc-0a1b2c3d/topic=orders`, by name or by prefix."""
    pattern = text(binding, "crnPattern", "").rpartition("/kafka=")[2]
    return topic.startswith(pattern[:-1]) if pattern.endswith("*") else topic == pattern


def _topic_of(inputs: Inputs) -> str:
    return f"{text(inputs, 'kafkaCluster.id', '')}/topic={text(inputs, 'topicName', '')}"


def _config_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Return the refusals of a topic's settings by the provider and the brokers, as quotes.

    Sources: terraform-provider-confluent, resource_kafka_topic.go; michelin/ns4kafka #621.
    """
    before, after = (mapping(inputs, "config") for inputs in (old, new))
    if before.keys() - after.keys():
        return (
            f'error updating Kafka Topic "{_topic_id("", new)}": reset to topic setting\'s default value operation (in other words, removing '
            "topic settings from 'configs' block) is not supported at the moment."
        )
    policies = [set(each.get("cleanup.policy", "delete").split(",")) for each in (before, after)]
    if old is not None and policies == [{"delete"}, {"compact", "delete"}]:
        return (
            "400 Bad Request: Altering topic configuration from `delete` to `compact` and `delete` is not currently supported. Please set "
            "`cleanup.policy` to either `delete` or `compact`."
        )
    return None


def _topic_refusal(old: Inputs | None, new: Inputs, others: Others) -> str | None:
    """Refuse topics unless the owner of an API key has permission. DeveloperManage does not allow adding partitions."""
    cluster = text(new, "kafkaCluster.id", "")
    grown = old is not None and at(old, "partitionsCount") != at(new, "partitionsCount")
    roles = ("ResourceOwner",) if grown else ("ResourceOwner", "DeveloperManage")
    if not cluster or _is_authorized(others, cluster, topic=_topic_of(new), roles=roles):
        return None
    return (
        f"403 Forbidden: no owner of an API key for {cluster} is authorized to {'alter' if grown else 'make'} the topic"
    )


def _topic_unreadable(args: Inputs, others: Others) -> str | None:
    """Refuse to return a topic with its settings unless the owner of an API key may describe both.

    DeveloperRead does not include DescribeConfigs (confluentinc/cli, list-yaml-cloud.golden, read 2026-11-30).
    """
    cluster = text(args, "kafkaCluster.id", "")
    if _is_authorized(others, cluster, topic=_topic_of(args), roles=("ResourceOwner", "DeveloperManage")):
        return None
    return f"403 Forbidden: no owner of an API key for {cluster} is authorized to describe the topic"


def _acl_refusal(_old: Inputs | None, new: Inputs, others: Others) -> str | None:
    """Refuse ACLs unless the owner of an API key administers the cluster."""
    cluster = text(new, "kafkaCluster.id", "")
    if not cluster or _is_authorized(others, cluster, topic=None, roles=()):
        return None
    return f"403 Forbidden: no owner of an API key for {cluster} is authorized to alter its ACLs"


def binding_blocks_delete(inputs: Inputs, others: Others) -> str | None:
    """Refuse to delete a role binding that is still needed to delete topics or ACLs."""
    same = [
        other
        for other in others(ROLE_BINDING)
        if text(other, "principal", "") == text(inputs, "principal", "") and other != inputs
    ]
    for topic in others(TOPIC):
        if "credentials" not in topic:
            continue  # a topic of another owner
        if _deletes(inputs, topic) and not any(_deletes(other, topic) for other in same):
            return f"403 Forbidden: no identity could delete the topic {text(topic, 'topicName', '')} any more; delete it first"
    for acl in others(ACL):
        if _administers(inputs, text(acl, "kafkaCluster.id", "")):
            return f"403 Forbidden: no identity could delete the ACL for {text(acl, 'resourceName', '')} any more; delete it first"
    return None


def _deletes(binding: Inputs, topic: Inputs) -> bool:
    """Whether a role binding allows its principal to delete a topic."""
    owns = text(binding, "roleName", "") == "ResourceOwner" and _covers(binding, _topic_of(topic))
    return owns or _administers(binding, text(topic, "kafkaCluster.id", ""))


def _fewer_partitions(old: Inputs, new: Inputs) -> frozenset[str]:
    """Return the number of partitions if it decreases. The provider then replaces the topic and deletes its records."""
    fewer = number(new, "partitionsCount", 6) < number(old, "partitionsCount", 6)
    return frozenset({"partitionsCount"}) if fewer else frozenset()


def _topic_id(name: str, inputs: Inputs) -> str:
    return f"{text(inputs, 'kafkaCluster.id', 'lkc-00000000')}/{text(inputs, 'topicName', name)}"


_ACL = ("resourceType", "resourceName", "patternType", "principal", "host", "operation", "permission")


def _acl_id(name: str, inputs: Inputs) -> str:
    return f"{text(inputs, 'kafkaCluster.id', 'lkc-00000000')}/{joined('#', *_ACL)(name, inputs)}"


def _ksql(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    return {
        **described("ksqldbcm/v2", "Cluster"),
        "resourceName": crn(
            environment=environment_of(inputs),
            **{"cloud-cluster": text(inputs, "kafkaCluster.id", "lkc-00000000"), "ksql": id_},
        ),
        "restEndpoint": f"https://pksqlc-{digits(id_, 5)}.eu-west-1.aws.confluent.cloud:443",
        "storage": 125,
        "topicPrefix": f"pksqlc-{digits(id_, 5)}",
    }


def _ksql_refusal(_old: Inputs | None, new: Inputs) -> str | None:
    """Refuse an identity that is neither a service account nor a user."""
    identity = text(new, "credentialIdentity.id", "sa-")
    return (
        None
        if re.match(r"(sa|u)-", identity)
        else f"400 Bad Request: {identity} is neither a service account nor a user"
    )


KAFKA: Mapping[str, ResourceModel] = {
    CLUSTER: ResourceModel(
        holds_data=True,
        create_minutes=5,
        delete_minutes=1,
        update_minutes=1,
        source="common use: Basic, Standard and Enterprise in 1 to 10 min, 5 taken (no log found); Dedicated takes 25 min on "
        "average and up to 24 h (provider's documentation)",
        identifier=identifier("lkc"),
        outputs=_cluster,
        replace_on=frozenset({"byokKey", "cloud", "environment", "network", "region"}),
        replaces_too=_same_availability,
        refusal=_cluster_refusal,
        unique=("environment.id", "displayName"),
        name_property="displayName",
        guard="deletionProtection",
        existing=existing.cluster,
    ),
    TOPIC: ResourceModel(
        holds_data=True,
        create_minutes=0.2,
        delete_minutes=0.1,
        update_minutes=0.2,
        source=_REST,
        identifier=_topic_id,
        outputs=lambda _id, _name, _inputs: {"config": {}},
        replace_on=frozenset({"kafkaCluster", "topicName"}),
        replaces_too=_fewer_partitions,
        defaults={"partitionsCount": 6},
        refusal=_config_refusal,
        refusal_beside=_topic_refusal,
        unique=("kafkaCluster.id", "topicName"),
        existing=existing.topic,
        unreadable=_topic_unreadable,
        imported=existing.imported_topic,
    ),
    ACL: ResourceModel(
        create_minutes=0.2,
        delete_minutes=0.1,
        source=_REST,
        identifier=_acl_id,
        replace_on=frozenset({"kafkaCluster", "restEndpoint", *_ACL}),
        refusal_beside=_acl_refusal,
    ),
    "confluentcloud:index/ksqlCluster:KsqlCluster": ResourceModel(
        holds_data=True,
        create_minutes=10,
        delete_minutes=2,
        source=f"{COMMON.split(':')[0]}: ready in 5 to 10 min and at times 20 (issues of the provider), 10 taken",
        identifier=identifier("lksqlc"),
        outputs=_ksql,
        replace_on=frozenset(
            {"credentialIdentity", "csu", "displayName", "environment", "kafkaCluster", "useDetailedProcessingLog"}
        ),
        defaults={"useDetailedProcessingLog": True},
        refusal=_ksql_refusal,
        unique=("environment.id", "displayName"),
    ),
}
