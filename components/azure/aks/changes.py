"""Changes that AKS cannot make to a live cluster. Previews refuse them."""

from components.azure.aks.settings import VERSIONS
from components.kubernetes.versions import one_minor_version_up

NEW_STACK = "create a new stack with a different name, move the pipes there, then destroy this stack"
"""How to change a setting that is fixed when the cluster is created."""

refuse_version_change = one_minor_version_up("AKS", oldest=VERSIONS.versions[0])
"""AKS upgrades one minor version at a time and does not downgrade. From a version that AKS no longer supports, it can skip versions
(AKS, Upgrade an AKS cluster; read 2026-11-29)."""


def refuse_privacy_change(present: object, wanted: object) -> str | None:
    """Refuse switching the Kubernetes API between private and public (AKS, Create a private cluster)."""
    if present == wanted:
        return None
    if wanted:
        fact, fix = "must have at least one range (the API of this cluster stays public)", "Keep a range"
    else:
        fact, fix = "must have no ranges (the API of this cluster stays private)", "Remove publicCidrs"
    return f"{fact}. {fix}; to change it, {NEW_STACK}."


def refuse_system_node_change(present: object, wanted: object) -> str | None:
    """Refuse another size for the system nodes: a pool keeps its VM size (AKS, Resize node pools)."""
    if present == wanted:
        return None
    return (
        f"cannot be changed from {present} to {wanted} (the system node pool keeps its VM size). "
        f"Set it back to {present}; to change it, {NEW_STACK}."
    )


def refuse_subnet_change(present: object, wanted: object) -> str | None:
    """Refuse another subnet: a pool keeps its subnet (AKS, Create node pools). An unknown ID belongs to a replaced subnet."""
    if present == wanted:
        return None
    return (
        f"cannot be changed from {present} (nodes keep their subnet, and the Kubernetes API keeps its address there). "
        f"Set it back; to change it, {NEW_STACK}."
    )
