"""Base class of all settings, and the errors in a stack file."""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar, cast, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, core_schema

KeyPath: TypeAlias = tuple[str | int, ...]
ItemT = TypeVar("ItemT")
SectionT = TypeVar("SectionT", bound="SettingsModel")


class SettingsModel(BaseModel, frozen=True):
    """Section of a stack file: camelCase keys, exact types, no unknown keys, frozen after reading."""

    hidden: ClassVar[bool] = False
    """Whether messages leave out the values of this section. People put secrets there by mistake."""
    renamed_keys: ClassVar[Mapping[str, str]] = {}
    """Old keys that are still accepted, with a warning, and the current key of each."""
    old_forms: ClassVar[Mapping[str, Callable[[object], object]]] = {}
    """By key: converts an old form of the value, which is still accepted with a warning. Returns other values unchanged."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        use_attribute_docstrings=True,
    )


WIDEST_OPENING = 8
"""Shortest prefix of an address range that may connect. Wider ranges, such as half of the internet, are refused."""


@dataclass(frozen=True, kw_only=True)
class ConfigError:
    """Error in a stack file: the path of the key, and one line with the rule, the value and the fix."""

    path: KeyPath
    text: str

    def under(self, *parents: str | int) -> "ConfigError":
        """Return the error with the path of its parent section in front."""
        return ConfigError(path=(*parents, *self.path), text=self.text)

    def __str__(self) -> str:
        """Return the message without the name of the file."""
        return f"{key(self.path)}: {self.text}"


def key(path: KeyPath) -> str:
    """Return a path in the notation of messages: `pipes.orders.parallelism`, `platform.admins[0]`."""
    joined = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return joined.removeprefix(".")


@dataclass(frozen=True)
class Pattern:
    """Regular expression that a string must match. It is also in the JSON Schema for editors."""

    pattern: str
    words: str
    """The rule in words, for messages: `a Kafka version with KRaft, such as 3.9.x.kraft`."""
    shown: bool = True
    """Whether messages show the value. False if people put a secret there by mistake."""

    def check(self, value: str) -> str:
        """Return the string. Raise ValueError if it does not match."""
        if not re.fullmatch(self.pattern, value):
            raise ValueError(f"must be {self.words}" + (f", got {value!r}." if self.shown else "."))
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check the pattern after the type."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Add the pattern to the JSON Schema."""
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}


def _cidr(value: str) -> str:
    try:
        network = IPv4Network(value)
    except ValueError as error:
        raise ValueError(
            f"must be an IPv4 range such as 203.0.113.7/32, got {value!r} ({error}). Correct it."
        ) from error
    return str(network)


def _refuse_wide_range(value: str) -> str:
    if IPv4Network(value).prefixlen < WIDEST_OPENING:
        raise ValueError(
            f"must be a range of /{WIDEST_OPENING} or smaller, got {value} (it admits everyone or nearly everyone). List the ranges that "
            "may connect, such as your own address with /32."
        )
    return value


