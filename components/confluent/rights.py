"""Permissions of a principal in a cluster: role bindings, or ACLs if the tier has no topic-level roles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pulumi_confluentcloud as confluentcloud
from pulumi import Input, Output, Resource, ResourceOptions

from components.confluent.service_account import Keyed

Use: TypeAlias = Literal["describe", "read", "write", "manage", "own"]

ROLES: Mapping[Use, str] = {
    "read": "DeveloperRead",
    "write": "DeveloperWrite",
    "manage": "DeveloperManage",
    "own": "ResourceOwner",
}
"""Role for each use (Confluent Cloud, Predefined RBAC roles). DeveloperManage can create and delete topics, but only ResourceOwner can add
partitions. Every role in a cluster can describe the cluster."""

OPERATIONS: Mapping[Use, Sequence[str]] = {
    "describe": ("DESCRIBE", "DESCRIBE_CONFIGS"),
    "read": ("READ",),
    "write": ("WRITE",),
    "manage": ("CREATE", "DELETE", "DESCRIBE_CONFIGS"),
    "own": ("ALL",),
}
"""ACL operations for each use (Apache Kafka, Authorization and ACLs). Read and write permission include describe."""


@dataclass(frozen=True, kw_only=True)
class Right:
    """Permission for one use of a resource name, or of a name prefix."""

    resource: Literal["cluster", "topic", "group", "transactional-id"]
    name: Input[str]
    use: Use
    prefix: bool = False


@dataclass(frozen=True, kw_only=True)
class Key:
    """Usable API key of a service account for a cluster. It is deleted after the resources that were created with it."""

    owner: Output[str]
    """ID of the service account."""
    id: Output[str]
    secret: Output[str]
    rights: Sequence[Resource]
    """Cluster-wide role bindings of the owner. Only tiers with ACLs need them."""


@dataclass(frozen=True, kw_only=True)
class Kafka:
    """Kafka cluster, which the stack made or which was there before."""

    id: Output[str]
    api_version: Output[str]
    kind: Output[str]
    rbac_crn: Output[str]
    """Name of the cluster in role bindings."""
    rest_endpoint: Output[str]
    bootstrap_endpoint: Output[str]
    environment_id: Output[str]

    @property
    def bootstrap_servers(self) -> Output[str]:
        """Return the address of the brokers, without the protocol."""
        return self.bootstrap_endpoint.apply(lambda address: address.removeprefix("SASL_SSL://"))

    @property
    def keyed(self) -> Keyed:
        """Return the cluster as the target of an API key."""
        return Keyed(id=self.id, api_version=self.api_version, kind=self.kind, environment_id=self.environment_id)


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Kafka cluster, with the data needed to create resources in it."""

    kafka: Kafka
    roles_within: bool
    """Whether roles can be bound to a single topic or group."""
    manager: Key
    """API key that creates topics, and ACLs if the tier has no topic-level roles."""


def allow(
    name: str, principal: Input[str], rights: Mapping[str, Right], *, cluster: Cluster, parent: Resource
) -> list[Resource]:
    """Grant a principal only these permissions in a cluster. The keys of `rights` name the resources."""
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
    """Bind a role to a principal for a pattern of resource names."""
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
        # If basic becomes standard, one update deletes the ACLs and the manager's role. The ACLs must go first.
        opts=ResourceOptions(parent=parent, depends_on=list(manager.rights)),
    )
