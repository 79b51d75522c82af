"""Compares the resources of two plans: which would be added, changed, replaced or removed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from workbench.cloud.behaviour import differences, stays, with_name
from workbench.cloud.kinds import UnknownKindError, holds_data, kind
from workbench.cloud.model import ResourceModel
from workbench.values import is_list, is_object, join

ABSENT: Final = object()
"""Value of a missing key."""

_IDENTITIES = ("name", "Sid", "key")
"""Keys that identify the items of a list. With them, a new first item does not change all other items."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One changed value."""

    path: str
    old: Any
    new: Any
    replaces: bool = False
    """Whether this change forces the replacement of the resource."""


@dataclass(frozen=True, kw_only=True)
class ResourceDiff:
    """Change of one resource."""

    happens: Literal["replaced", "added", "changed", "removed"]
    type: str
    name: str
    holds_data: bool
    """Whether the resource is protected, before or after, or its type holds data."""
    changes: tuple[Change, ...] = ()

    @property
    def loses_data(self) -> bool:
        """Whether the change would delete data."""
        return self.holds_data and self.happens in {"replaced", "removed"}


Resources = Mapping[str, Mapping[str, Any]]


def compare(before: Resources, after: Resources) -> tuple[ResourceDiff, ...]:
    """Return the changed resources in the order of the new plan, then the removed ones in the order of the old plan.

    Resources are matched by URN. What the stack only reads is not compared. If the simulated clouds have no model of a type, its differences count as changed, not replaced.
    """
    before, after = _managed(before, after), _managed(after, after)
    found: list[ResourceDiff] = []
    for urn, new in after.items():
        old = before.get(urn)
        if old is None:
            found.append(_resource("added", new))
            continue
        changed = _changes_of(old, new, before, after)
        if changed:
            replaced = any(change.replaces for change in changed)
            found.append(_resource("replaced" if replaced else "changed", old, new, changes=changed))
    found += (_resource("removed", old) for urn, old in before.items() if urn not in after)
    return tuple(found)


def _managed(resources: Resources, after: Resources) -> Resources:
    """Return the resources without those that are only read. Plans of older revisions do not mark them, so the later plan tells."""

    def is_read(urn: str, resource: Mapping[str, Any]) -> bool:
        return bool(resource.get("external", after.get(urn, {}).get("external")))

    return {urn: each for urn, each in resources.items() if not is_read(urn, each)}


def _resource(
    happens: Literal["replaced", "added", "changed", "removed"],
    *states: Mapping[str, Any],
    changes: tuple[Change, ...] = (),
) -> ResourceDiff:
    return ResourceDiff(
        happens=happens,
        type=states[-1]["type"],
        name=states[-1]["name"],
        holds_data=holds_data(states[0]["type"]) or any(state["protect"] for state in states),
        changes=changes,
    )


def _changes_of(
    old: Mapping[str, Any], new: Mapping[str, Any], before: Resources, after: Resources
) -> tuple[Change, ...]:
    was, becomes = _provider(old, before), _provider(new, after)
    known = _known(new["type"])
    forcing = _forcing(known, old, new, becomes) if known else []
    found = [
        Change(path=path, old=left, new=right, replaces=any(_touch(path, other) for other in forcing))
        for path, left, right in walk(old["inputs"], new["inputs"])
    ]
    if known:
        unseen = known.unseen(old["inputs"], new["inputs"])
        found = [each for each in found if each.path not in unseen and not _stays(known, each)]
    if old["protect"] != new["protect"]:
        found.append(Change(path="protect", old=old["protect"], new=new["protect"]))
    location = _location_setting(new["type"])
    if location and was.get(location) != becomes.get(location):
        found.append(
            Change(path=f"the provider's {location}", old=was.get(location), new=becomes.get(location), replaces=True)
        )
    return tuple(found)


def _location_setting(type_token: str) -> str | None:
    """Return the provider setting with the location of an object of this type. A new location replaces the object."""
    if type_token.startswith("aws:iam/"):
        return None
    return {"aws": "region", "gcp": "project"}.get(type_token.split(":", maxsplit=1)[0])


