"""Service account of GKE nodes, with only the permissions that nodes need."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import pulumi_gcp as gcp
from pulumi import ComponentResource, Output, Resource, ResourceHookBinding, ResourceOptions

from components.changes import refused_change
from components.gcp.gke.changes import (
    nodes_location,
    nodes_title,
    refuse_location_change,
    refuse_mode_change,
    refuse_volume_change,
)
from components.gcp.names import account_id
from components.gcp.network.vpc_network import VpcNetwork
from components.gcp.registry import ArtifactRegistry

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
"""OAuth scopes of node tokens. IAM roles limit access, so the scope does not (GKE, Access scopes)."""


@dataclass(frozen=True, kw_only=True)
class NodeAccountArgs:
    """Arguments of NodeAccount."""

    network: VpcNetwork
    registry: ArtifactRegistry
    mode: str
    volumes: str | None
    """Disk type of persistent volumes. None if pods have no volumes."""


class NodeAccount(ComponentResource):
    """Service account that writes logs and metrics and pulls the stack's images (GKE, Harden your cluster's security).

    The role for logs and metrics is project-wide, because no narrower resource exists.
    """

    email: Output[str]
    ready: Sequence[Resource]
    """IAM bindings that nodes need from start to deletion."""

    def __init__(self, name: str, args: NodeAccountArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:NodeAccount", name, None, opts)
        network = args.network
        account = gcp.serviceaccount.Account(
            f"{name}-gke-nodes",
            # No pipe name begins with gke-, so no pipe has an account with this ID.
            account_id=account_id(f"{name}-gke-nodes"),
            display_name=nodes_title(name, args.mode, args.volumes),
            description=Output.all(network.subnet_id, network.pods_range, network.services_range).apply(
                lambda known: nodes_location(*known)
            ),
            opts=ResourceOptions(
                parent=self,
                depends_on=[network.apis["iam"]],
                hooks=_hooks(f"{name}-gke-nodes"),
            ),
        )
        node = gcp.projects.IAMMember(
            f"{name}-gke-nodes",
            project=network.account.project,
            role="roles/container.defaultNodeServiceAccount",
            member=account.member,
            opts=ResourceOptions(parent=self),
        )
        self.email = account.email
        self.ready = [node, args.registry.pulls(f"{name}-gke-nodes", account.member, self)]
        self.register_outputs({"email": self.email})


def _hooks(name: str) -> ResourceHookBinding:
    """Return hooks that refuse changes of immutable cluster settings, which the account's texts repeat."""
    return reduce(
        ResourceHookBinding.merge,
        [
            refused_change(name, "platform.mode", "displayName", refuse_mode_change),
            refused_change(f"{name}-volumes", "platform.nodes.machineType", "displayName", refuse_volume_change),
            refused_change(name, "network", "description", refuse_location_change),
        ],
    )
