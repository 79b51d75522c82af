"""Customer-managed KMS keys and encrypted log groups."""

from functools import cached_property
from typing import Literal, TypeAlias

import pulumi_aws as aws
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.aws.account import Account
from components.aws.policy import key_policy, logs_key_statement

LogDays: TypeAlias = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
"""Retention periods that CloudWatch Logs accepts, in days (CloudWatch Logs API, PutRetentionPolicy)."""

RECOVERY_DAYS = 30
"""The longest recovery window of a deleted secret, in days (Secrets Manager API, DeleteSecret)."""

DELETION_DAYS = 30
"""The longest waiting period before a key is deleted, in days (KMS API, ScheduleKeyDeletion)."""


def key(name: str, *, purpose: str, policy: Output[str], parent: Resource, protect: bool = False) -> aws.kms.Key:
    """Make a KMS key that rotates every year, with the alias `name`."""
    made = aws.kms.Key(
        name,
        description=purpose,
        policy=policy,
        enable_key_rotation=True,
        deletion_window_in_days=DELETION_DAYS,
        opts=ResourceOptions(parent=parent, protect=protect),
    )
    aws.kms.Alias(f"{name}-alias", name=f"alias/{name}", target_key_id=made.key_id, opts=ResourceOptions(parent=parent))
    return made


def account_key_policy(account: Account) -> Output[str]:
    """Return a key policy under which only the account's IAM gives access. Services use the key through the deployer's grants."""
    return Output.all(account.partition, account.id).apply(
        lambda known: key_policy(partition=known[0], account=known[1])
    )


class Logs(ComponentResource):
    """KMS key for a stack's log groups. `group` makes the log groups: encrypted, with limited retention.

    The key is made with the first log group. Without log groups there is none.
    """

    def __init__(self, name: str, account: Account, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:Logs", name, None, opts)
        self.name = name
        self.account = account
        self.register_outputs({})

    @cached_property
    def key_arn(self) -> Output[str]:
        """Make the key and return its ARN."""
        name, account = self.name, self.account
        paths = [f"/data-pipes/{name}/*", eks_log_path(name)]

        def policy(known: list[str]) -> str:
            partition, account_id = known
            statement = logs_key_statement(partition=partition, account=account_id, region=account.region, paths=paths)
            return key_policy(partition=partition, account=account_id, statements=[statement])

        return key(
            f"{name}-logs-key",
            purpose=f"Encrypts the log groups of {name}",
            policy=Output.all(account.partition, account.id).apply(policy),
            parent=self,
        ).arn

    def group(
        self, writer: str, *, days: LogDays, parent: Resource, path: str | None = None
    ) -> aws.cloudwatch.LogGroup:
        """Make the log group of a writer such as `vpc-flow`. Set `path` only if the service requires a specific name."""
        return aws.cloudwatch.LogGroup(
            f"{self.name}-{writer}-logs",
            name=path or f"/data-pipes/{self.name}/{writer}",
            retention_in_days=days,
            kms_key_id=self.key_arn,
            opts=ResourceOptions(parent=parent),
        )


def eks_log_path(cluster: str) -> str:
    """Return the log group that EKS writes a cluster's control-plane logs to (EKS, Control plane logs)."""
    return f"/aws/eks/{cluster}/cluster"
