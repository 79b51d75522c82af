"""Permissions of a pipe's IAM role."""

from collections.abc import Sequence

import pulumi_aws as aws
from pulumi import Resource, ResourceOptions

from components.aws.policy import grants_policy
from components.contracts import Grant


def rights(name: str, role: aws.iam.Role, grants: Sequence[Grant], *, parent: Resource) -> Sequence[Resource]:
    """Give a role exactly the given grants. Resources that use the role depend on the returned policy.

    If there are no grants, no policy is made: IAM rejects an empty policy (IAM, Grammar of the JSON policy language).
    """
    if not grants:
        return []
    policy = grants_policy(grants)
    return [aws.iam.RolePolicy(name, role=role.name, policy=policy, opts=ResourceOptions(parent=parent))]
