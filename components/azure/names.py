"""Names as Azure takes them: those that nobody else in the world may have, and the ids of resources."""

import re

from components.section import Pattern

SUFFIX = 8
"""How many random letters and digits end a name that is unique in the whole world."""

UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def global_name(name: str, suffix: str, *, longest: int = 24, hyphens: bool = False, role: str = "") -> str:
    """A name that nobody else has: as much of the stack's name as fits, what the thing is for, and the suffix.

    With `hyphens` the parts stand apart, and the stack's own hyphens stay, one at a time (Azure naming rules and restrictions).
    """
    ending = f"-{role}-{suffix}" if hyphens and role else f"-{suffix}" if hyphens else f"{role}{suffix}"
    beginning = re.sub("-+", "-" if hyphens else "", name)
    return beginning[: longest - len(ending)].rstrip("-") + ending


def resource_id(kind: str, words: str) -> Pattern:
    """The form of the id of a resource, such as `Microsoft.Network/virtualNetworks/{}/subnets/{}`, said in words."""
    provider, *parts = kind.split("/")
    tail = "/".join("[^/ ]+" if part == "{}" else part for part in parts)
    pattern = rf"/subscriptions/{UUID}/resourceGroups/[^/ ]+/providers/{re.escape(provider)}/{tail}"
    return Pattern(
        pattern, f"the id of {words}, /subscriptions/.../resourceGroups/.../providers/{kind.replace('{}', '...')}"
    )
