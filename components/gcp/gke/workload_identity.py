"""Cloud identity of pods on GKE: a Google service account bound to one Kubernetes service account."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_gcp as gcp
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.contracts import Grant
from components.gcp.grants import granted
from components.gcp.names import account_id
from components.gcp.network.network import Network


@dataclass(frozen=True, kw_only=True)
class WorkloadIdentityArgs:
    """Arguments of WorkloadIdentity."""

    network: Network
    pool: Input[str]
    """The workload identity pool of the cluster."""
    after: Sequence[Resource]
    """The cluster if the stack makes it: the project's workload identity pool exists only after its first cluster."""
    namespace: str
    service_account: str
    grants: Sequence[Grant]
    """Grants whose actions are IAM roles."""


class WorkloadIdentity(ComponentResource):
    """Google service account with exactly the given grants. Only one Kubernetes service account can get its tokens."""

    email: Output[str]
    ready: Sequence[Resource]
    """Resources that must exist before a pod starts: the identity binding and the grants."""

    def __init__(self, name: str, args: WorkloadIdentityArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:WorkloadIdentity", name, None, opts)
        network = args.network
        account = gcp.serviceaccount.Account(
            f"{name}-identity",
            account_id=account_id(name),
            display_name=f"Pods of {name}",
            opts=ResourceOptions(parent=self, depends_on=[network.apis["iam"]]),
        )
        binding = gcp.serviceaccount.IAMMember(
            f"{name}-identity",
            service_account_id=account.name,
            role="roles/iam.workloadIdentityUser",
            member=Output.concat("serviceAccount:", args.pool, f"[{args.namespace}/{args.service_account}]"),
            opts=ResourceOptions(parent=self, depends_on=args.after),
        )
        rights = granted(name, account.member, args.grants, account=network.account, parent=self)
        self.email = account.email
        self.ready = [binding, *rights]
        self.register_outputs({"email": self.email})
