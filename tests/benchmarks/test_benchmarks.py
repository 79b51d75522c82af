"""Tests of the benchmarks' yardstick, and that `make bench` runs every benchmark."""

import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.flat import flat_program
from workbench.plan import plan
from workbench.recording.recorder import Recording, program_file, record
from workbench.stack_file import ROOT, find_stack_file


def test_make_bench_runs_every_benchmark():
    scripts = [path.stem for path in (ROOT / "benchmarks").glob("*.py") if "typer.run(main)" in path.read_text()]
    commands = subprocess.run(["make", "-n", "bench"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert len(scripts) > 4
    assert [name for name in scripts if f" {name} " not in commands] == []


def test_every_benchmark_writes_its_results_and_a_plot_under_its_name():
    scripts = {path.stem: path.read_text() for path in (ROOT / "benchmarks").glob("*.py")}
    benchmarks = {name: text for name, text in scripts.items() if "typer.run(main)" in text}
    for call in ("write", "bars"):
        assert [name for name, text in benchmarks.items() if not re.search(rf'{call}\(\s*"{name}"', text)] == []


@pytest.mark.parametrize("stack", ["aws-msk-eks", "azure-eventhubs-aks", "gcp-pubsub-gke"])
def test_a_flat_program_registers_the_resources_of_the_stack(stack: str, tmp_path: Path):
    stack_file = find_stack_file(stack)
    program = tmp_path / "__main__.py"
    program.write_text(flat_program(stack_file), encoding="utf-8")
    assert registered(record(program_file(program), stack=stack)) == registered(plan(stack_file).recording)


def registered(recording: Recording) -> Counter[tuple[str, str, str]]:
    """Return type, name and inputs of all resources that are created."""
    return Counter(
        (each.type, each.name, json.dumps(each.revealed, sort_keys=True))
        for each in recording.resources
        if each.custom and not each.external
    )
