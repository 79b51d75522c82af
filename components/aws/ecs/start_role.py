"""Execution role of ECS tasks: it pulls images, reads a secret and writes a log. The containers cannot use it."""

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import Output, Resource, ResourceOptions

from components.aws.account import Account
from components.aws.ecs.secrets import EcsSecret, read_secret
from components.aws.ecs.service import tasks_trust
from components.aws.policy import document


@dataclass(frozen=True, kw_only=True)
class StartRoleArgs:
    """Arguments of `start_role`."""

    purpose: str
    account: Account
    pull_policy: Output[str]
    """The policy for pulling images."""
    log_group_arn: Output[str]
    secret: EcsSecret | None
    key_arn: Output[str]
    """The KMS key that encrypts the secret."""


def start_role(name: str, args: StartRoleArgs, opts: ResourceOptions) -> tuple[aws.iam.Role, list[Resource]]:
    """Make an execution role and its policies (ECS, Task execution IAM role)."""
    full_name = f"{name}-start"
    role = aws.iam.Role(
        full_name,
        description=args.purpose,
        assume_role_policy=tasks_trust(args.account),
        tags={"Name": full_name},
        opts=opts,
    )
    pull = aws.iam.RolePolicy(f"{full_name}-images", role=role.name, policy=args.pull_policy, opts=opts)
    known = {"log_group_arn": args.log_group_arn}
    if args.secret:
        known |= {"secret_arn": args.secret.arn, "key_arn": args.key_arn}
    start = aws.iam.RolePolicy(
        full_name, role=role.name, policy=Output.all(**known).apply(lambda arns: start_policy(**arns)), opts=opts
    )
    return role, [pull, start]


def start_policy(*, log_group_arn: str, secret_arn: str | None = None, key_arn: str | None = None) -> str:
    """Return the policy of an execution role: write to one log group and, if there is a secret, read it."""
    log = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{log_group_arn}:*",
    }
    secret = read_secret(secret_arn=secret_arn, key_arn=key_arn) if secret_arn and key_arn else []
    return document(log, *secret)
