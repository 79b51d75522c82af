"""Decisions of a simulated service about inputs: generated names, differences, refusals."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from workbench.cloud.model import Inputs, Others, ResourceModel, at
from workbench.cloud.wire import Values, plain

DEFAULTS = "__defaults"
"""Key where bridged providers list the inputs that they filled."""
AUTONAMED = "pulumi.com/autonamed"
"""Annotation that pulumi-kubernetes adds to objects with a generated name."""


def with_name(kind: ResourceModel, logical_name: str, seed: bytes, inputs: Values, old: Mapping[str, Any]) -> Values:
    """Return the inputs with a generated name if the program sets none. The name of the old inputs is kept.

    Bridged providers add 7 hexadecimal digits and an entry in ``__defaults``. pulumi-kubernetes adds 8 digits and an annotation.
    """
    path = kind.name_property
    if path is None or f"{path}Prefix" in inputs:
        return inputs  # with a prefix, the service generates the name
    bag, _, key = path.rpartition(".")
    if at(plain(inputs), path) is not None or (bag and not isinstance(plain(inputs.get(bag, {})), dict)):
        return inputs if bag else {**inputs, DEFAULTS: []}
    kept = at(plain(old), path) if is_autonamed(kind, old) else None
    digits = hashlib.sha256(seed + logical_name.encode()).hexdigest()[: 8 if bag else 7]
    name = kept if isinstance(kept, str) else f"{kind.name_prefix}{logical_name}-{digits}"
    if not bag:
        return {**inputs, key: name, DEFAULTS: [key]}
    metadata = cast("Values", inputs.get(bag, {}))
    annotations = {**metadata.get("annotations", {}), AUTONAMED: "true"}
    return {**inputs, bag: {**metadata, key: name, "annotations": annotations}}


def is_autonamed(kind: ResourceModel, inputs: Mapping[str, Any]) -> bool:
    """Whether the provider generated the object's name."""
    values = plain(dict(inputs))
    if kind.name_property in values.get(DEFAULTS, []):
        return True
    return at(values, "metadata.annotations") is not None and AUTONAMED in values["metadata"]["annotations"]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One changed input."""

    path: str
    kind: Literal["add", "update", "delete"]
    replaces: bool


def differences(kind: ResourceModel, old: Values, new: Values, settings: Mapping[str, Any]) -> list[Difference]:
    """Return the differences between old and new inputs, and which of them replace the object.

    ``settings`` is the provider's configuration. Some settings turn a replacement into an update.
    """
    replacing = {path for path in kind.replace_on if not settings.get(kind.unless_configured.get(path, ""))}
    replacing |= kind.replaces_too(plain(old), plain(new))
    found: list[Difference] = []
    unseen = kind.unseen(plain(old), plain(new))
    for path, change, value in _walk(plain(old), plain(new), ""):
        bare = re.sub(r"\[\d+\]", "", path)
        if bare in unseen or (change != "update" and stays(kind, path, value, left_out=change == "delete")):
            continue
        replaces = any(
            bare == rule or bare.startswith((f"{rule}.", f"{rule}[")) or rule.startswith(f"{bare}.")
            for rule in replacing
        )
        found.append(Difference(path=path, kind=change, replaces=replaces))
    return found


def stays(kind: ResourceModel, path: str, value: object, *, left_out: bool) -> bool:
    """Whether the provider keeps or already has a value that a program removes or adds.

    This is never true for an item of a list or map (``a[0]``, ``a["b"]``): only properties of the schema have defaults.
    """
    if path.endswith("]"):
        return False
    bare = re.sub(r'\[(\d+|"[^"]*")\]', "", path)
    if bare in kind.defaults and kind.defaults[bare] == value:
        return True
    return left_out and (bare in kind.left_out or bare in kind.computed())


def is_left_out(kind: ResourceModel, key: str, old: Values, new: Values) -> bool:
    """Whether a program leaves out an input that the provider keeps."""
    return key in old and key not in new and key != DEFAULTS and stays(kind, key, plain(old[key]), left_out=True)


def _walk(old: Any, new: Any, path: str) -> Iterator[tuple[str, Literal["add", "update", "delete"], object]]:
    """Return the paths that differ, the change, and the removed or added value (the new value of an update)."""
    if isinstance(old, dict) and isinstance(new, dict):
        before, after = cast("Values", old), cast("Values", new)
        for key in sorted({*before, *after} - {DEFAULTS}):
            inner = _join(path, key)
            if key not in before:
                yield inner, "add", after[key]
            elif key not in after:
                yield inner, "delete", before[key]
            else:
                yield from _walk(before[key], after[key], inner)
    elif isinstance(old, list) and isinstance(new, list):
        left, right = cast("list[Any]", old), cast("list[Any]", new)
        for index in range(max(len(left), len(right))):
            inner = f"{path}[{index}]"
            if index >= len(left):
                yield inner, "add", right[index]
            elif index >= len(right):
                yield inner, "delete", left[index]
            else:
                yield from _walk(left[index], right[index], inner)
    elif old != new:
        yield path, "update", new


def _join(path: str, key: str) -> str:
    if not re.fullmatch(r"\w+", key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def deletes_first(kind: ResourceModel, old: Values, new: Values) -> bool:
    """Whether a replacement must delete before it creates: if the program sets the name and does not change it."""
    path = kind.name_property
    if path is None or is_autonamed(kind, new):
        return False
    bag = path.rpartition(".")[0]
    before, after = plain(old), plain(new)
    paths = [path, f"{bag}.namespace"] if bag else [path]
    return at(after, path) is not None and all(at(before, each) == at(after, each) for each in paths)


def nothing(_type: str) -> Iterable[Inputs]:
    """Return the other objects in an empty cloud: none."""
    return ()


def refusal(kind: ResourceModel, old: Values | None, new: Values, others: Others = nothing) -> str | None:
    """Return the service's refusal of a creation (without old inputs) or an update, or None."""
    before_all, after_all = None if old is None else plain(old), plain(new)
    for path in sorted(kind.grow_only):
        before, after = at(before_all, path), at(after_all, path)
        if isinstance(before, int | float) and isinstance(after, int | float) and after < before:
            return f"BadRequestException: {path} can only be increased: it is {before}, {after} was asked for"
    return kind.refusal(before_all, after_all) or kind.refusal_beside(before_all, after_all, others)


