"""The command `dev`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

import typer

from workbench.output import BAD_INPUT, PROBLEMS, FlagError, console, exit_with, fail_with, guarded, print_json
from workbench.stack_file import find_stack_file

UNITS = {"s": 1, "m": 60}
MOST_RATE = 1_000_000
"""Records per second. More than a broker on one machine accepts."""


def dev(
    handler: Annotated[Path, typer.Argument(help="Python file that defines handle(record) or handle_batch(records).")],
    stack: Annotated[
        str, typer.Argument(help="Name of a stack in stacks/, or path of a stack file. Its first pipe is run.")
    ] = "aws-msk-eks",
    *,
    produce: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.jsonl", help='Records to write, one JSON object per line: {"value": ..., "key": ...}.'
        ),
    ] = None,
    rate: Annotated[
        float | None, typer.Option(help="Records to write per second. By default as fast as possible.")
    ] = None,
    duration: Annotated[
        str | None,
        typer.Option("--for", metavar="TIME", help="Time to run after all consumers are ready, such as 10s or 2m."),
    ] = None,
    expect_handled: Annotated[
        int | None,
        typer.Option(
            help="Records that must be handled within --for. The run ends when they are and no other record waits."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print only JSON on standard output.")] = False,
) -> None:
    """Run a handler on this machine: a stack's topic, one consumer per partition, retries and dead letters.

    Needs no account. A Kafka stack gets a real broker: the first run downloads Kafka and Java (44 MB). Kinesis Data Streams is
    simulated by moto, Pub/Sub by Google's test server, which the first run builds with Go. The consumers start again when the handler
    changes. Ctrl-C lets them finish. If KAFKA_BOOTSTRAP_SERVERS is set, a Kafka stack uses that broker instead, with a new topic that
    is deleted at the end. Exit status: 1 if a consumer ended, a record could not be written or fewer than --expect-handled records were handled, 2 if
    the stack, the handler or an option is wrong.
    """

    def run() -> None:
        from workbench.dev.handler_file import HandlerFile  # noqa: PLC0415  checked before the slow imports

        file = HandlerFile(handler)
        seconds = _seconds(duration)
        _check(rate, seconds, expect_handled)
        from workbench.dev import lines  # noqa: PLC0415  as above

        records = lines.read(produce) if produce else []
        stack_file = find_stack_file(stack)
        from workbench import plan as planning  # noqa: PLC0415  the SDKs take seconds to import
        from workbench.dev.handler_file import HandlerError  # noqa: PLC0415  as above
        from workbench.dev.redact import redactor  # noqa: PLC0415  as above
        from workbench.dev.service import dev_pipe  # noqa: PLC0415  as above
        from workbench.dev.session import Options, Stop, develop  # noqa: PLC0415  as above
        from workbench.dev.show import Show  # noqa: PLC0415  as above
        from workbench.prove.process import ProveError  # noqa: PLC0415  as above

        pipe = dev_pipe(planning.plan(stack_file))
        options = Options(lines=records, rate=rate, seconds=seconds, expected=expect_handled)
        redact = redactor(os.environ)
        stop = Stop()
        stop.install()
        try:
            with Show(redact) as show:
                summary = develop(
                    pipe=pipe, handler=file, options=options, show=show, stop=stop, environment=os.environ
                )
        except (HandlerError, ProveError) as error:
            exit_with(redact(str(error)), BAD_INPUT if isinstance(error, HandlerError) else PROBLEMS)
        if as_json:
            print_json(summary.as_json())
        else:
            console().print(summary.table())
        fail_with(list(summary.problems))

    guarded(run)


def _seconds(duration: str | None) -> float | None:
    if duration is None:
        return None
    found = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)([sm])", duration)
    if found is None:
        raise FlagError(
            f"--for: must be a number of seconds or minutes such as 10s or 2m, got {duration}. Add the unit."
        )
    return float(found[1]) * UNITS[found[2]]


def _check(rate: float | None, seconds: float | None, expected: int | None) -> None:
    if rate is not None and not 0 < rate <= MOST_RATE:
        raise FlagError(
            f"--rate: must be above 0 and at most {MOST_RATE}, got {rate}. Leave it out to write as fast as possible."
        )
    if expected is not None and expected < 1:
        raise FlagError(f"--expect-handled: must be at least 1, got {expected}. Leave it out to expect nothing.")
    if expected is not None and seconds is None:
        raise FlagError(
            "--expect-handled: must be used with --for, got no --for (the run would not end). Add --for 30s."
        )
