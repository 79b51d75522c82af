"""Text of a new stack file: the configuration with a comment for each amount."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import yaml

from components.load import MB, Need, number
from components.section import KeyPath
from components.settings import NAMESPACE
from workbench.size.size import Request, Sized
from workbench.stack_file import ROOT

WIDTH = 120


def stack_text(sized: Sized, request: Request, path: Path) -> str:
    """Return the text of the stack file for a size."""
    return "\n".join(_lines(sized, request, path)) + "\n"


def _lines(sized: Sized, request: Request, path: Path) -> Iterator[str]:
    config, choice, load = sized.config or {}, sized.choice, request.load
    if path.resolve().parent == ROOT / "stacks":
        yield "# yaml-language-server: $schema=schema.json"
    yield from _comment(
        f"{choice.title}, for a peak of {number(load.messages_per_second)} messages/s of {number(load.bytes)} bytes "
        f"({number(load.throughput / MB)} MB/s), handled in {number(load.handling_milliseconds)} ms each (docs/sizing.md)."
    )
    yield from (line for note in sized.notes for line in _comment(note))
    yield "# Before `make up`:"
    for step in _steps(sized, request):
        yield from _comment(step, bullet=True)
    yield "config:"
    for key, value in config.items():
        section = key.removeprefix(f"{NAMESPACE}:")
        for need in sized.deciding:
            if need.key[:1] == (section,) and _contains(value, need.key[1:]):
                yield from _comment(amount(need), indent="  ")
        dumped = yaml.safe_dump({key: value}, sort_keys=False, width=WIDTH, allow_unicode=True)
        yield textwrap.indent(dumped.rstrip(), "  ")


def _contains(section: Any, path: KeyPath) -> bool:
    """Return whether a section has the key at a path."""
    for part in path:
        if not isinstance(section, dict) or part not in section:
            return False
        section = cast("dict[str, Any]", section)[str(part)]
    return True


def _steps(sized: Sized, request: Request) -> Iterator[str]:
    choice = sized.choice
    examples = choice.base.first_account.keys() - request.account.keys()
    yield from (f"Check {key} (this is an example)." for key in choice.base.first_account if key in examples)
    yield from choice.variant.before if choice.variant else ()
    if request.image.startswith((":", "@")):
        yield "Push the consumer image to the stack's registry (docs/deploying.md, step 4)."


def amount(need: Need) -> str:
    """Return a need in one line: the amount, the formula and the source."""
    return f"{number(need.amount)} {need.what}: {need.formula}. Source: {need.source}."


def _comment(text: str, *, indent: str = "", bullet: bool = False) -> Iterator[str]:
    first, later = (f"{indent}# - ", f"{indent}#   ") if bullet else (f"{indent}# ", f"{indent}# ")
    yield from textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )
