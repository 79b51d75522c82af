"""How the simulated clouds describe a resource type, and the small tools that their tables are written with.

Account 123456789012 is the one that AWS's own documentation uses.
"""

import hashlib
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

ACCOUNT = "123456789012"
DEFAULT_REGION = "eu-west-1"
MOMENT = "2026-01-01T00:00:00Z"
COMMON = "common use, no log found: the API answers within seconds"
"""The source of a time that nobody wrote down."""

Inputs = Mapping[str, Any]
Others = Callable[[str], Iterable[Inputs]]
"""A type -> the inputs of the objects of that type that exist."""


def no_outputs(_id: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """Of a type whose outputs are its inputs."""
    return {}


def no_changes(_state: Inputs, _inputs: Inputs) -> Mapping[str, Any]:
    """Of a type whose computed outputs stay as they are in an update."""
    return {}


def nothing_more(_old: Inputs, _new: Inputs) -> frozenset[str]:
    """Of a type where a path either always replaces or never does."""
    return frozenset()


def nothing_computed() -> frozenset[str]:
    """Of a type that is not sent through a Terraform provider: what a program leaves out is taken away."""
    return frozenset()


def no_refusal(_old: Inputs | None, _new: Inputs) -> str | None:
    """Of a type whose service takes whatever the provider lets through."""
    return None


def no_refusal_beside(_old: Inputs | None, _new: Inputs, _others: Others) -> str | None:
    """Of a type whose service looks at no other object before it answers."""
    return None


def never_blocks_delete(_inputs: Inputs, _others: Others) -> str | None:
    """Of a type whose objects can be deleted as soon as nothing refers to them."""
    return None


def never_drifts(_inputs: Inputs, _others: Others) -> Mapping[str, Any]:
    """Of a type whose objects stay as they were made."""
    return {}


def never_preexists(_id: str, _others: Others) -> Mapping[str, Any] | None:
    """Of a type whose objects are only made by programs."""
    return None


def as_given(_inputs: Inputs) -> Mapping[str, Any]:
    """Of a type whose service keeps its inputs in the form they were given in."""
    return {}


@dataclass(frozen=True, kw_only=True)
class ResourceModel:
    """One resource type, as its service typically behaves.

    Paths name input properties in camelCase with dots and no list indexes (``vpcConfig.subnetIds``). Times are simulated
    minutes; ``source`` says where they come from.
    """

    holds_data: bool = False
    """Whether an object holds what a new one would not have: records, logs, images, settings, or the key that opens them."""
    create_minutes: float
    delete_minutes: float
    update_minutes: float = 0.1
    source: str
    identifier: Callable[[str, Inputs], str]
    """(logical name, inputs) -> the id that the provider gives; another logical name gives another opaque id."""
    outputs: Callable[[str, str, Inputs], Mapping[str, Any]] = no_outputs
    """(id, logical name, inputs) -> computed outputs. Inputs are echoed by the reader and never overwritten; an input
    ``region`` says where, else DEFAULT_REGION."""
    updated: Callable[[Inputs, Inputs], Mapping[str, Any]] = no_changes
    """(old state, new inputs) -> computed outputs that an update changes; unknown in the preview of that update."""
    replace_on: frozenset[str] = frozenset()
    """Paths whose change replaces the object."""
    replaces_too: Callable[[Inputs, Inputs], frozenset[str]] = nothing_more
    """(old inputs, new inputs) -> further paths that replace the object in this change, where it depends on the values."""
    unseen: Callable[[Inputs, Inputs], frozenset[str]] = nothing_more
    """(old inputs, new inputs) -> paths whose change the provider does not see beside these values."""
    computed: Callable[[], frozenset[str]] = nothing_computed
    """Inputs that keep their value when the program leaves them out; `kinds.kind` reads them from the SDK."""
    left_out: frozenset[str] = frozenset()
    """Further such paths inside other inputs, of which the SDK does not tell."""
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Path -> the provider's default: to leave the input out is to set this value."""
    unless_configured: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of the paths in `replace_on`, the ones that a provider setting turns into plain updates: path -> setting."""
    unique: tuple[str, ...] = ()
    """Paths whose values together may exist once; empty where the service does not care."""
    name_property: str | None = None
    """The path that the provider fills with a name of its own when the program gives none (auto-naming)."""
    name_prefix: str = ""
    grow_only: frozenset[str] = frozenset()
    """Number paths that the service's API refuses to lower; in place, only the update itself fails."""
    refusal: Callable[[Inputs | None, Inputs], str | None] = no_refusal
    """(old inputs, None at the creation; new inputs) -> the answer of a service that refuses, or None."""
    refusal_beside: Callable[[Inputs | None, Inputs, Others], str | None] = no_refusal_beside
    """The same where the answer depends on other objects."""
    blocks_delete: Callable[[Inputs, Others], str | None] = never_blocks_delete
    """(inputs, other objects) -> the answer of a service that does not delete the object yet, or None."""
    guard: str | None = None
    """The path that, when true, makes the service refuse a delete."""
    release: str | None = None
    """The path that, when true, lets the service delete an object that others still refer to."""
    stored: Callable[[Inputs], Mapping[str, Any]] = as_given
    """inputs -> the ones that the service keeps in another form, in that form; a refresh reads them so."""
    forever: bool = False
    """Whether the service deletes no such object: it is only forgotten, and its name stays taken."""
    drift: Callable[[Inputs, Others], Mapping[str, Any]] = never_drifts
    """(inputs, other objects) -> the inputs that a later read finds changed, because the service or another object did it."""
    preexisting: Callable[[str, Others], Mapping[str, Any] | None] = never_preexists
    """(id, other objects) -> the state of an object that something else made than a program, or None."""


def at(inputs: object, path: str) -> object:
    """The value under a dotted path, or None; unknown values on the way count as absent."""
    value = inputs
    for key in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = cast("Mapping[str, object]", value).get(key)
    return value


def text(inputs: Inputs, path: str, default: str) -> str:
    """The string under a path, or the default when it is absent, unknown or no string."""
    value = at(inputs, path)
    return value if isinstance(value, str) and value else default


def number(inputs: Inputs, path: str, default: int) -> int:
    """The number under a path, or the default when it is absent, unknown or no number."""
    value = at(inputs, path)
    return int(value) if isinstance(value, int | float) else default


def mapping(inputs: object, path: str) -> Inputs:
    """The mapping under a path, or an empty one when it is absent, unknown or no mapping."""
    value = at(inputs, path)
    return cast("Inputs", value) if isinstance(value, Mapping) else {}


def minor_version(inputs: Inputs, path: str) -> int | None:
    """The minor version of the Kubernetes version under a path, or None where there is none."""
    found = re.match(r"1\.(\d+)", text(inputs, path, ""))
    return int(found[1]) if found else None


def digits(seed: str, length: int = 17) -> str:
    """Hexadecimal digits that depend on the seed alone, so that plans are the same every time."""
    return hashlib.sha256(seed.encode()).hexdigest()[:length]


def uuid_of(seed: str) -> str:
    """A UUID that depends on the seed alone."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, seed))


def opaque(prefix: str) -> Callable[[str, Inputs], str]:
    """Ids such as ``vpc-0a1b2c…``: a prefix and 17 hexadecimal digits, as EC2 gives them."""
    return lambda name, _inputs: f"{prefix}-0{digits(prefix + name, 16)}"


def joined(separator: str, *paths: str) -> Callable[[str, Inputs], str]:
    """Ids made of input values, as the Terraform providers join them."""
    return lambda name, inputs: separator.join(text(inputs, path, name) for path in paths)
