"""Globally unique names and resource IDs on Azure."""

import re

from components.section import Pattern

SUFFIX = 8
"""Length of the random suffix of globally unique names."""

UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def global_name(name: str, suffix: str, *, longest: int = 24, hyphens: bool = False, role: str = "") -> str:
    """Return a globally unique name: the stack's name, shortened to fit, then the role and the suffix.

    With `hyphens` the parts are joined by hyphens and repeated hyphens are collapsed. Otherwise all hyphens are removed (Azure naming
    rules and restrictions).
    """
    ending = f"-{role}-{suffix}" if hyphens and role else f"-{suffix}" if hyphens else f"{role}{suffix}"
    beginning = re.sub("-+", "-" if hyphens else "", name)
    return beginning[: longest - len(ending)].rstrip("-") + ending


def resource_id(kind: str, words: str) -> Pattern:
    """Return the pattern of a resource ID of a type such as `Microsoft.Network/virtualNetworks/{}/subnets/{}`."""
    provider, *parts = kind.split("/")
    tail = "/".join("[^/ ]+" if part == "{}" else part for part in parts)
    pattern = rf"/subscriptions/{UUID}/resourceGroups/[^/ ]+/providers/{re.escape(provider)}/{tail}"
    return Pattern(
        pattern, f"the ID of {words}, /subscriptions/.../resourceGroups/.../providers/{kind.replace('{}', '...')}"
    )
