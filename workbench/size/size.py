"""Finds the smallest stack that carries a load: settings of the service, parallelism, and nodes."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from components.catalog import PROPOSED
from components.load import Load, Need, number
from components.section import ConfigError, KeyPath, parse
from components.service import CloudBase, ContainerPlatform, StreamingService
from components.settings import NAMESPACE, SettingsError, load
from components.settings_bases import PipeSettings, ServiceSettings
from components.sizing import Variant, streaming_needs

PIPE = "orders"
SOURCE = "size"
"""Prefix of the messages of settings that are checked here. It is removed again."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a stack must carry, and the parts of the stack that are not sized."""

    load: Load
    retention_hours: int
    account: Mapping[str, str] = field(default_factory=dict[str, str])
    """Account keys that replace the examples of the cloud."""
    network: Mapping[str, object] = field(default_factory=dict[str, object])
    image: str = ":1.0.0"
    name: str = "new"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A way to use a service on a cloud, and the platform of its consumers."""

    cloud: str
    service: str
    platform: str
    variant: Variant | None
    """None if messages do not determine the size of the service."""

    @property
    def base(self) -> CloudBase:
        """Return the parts of every stack on the cloud."""
        return PROPOSED[self.cloud].base

    @property
    def streaming(self) -> StreamingService:
        """Return the catalog's entry of the service."""
        return PROPOSED[self.cloud].streaming[self.service]

    @property
    def container(self) -> ContainerPlatform:
        """Return the catalog's entry of the platform."""
        return PROPOSED[self.cloud].platforms[self.platform]

    @property
    def title(self) -> str:
        """Return the vendor's names of service and platform."""
        tier = f" ({self.variant.name})" if self.variant and self.variant.name else ""
        return f"{self.streaming.title}{tier} and {self.container.title}"


@dataclass(frozen=True, kw_only=True)
class Sized:
    """Result for one choice: the needs and the stack's configuration, or why the service cannot carry the load."""

    choice: Choice
    needs: Sequence[Need] = ()
    notes: Sequence[str] = ()
    config: Mapping[str, Any] | None = None
    """Keys and values of a stack file. None if the load is too large."""
    reason: str = ""
    """Why there is no size."""
    largest: float | None = None
    """The most messages per second that the service carries at any size. None if another limit is the reason."""

    @property
    def parallelism(self) -> int | None:
        """Return the replicas and partitions of the pipe."""
        return self.config[f"{NAMESPACE}:pipes"][PIPE]["parallelism"] if self.config else None

    @property
    def deciding(self) -> Sequence[Need]:
        """Return the largest need of each key of the stack file, and needs that no key sets."""
        largest: dict[str, Need] = {}
        for need in self.needs:
            if need.name not in largest or largest[need.name].exact < need.exact:
                largest[need.name] = need
        return list(largest.values())


