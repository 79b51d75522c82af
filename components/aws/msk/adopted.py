"""What the program reads of an existing MSK cluster, with or without brokers to size."""

import pulumi_aws as aws
from pulumi import InvokeOptions, Output, Resource

from components.aws.network.network import Network
from components.lookup import lookup, unanswered

KEY = "streaming.existing.clusterArn"


def find_brokers(arn: str, network: Network, parent: Resource) -> Output[aws.msk.GetBootstrapBrokersResult]:
    """Return the addresses of the brokers. Raise RunError if the cluster is of another account, is not there or is not ready.

    MSK returns no addresses of a cluster that is being created or deleted, or that failed. The error contains the state
    (terraform-aws-msk-cluster, issue 28). While a cluster is updated, MSK returns them.
    """
    return lookup(
        aws.msk.get_bootstrap_brokers_output(
            cluster_arn=network.account.id.apply(lambda account: own_account(arn, account)),
            opts=InvokeOptions(parent=parent),
        ),
        KEY,
        rule="the ARN of an MSK cluster that is there and ready",
        got=arn,
        fix="Correct it (aws kafka list-clusters-v2 prints the ARNs), or wait until the cluster is active.",
    )


def own_account(arn: str, account: str) -> str:
    """Return the ARN of a cluster. Raise RunError if it is of another account: its consumers would need multi-VPC connectivity."""
    owner = arn.split(":")[4]
    if owner != account:
        raise unanswered(
            KEY,
            rule=f"the ARN of a cluster in the account {account}, in which the stack is deployed",
            got=arn,
            reason=f"it is in the account {owner}",
            fix="Use a cluster of that account, or deploy the stack in the account of the cluster.",
        )
    return arn


def iam_only(servers: str) -> str:
    """Return the broker addresses for IAM authentication. Raise RunError if the cluster does not accept it: MSK then returns none."""
    if not servers:
        raise unanswered(
            KEY,
            rule="the ARN of a cluster with IAM authentication",
            got=None,
            reason="it has no broker address for IAM",
            fix="Enable IAM access control on the cluster, or use streaming.service kafka-external.",
        )
    return servers
