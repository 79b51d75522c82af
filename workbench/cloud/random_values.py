"""The simulated random provider: values that depend on the resource's name alone. Its outputs are no secrets of anybody."""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.model import Inputs, Kind, digits, number


def _password(_id: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    length = number(inputs, "length", 16)
    characters = "".join(digits(f"{name} {part}", 64) for part in range(length // 64 + 1))
    return {"result": characters[:length], "bcryptHash": f"$2a$10${digits(f'hash of {name}', 53)}"}


KINDS: Mapping[str, Kind] = {
    "random:index/randomPassword:RandomPassword": Kind(
        create_minutes=0.01,
        delete_minutes=0.01,
        update_minutes=0.01,
        source="the provider asks nobody",
        identifier=lambda name, _inputs: digits(name),
        outputs=_password,
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
    ),
}
