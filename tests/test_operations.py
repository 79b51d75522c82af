"""The runbook: each alarm has an entry, and each entry has a line that says what was carried out."""

import re

import pytest

from components.monitoring.alarms import ALARMS
from workbench.stack_file import ROOT


def entries(page: str, level: str) -> dict[str, str]:
    """Return the entries of a page: heading and text."""
    parts = re.split(r"^(#{2,}) (.+)\n", (ROOT / "docs" / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {parts[n + 1]: parts[n + 2].strip() for n in range(1, len(parts), 3) if parts[n] == level}


RUNBOOK = entries("operations.md", "###")
PROCEDURES = entries("procedures.md", "##")
CARRIED_OUT = "Carried out"
"""Heading of the table at the end of both pages."""


def carried_out(page: str) -> list[str]:
    """Return the entries that the table of a page names. A line can name several."""
    lines = re.findall(r"^\| (.+?) \| \S.* \|$", entries(page, "##")[CARRIED_OUT], re.MULTILINE)
    return [name for line in lines[1:] for name in line.split(", ")]


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_has_an_entry_and_a_line_in_the_table_with_its_severity(name: str):
    assert name in RUNBOOK, f"docs/operations.md: must have the entry ### {name}"
    [severity] = re.findall(
        rf"^\| \[{name}\]\(#{name}\) \| (\w+) \|", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE
    )
    assert severity == ALARMS[name].severity


@pytest.mark.parametrize(
    ("page", "names"),
    [
        pytest.param("operations.md", ["Commands", *ALARMS], id="operations"),
        pytest.param("procedures.md", [name for name in PROCEDURES if name != CARRIED_OUT], id="procedures"),
    ],
)
def test_each_entry_has_one_line_about_what_was_carried_out(page: str, names: list[str]):
    assert sorted(carried_out(page)) == sorted(names)


@pytest.mark.parametrize("name", ALARMS)
def test_the_entry_of_an_alarm_says_when_it_ends(name: str):
    assert re.search(r"\bThe alarm ends (when|15 minutes after) ", RUNBOOK[name])
