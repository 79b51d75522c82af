"""The runbook: each alarm has an entry, and each entry says what was carried out."""

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


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_has_an_entry_and_a_line_in_the_table_with_its_severity(name: str):
    assert name in RUNBOOK, f"docs/operations.md: must have the entry ### {name}"
    [severity] = re.findall(
        rf"^\| \[{name}\]\(#{name}\) \| (\w+) \|", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE
    )
    assert severity == ALARMS[name].severity


@pytest.mark.parametrize("name", [*ALARMS, *PROCEDURES])
def test_an_entry_ends_with_what_was_carried_out(name: str):
    last = {**PROCEDURES, **RUNBOOK}[name].split("\n\n")[-1]
    assert last.startswith("Carried out: "), last


@pytest.mark.parametrize("name", ALARMS)
def test_the_entry_of_an_alarm_says_when_it_ends(name: str):
    assert re.search(r"\bIt ends (when|15 minutes after) ", RUNBOOK[name])
