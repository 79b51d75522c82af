"""Tests that the schema and the reference page match the settings models."""

from typing import Any

import jsonschema
import pytest
import yaml

from tests.stacks import NAMES, shipped
from workbench.draw.picture import draw
from workbench.reference import files, page, schema
from workbench.stack_file import ROOT
from workbench.stacks_page import picture


@pytest.mark.parametrize(("path", "content"), files().items(), ids=list(files()))
def test_the_generated_files_are_up_to_date(path, content):
    assert (ROOT / path).read_text() == content, "run `make reference`"


def stack_file(name: str = NAMES[0]) -> dict[str, Any]:
    return yaml.safe_load((ROOT / "stacks" / f"Pulumi.{name}.yaml").read_text())


def refused(content: dict[str, Any]) -> bool:
    return not jsonschema.Draft202012Validator(schema()).is_valid(content)


@pytest.mark.parametrize("name", NAMES)
def test_an_editor_accepts_every_stack_that_is_shipped(name):
    jsonschema.Draft202012Validator.check_schema(schema())
    assert not refused(stack_file(name))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("data-pipes:pipez", {}),
        ("data-pipes:protect", "yes"),
        ("data-pipes:streaming", {"service": "msk", "brokers": "three"}),
        ("data-pipes:streaming", {"service": "msk", "instanceTyp": "kafka.m5.large"}),
        ("data-pipes:platform", {"service": "eks", "admins": ["me"]}),
        ("data-pipes:pipes", {"orders": {"parallelism": 0, "consumer": {"image": "nginx:1"}}}),
        ("data-pipes:pipes", {"Orders": {"parallelism": 1, "consumer": {"image": "nginx:1"}}}),
        ("data-pipes:secrets", {"token": "plain"}),
        ("aws:region", "Ireland"),
        ("aws:regionn", "eu-west-1"),
    ],
)
def test_the_schema_rejects_settings_that_the_program_rejects(key, value):
    content = stack_file()
    content["config"][key] = value
    assert refused(content)


def test_the_schema_ignores_the_settings_of_other_tools():
    content = stack_file()
    content["config"]["pulumi:tags"] = {"team": "data"}
    assert not refused(content)


def test_the_page_names_every_key_that_is_required():
    for key in ("data-pipes:pipes.NAME.parallelism", "data-pipes:streaming.service", "aws:region"):
        sections = [section for section in page().split("\n## ") if "existing topic\n" not in section]
        rows = [line for section in sections for line in section.splitlines() if line.startswith(f"| `{key}` |")]
        assert rows
        assert all("| required |" in row for row in rows)


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_of_every_stack_is_up_to_date_and_small(name):
    path = ROOT / picture(name)
    assert path.exists(), "run `make reference`"
    assert path.read_text(encoding="utf-8") == draw(shipped(name)), "run `make reference`"
    assert path.stat().st_size < 60_000


def test_every_picture_belongs_to_a_stack():
    assert sorted(path.stem for path in (ROOT / "docs" / "stacks").iterdir()) == NAMES, "remove the other files"
