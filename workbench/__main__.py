"""Command line: `python -m workbench COMMAND`."""

from __future__ import annotations

import atexit
import gc
import os
import re
import signal
import threading
import warnings
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer

import workbench
from workbench.dev.command import dev
from workbench.draw.command import draw
from workbench.handler.command import handler
from workbench.importing.command import import_
from workbench.new.command import new
from workbench.output import BAD_INPUT, console, exit_with, fail_with, guarded, print_json
from workbench.permissions.command import permissions
from workbench.report.command import report
from workbench.servers.child import ending_signals
from workbench.size.command import size
from workbench.stack_file import ROOT, StackFile, StackFileError, find_stack_file

app = typer.Typer(
    help=workbench.__doc__,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Stack = Annotated[str, typer.Argument(help="Name of a stack in stacks/, or path of a stack file.")]
Json = Annotated[bool, typer.Option("--json", help="Print only JSON on standard output.")]


@app.command()
def plan(
    stack: Stack,
    *,
    as_json: Json = False,
    preview: Annotated[bool, typer.Option(help="Plan as a preview: ids and computed outputs are unknown.")] = False,
) -> None:
    """Show the resources that a stack would create, their dependencies, and partitions = replicas for each pipe.

    Needs no account, no Pulumi engine and no network. Exit status: 1 if the plan has problems, 2 if the stack file is wrong.
    """
    stack_file = _stack_file(stack)

    def run() -> None:
        from workbench import plan as planning  # noqa: PLC0415  the SDKs take seconds to import

        made = planning.plan(stack_file, preview=preview)
        if as_json:
            print_json(made.as_json())
            for note in planning.notes(made):
                typer.echo(note, err=True)
        else:
            planning.render(made, console())
        fail_with([str(problem) for problem in made.problems])

    guarded(run)


app.command()(draw)
app.command()(report)
app.command()(permissions)
app.command("import")(import_)


@app.command()
def rehearse(
    stack: Stack,
    *,
    as_json: Json = False,
    grow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PIPE=N", help="Pipe to grow and its new parallelism. By default the first pipe is doubled."
        ),
    ] = None,
) -> None:
    """Deploy a stack with the real Pulumi engine on simulated clouds: preview, up, again, refresh, grow, destroy.

    Needs no account. Works on a copy of the stack file. Kubernetes objects are created on a real API server if it has been
    built (make test-kubernetes). Exit status: 1 if the rehearsal fails, 2 if the stack file is wrong.
    """
    stack_file = _stack_file(stack)
    growth = dict(_growth(each) for each in grow or []) or None

    def run() -> None:
        from workbench.rehearse import rehearse as rehearsing  # noqa: PLC0415  as above
        from workbench.rehearse.progress import Progress  # noqa: PLC0415

        gc.enable()
        _end_quietly_on_signals("the rehearsal")
        with Progress() as progress, rehearsing.real_kubernetes(stack_file, progress) as kubernetes:
            rehearsal = rehearsing.rehearse(stack_file, growth=growth, kubernetes=kubernetes, on_event=progress)
        if as_json:
            print_json(rehearsal.as_json())
        else:
            rehearsing.render(rehearsal, console())
        fail_with(list(rehearsal.problems))

    guarded(run)


@app.command()
def prove(
    stack: Stack = "aws-msk-eks",
    *,
    as_json: Json = False,
    plot: Annotated[
        Path, typer.Option(metavar="DIR", help="Directory for the plot: prove-STACK.png and prove-STACK.svg.")
    ] = Path(".prove"),
) -> None:
    """Run the real consumer on a local Kafka broker, with a stack's topic. Show partition assignment and throughput.

    Needs no account and no Java. The first run downloads Kafka and Java (44 MB). If KAFKA_BOOTSTRAP_SERVERS is set, that broker is
    used instead. Exit status: 1 if the equation does not hold or a message is lost, 2 if the stack file is wrong.
    """
    stack_file = _stack_file(stack)

    def run() -> None:
        from workbench import plan as planning  # noqa: PLC0415  as above
        from workbench.prove import prove as proving  # noqa: PLC0415  as above
        from workbench.prove.plot import plot as draw  # noqa: PLC0415  as above
        from workbench.prove.report import Live, render  # noqa: PLC0415  as above
        from workbench.prove.stack import planned_topic  # noqa: PLC0415  as above

        planned = planned_topic(planning.plan(stack_file))
        gc.enable()
        _end_quietly_on_signals("the proof")
        with Live() as live:
            proof = proving.prove(planned, live)
        files = draw(proof, plot)
        if as_json:
            print_json({**proof.as_json(), "plot": [str(file) for file in files]})
        else:
            render(proof, console())
            typer.echo(f"plot: {files[0]}, {files[1]}")
        fail_with(proof.problems)

    guarded(run)


