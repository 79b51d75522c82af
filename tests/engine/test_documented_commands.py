"""The pulumi commands in the documentation exist, with their options, in the CLI that this repository uses."""

import re
import shlex
from pathlib import Path

import pytest
from pulumi.automation import PulumiCommand

from tests.test_docs import lines_of

GROUPS = ("config", "stack", "state")
"""Commands with subcommands."""


@pytest.mark.parametrize("line", lines_of("pulumi "))
def test_a_documented_command_exists_with_its_options(line: str, command: PulumiCommand, tmp_path: Path):
    words = shlex.split(re.split(r"[;|\\]| >", line)[0])[1:]  # up to the end of the command on this line
    names = [word for word in words if re.fullmatch("[a-z]+", word)]
    path = names[: 2 if names[0] in GROUPS else 1] if words[1:2] and words[1] in names else names[:1]
    text = command.run([*path, "--help"], str(tmp_path), {}).stdout
    used = re.search(r"^Usage:\n  pulumi ([a-z ]+)", text, re.MULTILINE)
    assert used is not None, text
    assert len(used[1].split()) == len(path), line
    known = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text, re.IGNORECASE))
    assert {word.partition("=")[0] for word in words if word.startswith("-")} <= known, line
