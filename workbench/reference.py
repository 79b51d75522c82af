"""Reference of stack files, generated from the settings models: a JSON Schema for editors and a Markdown page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from components.catalog import CLOUDS, Cloud
from components.section import SettingsModel
from components.service import ContainerPlatform, StreamingService
from components.settings import NAME, NAMESPACE, StackSettings
from components.settings_bases import PipeSettings
from workbench import stacks_page
from workbench.choosing import page as choosing
from workbench.draw.picture import draw
from workbench.plan import plan
from workbench.stack_file import ROOT, find_stack_file
from workbench.values import is_list, is_object

SCHEMA = "stacks/schema.json"
PAGE = "docs/settings.md"

MOST_CHOICES = 8
"""Longer lists of choices are shortened on the page. The schema has all choices."""

_REFERENCE = "#/$defs/"
_SECRET = {
    "type": "object",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a stack file, for `yaml-language-server` and other editors."""
    references, definitions = models_json_schema(
        [(model, "validation") for model in _models()], ref_template=_REFERENCE + "{model}"
    )

    def one_of(*models: type[SettingsModel]) -> dict[str, Any]:
        found = [references[model, "validation"] for model in dict.fromkeys(models)]
        return found[0] if len(found) == 1 else {"anyOf": found}

    stack = definitions["$defs"].pop(StackSettings.__name__)
    clouds = CLOUDS.values()
    own = {
        **stack["properties"],
        "network": one_of(*(model for cloud in clouds for _, model in _networks(cloud))),
        "streaming": one_of(*(each.settings for cloud in clouds for _, each in _streaming(cloud))),
        "platform": one_of(*(each.settings for cloud in clouds for _, each in _platforms(cloud))),
        "pipes": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": f"^(?:{NAME.pattern})$"},
            "additionalProperties": one_of(*(model for cloud in clouds for _, model in _pipes(cloud))),
        },
        "monitoring": one_of(*(cloud.base.monitoring_settings for cloud in clouds)),
        "secrets": {"type": "object", "additionalProperties": _SECRET},
    }
    accounts = {
        f"{cloud.namespace}:{key}": value
        for cloud in clouds
        for key, value in definitions["$defs"].pop(cloud.base.account.__name__)["properties"].items()
    }
    config: dict[str, Any] = {
        "type": "object",
        "properties": {**accounts, **{f"{NAMESPACE}:{key}": value for key, value in own.items()}},
        "required": [f"{NAMESPACE}:{key}" for key in ("streaming", "platform", "pipes")],
        "patternProperties": {f"^(?!{NAMESPACE}:|{'|'.join(f'{cloud.namespace}:' for cloud in clouds)})": {}},
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A stack of data-pipes",
        "type": "object",
        "properties": {"config": config},
        "required": ["config"],
        **definitions,
    }


def page() -> str:
    """Return the reference of all keys as Markdown."""
    return "\n".join(_lines())


def files() -> dict[str, str]:
    """Return the generated texts by path."""
    return {
        SCHEMA: json.dumps(schema(), indent=1) + "\n",
        PAGE: page(),
        stacks_page.PAGE: stacks_page.page(),
        choosing.PAGE: choosing.page(),
    }


def pictures() -> Iterator[tuple[str, str]]:
    """Return the path and the content of the picture of each stack in `stacks/`. Plans each stack."""
    for file in sorted((ROOT / "stacks").glob("Pulumi.*.yaml")):
        stack_file = find_stack_file(file.name.split(".")[1])
        yield stacks_page.picture(stack_file.stack), draw(plan(stack_file))


def _models() -> list[type[SettingsModel]]:
    found: list[type[SettingsModel]] = [StackSettings]
    for cloud in CLOUDS.values():
        found += [cloud.base.account, cloud.base.monitoring_settings]
        found += [model for _, model in (*_networks(cloud), *_pipes(cloud))]
        found += [each.settings for _, each in (*_streaming(cloud), *_platforms(cloud))]
    return list(dict.fromkeys(found))


def _streaming(cloud: Cloud) -> Iterator[tuple[str, StreamingService]]:
    """Yield the streaming services by title: each one that the program makes, then the one that was there before."""
    for name, service in cloud.streaming.items():
        yield f"{name}, existing" if "existing" in service.settings.model_fields else name, service
        if service.existing:
            yield f"{name}, existing", service.existing


def _platforms(cloud: Cloud) -> Iterator[tuple[str, ContainerPlatform]]:
    """Yield the platforms by title."""
    for name, platform in cloud.platforms.items():
        yield name, platform
        if platform.existing:
            yield f"{name}, existing", platform.existing


def _pipes(cloud: Cloud) -> Iterator[tuple[str, type[PipeSettings]]]:
    """Yield the settings of pipes by title. The pipes of an existing service are those of a new one."""
    for name, service in cloud.streaming.items():
        yield name, service.pipe
        existing = service.existing_pipe or (service.existing and service.existing.existing_pipe)
        if existing:
            yield f"{name}, existing topic", existing


