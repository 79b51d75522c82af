"""What GKE would answer by replacing the cluster, and its deletion: refused while they are still a preview.

No hook that knows what there was runs before a replacement. So what would cause one stands in the texts of the nodes' service account
too, which the provider changes in place, and which is changed before the cluster.
"""

import re

import pulumi

from components.changes import ChangeRefusedError

ANOTHER_STACK = "bring up a stack of another name with it, move the pipes there, then take this one down"
"""The way to what is for the life of a cluster."""


def nodes_title(name: str, mode: str) -> str:
    """The display name of the nodes' service account, which says whose nodes they are and in which mode."""
    return f"Nodes of {name}, {mode}"


def nodes_place(subnet_id: str, pods_range: str, services_range: str) -> str:
    """The description of the nodes' service account, which says where they are; 256 characters at most (IAM, Service accounts)."""
    *_, region, _, subnet = subnet_id.split("/")
    return f"In {region}/{subnet}, {pods_range}, {services_range}"


def mode_change(present: object, wanted: object) -> str | None:
    """Whether a cluster makes its nodes itself is for its life (GKE, Choose a mode of operation)."""
    before, after = (re.sub(".*, ", "", str(title)) for title in (present, wanted))
    if before == after:
        return None
    return (
        f"cannot go from {before} to {after}: a cluster keeps its mode. Set it back to {before}; to change it, {ANOTHER_STACK}."
    )


def place_change(present: object, wanted: object) -> str | None:
    """A cluster keeps its subnet and its ranges (GKE, VPC-native clusters); what is not known yet is made anew."""
    if present == wanted:
        return None
    return (
        "cannot change under a live cluster, which keeps its region, its subnet and the ranges of its pods and services. "
        f"Set them back; to change them, {ANOTHER_STACK}."
    )


def kept_from_deletion(name: str) -> pulumi.ResourceHookBinding:
    """Refuse to delete the cluster of that name, or to replace it, in previews too, and say how to.

    Destroy runs no hooks, and no program, unless it is told to (--run-program). It stops for them all the same before it deletes
    anything, and shows their names; so this one's name says what to do.
    """

    def refuse(args: pulumi.ResourceHookArgs) -> None:
        raise ChangeRefusedError(f"platform.deletionProtection: {args.name} cannot be deleted or replaced. {WAY_OUT}")

    hook = pulumi.ResourceHook(
        f"platform.deletionProtection keeps {name}. {WAY_OUT}", refuse, pulumi.ResourceHookOptions(on_dry_run=True)
    )
    return pulumi.ResourceHookBinding(before_delete=[hook])


WAY_OUT = (
    "Set data-pipes:protect, or platform.deletionProtection where it is set, to false and run pulumi up; then destroy does."
)
