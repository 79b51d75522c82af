"""Kubernetes versions: the upgrade steps a managed control plane accepts."""

import re
from collections.abc import Callable

VersionRule = Callable[[object, object], str | None]
"""Takes the present and the wanted version. Returns the reason for a refusal and the fix, or None."""


def one_minor_version_up(
    service: str, *, oldest: str, back: str = "never takes a cluster to an older version"
) -> VersionRule:
    """Rule for a control plane that goes up by one minor version at a time (Kubernetes, Version skew policy).

    `service` is the name in the message; `back` says what the service does about an older version. `oldest` is the oldest version that
    settings accept. A cluster that is older goes there in one step: no setting could name the versions between.
    """

    def rule(present: object, wanted: object) -> str | None:
        before, after = _minor(present), _minor(wanted)
        if before is None or after is None:
            return None
        next_minor = max(before + 1, int(oldest.removeprefix("1.")))
        if before <= after <= next_minor:
            return None
        if after < before:
            return f"cannot go from {present} to {wanted}, since {service} {back}; set it to 1.{before} or later."
        return (
            f"cannot go from {present} to {wanted} at once, since {service} skips no minor version; set it to 1.{next_minor}, deploy, "
            "and go on from there."
        )

    return rule


def _minor(version: object) -> int | None:
    found = re.match(r"1\.(\d+)", version) if isinstance(version, str) else None
    return int(found[1]) if found else None
