"""A section of a stack file, and the mistakes that one can hold."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
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
    """A part of a stack file: camelCase keys, values of the exact type, nothing unknown, frozen once read."""

    hidden: ClassVar[bool] = False
    """Whether no message repeats what stands there, since people put secrets there by mistake."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        use_attribute_docstrings=True,
    )


WIDEST_OPENING = 8
"""The widest range of addresses that a stack file may let in: two halves of the internet are everyone too."""


@dataclass(frozen=True, kw_only=True)
class ConfigError:
    """One thing wrong in a stack file: where it stands, and the fact, the reason and the way out in one line."""

    path: KeyPath
    text: str

    def under(self, *parents: str | int) -> "ConfigError":
        """The same mistake, seen from a section further up."""
        return ConfigError(path=(*parents, *self.path), text=self.text)

    def __str__(self) -> str:
        """The line that a user reads, without the file's name."""
        return f"{key(self.path)}: {self.text}"


def key(path: KeyPath) -> str:
    """A path as a user would look for it in the file: `pipes.orders.parallelism`, `platform.admins[0]`."""
    joined = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return joined.removeprefix(".")


@dataclass(frozen=True)
class Pattern:
    """The form that a text must have, checked here and told to editors through the JSON Schema."""

    pattern: str
    words: str
    """What the form is, as a message says it: `a Kafka version with KRaft, such as 3.9.x.kraft`."""
    shown: bool = True
    """Whether a message may repeat the text; not where people put a secret by mistake."""

    def check(self, value: str) -> str:
        """Return the text, or raise ValueError where it has another form."""
        if not re.fullmatch(self.pattern, value):
            raise ValueError(f"must be {self.words}" + (f", not {value!r}" if self.shown else ""))
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check the form after the type."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Tell an editor the pattern."""
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}


def _cidr(value: str) -> str:
    try:
        network = IPv4Network(value)
    except ValueError as error:
        raise ValueError(f"must be an IPv4 range such as 203.0.113.7/32, not {value!r} ({error})") from error
    return str(network)


def _not_everyone(value: str) -> str:
    if IPv4Network(value).prefixlen < WIDEST_OPENING:
        raise ValueError(
            f"must not be {value}, which is everyone or nearly so; name the ranges that may connect, "
            f"such as your own address with /32 (/{WIDEST_OPENING} is the widest)"
        )
    return value


