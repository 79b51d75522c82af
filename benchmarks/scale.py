"""Scale: CPU time per pipe of `plan` and `plan --json` with 100 and with 1,000 pipes.

`python -m benchmarks.scale [--most N]`. Start-up, which is the cost with one pipe, is subtracted.
"""

import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from benchmarks.measure import ROOT, Cost, interleaved, run, write
from benchmarks.plot import bars

STACKS = ("aws-kinesis-ecs", "azure-kafka-aks", "gcp-pubsub-gke")
SMALL = {"cpu": "250m", "memory": "512Mi"}
"""Resources of a consumer with which 1,000 pipes fit into one network."""
FEW = 100
MOST_GROWTH = 1.1
"""Largest ratio of the cost per pipe with many pipes to the cost with few."""


def main(
    most: Annotated[int, typer.Option(help="Largest number of pipes.", min=FEW + 1)] = 1000,
    rounds: Annotated[int, typer.Option(help="Number of rounds.", min=1)] = 1,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Measure plan --json.")] = False,
) -> None:
    """Measure, and exit with status 1 if the cost per pipe grows."""
    results: dict[str, Any] = {}
    options = ("--json",) if as_json else ()
    with tempfile.TemporaryDirectory() as directory:
        for stack in STACKS:
            files = {number: _with_pipes(stack, number, Path(directory)) for number in (1, FEW, most)}
            variants = {
                str(number): partial(run, ("-m", "workbench", "plan", str(file), *options))
                for number, file in files.items()
            }
            costs = interleaved(variants, rounds)
            one, few, many = (costs[str(number)] for number in files)
            results[stack] = _figures(one, few, many, most)
    write("scale", results)
    growth = {name: {"growth": each["growth"]} for name, each in results.items()}
    bars("scale", growth, label=f"CPU per pipe with {most} pipes, relative to {FEW}", target=MOST_GROWTH)
    for name, each in results.items():
        if each["growth"] > MOST_GROWTH:
            sys.exit(f"{name}: the cost per pipe must grow at most {MOST_GROWTH} times, got {each['growth']}")


def _figures(one: Cost, few: Cost, many: Cost, most: int) -> dict[str, float]:
    per_pipe = [(cost.cpu_seconds - one.cpu_seconds) / (number - 1) for cost, number in ((few, FEW), (many, most))]
    return {
        "start_up_cpu_seconds": round(one.cpu_seconds, 2),
        f"milliseconds_per_pipe_{FEW}": round(per_pipe[0] * 1000, 1),
        f"milliseconds_per_pipe_{most}": round(per_pipe[1] * 1000, 1),
        "growth": round(per_pipe[1] / per_pipe[0], 2),
        f"memory_mib_{most}": round(many.memory_mib),
    }


def _with_pipes(stack: str, number: int, directory: Path) -> Path:
    """Write a copy of a stack file with as many copies of its pipe."""
    content = yaml.safe_load((ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))
    config = content["config"]
    (pipe,) = config["data-pipes:pipes"].values()
    pipe = pipe | {"parallelism": 1, "consumer": pipe["consumer"] | SMALL}
    config["data-pipes:pipes"] = {f"pipe-{index}": pipe for index in range(number)}
    if not stack.endswith("-ecs"):
        config["data-pipes:platform"]["nodes"] = {"max": 100}
    file = directory / f"Pulumi.{stack}-{number}.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


if __name__ == "__main__":
    typer.run(main)
