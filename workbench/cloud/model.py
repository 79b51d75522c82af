"""Model of a resource type in the simulated clouds, and helper functions for the tables.

Account 123456789012 is the example account in the AWS documentation.
"""

import hashlib
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

ACCOUNT = "123456789012"
DEFAULT_REGION = "eu-west-1"
CREATED_AT = "2026-01-01T00:00:00Z"
COMMON = "common use, no log found: the API answers within seconds"
"""Source of a time that is not documented anywhere."""

Inputs = Mapping[str, Any]
Others = Callable[[str], Iterable[Inputs]]
"""Type -> inputs of the existing objects of that type."""


def no_outputs(_id: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """For types whose outputs are their inputs."""
    return {}


def no_changes(_state: Inputs, _inputs: Inputs) -> Mapping[str, Any]:
    """For types whose computed outputs do not change in an update."""
    return {}


def nothing_more(_old: Inputs, _new: Inputs) -> frozenset[str]:
    """For types where a path either always or never replaces the object."""
    return frozenset()


def nothing_computed() -> frozenset[str]:
    """For types without a Terraform provider: inputs that a program leaves out are removed."""
    return frozenset()


def no_refusal(_old: Inputs | None, _new: Inputs) -> str | None:
    """For types whose service accepts all inputs that the provider accepts."""
    return None


def no_refusal_beside(_old: Inputs | None, _new: Inputs, _others: Others) -> str | None:
    """For types whose service checks no other objects."""
    return None


def never_blocks_delete(_inputs: Inputs, _others: Others) -> str | None:
    """For types whose objects can be deleted when no object refers to them."""
    return None


def never_drifts(_inputs: Inputs, _others: Others) -> Mapping[str, Any]:
    """For types whose objects do not change on their own."""
    return {}


def never_preexists(_id: str, _others: Others) -> Mapping[str, Any] | None:
    """For types whose objects are only created by programs."""
    return None


def as_given(_inputs: Inputs) -> Mapping[str, Any]:
    """For types whose service stores the inputs unchanged."""
    return {}


@dataclass(frozen=True, kw_only=True)
class ResourceModel:
    """Typical behaviour of a resource type.

    Paths are input properties in camelCase with dots, without list indexes (``vpcConfig.subnetIds``). Times are simulated minutes;
    ``source`` is their source.
    """

    holds_data: bool = False
    """Whether an object holds data that a new one would not have: records, logs, images, settings, or their encryption key."""
    create_minutes: float
    delete_minutes: float
    update_minutes: float = 0.1
    source: str
    identifier: Callable[[str, Inputs], str]
    """(logical name, inputs) -> id. Opaque ids depend on the logical name."""
    outputs: Callable[[str, str, Inputs], Mapping[str, Any]] = no_outputs
    """(id, logical name, inputs) -> computed outputs. The caller adds the inputs, which are never overwritten. The input ``region``
    is the location, by default DEFAULT_REGION."""
    updated: Callable[[Inputs, Inputs], Mapping[str, Any]] = no_changes
    """(old state, new inputs) -> computed outputs that an update changes. They are unknown in the update's preview."""
    replace_on: frozenset[str] = frozenset()
    """Paths whose change replaces the object."""
    replaces_too: Callable[[Inputs, Inputs], frozenset[str]] = nothing_more
    """(old inputs, new inputs) -> more paths that replace the object, depending on the values."""
    unseen: Callable[[Inputs, Inputs], frozenset[str]] = nothing_more
    """(old inputs, new inputs) -> paths whose change the provider ignores because of other values."""
    computed: Callable[[], frozenset[str]] = nothing_computed
    """Inputs that keep their value if the program leaves them out. `kinds.kind` reads them from the SDK."""
    left_out: frozenset[str] = frozenset()
    """More such paths inside other inputs. The SDK does not list them."""
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Path -> the provider's default for an input that is left out."""
    unless_configured: Mapping[str, str] = field(default_factory=dict[str, str])
    """Path in `replace_on` -> provider setting that turns the replacement into an update."""
    unique: tuple[str, ...] = ()
    """Paths whose combined values must be unique. Empty if the service does not check."""
    name_property: str | None = None
    """Path of the name that the provider generates if the program sets none (auto-naming)."""
    name_prefix: str = ""
    grow_only: frozenset[str] = frozenset()
    """Paths of numbers that the service refuses to decrease. The update fails, not its preview."""
    refusal: Callable[[Inputs | None, Inputs], str | None] = no_refusal
    """(old inputs or None in a creation, new inputs) -> the service's refusal, or None."""
    refusal_beside: Callable[[Inputs | None, Inputs, Others], str | None] = no_refusal_beside
    """Like `refusal`, but it depends on other objects."""
    blocks_delete: Callable[[Inputs, Others], str | None] = never_blocks_delete
    """(inputs, other objects) -> the service's refusal to delete the object now, or None."""
    guard: str | None = None
    """Path of the input that, if true, makes the service refuse a deletion."""
    release: str | None = None
    """Path of the input that, if true, allows the deletion of an object that others refer to."""
    stored: Callable[[Inputs], Mapping[str, Any]] = as_given
    """Inputs -> the inputs that the service stores in another form, in that form. A refresh reads them."""
    forever: bool = False
    """Whether the service never deletes such an object. A deletion only removes it from the list; its name remains in use."""
    drift: Callable[[Inputs, Others], Mapping[str, Any]] = never_drifts
    """(inputs, other objects) -> the inputs that a later read finds changed by the service or by another object."""
    preexisting: Callable[[str, Others], Mapping[str, Any] | None] = never_preexists
    """(id, other objects) -> the state of an object that was not created by a program, or None."""
    existing: Callable[[str, Inputs], Inputs] | None = None
    """(id, location) -> the inputs of an object that was there before the stack. None if no stack adopts such an object."""


@dataclass(frozen=True, kw_only=True)
class Existing:
    """An object that was there before the stack, as its owner made it."""

    type: str
    id: str
    inputs: Inputs
    state: Inputs
    """The inputs and the computed outputs."""


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """A provider function that finds an existing object."""

    type: str
    """Type of the object."""
    identifier: Callable[[Inputs], str]
    """Arguments, with the location -> id of the object."""
    result: Callable[[Inputs], Mapping[str, Any]] = dict
    """State of the object -> result of the function, without its arguments."""


class NotFoundError(Exception):
    """The cloud has no such object. The message is the provider's."""


def at(inputs: object, path: str) -> object:
    """Return the value at a dotted path, or None. Unknown values on the path count as absent."""
    value = inputs
    for key in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = cast("Mapping[str, object]", value).get(key)
    return value


def text(inputs: Inputs, path: str, default: str) -> str:
    """Return the string at a path, or the default if it is absent, unknown or not a string."""
    value = at(inputs, path)
    return value if isinstance(value, str) and value else default


def number(inputs: Inputs, path: str, default: int) -> int:
    """Return the number at a path, or the default if it is absent, unknown or not a number."""
    value = at(inputs, path)
    return int(value) if isinstance(value, int | float) else default


def mapping(inputs: object, path: str) -> Inputs:
    """Return the mapping at a path, or an empty one if it is absent, unknown or not a mapping."""
    value = at(inputs, path)
    return cast("Inputs", value) if isinstance(value, Mapping) else {}


def minor_version(inputs: Inputs, path: str) -> int | None:
    """Return the minor version of the Kubernetes version at a path, or None if there is none."""
    found = re.match(r"1\.(\d+)", text(inputs, path, ""))
    return int(found[1]) if found else None


def digits(seed: str, length: int = 17) -> str:
    """Return hexadecimal digits that depend only on the seed, so that plans are reproducible."""
    return hashlib.sha256(seed.encode()).hexdigest()[:length]


def uuid_of(seed: str) -> str:
    """Return a UUID that depends only on the seed."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, seed))


def opaque(prefix: str) -> Callable[[str, Inputs], str]:
    """Generate ids such as ``vpc-0a1b2c…``: a prefix and 17 hexadecimal digits, as in EC2."""
    return lambda name, _inputs: f"{prefix}-0{digits(prefix + name, 16)}"


def joined(separator: str, *paths: str) -> Callable[[str, Inputs], str]:
    """Generate ids from joined input values, as the Terraform providers do."""
    return lambda name, inputs: separator.join(text(inputs, path, name) for path in paths)