def _refuse_number(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        # Pydantic reports a ValueError as a validation error, but not a TypeError.
        zeros = " (without quotes, YAML reads 1.30 as 1.3)" if isinstance(value, float) else ""
        raise ValueError(f"must be a string, got the number {value}{zeros}. Write it in quotes.")  # noqa: TRY004
    return value


def _distinct(values: tuple[ItemT, ...]) -> tuple[ItemT, ...]:
    twice = sorted({str(value) for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"must not contain duplicates, got {', '.join(twice)} more than once. Remove the duplicates.")
    return values


Distinct = AfterValidator(_distinct)
"""A list without duplicates."""

Cidr = Annotated[str, AfterValidator(_cidr)]
"""An IPv4 range in CIDR notation. Its address is the first one of the range."""

ClosedCidr = Annotated[Cidr, AfterValidator(_refuse_wide_range)]
"""An IPv4 range of /8 or smaller, so that it does not admit the whole internet."""

QuotedText = Annotated[str, BeforeValidator(_refuse_number, json_schema_input_type=str)]
"""A string that YAML reads as a number if it has no quotes, such as "1.35" or "100"."""


def first_three(items: Sequence[str], kind: str) -> list[str]:
    """Return the first three items, then how many more of this kind follow. A message stays readable if a stack has 100 pipes."""
    others = len(items) - 3
    return [*items[:3], f"{others} more {kind if others == 1 else kind + 's'}"] if others > 0 else list(items)


@dataclass(frozen=True)
class OtherForm:
    """Form of a section that the stack file does not use: for a new thing instead of an existing one, or the other way round."""

    model: type[SettingsModel]
    key: str
    """The key that chooses the form for existing things, such as platform.existing."""
    thing: str
    """What is new or existing, such as cluster."""
    existing: bool
    """Whether this form is the one for existing things."""

    def refusal(self, path: KeyPath) -> str | None:
        """Return the error for a key that only this form has. None if it does not have the key."""
        if path[-1] not in _aliases(_model_at(self.model, path[:-1])):
            return None
        if self.existing:
            return f"needs {self.key} (it is a setting for an existing {self.thing}). Remove it, or set {self.key}."
        return (
            f"cannot be used with {self.key} (it is a setting for a new {self.thing}). Remove it, or remove {self.key}."
        )


def parse(model: type[SectionT], value: object, other: OtherForm | None = None) -> SectionT | list[ConfigError]:
    """Return the parsed section, or all errors in it. `other` is the form of the section that the stack file does not use."""
    try:
        return model.model_validate_json(json.dumps(value))
    except ValidationError as error:
        found = error.errors(include_url=False)
        return [_config_error(model, details, other) for details in found if not _is_consequence(details, found)]


def unknown(name: str, known: Iterable[str]) -> str:
    """Return the suggestion for an unknown name: the most similar valid name, and all valid names."""
    names = sorted(known)
    nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    suggestion = f"Did you mean {nearest[0]!r}? " if nearest else ""
    return f"{suggestion}Valid: {', '.join(names) or 'none'}."


_TEXTS = {
    "bool_parsing": "must be true or false, got {value}. {meaning}",
    "bool_type": "must be true or false, got {value}. {meaning}",
    "dict_type": "must be a map, got {value}. {meaning}",
    "extra_forbidden": "{unknown}",
    "finite_number": "must be a finite number, got {value}. {meaning}",
    "float_type": "must be a number, got {value}. {meaning}",
    "greater_than": "must be more than {gt:g}, got {value}. {meaning}",
    "greater_than_equal": "must be at least {ge}, got {value}. {meaning}",
    "int_from_float": "must be a whole number, got {value}. {meaning}",
    "int_parsing": "must be a whole number, got {value}. {meaning}",
    "int_type": "must be a whole number, got {value}. {meaning}",
    "less_than_equal": "must be at most {le}, got {value}. {meaning}",
    "literal_error": "must be {expected}, got {value}. {meaning}",
    "mapping_type": "must be a map, got {value}. {meaning}",
    "missing": "is required. {meaning}",
    "model_type": "must be a map, got {value}. {meaning}",
    "string_too_short": "must not be empty. {meaning}",
    "string_type": "must be a string, got {value}. {quotes}{meaning}",
    "too_long": "must have at most {max_length} entries, got {actual_length}. {meaning}",
    "too_short": "must have at least {min_length} entries, got {actual_length}. {meaning}",
    "tuple_type": "must be a list, got {value}. {meaning}",
    "value_error": "{error}",
}
"""Message for each type of pydantic error (pydantic, Validation errors)."""


def _is_consequence(details: ErrorDetails, found: Iterable[ErrorDetails]) -> bool:
    """Return whether a list is too short only because some of its values are wrong, or a key is missing only because it is misspelt."""
    path = details["loc"]
    if details["type"] == "missing":
        others = (str(other["loc"][-1]).lower() for other in found if _beside(other, path))
        return any(difflib.get_close_matches(each, [str(path[-1]).lower()], cutoff=0.5) for each in others)
    return details["type"] == "too_short" and any(
        other["loc"][: len(path)] == path and len(other["loc"]) > len(path) for other in found
    )


def _beside(other: ErrorDetails, path: KeyPath) -> bool:
    """Return whether an error is about an unknown key in the section of a path."""
    return other["type"] == "extra_forbidden" and other["loc"][:-1] == path[:-1]


def _config_error(model: type[SettingsModel], details: ErrorDetails, other: OtherForm | None) -> ConfigError:
    path = tuple(part for part in details["loc"] if part != "[key]")
    words: dict[str, Any] = {
        **{name: _whole(value) for name, value in details.get("ctx", {}).items()},
        "value": "a value that is not shown" if _hides(model, path) else _shown(details["input"]),
        "quotes": "Write it in quotes. " if isinstance(details["input"], int | float) else "",
        "meaning": _meaning(model, path),
        "unknown": _unknown_key(model, path, other) if path else "",
    }
    template = _TEXTS.get(details["type"])
    return ConfigError(
        path=path, text=template.format(**words) if template else f"{details['msg']}. {words['meaning']}"
    )


def _unknown_key(model: type[SettingsModel], path: KeyPath, other: OtherForm | None) -> str:
    """Return the error for a key that the section does not have: the other form has it, or it is unknown."""
    return (other.refusal(path) if other else None) or (
        f"unknown key. {unknown(str(path[-1]), _aliases(_model_at(model, path[:-1])))}"
    )


def _hides(model: type[SettingsModel], path: KeyPath) -> bool:
    owners = [_model_at(model, path[:end]) for end in range(len(path) + 1)]
    return any(owner is not None and owner.hidden for owner in owners)


def _whole(value: object) -> object:
    """Return a whole number without `.0`. Pydantic has the bounds of a number as floats."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _meaning(model: type[SettingsModel], path: KeyPath) -> str:
    """Return the first sentence of the description of the nearest described key of a path."""
    for end in range(len(path), 0, -1):
        owner = _model_at(model, path[: end - 1])
        if owner is None:
            continue
        for name, field in owner.model_fields.items():
            if path[end - 1] in (field.alias, name) and field.description:
                first = re.split(r"(?<=\.)\s+(?=[A-Z])", " ".join(field.description.split()), maxsplit=1)[0]
                return f"Meaning of {path[end - 1]}: {first.removesuffix('.')}."
    return "See docs/settings.md for its keys."


def _aliases(model: type[SettingsModel] | None) -> list[str]:
    return [] if model is None else [field.alias or name for name, field in model.model_fields.items()]


def _model_at(model: type[SettingsModel] | None, path: KeyPath) -> type[SettingsModel] | None:
    """Return the model of the section at a path. None if the value is not a section."""
    for part in path:
        if model is None:
            return None
        field = next((field for name, field in model.model_fields.items() if part in (field.alias, name)), None)
        if field is not None:
            model = _section_in(field.annotation)
    return model


def _section_in(annotation: Any) -> type[SettingsModel] | None:
    """Return the section type inside an annotation such as Optional, list or map. None if there is none."""
    if isinstance(annotation, type) and issubclass(annotation, SettingsModel):
        return annotation
    return next((found for argument in get_args(annotation) if (found := _section_in(argument))), None)


def mapping(value: object) -> Mapping[str, object] | None:
    """Return the value as a map with string keys, or None if it is not a map."""
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else None
