"""Kubernetes versions: the upgrade steps a managed control plane accepts."""

import re
from collections.abc import Callable

VersionRule = Callable[[object, object], str | None]
"""Takes the present and the wanted version. Returns the reason for a refusal and the fix, or None."""


def one_minor_version_up(
    service: str, *, oldest: str, back: str = "cannot return a cluster to an older version"
) -> VersionRule:
    """Rule for a control plane that is upgraded by one minor version at a time (Kubernetes, Version skew policy).

    `service` is the name in the message; `back` is the reason that an older version is refused. `oldest` is the oldest version that
    settings accept. An older cluster is upgraded to it in one step, because settings reject the versions between.
    """

    def rule(present: object, wanted: object) -> str | None:
        before, after = _minor(present), _minor(wanted)
        if before is None or after is None:
            return None
        next_minor = max(before + 1, int(oldest.removeprefix("1.")))
        if before <= after <= next_minor:
            return None
        if after < before:
            return f"cannot be changed from {present} to {wanted} ({service} {back}). Set it to 1.{before} or later."
        return (
            f"cannot be changed from {present} to {wanted} in one step ({service} does not skip minor versions). Set it to 1.{next_minor} and "
            "deploy, then continue from there."
        )

    return rule


def _minor(version: object) -> int | None:
    found = re.match(r"1\.(\d+)", version) if isinstance(version, str) else None
    return int(found[1]) if found else None