def _provider(resource: Mapping[str, Any], resources: Resources) -> Mapping[str, Any]:
    """Return the configuration of a resource's provider without switches that are off. The SDK sends switches as strings."""
    provider = resources.get(resource["provider"])
    return {key: value for key, value in provider["inputs"].items() if value != "false"} if provider else {}


def _known(type_token: str) -> ResourceModel | None:
    """Return the simulated clouds' model of a type, or None."""
    try:
        return kind(type_token)
    except UnknownKindError:
        return None


def _stays(known: ResourceModel, change: Change) -> bool:
    """Whether the provider keeps the value. A name that is left out changes: the provider generates another one."""
    if change.path == known.name_property or (change.old is not ABSENT and change.new is not ABSENT):
        return False
    left_out = change.new is ABSENT
    return stays(known, change.path, change.old if left_out else change.new, left_out=left_out)


def _forcing(
    known: ResourceModel, old: Mapping[str, Any], new: Mapping[str, Any], settings: Mapping[str, Any]
) -> list[str]:
    """Return the inputs whose difference replaces the resource, after both sides got a name."""
    before, after = (with_name(known, each["name"], b"", dict(each["inputs"]), {}) for each in (old, new))
    return [each.path for each in differences(known, before, after, settings) if each.replaces]


def _touch(one: str, other: str) -> bool:
    """Whether two paths are equal or one contains the other, compared up to the first list or quoted key."""
    here, there = one.partition("[")[0], other.partition("[")[0]
    return here == there or here.startswith(f"{there}.") or there.startswith(f"{here}.")


def walk(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Return the values that differ, with their paths. Strings with JSON or `key=value` lines are compared key by key."""
    left, right = _opened(old), _opened(new)
    if is_object(left) and is_object(right):
        pairs = [(join(path, key), left.get(key, ABSENT), right.get(key, ABSENT)) for key in sorted({*left, *right})]
    elif is_list(left) and is_list(right) and not _plain(left + right):
        pairs = list(_pairs(left, right, path))
    else:
        if not _same(old, new):
            yield path, old, new
        return
    inside = [found for where, one, other in pairs for found in walk(one, other, where)]
    if not inside and not _same(old, new):
        inside = [(path, old, new)]  # the same JSON with different formatting
    yield from inside


def _pairs(left: list[Any], right: list[Any], path: str) -> Iterator[tuple[str, Any, Any]]:
    for identity in _IDENTITIES:
        one, other = _by(identity, left), _by(identity, right)
        if one is not None and other is not None:
            for name in dict.fromkeys([*one, *other]):
                yield f"{path}[{json.dumps(name)}]", one.get(name, ABSENT), other.get(name, ABSENT)
            return
    for index in range(max(len(left), len(right))):
        yield (
            f"{path}[{index}]",
            left[index] if index < len(left) else ABSENT,
            right[index] if index < len(right) else ABSENT,
        )


def _by(identity: str, items: Sequence[Any]) -> dict[str, Any] | None:
    """Return the items by a key that is unique and present in each, or None."""
    names = [item.get(identity) if is_object(item) else None for item in items]
    if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
        return {str(name): item for name, item in zip(names, items, strict=True)}
    return None


def _opened(value: Any) -> Any:
    """Parse a string that is JSON (a policy) or `key=value` lines (broker properties). Return other values unchanged."""
    if not isinstance(value, str):
        return value
    if value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    lines = value.splitlines()
    keys = [line.partition("=")[0] for line in lines]
    if len(lines) > 1 and all(re.match(r"[\w.-]+=", line) for line in lines) and len(set(keys)) == len(keys):
        return {key: line.partition("=")[2] for key, line in zip(keys, lines, strict=True)}
    return value


def _plain(items: Sequence[Any]) -> bool:
    return not any(is_object(item) or is_list(item) for item in items)


def _same(old: Any, new: Any) -> bool:
    """Whether two values are equal, where 1 and True differ, as they do for a cloud."""
    return old == new and isinstance(old, bool) == isinstance(new, bool)
