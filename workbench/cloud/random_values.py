"""Simulated random provider. Its values depend only on the resource's name and are not real secrets."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.cloud.model import Inputs, ResourceModel, digits, number


def _characters(name: str, inputs: Inputs) -> str:
    length = number(inputs, "length", 16)
    return "".join(digits(f"{name} {part}", 64) for part in range(length // 64 + 1))[:length]


def _password(_id: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    return {"result": _characters(name, inputs), "bcryptHash": f"$2a$10${digits(f'hash of {name}', 53)}"}


def _password_id(name: str, _inputs: Inputs) -> str:
    return digits(name)


_STRING = ResourceModel(
    create_minutes=0.01,
    delete_minutes=0.01,
    update_minutes=0.01,
    source="the provider calls no API",
    identifier=_characters,
    outputs=lambda id_, _name, _inputs: {"result": id_},
    replace_on=frozenset(
        {
            "keepers",
            "length",
            "lower",
            "minLower",
            "minNumeric",
            "minSpecial",
            "minUpper",
            "number",
            "numeric",
            "overrideSpecial",
            "special",
            "upper",
        }
    ),
)

KINDS: Mapping[str, ResourceModel] = {
    "random:index/randomPassword:RandomPassword": replace(_STRING, identifier=_password_id, outputs=_password),
    "random:index/randomString:RandomString": _STRING,
}
