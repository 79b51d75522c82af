"""Google Cloud's predefined roles, and how one is given to an identity on one thing."""

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
    """A role of one member on one thing."""

    role: str
    member: Input[str]
    resource: Input[str]
    account: Account


Binder: TypeAlias = Callable[[str, Binding, ResourceOptions], Resource]
"""Gives the member of a binding its role, on that thing alone."""


def _on_subscription(name: str, binding: Binding, opts: ResourceOptions) -> Resource:
    return gcp.pubsub.SubscriptionIAMMember(
        name, subscription=binding.resource, role=binding.role, member=binding.member, opts=opts
    )


def _on_schema(name: str, binding: Binding, opts: ResourceOptions) -> Resource:
    return gcp.pubsub.SchemaIamMember(
        name, schema=binding.resource, role=binding.role, member=binding.member, opts=opts
    )


def _on_kafka_cluster(name: str, binding: Binding, opts: ResourceOptions) -> Resource:
    """Clusters have no policy of their own, so the project's says for which one the role is (IAM, Resource attributes for conditions)."""
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
    "roles/pubsub.subscriber": _on_subscription,
    "roles/pubsub.viewer": _on_schema,
}
"""The roles that a pipeline gives to consumers, each with how it is bound to one thing (IAM, Predefined roles)."""


def granted(
    name: str, member: Input[str], grants: Sequence[Grant], *, account: Account, parent: Resource
) -> list[Resource]:
    """Give a member exactly the given grants: their actions are roles, and each role is bound to the grant's resource alone.

    The name of the second binding of a role and of each further one ends with its number: more of them change no name.
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
