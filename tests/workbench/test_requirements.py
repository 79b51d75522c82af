"""Tests that requirements.txt lists the installed versions with a reason for each."""

import re
from importlib.metadata import version

import pytest

from workbench.stack_file import ROOT

LINES = [
    line
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize("line", LINES)
def test_each_requirement_is_pinned_to_the_installed_version_with_a_reason(line):
    match = re.fullmatch(r"([A-Za-z0-9-]+)(?:\[[a-z]+\])?==(\S+)\s+# \S.*", line)
    assert match, f"{line}: must be NAME==VERSION  # why"
    assert version(match[1]) == match[2], f"{match[1]}: run make venv"
