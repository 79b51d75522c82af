"""Managed identity for the pods of one Kubernetes service account on AKS."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.azure.network.base import Network
from components.azure.roles import assignment
from components.contracts import Grant

AUDIENCE = "api://AzureADTokenExchange"
"""Audience of the service accounts' tokens (AKS, Workload identity overview)."""


@dataclass(frozen=True, kw_only=True)
class WorkloadIdentityArgs:
    """Inputs of the identity."""

    network: Network
    issuer: Input[str]
    """URL of the cluster's OIDC issuer."""
    namespace: str
    service_account: str
    grants: Sequence[Grant]
    """The actions of a grant are built-in roles. Its resource is their scope."""


class WorkloadIdentity(ComponentResource):
    """User-assigned identity with exactly the given grants. Only one service account of the cluster gets its tokens."""

    client_id: Output[str]
    ready: Sequence[Resource]
    """Resources that pods wait for: the federated credential and the role assignments."""

    def __init__(self, name: str, args: WorkloadIdentityArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:WorkloadIdentity", name, None, opts)
        child = ResourceOptions(parent=self)
        identity = azure.managedidentity.UserAssignedIdentity(
            f"{name}-identity",
            resource_name_=f"{name}-pods",
            resource_group_name=args.network.resource_group,
            location=args.network.account.location,
            tags=args.network.account.tags,
            opts=child,
        )
        credential = azure.managedidentity.FederatedIdentityCredential(
            f"{name}-identity",
            federated_identity_credential_resource_name="kubernetes",
            resource_name_=identity.name,
            resource_group_name=args.network.resource_group,
            issuer=args.issuer,
            subject=f"system:serviceaccount:{args.namespace}:{args.service_account}",
            audiences=[AUDIENCE],
            opts=child,
        )
        rights = [
            assignment(
                f"{name}-{_words(role)}",
                role=role,
                scope=grant.resource,
                principal_id=identity.principal_id,
                parent=self,
            )
            for grant in args.grants
            for role in grant.actions
        ]
        self.client_id = identity.client_id
        self.ready = [credential, *rights]
        self.register_outputs({"clientId": self.client_id})


def _words(role: str) -> str:
    """Return a role name in the form used in resource names."""
    return re.sub("[^a-z]+", "-", role.lower()).strip("-")
