"""Changes that AKS cannot make on a live cluster, refused while they are still a preview."""

from components.azure.aks.settings import VERSIONS
from components.kubernetes.versions import one_minor_version_up

ANOTHER_STACK = "bring up a stack of another name with it, move the pipes there, then take this one down"
"""The way to what is for the life of a cluster."""

refuse_version_change = one_minor_version_up("AKS", oldest=VERSIONS.versions[0])
"""A cluster goes up by one minor version at a time, and never down. From a version that AKS no longer supports it may skip some
(AKS, Upgrade an AKS cluster; read 2026-11-29)."""


def refuse_privacy_change(present: object, wanted: object) -> str | None:
    """Whether the Kubernetes API is private is for the life of a cluster (AKS, Create a private cluster)."""
    if present == wanted:
        return None
    fact = "cannot be taken from" if wanted else "cannot be given to"
    reason = "public" if wanted else "private"
    way_out = "leave at least one range there" if wanted else "remove publicCidrs"
    return f"{fact} a live cluster, whose API stays {reason}: {way_out}; to change that, {ANOTHER_STACK}."


def refuse_system_node_change(present: object, wanted: object) -> str | None:
    """The pool that a cluster is made with keeps its machines (AKS, Resize node pools)."""
    if present == wanted:
        return None
    return (
        f"cannot go from {present} to {wanted}: the pool that a cluster is made with keeps its machines. "
        f"Set it back to {present}; to change it, {ANOTHER_STACK}."
    )


def refuse_subnet_change(present: object, wanted: object) -> str | None:
    """A pool keeps its subnet (AKS, Create node pools); an id that is not known yet is of a subnet that is made anew."""
    if present == wanted:
        return None
    return (
        f"cannot go from {present} to another: nodes keep their subnet, and the Kubernetes API its address there. "
        f"Set it back; to change it, {ANOTHER_STACK}."
    )
