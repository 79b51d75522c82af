"""What a role of a pipe may do."""

from collections.abc import Sequence

import pulumi_aws as aws
from pulumi import Resource, ResourceOptions

from components.aws.policy import grants_policy
from components.contracts import Grant


def rights(name: str, role: aws.iam.Role, grants: Sequence[Grant], *, parent: Resource) -> Sequence[Resource]:
    """Give a role exactly the given rights; whoever takes the role on waits for what this returns.

    Without any right there is no policy, since IAM refuses one that says nothing (IAM, Grammar of the JSON policy language).
    """
    if not grants:
        return []
    policy = grants_policy(grants)
    return [aws.iam.RolePolicy(name, role=role.name, policy=policy, opts=ResourceOptions(parent=parent))]
