"""Versions of services: the known ones, and warnings about others."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

Release: TypeAlias = tuple[int, int]


def release(version: str) -> Release:
    """Return the first two numbers of a version such as 1.35, 4.3.1 or 3.9.x.kraft."""
    major, minor = re.findall(r"\d+", version)[:2]
    return int(major), int(minor)


@dataclass(frozen=True, kw_only=True)
class KnownVersions:
    """The versions that a service offered when its list was read."""

    service: str
    versions: Sequence[str]
    """Oldest first, in the form of the setting."""
    default: str
    source: str
    """The page with the list, and the date that it was read."""
    complete: bool = True
    """Whether the source lists every version between the oldest and the newest. Otherwise unlisted versions are accepted with a warning."""

    def check(self, version: str) -> str:
        """Return a version. Raise ValueError if the service no longer offers it, or never did."""
        if release(version) < release(self.versions[0]):
            raise ValueError(
                f"must be {self.versions[0]} or newer, got {version!r}, which {self.service} no longer offers ({self.source}). "
                f"Use {self.default}."
            )
        if self.complete and not self._newer(version) and version not in self.versions:
            raise ValueError(
                f"must be one of {', '.join(self.versions)}, or newer, got {version!r} ({self.source}). Use {self.default}."
            )
        return version

    def warnings(self, key: str, version: str) -> Sequence[str]:
        """Return a warning if the program does not know the version. `key` is the setting's path."""
        if version in self.versions:
            return ()
        fact = f"is newer than {self.versions[-1]}, the newest" if self._newer(version) else "is not a"
        return (
            f"{key}: {version} {fact} version of {self.service} that this program knows ({self.source}). It is deployed unchecked. "
            f"If {self.service} refuses it, use {self.default}.",
        )

    def _newer(self, version: str) -> bool:
        return release(version) > release(self.versions[-1])
