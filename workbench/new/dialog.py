"""The dialog of `new`: cloud, load, service, and the other parts of the stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from components.catalog import PROPOSED
from components.consumer import ImageSettings
from components.load import Load
from components.section import parse
from workbench.new.answers import Answers, a_number, field_of, one_of
from workbench.new.proposals import line, proposals
from workbench.output import fail_with
from workbench.size import report
from workbench.size.command import RETENTION_HOURS
from workbench.size.request import Retention, check_new_file, read_choices, stack_argument, write_new
from workbench.size.size import Choice, Request, Sized, best_first, size
from workbench.size.stack_text import stack_text

STACK = "STACK"
NETWORK, IMAGE = "10.0.0.0/16", ":1.0.0"
EXAMPLE = {"messagesPerSecond": 1000, "bytes": 1000, "handlingMilliseconds": 10}


@dataclass(frozen=True, kw_only=True)
class Given:
    """Values of the flags. None if a flag was not set."""

    cloud: str | None
    kafka: bool | None
    messages_per_second: float | None
    message_bytes: int | None
    handling_milliseconds: float | None
    retention_hours: int | None
    service: str | None
    tier: str | None
    platform: str | None
    region: str | None
    network_cidr: str | None
    image: str | None


def write_stack(path: Path, given: Given, *, interactive: bool) -> None:
    """Collect the answers and write the stack file. Raise FlagError if an answer is wrong or missing."""
    name = check_new_file(STACK, path)
    answers = Answers(interactive=interactive)
    cloud = answers.get(
        "--cloud", f"Cloud ({', '.join(PROPOSED)})", given.cloud, "aws", one_of(list(PROPOSED)), required=True
    )
    request = _request(answers, given, name)
    if given.service is None and not interactive:
        answers.missing.append("--service")
    answers.require()
    assert request is not None  # noqa: S101  require has raised if the load is missing
    choice = _choice(answers, given, cloud, request)
    choice = _on_platform(answers, given, choice)
    request = _place(answers, given, choice, request)
    sized = size(choice, request)
    if sized.config is None:
        fail_with([f"{choice.title}: {report.refusal(sized)}"])
    write_new(STACK, path, stack_text(sized, request, path))
    typer.echo(f"wrote {path}: {choice.title}")
    typer.echo(f"See its resources: make plan STACK={stack_argument(path)}")


def _request(answers: Answers, given: Given, name: str) -> Request | None:
    """Return the load. None if a part is missing."""
    questions = (
        (
            "messagesPerSecond",
            "--messages-per-second",
            "Messages per second at the peak",
            given.messages_per_second,
            float,
        ),
        ("bytes", "--bytes", "Bytes of a message, on average", given.message_bytes, int),
        (
            "handlingMilliseconds",
            "--handling-milliseconds",
            "Milliseconds to handle a message, on average",
            given.handling_milliseconds,
            float,
        ),
    )
    values = {
        key: answers.get(
            flag,
            text,
            value,
            EXAMPLE[key],
            a_number(kind, field_of(Load, key, **{other: EXAMPLE[other] for other in EXAMPLE if other != key})),
            required=True,
        )
        for key, flag, text, value, kind in questions
    }
    hours = answers.get(
        "--retention-hours",
        "Hours that messages are kept",
        given.retention_hours,
        RETENTION_HOURS,
        a_number(int, field_of(Retention, "retentionHours")),
    )
    load = parse(Load, values)
    return None if isinstance(load, list) else Request(load=load, retention_hours=hours, name=name)


def _choice(answers: Answers, given: Given, cloud: str, request: Request) -> Choice:
    """Return the service: that of the flags, or one of the proposals."""
    if given.service is not None:
        selected = read_choices(cloud, given.service, given.tier, given.platform)
        ranked = best_first([size(each, request) for each in selected], kafka=bool(given.kafka))
        return next((sized for sized in ranked if sized.config is not None), ranked[0]).choice
    kafka = given.kafka
    if kafka is None:
        kafka = typer.confirm("Does an existing Kafka move to the cloud?", default=False)
    fitting, others = proposals(cloud, request, kafka=kafka)
    if not fitting:
        fail_with([line(sized) for sized in others])
    typer.echo(f"\n{report.heading(request)}")
    typer.echo(_listed(fitting, others))
    numbers = [str(number) for number in range(1, len(fitting) + 1)]
    chosen = answers.get("--service", "Service (number)", None, "1", one_of(numbers))
    return fitting[int(chosen) - 1].choice


def _listed(fitting: Sequence[Sized], others: Sequence[Sized]) -> str:
    lines = [f"  {number}  {line(sized)}" for number, sized in enumerate(fitting, start=1)]
    return "\n".join([*lines, *(f"  -  {line(sized)}" for sized in others)])


def _on_platform(answers: Answers, given: Given, choice: Choice) -> Choice:
    able = [name for name in choice_platforms(choice) if given.platform is None or name == given.platform]
    if given.platform is not None or len(able) == 1:
        if not able:
            read_choices(choice.cloud, choice.service, None, given.platform)
        return replace(choice, platform=able[0])
    chosen = answers.get("--platform", f"Platform of the consumers ({', '.join(able)})", None, able[0], one_of(able))
    return replace(choice, platform=chosen)


def choice_platforms(choice: Choice) -> Sequence[str]:
    """Return the platforms of the cloud that can read the service."""
    return [name for name in PROPOSED[choice.cloud].platforms if name not in choice.streaming.refused_on]


def _place(answers: Answers, given: Given, choice: Choice, request: Request) -> Request:
    """Return the request with region, network and image."""
    base = choice.base
    (key, default), *others = base.first_account.items()
    rest = {name.partition(":")[2]: value for name, value in others}
    region = answers.get(
        "--region", "Region", given.region, default, field_of(base.account, key.partition(":")[2], **rest)
    )
    cidr = answers.get(
        "--network-cidr",
        "Address range of the new network (for an existing network, see docs/settings.md)",
        given.network_cidr,
        NETWORK,
        field_of(base.network_settings, "cidr"),
    )
    image = answers.get(
        "--image",
        "Image of the consumer (:1.0.0 is in the stack's own registry)",
        given.image,
        IMAGE,
        field_of(ImageSettings, "image"),
    )
    network = {} if cidr == NETWORK else {"cidr": cidr}
    return replace(request, account={key: region}, network=network, image=image)