def _networks(cloud: Cloud) -> Iterator[tuple[str, type[SettingsModel]]]:
    """Yield the network settings by title: those of the cloud, and those of its existing platforms."""
    found: dict[type[SettingsModel], str] = {}
    for name, platform in _platforms(cloud):
        if platform.base:
            found.setdefault(platform.base.network_settings, f"of the cluster: {name}")
    own = cloud.base.network_settings
    yield "", own
    yield from ((title, model) for model, title in found.items() if model is not own)


def _lines() -> Iterator[str]:
    yield "# Stack file settings"
    yield ""
    yield "Generated from the settings models by `make reference`. Edit the models, not this page."
    yield "Keys of these namespaces that are not listed here are rejected."
    sections: list[tuple[str, str, type[SettingsModel]]] = [("The stack", f"{NAMESPACE}:", StackSettings)]
    for name, cloud in CLOUDS.items():
        sections.append((f"The account on {name}", f"{cloud.namespace}:", cloud.base.account))
        for title, model in _networks(cloud):
            sections.append((f"The network {title or f'on {name}'}", f"{NAMESPACE}:network.", model))
        sections.append((f"Alarms on {name}", f"{NAMESPACE}:monitoring.", cloud.base.monitoring_settings))
        sections += [(f"Streaming: {key}", f"{NAMESPACE}:streaming.", each.settings) for key, each in _streaming(cloud)]
        sections += [(f"Platform: {key}", f"{NAMESPACE}:platform.", each.settings) for key, each in _platforms(cloud)]
        sections += [(f"A pipe on {key}", f"{NAMESPACE}:pipes.NAME.", model) for key, model in _pipes(cloud)]
    sections.append(("Every pipe", f"{NAMESPACE}:pipes.NAME.", PipeSettings))
    common = PipeSettings.model_json_schema()["properties"]
    for title, prefix, model in dict.fromkeys(sections):  # services of several clouds are listed once
        content = model.model_json_schema()
        if model is not PipeSettings and issubclass(model, PipeSettings):
            content["properties"] = {
                key: value
                for key, value in content["properties"].items()
                if key not in common or value.get("description") != common[key].get("description")
            }
        if not content["properties"]:
            continue
        yield from ("", f"## {title}", "", "| key | value | default | meaning |", "|---|---|---|---|")
        yield from _rows(content, prefix, content.get("$defs", {}))
    yield from ("", "## Secrets", "", f"`{NAMESPACE}:secrets.NAME` is an encrypted value. To set one, run")
    yield from ("", f"    pulumi config set --secret --path '{NAMESPACE}:secrets.NAME'", "")


def _rows(content: Mapping[str, Any], prefix: str, definitions: Mapping[str, Any]) -> Iterator[str]:
    required = content.get("required", [])
    for key, value in content["properties"].items():
        inner, repeated = _inner(value, definitions)
        description = value.get("description") or (inner or {}).get("description", "")
        meaning = " ".join(description.split()).replace("|", "\\|")
        default = "required" if key in required else "" if inner else _default(value.get("default"))
        yield f"| `{prefix}{key}` | {'' if inner else _form(value)} | {default} | {meaning} |"
        if inner:
            yield from _rows(inner, f"{prefix}{key}{'[]' if repeated else ''}.", definitions)


def _inner(value: Mapping[str, Any], definitions: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, bool]:
    """Return the section that is the value of a key, and whether the value is a list of such sections."""
    for candidate, repeated in ((value, False), (value.get("items", {}), True)):
        for choice in (candidate, *candidate.get("anyOf", [])):
            if "$ref" in choice:
                return definitions[choice["$ref"].removeprefix(_REFERENCE)], repeated
    return None, False


def _default(value: object) -> str:
    if value is None or value in ("", [], {}):
        return ""
    return f"`{', '.join(value) if is_list(value) else json.dumps(value) if not isinstance(value, str) else value}`"


def _form(value: Mapping[str, Any]) -> str:
    """Describe the values of a key in a few words."""
    if "anyOf" in value:
        return _form(next(choice for choice in value["anyOf"] if choice.get("type") != "null"))
    if "enum" in value:
        choices = [f"`{choice}`" for choice in value["enum"]]
        return ", ".join(choices if len(choices) <= MOST_CHOICES else [*choices[:3], "…", choices[-1]])
    match value:
        case {"const": bool(constant)}:
            words = f"`{json.dumps(constant)}`"
        case {"const": constant}:
            words = f"`{constant}`"
        case {"type": "integer", "minimum": least, "maximum": most}:
            words = f"whole number, {least} to {most}"
        case {"type": "number", "minimum": least, "maximum": most}:
            words = f"number, {least} to {most}"
        case {"type": "integer", "minimum": least}:
            words = f"whole number from {least}"
        case {"type": "array", "items": items}:
            words = f"list of {_form(items)}"
        case {"type": "object", "additionalProperties": item} if is_object(item):
            words = f"map of names to {_form(item)}"
        case {"type": "object", "patternProperties": items}:
            words = f"map of names to {_form(next(iter(items.values())))}"
        case {"type": "boolean"}:
            words = "true or false"
        case _:
            words = "string"
    return words
