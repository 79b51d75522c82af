"""Who the nodes of a GKE cluster are: a service account of their own, with what a node needs and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import pulumi_gcp as gcp
from pulumi import ComponentResource, Output, Resource, ResourceHookBinding, ResourceOptions

from components.changes import refused_change
from components.gcp.gke.changes import (
    nodes_place,
    nodes_title,
    refuse_location_change,
    refuse_mode_change,
    refuse_volume_change,
)
from components.gcp.names import account_id
from components.gcp.network.network import Network
from components.gcp.registry import ArtifactRegistry

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
"""What tokens of nodes are good for: whatever IAM allows, which alone says what that is (GKE, Access scopes)."""


@dataclass(frozen=True, kw_only=True)
class NodeAccountArgs:
    """What the account is made from."""

    network: Network
    registry: ArtifactRegistry
    mode: str
    volumes: str | None
    """The disks that pods may claim, None where they may claim none."""


class NodeAccount(ComponentResource):
    """A service account that writes logs and metrics and pulls the stack's images (GKE, Harden your cluster's security).

    Logs and metrics belong to no resource narrower than the project.
    """

    email: Output[str]
    ready: Sequence[Resource]
    """What a node needs to become ready, and to leave cleanly."""

    def __init__(self, name: str, args: NodeAccountArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:NodeAccount", name, None, opts)
        network = args.network
        account = gcp.serviceaccount.Account(
            f"{name}-gke-nodes",
            # No pipe begins with gke-, so none of them has an account of this name.
            account_id=account_id(f"{name}-gke-nodes"),
            display_name=nodes_title(name, args.mode, args.volumes),
            description=Output.all(network.subnet_id, network.pods_range, network.services_range).apply(
                lambda known: nodes_place(*known)
            ),
            opts=ResourceOptions(
                parent=self,
                depends_on=[network.apis["iam"]],
                hooks=_kept(f"{name}-gke-nodes"),
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


def _kept(name: str) -> ResourceHookBinding:
    """What the texts of the account say of the cluster is for its life."""
    return reduce(
        ResourceHookBinding.merge,
        [
            refused_change(name, "platform.mode", "displayName", refuse_mode_change),
            refused_change(f"{name}-volumes", "platform.nodes.machineType", "displayName", refuse_volume_change),
            refused_change(name, "network", "description", refuse_location_change),
        ],
    )