def _quoted(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        # Pydantic turns a ValueError, and no TypeError, into a mistake.
        raise ValueError(f"must be a text, not a number ({value}); write it in quotes, every digit of it")  # noqa: TRY004
    return value


def _distinct(values: tuple[ItemT, ...]) -> tuple[ItemT, ...]:
    twice = sorted({str(value) for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"must name each once; {', '.join(twice)} stands there twice, remove one")
    return values


Distinct = AfterValidator(_distinct)
"""No value of a list stands there twice."""

Cidr = Annotated[str, AfterValidator(_cidr)]
"""An IPv4 range whose address is the first of the range."""

ClosedCidr = Annotated[Cidr, AfterValidator(_not_everyone)]
"""An IPv4 range that is not the whole internet."""

QuotedText = Annotated[str, BeforeValidator(_quoted, json_schema_input_type=str)]
"""A text that YAML would read as a number if it stood without quotes, such as "1.35" or "100"."""


def parse(model: type[SectionT], value: object) -> SectionT | list[ConfigError]:
    """Read a section; return it, or every mistake in it."""
    try:
        return model.model_validate_json(json.dumps(value))
    except ValidationError as error:
        found = error.errors(include_url=False)
        return [_mistake(model, details) for details in found if not _follows(details, found)]


def unknown(name: str, known: Iterable[str]) -> str:
    """What a message says of a name that is not known: the nearest known one, and all of them."""
    names = sorted(known)
    nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    listed = ", ".join(names) or "none"
    return f"did you mean {nearest[0]!r}? (known here: {listed})" if nearest else f"known here: {listed}"


_TEXTS = {
    "bool_parsing": "must be true or false, not {value}; {meaning}",
    "bool_type": "must be true or false, not {value}; {meaning}",
    "dict_type": "must be a map, not {value}; {meaning}",
    "extra_forbidden": "unknown key; {known}",
    "greater_than_equal": "must be at least {ge}, not {value}; {meaning}",
    "int_from_float": "must be a whole number, not {value}; {meaning}",
    "int_parsing": "must be a whole number, not {value}; {meaning}",
    "int_type": "must be a whole number, not {value}; {meaning}",
    "less_than_equal": "must be at most {le}, not {value}; {meaning}",
    "literal_error": "must be {expected}, not {value}; {meaning}",
    "mapping_type": "must be a map, not {value}; {meaning}",
    "missing": "is missing; {meaning}",
    "model_type": "must be a map, not {value}; {meaning}",
    "string_too_short": "must not be empty; {meaning}",
    "string_type": "must be a text, not {value}; {quotes}{meaning}",
    "too_long": "must name at most {max_length}, not {actual_length}; {meaning}",
    "too_short": "must name at least {min_length}, not {actual_length}; {meaning}",
    "tuple_type": "must be a list, not {value}; {meaning}",
    "value_error": "{error}",
}
"""What is said of each kind of error that pydantic finds (pydantic, Validation errors)."""


def _follows(details: ErrorDetails, found: Iterable[ErrorDetails]) -> bool:
    """Whether a list is too short only because some of its values are wrong."""
    place = details["loc"]
    return details["type"] == "too_short" and any(
        other["loc"][: len(place)] == place and len(other["loc"]) > len(place) for other in found
    )


def _mistake(model: type[SettingsModel], details: ErrorDetails) -> ConfigError:
    path = tuple(part for part in details["loc"] if part != "[key]")
    known = unknown(str(path[-1]), _aliases(_model_at(model, path[:-1]))) if path else ""
    words: dict[str, Any] = {
        **details.get("ctx", {}),
        "value": "what stands there" if _hides(model, path) else _shown(details["input"]),
        "quotes": "write it in quotes; " if isinstance(details["input"], int | float) else "",
        "meaning": _meaning(model, path),
        "known": known,
    }
    template = _TEXTS.get(details["type"])
    return ConfigError(
        path=path, text=template.format(**words) if template else f"{details['msg']}; {words['meaning']}"
    )


def _hides(model: type[SettingsModel], path: KeyPath) -> bool:
    owners = [_model_at(model, path[:end]) for end in range(len(path) + 1)]
    return any(owner is not None and owner.hidden for owner in owners)


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _meaning(model: type[SettingsModel], path: KeyPath) -> str:
    """What the nearest described key of a path is for, as its docstring says it."""
    for end in range(len(path), 0, -1):
        owner = _model_at(model, path[: end - 1])
        if owner is None:
            continue
        for name, field in owner.model_fields.items():
            if path[end - 1] in (field.alias, name) and field.description:
                words = " ".join(field.description.split()).removesuffix(".")
                return f"{path[end - 1]} is {words[0].lower()}{words[1:]}"
    return "docs/settings.md lists its keys"


def _aliases(model: type[SettingsModel] | None) -> list[str]:
    return [] if model is None else [field.alias or name for name, field in model.model_fields.items()]


def _model_at(model: type[SettingsModel] | None, path: KeyPath) -> type[SettingsModel] | None:
    """The model of the section at a path; None where there is a plain value."""
    for part in path:
        if model is None:
            return None
        field = next((field for name, field in model.model_fields.items() if part in (field.alias, name)), None)
        if field is not None:
            model = _section_in(field.annotation)
    return model


def _section_in(annotation: Any) -> type[SettingsModel] | None:
    """The one section type that an annotation holds, inside Optional, list or map."""
    if isinstance(annotation, type) and issubclass(annotation, SettingsModel):
        return annotation
    return next((found for argument in get_args(annotation) if (found := _section_in(argument))), None)


def mapping(value: object) -> Mapping[str, object] | None:
    """The value as a map, or None; YAML and JSON hand over maps whose keys are texts."""
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else None
