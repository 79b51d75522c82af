"""How the resources of two plans differ, and what the clouds would do about it."""

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
"""In place of a value: the key is not there."""

_IDENTITIES = ("name", "Sid", "key")
"""What tells the items of a list apart, so that one more in front does not change all the others."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One value that differs."""

    path: str
    old: Any
    new: Any
    replaces: bool = False
    """Whether this is what the resource must be replaced for."""


@dataclass(frozen=True, kw_only=True)
class ResourceDiff:
    """What would happen to one resource."""

    happens: Literal["replaced", "added", "changed", "removed"]
    type: str
    name: str
    holds_data: bool
    """It, or what it was, is protected or of a type that holds data."""
    changes: tuple[Change, ...] = ()

    @property
    def loses_data(self) -> bool:
        """Whether what it holds would go with it."""
        return self.holds_data and self.happens in {"replaced", "removed"}


Resources = Mapping[str, Mapping[str, Any]]


def compare(before: Resources, after: Resources) -> tuple[ResourceDiff, ...]:
    """What would happen to the resources of a plan, in its order; then what is removed, in the order of the plan before.

    A resource is the same one as long as its URN is. What the simulated clouds' tables don't know counts as changed.
    """
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
    place = _place_of(new["type"])
    if place and was.get(place) != becomes.get(place):
        found.append(Change(path=f"the provider's {place}", old=was.get(place), new=becomes.get(place), replaces=True))
    return tuple(found)


def _place_of(type_token: str) -> str | None:
    """The setting of its provider that says where an object of this type is; in another place it is another object."""
    if type_token.startswith("aws:iam/"):
        return None
    return {"aws": "region", "gcp": "project"}.get(type_token.split(":", maxsplit=1)[0])


def _provider(resource: Mapping[str, Any], resources: Resources) -> Mapping[str, Any]:
    """The configuration of a resource's provider, whose switches the SDK sends as texts."""
    provider = resources.get(resource["provider"])
    return {key: value for key, value in provider["inputs"].items() if value != "false"} if provider else {}


def _known(type_token: str) -> ResourceModel | None:
    """What the simulated clouds know about a type."""
    try:
        return kind(type_token)
    except UnknownKindError:
        return None


def _stays(known: ResourceModel, change: Change) -> bool:
    """Whether the provider has the value anyway. A name that is left out does not stay: the provider gives another one."""
    if change.path == known.name_property or (change.old is not ABSENT and change.new is not ABSENT):
        return False
    left_out = change.new is ABSENT
    return stays(known, change.path, change.old if left_out else change.new, left_out=left_out)


def _forcing(
    known: ResourceModel, old: Mapping[str, Any], new: Mapping[str, Any], settings: Mapping[str, Any]
) -> list[str]:
    """The inputs whose difference replaces the resource, once both sides have a name."""
    before, after = (with_name(known, each["name"], b"", dict(each["inputs"]), {}) for each in (old, new))
    return [each.path for each in differences(known, before, after, settings) if each.replaces]


def _touch(one: str, other: str) -> bool:
    """Whether two paths are the same or one lies in the other, up to the first list or quoted key."""
    here, there = one.partition("[")[0], other.partition("[")[0]
    return here == there or here.startswith(f"{there}.") or there.startswith(f"{here}.")


def walk(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The values that differ, with their paths; texts that hold JSON or `key=value` lines are compared key by key."""
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
        inside = [(path, old, new)]  # the same JSON, written in another way
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
    """Items by a key that each has and no two share, or None."""
    names = [item.get(identity) if is_object(item) else None for item in items]
    if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
        return {str(name): item for name, item in zip(names, items, strict=True)}
    return None


def _opened(value: Any) -> Any:
    """What a text holds, if it is JSON (a policy) or lines of `key=value` (the broker's properties)."""
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
    """Equal and of one type: Python's 1 and True are not the same value to a cloud."""
    return old == new and isinstance(old, bool) == isinstance(new, bool)
