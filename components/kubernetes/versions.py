"""Kubernetes versions: the upgrade steps a managed control plane accepts."""

import re
from collections.abc import Callable

VersionRule = Callable[[object, object], str | None]
"""Takes the present and the wanted version. Returns the reason for a refusal and the fix, or None."""


def one_minor_version_up(service: str, *, oldest: str, back: str = "cannot downgrade a cluster") -> VersionRule:
    """Return a rule that allows an upgrade by one minor version at a time (Kubernetes, Version skew policy).

    Args:
        service: Name of the service in the message.
        oldest: The oldest version that the settings accept. An older cluster may be upgraded to it in one step.
        back: Reason in the message for a refused downgrade.
    """

    def rule(present: object, wanted: object) -> str | None:
        before, after = _minor(present), _minor(wanted)
        if before is None or after is None:
            return None
        next_minor = max(before + 1, int(oldest.removeprefix("1.")))
        if before <= after <= next_minor:
            return None
        if after < before:
            return (
                f"cannot be changed from {present} to {wanted} ({service} {back}). Set version to 1.{before} or later."
            )
        return (
            f"cannot be changed from {present} to {wanted} in one step ({service} upgrades one minor version at a time). "
            f"Set version to 1.{next_minor} and deploy, then continue with the next version."
        )

    return rule


def _minor(version: object) -> int | None:
    found = re.match(r"1\.(\d+)", version) if isinstance(version, str) else None
    return int(found[1]) if found else None
