"""The command `size`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.output import FlagError, console, fail_with, guarded, print_json

if TYPE_CHECKING:
    from workbench.size.size import Choice

RETENTION_HOURS = 168
"""Default retention of every service's topics."""

Cloud = Annotated[str | None, typer.Option(help="Only services on this cloud: aws, azure or gcp.")]
Service = Annotated[str | None, typer.Option(help="Only this streaming service, such as msk. By default all.")]
Tier = Annotated[str | None, typer.Option(help="Only this tier of the service, such as premium.")]
Platform = Annotated[
    str | None, typer.Option(help="Platform of the consumers, such as ecs. By default one that can read the service.")
]
Retention = Annotated[int, typer.Option(help="Hours that messages are kept.")]


def size(
    *,
    messages_per_second: Annotated[float, typer.Option(help="Messages per second at the peak.")],
    message_bytes: Annotated[int, typer.Option("--bytes", help="Average bytes of a message.")],
    handling_milliseconds: Annotated[float, typer.Option(help="Average milliseconds to handle one message.")],
    retention_hours: Retention = RETENTION_HOURS,
    service: Service = None,
    cloud: Cloud = None,
    tier: Tier = None,
    platform: Platform = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print only JSON on standard output.")] = False,
    write: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write a stack file of this size. The file must be new.")
    ] = None,
) -> None:
    """Show the parallelism, the size of the service and the nodes that a load needs. Compare all services, or size one.

    Needs no account and no network. Exit status: 1 if no selected service can carry the load, 2 if an option is wrong.
    """

    def run() -> None:
        from workbench.size import report  # noqa: PLC0415  the SDKs take seconds to import
        from workbench.size.request import (  # noqa: PLC0415  as above
            check_new_file,
            read_choices,
            read_load,
            read_retention,
            stack_argument,
            write_new,
        )
        from workbench.size.size import Request, best_first  # noqa: PLC0415  as above
        from workbench.size.size import size as sized  # noqa: PLC0415  as above
        from workbench.size.stack_text import stack_text  # noqa: PLC0415  as above

        load = read_load(messages_per_second, message_bytes, handling_milliseconds)
        name = check_new_file("--write", write) if write else "new"
        request = Request(load=load, retention_hours=read_retention(retention_hours), name=name)
        selected = read_choices(cloud, service, tier, platform)
        if write:
            _refuse_several(selected)
        found = [sized(choice, request) for choice in selected]
        fitting = [each for each in found if each.config is not None]
        if as_json:
            print_json(report.as_json(found, request))
        else:
            report.render(found, request, console(), detailed=_is_one_service(selected))
        if not fitting:
            fail_with([f"{each.choice.title}: {report.refusal(each)}" for each in found])
        if write:
            best = best_first(fitting)[0]
            write_new("--write", write, stack_text(best, request, write))
            typer.echo(f"wrote {write}: {best.choice.title}", err=as_json)
            typer.echo(f"See its resources: make plan STACK={stack_argument(write)}", err=as_json)

    guarded(run)


def _is_one_service(selected: Sequence[Choice]) -> bool:
    return len({(each.cloud, each.service) for each in selected}) == 1


def _refuse_several(selected: Sequence[Choice]) -> None:
    services = sorted({each.service for each in selected})
    if len(services) > 1:
        raise FlagError(f"--service: is required with --write. Use one of: {', '.join(services)}.")
    clouds = sorted({each.cloud for each in selected})
    if len(clouds) > 1:
        raise FlagError(
            f"--cloud: is required with --write and --service {services[0]}. Use one of: {', '.join(clouds)}."
        )
