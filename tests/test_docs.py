"""Tests of every code block in README and docs: stack files are accepted, commands and options exist, quoted errors are real."""

import ast
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
import yaml
from markdown_it import MarkdownIt
from typer.core import TyperGroup

from components.catalog import CLOUDS
from components.settings import SettingsError
from tests.stacks import DEFAULT, NAMES, changed
from workbench.__main__ import app
from workbench.stack_file import ROOT, find_stack_file, read_settings

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
GROUP = typer.main.get_command(app)
assert isinstance(GROUP, TyperGroup)
COMMANDS = GROUP.commands
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> Iterator[str]:
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type in {"code_block", "fence"}:
            yield token.content


BLOCKS = [(page, block) for page in PAGES for block in blocks(page)]


def lines_of(beginning: str) -> list[Any]:
    """Return the commands with this beginning in code blocks and code spans."""
    found: dict[str, str] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for line in [*"\n".join(blocks(page)).splitlines(), *re.findall(r"`([^`\n]+)`", text)]:
            if line.strip().startswith(beginning):
                found.setdefault(line.split("#")[0].strip(), name_of(page))
    return [pytest.param(line, id=f"{page}: {line}") for line, page in found.items()]


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_has_an_existing_file_and_heading(page: Path):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("path", ["components", "consumer", "workbench", "topic", "Makefile"])
def test_every_page_and_heading_that_a_message_names_exists(path: str):
    root = ROOT / path
    for file in root.rglob("*.py") if root.is_dir() else [root]:
        text = re.sub(r'"\s*\n\s*f?"', "", file.read_text(encoding="utf-8"))  # strings in several lines
        for page, heading in re.findall(r"((?:docs/[\w-]+|README)(?:\.md)?), ([A-Z][^).,\n]+)", text):
            named = ROOT / (page if page.endswith(".md") else f"{page}.md")
            assert named.exists(), f"{file}: {page}"
            anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            assert anchor in anchors(named), f"{file}: {page} has no heading {heading!r}"


@pytest.mark.parametrize("name", CLOUDS)
def test_the_readme_names_as_many_services_and_platforms_of_a_cloud_as_the_catalog_and_the_changelog_each(name: str):
    rows = re.findall(r"^\| (\w+) \| (.+) \| (.+) \|$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    [named] = [[cell.split(", ") for cell in cells] for cloud, *cells in rows if cloud.lower() == name]
    for words, entries in zip(named, (CLOUDS[name].streaming, CLOUDS[name].platforms), strict=True):
        assert len(words) == len(entries), f"README.md, {name}: must name each of {list(entries)}, got {words}"
        missing = [word for word in words if word not in changelog]
        assert not missing, f"CHANGELOG.md must name {missing}, as README.md does"


@pytest.mark.parametrize("line", lines_of("make "))
def test_every_make_command_exists(line: str):
    words = shlex.split(line.partition(" > ")[0])
    for word in words[1:]:
        assert "=" in word or word in {*TARGETS, "COMMAND"}, line
    for stack in re.findall(r"STACK=([a-z][\w-]+)", line):
        assert stack in NAMES, line


@pytest.mark.parametrize("line", lines_of("python -m workbench"))
def test_every_command_of_the_workbench_exists_with_its_options(line: str):
    words = shlex.split(line)[3:]
    if not words or words[0].isupper():
        return
    command = COMMANDS[words[0]]
    options = {option for each in command.params for option in each.opts}
    assert {word.split("=")[0] for word in words if word.startswith("--")} <= options, line


FRAGMENTS = [
    pytest.param(block, id=f"{name_of(page)}: {block.splitlines()[0]}")
    for page, block in BLOCKS
    if block.startswith(("config:\n", "data-pipes:"))
]


@pytest.mark.parametrize("block", FRAGMENTS)
def test_every_stack_file_is_accepted(block: str, tmp_path: Path):
    """A whole file is read unchanged. A fragment is merged into the default stack."""
    if block.startswith("config:"):
        file = tmp_path / "Pulumi.example.yaml"
        file.write_text(block, encoding="utf-8")
        read_settings(find_stack_file(str(file)))
    else:
        read_settings(changed(yaml.safe_load(block)))


ERRORS = [
    pytest.param(line.strip(), id=f"{name_of(page)}: {line.strip()}")
    for page, block in BLOCKS
    for line in block.splitlines()
    if re.match(r"\s*stacks/Pulumi\.[\w-]+\.yaml: ", line)
]
MISTAKES = {"streaming.brokers": {"data-pipes:streaming": {"brokers": 4}}}
"""Changes of the default stack that cause the quoted errors, by key."""


@pytest.mark.parametrize("line", ERRORS)
def test_every_quoted_error_is_produced_exactly(line: str):
    file, key, _ = line.split(": ", 2)
    assert file == f"stacks/Pulumi.{DEFAULT}.yaml"
    with pytest.raises(SettingsError) as refused:
        read_settings(changed(MISTAKES[key]))
    assert line in str(refused.value).splitlines()


@pytest.mark.parametrize("block", [block for _, block in BLOCKS if block.lstrip().startswith('{"Version"')])
def test_every_policy_is_json(block: str):
    assert json.loads(block)["Statement"]


def handlers() -> list[str]:
    return [block for _, block in BLOCKS if "def handle" in block]


def test_the_docs_have_a_handler():
    assert handlers()


@pytest.mark.parametrize("block", handlers())
def test_every_handler_handles_a_record(block: str):
    code = block.split("# Dockerfile", maxsplit=1)[0]
    ast.parse(code)
    names: dict[str, Any] = {}
    exec(code, names)
    record = SimpleNamespace(value=b'{"id": 1}', key=b"1", headers=[], topic="orders", partition="0", position="7")
    if "handle_batch" in names:
        names["handle_batch"]([record])
    else:
        names["handle"](record)
