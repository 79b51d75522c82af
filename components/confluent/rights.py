"""What a principal may do with the topics, groups and transactions of a cluster: roles, or ACLs where a tier has no such roles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pulumi_confluentcloud as confluentcloud
from pulumi import Input, Output, Resource, ResourceOptions

Use: TypeAlias = Literal["describe", "read", "write", "manage", "own"]

ROLES: Mapping[Use, str] = {
    "read": "DeveloperRead",
    "write": "DeveloperWrite",
    "manage": "DeveloperManage",
    "own": "ResourceOwner",
}
"""The role for each use (Confluent Cloud, Predefined RBAC roles). DeveloperManage creates and deletes topics and cannot add partitions
to one, which takes ResourceOwner; to describe a cluster is part of every role in it."""

OPERATIONS: Mapping[Use, Sequence[str]] = {
    "describe": ("DESCRIBE", "DESCRIBE_CONFIGS"),
    "read": ("READ",),
    "write": ("WRITE",),
    "manage": ("CREATE", "DELETE", "DESCRIBE_CONFIGS"),
    "own": ("ALL",),
}
"""The same as ACLs (Apache Kafka, Authorization and ACLs); who may read or write may describe."""


@dataclass(frozen=True, kw_only=True)
class Right:
    """One use of what has one name in a cluster, or of all whose names begin with it."""

    resource: Literal["cluster", "topic", "group", "transactional-id"]
    name: Input[str]
    use: Use
    prefix: bool = False


@dataclass(frozen=True, kw_only=True)
class Key:
    """An API key of a service account for a cluster, that works there; it goes after what was made with it."""

    owner: Output[str]
    """The id of the service account."""
    id: Output[str]
    secret: Output[str]
    rights: Sequence[Resource]
    """What its owner may do in the whole cluster, where that is how it makes ACLs."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A Kafka cluster, as whoever makes something in it must know it."""

    kafka: confluentcloud.KafkaCluster
    environment_id: Output[str]
    roles_within: bool
    """Whether roles can be given on a single topic or group."""
    manager: Key
    """Who makes its topics, and its ACLs where there are no such roles."""


def allow(
    name: str, principal: Input[str], rights: Mapping[str, Right], *, cluster: Cluster, parent: Resource
) -> list[Resource]:
    """Give a principal these rights in a cluster and no others; each is named after its key."""
    made: list[Resource] = []
    for label, right in rights.items():
        if not cluster.roles_within:
            made += [
                _acl(f"{name}-{label}", principal, right, operation, cluster=cluster, parent=parent)
                for operation in OPERATIONS[right.use]
            ]
        elif right.use in ROLES:
            pattern = Output.concat(
                cluster.kafka.rbac_crn,
                "/kafka=",
                cluster.kafka.id,
                f"/{right.resource}=",
                right.name,
                "*" if right.prefix else "",
            )
            made.append(bind(f"{name}-{label}", principal, ROLES[right.use], pattern, parent=parent))
    return made


def bind(
    name: str, principal: Input[str], role: str, pattern: Input[str], *, parent: Resource
) -> confluentcloud.RoleBinding:
    """Give a principal one role on what a pattern of resource names says."""
    return confluentcloud.RoleBinding(
        name,
        principal=Output.concat("User:", principal),
        role_name=role,
        crn_pattern=pattern,
        opts=ResourceOptions(parent=parent),
    )


def _acl(
    name: str, principal: Input[str], right: Right, operation: str, *, cluster: Cluster, parent: Resource
) -> confluentcloud.KafkaAcl:
    kafka, manager = cluster.kafka, cluster.manager
    return confluentcloud.KafkaAcl(
        f"{name}-{operation.lower().replace('_', '-')}",
        kafka_cluster=confluentcloud.KafkaAclKafkaClusterArgs(id=kafka.id),
        resource_type=right.resource.upper().replace("-", "_"),
        resource_name_=right.name,
        pattern_type="PREFIXED" if right.prefix else "LITERAL",
        principal=Output.concat("User:", principal),
        host="*",
        operation=operation,
        permission="ALLOW",
        rest_endpoint=kafka.rest_endpoint,
        credentials=confluentcloud.KafkaAclCredentialsArgs(key=manager.id, secret=manager.secret),
        # Where a cluster outgrows ACLs, these and the manager's rights go in one update, and these first.
        opts=ResourceOptions(parent=parent, depends_on=list(manager.rights)),
    )
