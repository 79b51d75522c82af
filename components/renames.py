"""Old names of settings, and old forms of their values: still accepted, with a warning that gives the new one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin

from components.section import ConfigError, KeyPath, SettingsModel, mapping


@dataclass(kw_only=True)
class Renames:
    """The old names and forms in one section of a stack file."""

    warnings: list[ConfigError] = field(default_factory=list[ConfigError])
    errors: list[ConfigError] = field(default_factory=list[ConfigError])

    def current(self, annotation: Any, value: object, path: KeyPath) -> object:
        """Return the value with current names and forms. The annotation is a settings class, or a type that contains one."""
        if isinstance(annotation, type) and issubclass(annotation, SettingsModel):
            section = mapping(value)
            return value if section is None else self._section(annotation, section, path)
        arguments = get_args(annotation)
        if get_origin(annotation) is tuple:
            return [self.current(arguments[0], each, (*path, n)) for n, each in _items(value)] or value
        entries = mapping(value)
        if get_origin(annotation) is Mapping and entries is not None:
            return {name: self.current(arguments[1], each, (*path, name)) for name, each in entries.items()}
        for argument in arguments:
            value = self.current(argument, value, path)
        return value

    def _section(self, model: type[SettingsModel], section: Mapping[str, object], path: KeyPath) -> dict[str, object]:
        current: dict[str, object] = {}
        for key, value in section.items():
            new = model.renamed_keys.get(key, key)
            if new == key:
                current[key] = value
            elif new in section:
                text = f"must not be set together with {new} (it is the old name of {new}). Remove {key}."
                self.errors.append(ConfigError(path=(*path, key), text=text))
            else:
                current[new] = value
                self.warnings.append(ConfigError(path=(*path, key), text=f"is now called {new}. Rename the key."))
        for key, convert in model.old_forms.items():
            if key in current and (converted := convert(current[key])) != current[key]:
                text = f"{current[key]} is now written {converted}. Change the value."
                self.warnings.append(ConfigError(path=(*path, key), text=text))
                current[key] = converted
        for name, each in model.model_fields.items():
            key = each.alias or name
            if key in current:
                current[key] = self.current(each.annotation, current[key], (*path, key))
        return current


def _items(value: object) -> Sequence[tuple[int, object]]:
    return list(enumerate(value)) if isinstance(value, list) else []  # pyright: ignore[reportUnknownArgumentType]


def whole_gib(value: object) -> object:
    """Convert a number of GiB, the old form of an amount of memory: 12 to 12Gi."""
    return f"{value}Gi" if isinstance(value, int) and not isinstance(value, bool) else value
