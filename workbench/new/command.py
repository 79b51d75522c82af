"""The command `new`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from workbench.output import PROBLEMS, guarded
from workbench.size.command import RETENTION_HOURS, Platform, Tier
from workbench.stack_file import ROOT


def new(
    stack: Annotated[
        str, typer.Argument(help="Name of the new stack (stacks/Pulumi.NAME.yaml), or path of the new stack file.")
    ],
    *,
    cloud: Annotated[str | None, typer.Option(help="Cloud: aws, azure or gcp.")] = None,
    kafka: Annotated[
        bool | None, typer.Option("--kafka/--no-kafka", help="Whether an existing Kafka moves to the cloud.")
    ] = None,
    messages_per_second: Annotated[float | None, typer.Option(help="Messages per second at the peak.")] = None,
    message_bytes: Annotated[int | None, typer.Option("--bytes", help="Average bytes of a message.")] = None,
    handling_milliseconds: Annotated[
        float | None, typer.Option(help="Average milliseconds to handle one message.")
    ] = None,
    retention_hours: Annotated[
        int | None, typer.Option(help=f"Hours that messages are kept. {RETENTION_HOURS} by default.")
    ] = None,
    service: Annotated[str | None, typer.Option(help="Streaming service, such as msk.")] = None,
    tier: Tier = None,
    platform: Platform = None,
    region: Annotated[str | None, typer.Option(help="Region of the stack.")] = None,
    network_cidr: Annotated[
        str | None, typer.Option(help="Address range of the stack's network. 10.0.0.0/16 by default.")
    ] = None,
    image: Annotated[
        str | None, typer.Option(help="Image of the consumer. By default :1.0.0 in the stack's own registry.")
    ] = None,
) -> None:
    """Ask for cloud, load and service, and write a stack file of the right size. Every answer is also an option.

    If standard input is not a terminal, nothing is asked: cloud, load and service must be options. Needs no account and no network.
    Exit status: 1 if the service cannot carry the load, 2 if an option is wrong or missing.
    """

    def run() -> None:
        from workbench.new.dialog import Given, write_stack  # noqa: PLC0415  the SDKs take seconds to import

        given = Given(
            cloud=cloud,
            kafka=kafka,
            messages_per_second=messages_per_second,
            message_bytes=message_bytes,
            handling_milliseconds=handling_milliseconds,
            retention_hours=retention_hours,
            service=service,
            tier=tier,
            platform=platform,
            region=region,
            network_cidr=network_cidr,
            image=image,
        )
        try:
            write_stack(path_of(stack), given, interactive=sys.stdin.isatty())
        except BrokenPipeError:  # the reader of the output, such as head, has ended
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter flushes it at its exit
            raise typer.Exit(PROBLEMS) from None

    guarded(run)


def path_of(stack: str) -> Path:
    """Return the path of a new stack file, given the name of the stack or a path."""
    is_path = "/" in stack or stack.endswith((".yaml", ".yml"))
    return Path(stack) if is_path else ROOT / "stacks" / f"Pulumi.{stack}.yaml"
