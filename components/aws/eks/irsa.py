"""IAM roles for service accounts (IRSA), for pods without EKS Pod Identity: Fargate does not support it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.aws.policy import web_identity_trust
from components.aws.rights import rights
from components.contracts import Grant


def token_issuer(name: str, cluster: aws.eks.Cluster, parent: Resource) -> aws.iam.OpenIdConnectProvider:
    """Make the OIDC provider through which IAM trusts a cluster's tokens (EKS, Create an IAM OIDC provider for your cluster)."""
    return aws.iam.OpenIdConnectProvider(
        name,
        url=issuer(cluster),
        client_id_lists=["sts.amazonaws.com"],
        tags={"Name": name},
        opts=ResourceOptions(parent=parent),
    )


def issuer(cluster: aws.eks.Cluster) -> Output[str]:
    """Return the URL of the token issuer of a cluster's service accounts."""
    return cluster.identities[0].oidcs[0].issuer.apply(lambda address: address or "")


@dataclass(frozen=True, kw_only=True)
class ServiceAccountRoleArgs:
    """Arguments of ServiceAccountRole."""

    issuer: Output[str]
    provider_arn: Output[str]
    """The OIDC provider of the cluster in IAM."""
    namespace: str
    service_account: str
    grants: Sequence[Grant]


class ServiceAccountRole(ComponentResource):
    """IAM role with exactly the given grants. Only one service account can assume it, with its cluster token."""

    role_arn: Input[str]
    rights: Sequence[Resource]

    def __init__(self, name: str, args: ServiceAccountRoleArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:ServiceAccountRole", name, None, opts)
        child = ResourceOptions(parent=self)

        def trust(known: list[str]) -> str:
            return web_identity_trust(
                provider_arn=known[0], issuer=known[1], namespace=args.namespace, service_account=args.service_account
            )

        role = aws.iam.Role(
            f"{name}-role",
            description=f"Pods of {args.namespace}",
            assume_role_policy=Output.all(args.provider_arn, args.issuer).apply(trust),
            tags={"Name": name},
            opts=child,
        )
        self.rights = rights(f"{name}-role", role, args.grants, parent=self)
        self.role_arn = role.arn
        self.register_outputs({"roleArn": self.role_arn})
