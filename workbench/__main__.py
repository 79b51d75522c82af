"""The command line: `python -m workbench COMMAND`."""

from __future__ import annotations

import gc
import json
import re
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

import workbench
from workbench.stack_file import ROOT, StackFile, StackFileError, find_stack_file

if TYPE_CHECKING:
    from rich.console import Console

PROBLEMS, BAD_INPUT = 1, 2
"""Exit statuses: the stack or the run has problems; the stack file or the command line is wrong."""

app = typer.Typer(
    help=workbench.__doc__,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Stack = Annotated[str, typer.Argument(help="The name of a stack in stacks/, or the path of a stack file anywhere.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on standard output.")]


@app.command()
def plan(
    stack: Stack,
    *,
    as_json: Json = False,
    preview: Annotated[bool, typer.Option(help="As a preview sees it: ids and computed outputs unknown.")] = False,
) -> None:
    """Show what a stack would be: resources, dependencies, and partitions = replicas for each pipe.

    No account, no engine, no network. Exit status 1 if the plan has problems, 2 if the stack file has.
    """
    stack_file = _stack_file(stack)

    def run() -> None:
        from workbench import plan as planning  # noqa: PLC0415  the SDKs take seconds to import

        made = planning.plan(stack_file, preview=preview)
        if as_json:
            _print_json(made.as_json())
            for note in planning.notes(made):
                typer.echo(note, err=True)
        else:
            planning.render(made, _console())
        _fail_with([str(problem) for problem in made.problems])

    _guarded(run)


@app.command()
def rehearse(
    stack: Stack,
    *,
    as_json: Json = False,
    grow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PIPE=N", help="A pipe and the parallelism it grows to; by default the first pipe doubles."
        ),
    ] = None,
) -> None:
    """Deploy a stack with the real Pulumi engine on simulated clouds: preview, up, again, refresh, grow, destroy.

    No account. Kubernetes objects go to a real API server, if it has been built (make test-kubernetes). It works on a copy of the
    stack file. Exit status 1 if the rehearsal fails, 2 if the stack file is wrong.
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
            _print_json(rehearsal.as_json())
        else:
            rehearsing.render(rehearsal, _console())
        _fail_with(list(rehearsal.problems))

    _guarded(run)


@app.command()
def prove(
    stack: Stack = "aws-msk-eks",
    *,
    as_json: Json = False,
    plot: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the plot is written, as prove-STACK.png and .svg.")
    ] = Path(".prove"),
) -> None:
    """Run the consumer against a real Kafka broker on this machine, with a stack's topic: who reads what, and how much.

    No account; no Java either, the first run downloads what it needs (44 MB). A broker that KAFKA_BOOTSTRAP_SERVERS names is used
    instead. Exit status 1 if the equation does not hold or a message is lost, 2 if the stack file is wrong.
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
            _print_json({**proof.as_json(), "plot": [str(file) for file in files]})
        else:
            render(proof, _console())
            typer.echo(f"plot: {files[0]}, {files[1]}")
        _fail_with(proof.problems)

    _guarded(run)


@app.command()
def diff(
    base: Annotated[str, typer.Argument(help="The git revision to compare with, such as main or HEAD^.")],
    stack: Annotated[
        str | None, typer.Argument(help="The name of a stack in stacks/, now or then; by default every one.")
    ] = None,
) -> None:
    """Show as Markdown what would change in the stacks since a git revision; both sides are planned and compared.

    No account, no engine, no network. Exit status 1 if the present plan has problems, 2 if BASE or STACK is wrong.
    """

    def run() -> None:
        from workbench.diff import diff as differing  # noqa: PLC0415  as above
        from workbench.diff.markdown import render  # noqa: PLC0415  as above

        _end_quietly_on_signals("the diff")
        try:
            found = differing.diff(base, stack)
        except differing.RevisionError as error:
            _exit(str(error), BAD_INPUT)
        typer.echo(render(found), nl=False)
        _fail_with(found.faults)

    _guarded(run)


@app.command()
def reference() -> None:
    """Write the JSON Schema of stack files and the page of every key, from the settings' models."""

    def run() -> None:
        from workbench import reference as referring  # noqa: PLC0415  as above

        for path, content in referring.files().items():
            (ROOT / path).write_text(content, encoding="utf-8")
            typer.echo(f"wrote {path}")

    _guarded(run)


def main() -> None:
    """Run the command line."""
    # Importing the cloud SDKs makes millions of objects that all stay; looking for garbage among
    # them costs a quarter of the time that `plan` takes.
    gc.disable()
    app(prog_name="python -m workbench")


def _end_quietly_on_signals(command: str) -> None:
    """Let Ctrl-C and a cancelled CI job end a command as an error would: cleaned up, with one line in the end.

    The Automation API's own threads would otherwise tell of the files that are taken away from under them.
    """

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        threading.excepthook = lambda _: None
        warnings.simplefilter("ignore")
        typer.echo(f"stopped; what {command} made is removed", err=True)
        raise SystemExit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


def _stack_file(stack: str) -> StackFile:
    try:
        return find_stack_file(stack)
    except StackFileError as error:
        _exit(str(error), BAD_INPUT)


def _growth(argument: str) -> tuple[str, int]:
    match = re.fullmatch(r"([^=]+)=([1-9][0-9]*)", argument)
    if match is None:
        _exit(f"--grow {argument}: must be PIPE=N, for example --grow orders=6", BAD_INPUT)
    return match[1], int(match[2])


def _guarded(run: Callable[[], None]) -> None:
    """Run a command; tell what went wrong without a traceback."""
    try:
        run()
    except typer.Exit:
        raise
    except StackFileError as error:
        _exit(str(error), BAD_INPUT)
    except Exception as error:  # noqa: BLE001  whatever a program raises is shown, not swallowed
        if _is_settings_error(error):
            _exit(str(error), BAD_INPUT)
        _exit(_told(error), PROBLEMS)


def _is_settings_error(error: Exception) -> bool:
    settings = sys.modules.get("components.settings")  # not imported yet, it can't have raised
    return settings is not None and isinstance(error, settings.SettingsError)


def _told(error: Exception) -> str:
    """An error's message; one that was not written for people also says its type and where it arose."""
    if type(error).__module__.partition(".")[0] in ("components", "pulumi", "workbench"):
        return str(error)
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(ROOT) and not Path(frame.filename).is_relative_to(ROOT / ".venv")
    ]
    where = f"{Path(ours[-1].filename).relative_to(ROOT)}:{ours[-1].lineno}: " if ours else ""
    return f"{where}{type(error).__name__}: {error}"


def _fail_with(problems: list[str]) -> None:
    if problems:
        counted = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        _exit("\n".join([f"{counted}:", *(f"  {problem}" for problem in problems)]), PROBLEMS)


def _exit(message: str, status: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(status)


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _console() -> Console:
    from rich.console import Console  # noqa: PLC0415  not needed for --json

    # A file or a pipe has no width; wide enough that no name is cut.
    return Console(highlight=False, width=None if sys.stdout.isatty() else 240)


if __name__ == "__main__":
    main()
