"""Predefined IAM roles, each granted on a single resource."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pulumi_gcp as gcp
from pulumi import Input, Output, Resource, ResourceOptions

from components.contracts import Grant
from components.gcp.account import Account


@dataclass(frozen=True, kw_only=True)
class Binding:
    """One role for one member on one resource."""

    role: str
    member: Input[str]
    resource: Input[str]
    account: Account


Binder: TypeAlias = Callable[[str, Binding, ResourceOptions], Resource]
"""Creates the IAM resource for a binding, limited to the bound resource."""


def _on_subscription(name: str, binding: Binding, opts: ResourceOptions) -> Resource:
    return gcp.pubsub.SubscriptionIAMMember(
        name, subscription=binding.resource, role=binding.role, member=binding.member, opts=opts
    )


def _on_topic(name: str, binding: Binding, opts: ResourceOptions) -> Resource:
    return gcp.pubsub.TopicIAMMember(
        name,
        topic=binding.resource,
        role=binding.role,
        member=binding.member,
        project=binding.account.project,
        opts=opts,
    )


def _on_schema(name: str, binding: Binding, opts: ResourceOptions) -> Resource:
    return gcp.pubsub.SchemaIamMember(
        name, schema=binding.resource, role=binding.role, member=binding.member, opts=opts
    )


def _on_kafka_cluster(name: str, binding: Binding, opts: ResourceOptions) -> Resource:
    """Grant the role in the project policy, with a condition for one cluster.

    Managed Kafka clusters have no IAM policy (IAM, Resource attributes for conditions).
    """
    condition = gcp.projects.IAMMemberConditionArgs(
        title="One Kafka cluster", expression=Output.concat('resource.name == "', binding.resource, '"')
    )
    return gcp.projects.IAMMember(
        name,
        project=binding.account.project,
        role=binding.role,
        member=binding.member,
        condition=condition,
        opts=opts,
    )


ROLES: Mapping[str, Binder] = {
    "roles/managedkafka.client": _on_kafka_cluster,
    "roles/pubsub.publisher": _on_topic,
    "roles/pubsub.subscriber": _on_subscription,
    "roles/pubsub.viewer": _on_schema,
}
"""Roles that consumers can get, with the function that creates each binding (IAM, Predefined roles)."""


def granted(
    name: str, member: Input[str], grants: Sequence[Grant], *, account: Account, parent: Resource
) -> list[Resource]:
    """Grant a member each role (action) on only the grant's resource.

    The second and later bindings of a role get a numeric suffix, so adding grants renames no binding.
    """
    bound: list[Resource] = []
    known: Counter[str] = Counter()
    for grant in grants:
        for role in grant.actions:
            ending = f"-{known[role]}" if known[role] else ""
            known[role] += 1
            words = role.removeprefix("roles/").replace(".", "-").lower()
            binding = Binding(role=role, member=member, resource=grant.resource, account=account)
            bound.append(ROLES[role](f"{name}-{words}{ending}", binding, ResourceOptions(parent=parent)))
    return bound