class _TooMuch(Exception):  # noqa: N818  not an error: the answer for one size of a service
    def __init__(self, reason: str, largest: float | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.largest = largest


def choices(
    cloud: str | None = None, service: str | None = None, tier: str | None = None, platform: str | None = None
) -> Iterator[Choice]:
    """Yield the choices of the catalog that match. Each service gets the first platform that can read it."""
    for name, each in PROPOSED.items():
        if cloud not in (None, name):
            continue
        for key in each.streaming if service is None else each.streaming.keys() & {service}:
            entry = each.streaming[key]
            able = [one for one in each.platforms if one not in entry.refused_on and platform in (None, one)]
            for variant in entry.sizing.variants or (None,):
                if able and (tier is None or (variant and variant.name == tier)):
                    yield Choice(cloud=name, service=key, platform=able[0], variant=variant)


def best_first(found: Sequence[Sized], *, kafka: bool = False) -> Sequence[Sized]:
    """Return sizes by rank: of the ease of moving an existing Kafka if one moves, otherwise of the work to run them."""

    def rank(sized: Sized) -> tuple[int, int]:
        variant = sized.choice.variant
        if variant is None:
            return (0, 0)
        return (variant.migration, variant.effort) if kafka else (variant.effort, variant.migration)

    return sorted(found, key=rank)


def size(choice: Choice, request: Request) -> Sized:
    """Return the smallest size of a choice that carries a load, or the reason why there is none."""
    if choice.variant is None:
        return Sized(choice=choice, reason=f"{choice.streaming.sizing.unsized}.")
    refused: list[_TooMuch] = []
    for section in choice.variant.sections:
        try:
            return _fitted(choice, request, section)
        except _TooMuch as found:
            refused.append(found)
    best = max(refused, key=lambda each: each.largest or 0)
    return Sized(choice=choice, reason=best.reason, largest=best.largest)


def _fitted(choice: Choice, request: Request, section: Mapping[str, object]) -> Sized:
    """Return the smallest size with this streaming section. Raise _TooMuch if there is none."""
    entry = choice.streaming
    topic: Mapping[str, object] = choice.variant.topic if choice.variant else {}
    pipe_section: dict[str, object] = {
        "parallelism": 1,
        "expect": {key: _whole(value) for key, value in request.load.model_dump(by_alias=True).items()},
        "topic": {"retentionHours": request.retention_hours, **topic},
        "consumer": {"image": request.image},
    }
    smallest: dict[str, Any] = {"streaming": dict(section), "pipes": {PIPE: pipe_section}}
    # A wrong retention, for example, is no matter of the rate.
    _refuse(choice, request, smallest)
    config: dict[str, Any] = {}
    wanted, keys = smallest, set[KeyPath]()
    needs: Sequence[Need] = ()
    settings = pipe = None
    while wanted != config:  # the disk of a broker depends on the number of brokers, and so on
        config = wanted
        settings = _parsed(entry.settings, config["streaming"], "streaming")
        pipe = _parsed(entry.pipe, config["pipes"][PIPE], "pipes", PIPE)
        needs = streaming_needs(entry.sizing, settings, {PIPE: pipe})
        _refuse_impossible(needs, request.load)
        keys |= {need.key for need in needs if need.key and need.short}
        wanted = _raised(smallest, keys, needs)
    return _on_platform(choice, request, config, needs, (settings, pipe))


def _refuse(choice: Choice, request: Request, smallest: Mapping[str, Any]) -> None:
    """Raise _TooMuch if the settings refuse the smallest configuration."""
    settings = _parsed(choice.streaming.settings, smallest["streaming"], "streaming")
    pipe = _parsed(choice.streaming.pipe, smallest["pipes"][PIPE], "pipes", PIPE)
    runner = choice.container.sizing.sections({PIPE: pipe}, settings.system_workloads)[0]
    refusal = _refusal(_stack(choice, request, {**smallest, "platform": dict(runner)}), request.name)
    if refusal:
        raise _TooMuch(refusal, None)


def _on_platform(
    choice: Choice, request: Request, config: Mapping[str, Any], needs: Sequence[Need], parsed: tuple[Any, Any]
) -> Sized:
    """Return the size with the best platform section that the settings accept. `parsed` are the streaming settings and the pipe."""
    settings, pipe = parsed
    pipes = {PIPE: pipe}
    sizing = choice.container.sizing
    refusals: list[str] = []
    for runner in sizing.sections(pipes, settings.system_workloads):
        platform = parse(choice.container.settings, runner)
        if isinstance(platform, list):  # more nodes of this machine type than a group can have
            refusals.append(" ".join(str(error.under("platform")) for error in platform))
            continue
        found = [*needs, *sizing.needs(platform, pipes, settings.system_workloads)]
        _refuse_impossible(found, request.load)
        stack = _stack(choice, request, {**config, "platform": dict(runner)})
        refusal = _refusal(stack, request.name)
        if not refusal:
            notes = [*_notes(found, request.load), *choice.streaming.sizing.notes(settings, pipes)]
            return Sized(choice=choice, needs=found, notes=notes, config=stack)
        refusals.append(refusal)
    raise _TooMuch(refusals[0], None)  # that of the best machine type


def _whole(value: float) -> float:
    """Return a whole number as an int, so that the stack file shows 50000 and not 50000.0."""
    return int(value) if value == int(value) else value


def _stack(choice: Choice, request: Request, sections: Mapping[str, object]) -> Mapping[str, Any]:
    account = {**choice.base.first_account, **request.account}
    network = {f"{NAMESPACE}:network": dict(request.network)} if request.network else {}
    own = {f"{NAMESPACE}:{key}": sections[key] for key in ("streaming", "platform", "pipes")}
    return {**account, f"{NAMESPACE}:name": request.name, **network, **own}


def _refusal(config: Mapping[str, Any], name: str) -> str:
    """Return the errors of a configuration. Secrets that it names count as present. Empty if there are none."""
    streaming = config[f"{NAMESPACE}:streaming"]
    names = list(streaming.get("credentials", {}).values())
    secrets = {f"{NAMESPACE}:secrets": dict.fromkeys(names, "stand-in")} if names else {}
    keys = {f"{NAMESPACE}:secrets.{each}" for each in names}
    try:
        load({**config, **secrets}, source=SOURCE, stack=name, secret_keys=keys)
    except SettingsError as error:
        return " ".join(line.removeprefix(f"{SOURCE}: ") for line in str(error).splitlines())
    return ""


def _parsed(model: type[Any], section: Mapping[str, object], *parents: str) -> Any:
    found: ServiceSettings | PipeSettings | list[ConfigError] = parse(model, section)
    if isinstance(found, list):
        raise _TooMuch(" ".join(str(error.under(*parents)) for error in found), None)
    return found


def _refuse_impossible(needs: Sequence[Need], expected: Load) -> None:
    impossible = [need for need in needs if need.impossible]
    if not impossible:
        return
    fixed = next((need for need in impossible if not need.scales), None)
    worst = min(impossible, key=lambda need: (need.most or 0) / need.exact)
    largest = expected.messages_per_second * (worst.most or 0) / worst.exact
    if fixed:
        raise _TooMuch(
            f"A message may have at most {number(fixed.most or 0)} bytes, and {number(fixed.amount)} are needed ({fixed.source}). {fixed.more}",
            None,
        )
    raise _TooMuch(
        f"Bottleneck: {worst.limit}. {number(worst.amount)} {worst.what} are needed ({worst.formula}), and the most is {number(worst.most or 0)} "
        f"({worst.most_source or worst.source}). {worst.more}",
        largest,
    )


def _raised(smallest: Mapping[str, Any], keys: Set[KeyPath], needs: Sequence[Need]) -> dict[str, Any]:
    """Return the smallest configuration with some keys raised to the largest amount that is needed of each."""
    config = copy.deepcopy(dict(smallest))
    for path in keys:
        largest = max((need for need in needs if need.key == path), key=lambda need: need.amount)
        section = config
        for part in path[:-1]:
            section = section.setdefault(str(part), {})
        section[str(path[-1])] = largest.amount if largest.value is None else largest.value
    return config


def _notes(needs: Sequence[Need], expected: Load) -> Iterator[str]:
    """Yield what decides, and what would reduce the size."""
    partitions = [need for need in needs if need.key[-1:] == ("parallelism",)]
    handling, others = partitions[0], partitions[1:]
    if handling.amount > max((need.amount for need in others), default=1):
        half = replace(handling, exact=handling.exact / 2)
        yield (
            f"Handling decides the parallelism. A shorter handling time lowers it in proportion: at "
            f"{number(expected.handling_milliseconds / 2)} ms it would be {number(-(-half.exact // 1))}. Batched I/O is one way: a handler that "
            "defines handle_batch(records). The time of a message is then that of its batch, divided by the messages."
        )
        flows = [need.amount for need in others if need.limit == "throughput of a partition"]
        if flows:  # a note of its own: it holds for this service only
            yield f"Throughput alone needs a parallelism of {number(max(flows))}."
    nodes = [need for need in needs if need.machines and need.key[:1] == ("platform",)]
    brokers = [need for need in needs if need.machines and need.key[:1] == ("streaming",)]
    if nodes and brokers:
        most = max(need.amount for need in brokers)
        if nodes[0].amount > most:
            yield f"The consumers need more machines ({number(nodes[0].amount)} nodes) than the service ({number(most)} brokers)."
