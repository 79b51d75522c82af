"""Refused changes that would replace or delete a GKE cluster.

Update hooks get the old and new inputs, but replacements run no update hook. So the immutable settings are repeated in the texts of the
nodes' service account, which is updated in place and before the cluster.
"""

import re

import pulumi

from components.changes import ChangeRefusedError

ANOTHER_STACK = "create a stack with a different name, move the pipes there, then destroy this one"
"""Fix for settings that are fixed when a cluster is created."""


def nodes_title(name: str, mode: str, volumes: str | None) -> str:
    """Return the display name of the nodes' service account: stack, mode, and volume type if pods have volumes."""
    return f"Nodes of {name}, {mode}" + (f", volumes {volumes}" if volumes else "")


def nodes_location(subnet_id: str, pods_range: str, services_range: str) -> str:
    """Return the description of the nodes' service account: region and ranges, at most 256 characters (IAM, Service accounts)."""
    *_, region, _, subnet = subnet_id.split("/")
    return f"In {region}/{subnet}, {pods_range}, {services_range}"


def refuse_mode_change(present: object, wanted: object) -> str | None:
    """Refuse another mode: it is fixed when a cluster is created (GKE, Choose a mode of operation)."""
    before, after = (_extract(r", (standard|autopilot)", title) for title in (present, wanted))
    if before == after:
        return None
    return (
        f"cannot be changed from {before} to {after} (the mode is fixed when the cluster is created). Set it back to {before}. "
        f"To change it, {ANOTHER_STACK}."
    )


def refuse_volume_change(present: object, wanted: object) -> str | None:
    """Refuse a machine type that cannot attach the existing volumes (Compute Engine, Disk types). The type of a volume cannot change."""
    before, after = (_extract(", volumes (.+)", title) for title in (present, wanted))
    if before == after or None in (before, after):
        return None
    return (
        f"must be a type that can attach {before} disks (existing volumes use them, and the new machines can attach only {after}). Set it back, or "
        f"choose another type that can attach {before}. To change the disk type, {ANOTHER_STACK}."
    )


def refuse_location_change(present: object, wanted: object) -> str | None:
    """Refuse another subnet or range: both are fixed (GKE, VPC-native clusters). An unknown value belongs to a new subnet."""
    if present == wanted:
        return None
    return (
        "cannot be changed (the region, the subnet, and the pod and service ranges are fixed when the cluster is created). "
        f"Set them back. To change them, {ANOTHER_STACK}."
    )


def _extract(pattern: str, title: object) -> str | None:
    """Return the first group of the pattern in a title, or None."""
    found = re.search(pattern, str(title))
    return found[1] if found else None


def refused_deletion(name: str) -> pulumi.ResourceHookBinding:
    """Return a hook that refuses to delete or replace the cluster, also in previews.

    Without --run-program, destroy cannot run hooks. It stops before it deletes anything and prints their names. So the name of this hook
    explains the fix.
    """
    text = (
        f"platform.deletionProtection keeps {name} from deletion. To delete it, set data-pipes:protect, and platform.deletionProtection "
        "where it is set, to false and run pulumi up first"
    )

    def refuse(args: pulumi.ResourceHookArgs) -> None:
        raise ChangeRefusedError(f"{args.name} cannot be deleted or replaced")

    hook = pulumi.ResourceHook(text, refuse, pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_delete=[hook])
