"""IAM role of a pipe's consumers on EKS, which only one service account can assume."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.aws.account import Account
from components.aws.policy import pod_trust
from components.aws.rights import rights
from components.contracts import Grant


@dataclass(frozen=True, kw_only=True)
class PodRoleArgs:
    """Arguments of PodRole."""

    account: Account
    cluster_arn: Input[str]
    cluster_name: Input[str]
    namespace: str
    service_account: str
    grants: Sequence[Grant]


class PodRole(ComponentResource):
    """IAM role with exactly the given grants. EKS Pod Identity gives it to one service account."""

    association: aws.eks.PodIdentityAssociation

    def __init__(self, name: str, args: PodRoleArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:PodRole", name, None, opts)
        child = ResourceOptions(parent=self)

        def trust(known: list[str]) -> str:
            return pod_trust(
                cluster_arn=known[0], account=known[1], namespace=args.namespace, service_account=args.service_account
            )

        role = aws.iam.Role(
            f"{name}-role",
            description=f"Pods of {args.namespace}",
            assume_role_policy=Output.all(args.cluster_arn, args.account.id).apply(trust),
            tags={"Name": name},
            opts=child,
        )
        granted = rights(f"{name}-role", role, args.grants, parent=self)
        self.association = aws.eks.PodIdentityAssociation(
            f"{name}-role",
            cluster_name=args.cluster_name,
            namespace=args.namespace,
            service_account=args.service_account,
            role_arn=role.arn,
            tags={"Name": name},
            opts=ResourceOptions(parent=self, depends_on=list(granted)),
        )
        self.register_outputs({"roleArn": role.arn})
