"""The cloud identity of pods on GKE: a service account of Google Cloud that one service account of Kubernetes takes on, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_gcp as gcp
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.contracts import Grant
from components.gcp.gke.cluster import workload_pool
from components.gcp.grants import granted
from components.gcp.names import account_id
from components.gcp.network.network import Network


@dataclass(frozen=True, kw_only=True)
class WorkloadIdentityArgs:
    """What the identity of pods is built from."""

    network: Network
    cluster: gcp.container.Cluster
    """The project knows its clusters' service accounts once it has a cluster."""
    namespace: str
    service_account: str
    grants: Sequence[Grant]
    """Each names roles as its actions, and the one thing that they hold on as its resource."""


class WorkloadIdentity(ComponentResource):
    """A service account with exactly the given grants; one service account of the cluster, and no other, gets its tokens."""

    email: Output[str]
    ready: Sequence[Resource]
    """What must be there before a pod starts, so that it starts with its identity and its rights."""

    def __init__(self, name: str, args: WorkloadIdentityArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:WorkloadIdentity", name, None, opts)
        network = args.network
        account = gcp.serviceaccount.Account(
            f"{name}-identity",
            account_id=account_id(name),
            display_name=f"Pods of {name}",
            opts=ResourceOptions(parent=self, depends_on=[network.apis["iam"]]),
        )
        pool = workload_pool(network.account.project)
        taken_on = gcp.serviceaccount.IAMMember(
            f"{name}-identity",
            service_account_id=account.name,
            role="roles/iam.workloadIdentityUser",
            member=f"serviceAccount:{pool}[{args.namespace}/{args.service_account}]",
            opts=ResourceOptions(parent=self, depends_on=[args.cluster]),
        )
        rights = granted(name, account.member, args.grants, account=network.account, parent=self)
        self.email = account.email
        self.ready = [taken_on, *rights]
        self.register_outputs({"email": self.email})