_OPAQUE = re.compile(
    r"arn:.+|/subscriptions/.+|(https://www\.googleapis\.com/.+/)?projects/.+|[a-z]+-[0-9a-f]{8,17}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
_BY_NAME = (
    ("aws:ecr/", "repository", "aws:ecr/repository:Repository"),
    ("aws:ecs/", "clusterName", "aws:ecs/cluster:Cluster"),
    ("aws:eks/", "clusterName", "aws:eks/cluster:Cluster"),
    ("aws:iam/", "role", "aws:iam/role:Role"),
    ("aws:secretsmanager/", "secretId", "aws:secretsmanager/secret:Secret"),
    ("azure-native:privatedns:VirtualNetworkLink", "privateZoneName", "azure-native:privatedns:PrivateZone"),
    ("gcp:compute/routerNat:RouterNat", "router", "gcp:compute/router:Router"),
    ("gcp:dns/recordSet:RecordSet", "managedZone", "gcp:dns/managedZone:ManagedZone"),
)
"""(prefix of types, input that contains a name, type of the object with this name)."""


def identities(id_: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> set[str]:
    """Return the identifiers that other objects use for an object: its id, its ARN or address, and its name.

    Some policies and settings have the ARN of their owner as id. References to that ARN mean the owner, so it is left out.
    """
    names = {id_, *(str(outputs[key]) for key in ("arn", "name", "selfLink") if key in outputs)}
    borrowed = set(_strings(dict(inputs)))
    return {name for name in names if not (name.startswith("arn:") and name in borrowed)}


def refers_to(other: str, inputs: Mapping[str, Any], type_token: str, identities: set[str]) -> bool:
    """Whether an object of type ``other`` refers to an object of type ``type_token`` in its inputs.

    References are its id or ARN anywhere outside tags, the id of a subnet in it, or its name in an input for names. This is stricter
    than AWS, which deletes some objects (a role, a key) that are still referenced. So a deletion order that works here works in AWS.
    """
    opaque = {identity for identity in identities if _OPAQUE.fullmatch(identity)}
    leaves = {*_strings({key: value for key, value in inputs.items() if key != "tags"})}
    if leaves & opaque or any(leaf.startswith(f"{identity}/subnets/") for leaf in leaves for identity in opaque):
        return True
    return any(
        other.startswith(prefix) and inputs.get(key) in identities
        for prefix, key, owner in _BY_NAME
        if owner == type_token
    )


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in cast("dict[str, object]", value).values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _strings(item)
