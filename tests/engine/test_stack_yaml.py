"""Tests that compare `plan` with the real Pulumi CLI: both read the same values, or `plan` refuses the file."""

import json
from pathlib import Path

import pytest
from pulumi.automation import CommandError

from tests.engine.conftest import Start
from tests.yaml_values import ENTRIES, SCALARS, Read, comparable, reader
from workbench.rehearse.sandbox import Sandbox
from workbench.stack_file import StackFileError


@pytest.fixture
def sandbox(start: Start) -> Sandbox:
    return start(lambda: None)


@pytest.fixture
def pulumi(sandbox: Sandbox) -> Read:
    """Read a stack file as the CLI does and return the values that the program receives."""
    file = sandbox.directory / "project" / "Pulumi.test.yaml"

    def read(text: str) -> dict[str, str]:
        file.write_bytes(text.encode())
        return {key: comparable(found.value) for key, found in sandbox.stack.get_all_config().items()}

    return read


@pytest.fixture
def plan(tmp_path: Path) -> Read:
    return reader(tmp_path / "Pulumi.test.yaml")


def test_every_value_equals_the_cli_s_or_is_refused(plan: Read, pulumi: Read):
    """The CLI reads one file with every entry that `plan` accepts, each under a separate key."""
    accepted: dict[str, tuple[str, str]] = {}
    for number, entry in enumerate(ENTRIES):
        try:
            accepted[f"x:k{number}"] = (entry, plan(f"config:\n  {entry}\n")["x:k"])
        except StackFileError:
            continue
    lines = [entry.replace("x:k:", f"{key}:", 1) for key, (entry, _) in accepted.items()]
    # Anchors are valid until the end of a file, so repeated names are allowed.
    found = pulumi("config:\n  " + "\n  ".join(lines) + "\n")
    other = [
        (entry, expected, found.get(key)) for key, (entry, expected) in accepted.items() if found.get(key) != expected
    ]
    assert other == []
    assert len(accepted) > len(ENTRIES) / 4


FILES = {
    "byte order mark": "\ufeffconfig: {x:a: 1}\n",
    "CRLF": "config:\r\n  x:a: 1\r\n  x:b: |\r\n    c\r\n    d\r\n  x:c: 'e\r\n    f'\r\n",
    "CR": "config:\r  x:a: 1\r  x:b: text\r",
    "no end of line": "config: {x:a: 1}",
    "markers": "---\nconfig: {x:a: 1}\n...\n",
    "comments": "# a\nconfig: # b\n  # c\n  x:a: d # e\n  x:b: d#e\n",
    "anchors across keys": "config:\n  x:a: &x {p: 1}\n  x:b: {<<: *x, q: 2}\n  x:c: *x\n",
    "keys of the project": "config: {protect: false, lab:name: a}\n",
    "empty values": "config:\n  x:a:\n  x:b: ~\n  x:c: ''\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_file_is_read_as_the_cli_reads_it(plan: Read, pulumi: Read, text: str):
    # The sandbox's project has a different name.
    assert {key.replace("data-pipes:", "lab:"): value for key, value in plan(text).items()} == pulumi(text)


def test_a_rehearsal_passes_the_values_to_the_program_unchanged(sandbox: Sandbox):
    """Strings that look like numbers stay strings in the file that the rehearsal writes for the CLI."""
    texts = {f"x:k{number}": scalar for number, scalar in enumerate(SCALARS) if "\ud800" not in scalar}
    others = {
        "x:o": {"0777": "1e3", "a": [1, 2.5, True, None, "2026-01-31", "0o17"]},
        "x:n": 3,
        "x:f": 0.25,
        "x:b": True,
    }
    sandbox.configure({**texts, **others})
    found = {key: value.value for key, value in sandbox.stack.get_all_config().items()}
    assert {key: found[key] for key in texts} == texts
    assert json.loads(found["x:o"]) == others["x:o"]
    assert (found["x:n"], found["x:f"], found["x:b"]) == ("3", "0.25", "true")


@pytest.mark.parametrize("text", ["config: {x:a: 1, x:a: 2}\n", 'config: {x:a: "\\ud800"}\n'])
def test_the_cli_refuses_the_same_files(pulumi: Read, text: str):
    with pytest.raises(CommandError):
        pulumi(text)
