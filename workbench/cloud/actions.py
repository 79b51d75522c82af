"""Actions of a cloud's access control that a deployment needs for one resource type."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actions:
    """Actions that the deploying identity needs for resources of one type, or for one provider function."""

    read: str
    """Actions that read a resource (`pulumi refresh`, `pulumi preview --refresh`), separated by spaces."""
    write: str = ""
    """Further actions that create, update and delete a resource, separated by spaces."""

    def names(self, *, preview: bool) -> frozenset[str]:
        """Return the names of the actions; with `preview` only those that read."""
        return frozenset(self.read.split() if preview else f"{self.read} {self.write}".split())
