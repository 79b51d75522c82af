"""What GKE's provider would answer by replacing the cluster, and the cluster's deletion: refused while they are still a preview.

No hook that knows what there was runs before a replacement. So what would cause one stands in the texts of the nodes' service account
too, which is changed in place, and before the cluster.
"""

import re

import pulumi

from components.changes import ChangeRefusedError

ANOTHER_STACK = "bring up a stack of another name with it, move the pipes there, then take this one down"
"""The way to what is for the life of a cluster."""


def nodes_title(name: str, mode: str, volumes: str | None) -> str:
    """The display name of the nodes' service account: whose they are, in which mode, and with which volumes, where pods claim any."""
    return f"Nodes of {name}, {mode}" + (f", volumes {volumes}" if volumes else "")


def nodes_place(subnet_id: str, pods_range: str, services_range: str) -> str:
    """The description of the nodes' service account, which says where they are, in 256 characters at most (IAM, Service accounts)."""
    *_, region, _, subnet = subnet_id.split("/")
    return f"In {region}/{subnet}, {pods_range}, {services_range}"


def refuse_mode_change(present: object, wanted: object) -> str | None:
    """A cluster is made for one mode (GKE, Choose a mode of operation)."""
    before, after = (_told(r", (standard|autopilot)", title) for title in (present, wanted))
    if before == after:
        return None
    return f"cannot go from {before} to {after}, since a cluster keeps its mode. Set it back to {before}; to change it, {ANOTHER_STACK}."


def refuse_volume_change(present: object, wanted: object) -> str | None:
    """Machines take either Persistent Disks or Hyperdisks (Compute Engine, Disk types), and a volume stays what it is."""
    before, after = (_told(", volumes (.+)", title) for title in (present, wanted))
    if before == after or None in (before, after):
        return None
    return (
        f"cannot be of another kind while there are volumes, which are {before}: the new machines take {after} alone. Set it back, or to a "
        f"type that takes {before}; to change it, {ANOTHER_STACK}."
    )


def refuse_location_change(present: object, wanted: object) -> str | None:
    """A cluster keeps its subnet and its ranges (GKE, VPC-native clusters); what is not known yet is made anew."""
    if present == wanted:
        return None
    return (
        "cannot change under a live cluster, which keeps its region, its subnet, and the ranges of its pods and services. "
        f"Set them back; to change them, {ANOTHER_STACK}."
    )


def _told(pattern: str, title: object) -> str | None:
    """What a title says, where it says it."""
    found = re.search(pattern, str(title))
    return found[1] if found else None


def kept_from_deletion(name: str) -> pulumi.ResourceHookBinding:
    """Refuse to delete the cluster of that name, or to replace it, in previews too, and say what to do first.

    Destroy runs no hooks unless it is told to (--run-program). It stops where there are some all the same, before it deletes anything,
    and shows their names; so the name of this one says what to do.
    """
    text = (
        f"platform.deletionProtection keeps {name} from deletion. To delete it, set data-pipes:protect, and platform.deletionProtection "
        "where it is set, to false and run pulumi up first"
    )

    def refuse(args: pulumi.ResourceHookArgs) -> None:
        raise ChangeRefusedError(f"{args.name} was to be deleted or replaced")

    hook = pulumi.ResourceHook(text, refuse, pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_delete=[hook])