@app.command()
def soak(
    stack: Stack = "aws-msk-eks",
    *,
    seconds: Annotated[float, typer.Option(min=10, help="Seconds of faults.")] = 300,
    seed: Annotated[
        int | None, typer.Option(help="Order of the faults. By default a random one, which is printed.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run real consumers on three local Kafka brokers under random faults, with a stack's topic. Count every record.

    Faults: consumers and brokers are killed, stopped and frozen, the topic grows, and records cannot be handled. Needs no account
    and no Java. The first run downloads Kafka and Java (44 MB). Exit status: 1 if a record is lost, a key is out of order or memory
    grows, 2 if the stack file is wrong.
    """
    stack_file = _stack_file(stack)

    def run() -> None:
        from workbench import plan as planning  # noqa: PLC0415  as above
        from workbench.prove import soak as soaking  # noqa: PLC0415  as above
        from workbench.prove.report import Live  # noqa: PLC0415  as above
        from workbench.prove.soak_result import render  # noqa: PLC0415  as above
        from workbench.prove.stack import planned_topic  # noqa: PLC0415  as above

        planned = planned_topic(planning.plan(stack_file), "soak runs Apache Kafka")
        gc.enable()
        _end_quietly_on_signals("the soak")
        with Live() as live:
            result = soaking.soak(planned, live, seconds=seconds, seed=seed)
        if as_json:
            print_json(result.as_json())
        else:
            render(result, console())
        fail_with(result.problems)

    guarded(run)


app.command()(dev)


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True}, add_help_option=False)
def redrive(context: typer.Context) -> None:
    """List, show, replay, save or drop the dead letters of a pipe: `python -m consumer.redrive` on this machine.

    Needs the variables of a consumer of the pipe. `redrive --help` shows the commands.
    """

    def run() -> None:
        from consumer.redrive.command import main as redriving  # noqa: PLC0415  as above

        gc.enable()
        raise typer.Exit(redriving(context.args, os.environ))

    guarded(run)


app.add_typer(handler, name="handler")
app.command()(size)
app.command()(new)


@app.command()
def diff(
    base: Annotated[str, typer.Argument(help="Git revision to compare with, such as main or HEAD^.")],
    stack: Annotated[
        str | None, typer.Argument(help="Name of a stack in stacks/, now or at BASE. By default all stacks.")
    ] = None,
    *,
    reports: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write the report of each changed stack to this directory.")
    ] = None,
) -> None:
    """Compare the plans of the stacks at a git revision with the plans now. Print the differences as Markdown.

    Needs no account, no Pulumi engine and no network. Exit status: 1 if a stack cannot be planned now or its plan has problems, 2
    if BASE or STACK is wrong.
    """

    def run() -> None:
        from rich.console import Console  # noqa: PLC0415  as above

        from workbench.diff import diff as differing  # noqa: PLC0415  as above
        from workbench.diff.markdown import render  # noqa: PLC0415  as above

        _end_quietly_on_signals("the diff")
        try:
            with Console(stderr=True).status("plan both sides") as status:  # shown only on a terminal
                found = differing.diff(base, stack, lambda name: status.update(f"planned {name}"))
        except differing.RevisionError as error:
            exit_with(str(error), BAD_INPUT)
        typer.echo(render(found), nl=False)
        if reports:
            from workbench.report.report import write_changed  # noqa: PLC0415  as above

            write_changed(found, reports)
        fail_with(found.faults)

    guarded(run)


@app.command()
def reference() -> None:
    """Write stacks/schema.json, the generated pages docs/settings.md, stacks.md and choosing.md, and the pictures in docs/stacks/."""

    def run() -> None:
        from workbench import reference as referring  # noqa: PLC0415  as above

        for path, content in (*referring.files().items(), *referring.pictures()):
            (ROOT / path).parent.mkdir(exist_ok=True)
            (ROOT / path).write_text(content, encoding="utf-8")
            typer.echo(f"wrote {path}")

    guarded(run)


def main() -> None:
    """Run the command line."""
    # The SDKs' classes are never freed. Looking through them for garbage takes half of `plan`'s time, also at the interpreter's exit.
    gc.disable()
    atexit.register(gc.freeze)
    app(prog_name="python -m workbench")


def _end_quietly_on_signals(command: str) -> None:
    """Clean up and print one line on Ctrl-C or when a CI job is cancelled.

    Without this, the Automation API's threads print tracebacks about the files that were removed.
    """

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        threading.excepthook = lambda _: None
        warnings.simplefilter("ignore")
        typer.echo(f"stopped; everything {command} created was removed", err=True)
        raise SystemExit(128 + number)

    for number in ending_signals():
        signal.signal(number, end)


def _stack_file(stack: str) -> StackFile:
    try:
        return find_stack_file(stack)
    except StackFileError as error:
        exit_with(str(error), BAD_INPUT)


def _growth(argument: str) -> tuple[str, int]:
    match = re.fullmatch(r"([^=]+)=([1-9][0-9]*)", argument)
    if match is None:
        exit_with(f"--grow {argument}: must be PIPE=N with N at least 1. Use for example --grow orders=6.", BAD_INPUT)
    return match[1], int(match[2])


if __name__ == "__main__":
    main()
