"""Recorder: CPU time of a recording against Pulumi's own mocks with the same program and the same typical outputs.

`python -m benchmarks.recorder [--rounds N]`.
"""

import asyncio
import contextvars
import gc
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any, cast

import pulumi
import typer
from pulumi.runtime import set_all_config, set_mocks
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs
from pulumi.runtime.stack import wait_for_rpcs

from benchmarks.measure import write
from benchmarks.plot import bars
from workbench.cloud.kinds import invoke, kind, place
from workbench.recording.recorder import program_file, record
from workbench.recording.records import PROVIDER_PREFIX
from workbench.stack_file import ROOT, StackFile, find_stack_file

STACKS = ("aws-msk-eks", "azure-eventhubs-aks", "gcp-pubsub-gke")
MOST = 1.15
"""Largest ratio to Pulumi's mocks."""

PROGRAM = program_file(ROOT / "__main__.py")


class Mocks(pulumi.runtime.Mocks):
    """Mocks as in Pulumi's documentation, with the typical outputs that the program needs."""

    def __init__(self) -> None:
        """Start without providers."""
        self.locations: dict[str, Mapping[str, Any]] = {}

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Return a typical id and typical outputs."""
        given = cast("dict[str, Any]", args.inputs)
        if not args.custom:
            return None, given
        if args.typ.startswith(PROVIDER_PREFIX):
            package = args.typ.removeprefix(PROVIDER_PREFIX)
            self.locations[package] = place(package, given)
            return f"{args.name}-id", given
        model, inputs = kind(args.typ), {**self._location(args.typ), **given}
        identifier = args.resource_id or model.identifier(args.name, inputs)
        return identifier, {**given, **model.outputs(identifier, args.name, inputs)}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Return a typical result of a provider function."""
        given = cast("dict[str, Any]", args.args)
        return dict(invoke(args.token, {**self._location(args.token), **given})), []

    def _location(self, token: str) -> Mapping[str, Any]:
        return self.locations.get(token.partition(":")[0], {})


def mocked(stack_file: StackFile) -> None:
    """Run the program under Pulumi's mocks."""

    async def run() -> None:
        set_all_config(stack_file.program_config(), list(stack_file.secret_keys))
        set_mocks(Mocks(), project="data-pipes", stack=stack_file.stack)
        cast("Callable[[], None]", PROGRAM)()
        await wait_for_rpcs()

    with asyncio.Runner() as runner:
        runner.run(run(), context=contextvars.Context())  # without what an earlier run left


def recorded(stack_file: StackFile) -> None:
    """Record the program."""
    record(PROGRAM, config=stack_file.program_config(), secret_keys=stack_file.secret_keys, stack=stack_file.stack)


def main(rounds: Annotated[int, typer.Option(help="Number of rounds.", min=1)] = 3) -> None:
    """Measure, and exit with status 1 if the recorder is too slow."""
    os.environ.pop("PULUMI_CONFIG", None)
    results = {stack: _measured(find_stack_file(stack), rounds) for stack in STACKS}
    write("recorder", results)
    ratios = {stack: {"recorder": each["ratio"]} for stack, each in results.items()}
    bars("recorder", ratios, label="CPU seconds, relative to Pulumi's mocks", target=MOST)
    for stack, each in results.items():
        if each["ratio"] > MOST:
            sys.exit(f"{stack}: a recording must cost at most {MOST} times Pulumi's mocks, got {each['ratio']}")


def _measured(stack_file: StackFile, rounds: int) -> dict[str, float]:
    seconds: dict[str, list[float]] = {"mocks": [], "recorder": []}
    for number in range(rounds + 1):
        for name, run in (("mocks", mocked), ("recorder", recorded)):
            gc.collect()  # otherwise a run pays for the garbage of the one before
            gc.freeze()
            started = time.process_time()
            run(stack_file)
            if number:  # the first round imports the SDKs
                seconds[name].append(time.process_time() - started)
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    return {
        "mocks_cpu_seconds": round(medians["mocks"], 3),
        "recorder_cpu_seconds": round(medians["recorder"], 3),
        "ratio": round(medians["recorder"] / medians["mocks"], 2),
    }


if __name__ == "__main__":
    typer.run(main)
