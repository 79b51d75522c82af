"""Sizes of services and platforms for a load, and warnings about stacks that are too small for their expected load."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar, cast

from components.load import MB, UTILISATION, Load, Need, number, rounded
from components.settings_bases import MOST_PARALLELISM, PipeSettings, ServiceSettings, SystemWorkloads

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)
PipeT = TypeVar("PipeT", bound=PipeSettings)

SOURCE = "Little's law; docs/consumer.md"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A documented limit and its source."""

    most: float
    source: str
    more: str = "Split the records across several pipes, or use another service or tier."
    """What to do if it is not enough, as an imperative sentence."""


ANY_PIPE = Limit(most=MOST_PARALLELISM, source="largest parallelism of a pipe: docs/settings.md")


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A way to use a service that is sized separately, such as a tier."""

    name: str = ""
    """Empty if the service has only one."""
    sections: Sequence[Mapping[str, object]]
    """Streaming sections with the smallest size, by machine type from small to large. The first one that is enough is used."""
    migration: int
    """Rank among the services for an existing Kafka, 1 is proposed first (docs/choosing.md). A judgement."""
    effort: int
    """Rank of the work to run it, 1 is the least. A judgement."""
    reason: str
    """What it is good at, in a few words."""
    topic: Mapping[str, object] = field(default_factory=dict[str, object])
    """Topic settings of a pipe."""
    before: Sequence[str] = ()
    """What to do before the first deployment of a new stack, as imperative sentences."""


class StreamingSizing(ABC, Generic[SettingsT, PipeT]):
    """Sizing of a streaming service. All methods are pure arithmetic."""

    variants: Sequence[Variant] = ()
    """Ways to use the service. Empty if messages do not determine its size; then `unsized` has the reason."""
    unsized: str = ""
    """Why the service has no size for a rate of messages, and what to do."""

    @abstractmethod
    def largest_message(self, settings: SettingsT) -> Limit | None:
        """Return the largest message in bytes with any settings. None if no limit is documented."""

    def partition_limits(self, settings: SettingsT) -> Sequence[tuple[str, float, str]]:
        """Return what one partition accepts per second: `bytes` or `messages`, the number, and the source."""
        _ = settings
        return ()

    def most_partitions(self, settings: SettingsT, pipe: PipeT) -> Limit:
        """Return the most partitions that a pipe can have."""
        _ = settings, pipe
        return ANY_PIPE

    def needs(self, settings: SettingsT, pipes: Mapping[str, PipeT]) -> Iterator[Need]:
        """Yield what all pipes together need of the service."""
        _ = settings, pipes
        yield from ()

    def pipe_needs(self, settings: SettingsT, name: str, pipe: PipeT) -> Iterator[Need]:
        """Yield the needs of one pipe, except partitions. By default: the size of its messages."""
        largest = self.largest_message(settings)
        if pipe.expect and largest:
            yield Need(
                what="bytes per message",
                limit="message size",
                exact=pipe.expect.bytes,
                amount=pipe.expect.bytes,
                have=largest.most,
                most=largest.most,
                formula=f"{number(pipe.expect.bytes)} bytes, of at most {number(largest.most)}",
                source=largest.source,
                scales=False,
                more=f"Send smaller messages on pipe {name}, for example with a reference to an object store.",
            )

    def notes(self, settings: SettingsT, pipes: Mapping[str, PipeT]) -> Iterator[str]:
        """Yield what is not known, and what else to consider."""
        _ = settings, pipes
        yield from ()


class PlatformSizing(ABC, Generic[SettingsT]):
    """Sizing of a container platform. All methods are pure arithmetic."""

    @abstractmethod
    def sections(
        self, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads
    ) -> Sequence[Mapping[str, object]]:
        """Return platform sections that run the pipes, the best one first."""

    @abstractmethod
    def needs(
        self, settings: SettingsT, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads
    ) -> Iterator[Need]:
        """Yield what the replicas of all pipes need of the platform."""


def throughput(pipes: Mapping[str, PipeSettings]) -> float:
    """Return the bytes per second of all pipes with an expected load."""
    return sum(load.throughput for load in loads(pipes))


def rate(pipes: Mapping[str, PipeSettings]) -> float:
    """Return the messages per second of all pipes with an expected load."""
    return sum(load.messages_per_second for load in loads(pipes))


def loads(pipes: Mapping[str, PipeSettings]) -> Sequence[Load]:
    """Return the expected loads of the pipes that have one."""
    return [pipe.expect for pipe in pipes.values() if pipe.expect]


class _Topic(Protocol):
    retention_hours: int


def kept_bytes(pipe: PipeSettings) -> float:
    """Return the bytes of one copy of a pipe's records, if the peak lasts for the whole retention."""
    topic = cast("_Topic", cast("Any", pipe).topic)
    return pipe.expect.throughput * topic.retention_hours * 3600 if pipe.expect else 0


def partitions_needed(
    sizing: StreamingSizing[Any, Any], settings: ServiceSettings, name: str, pipe: PipeSettings
) -> Iterator[Need]:
    """Yield the partitions that a pipe needs: for the handling time, and for the throughput of a partition."""
    load = pipe.expect
    if load is None:
        return
    most = min(sizing.most_partitions(settings, pipe), ANY_PIPE, key=lambda limit: limit.most)
    key = ("pipes", name, "parallelism")
    exact = load.busy / UTILISATION
    yield Need(
        key=key,
        what="consumers",
        limit="handling",
        exact=exact,
        amount=rounded(exact),
        have=pipe.parallelism,
        most=most.most,
        formula=f"{number(load.messages_per_second)}/s x {number(load.handling_milliseconds)} ms = {number(load.busy)} busy / {UTILISATION}",
        source=SOURCE,
        most_source=most.source,
        more=most.more,
        fix="A shorter handling time, for example with batched I/O, lowers it in proportion.",
    )
    for unit, limit, source in sizing.partition_limits(settings):
        flow, shown = (
            (load.throughput, f"{number(load.throughput / MB)} MB/s / {number(limit / MB)} MB/s")
            if unit == "bytes"
            else (load.messages_per_second, f"{number(load.messages_per_second)}/s / {number(limit)}/s")
        )
        yield Need(
            key=key,
            what=f"partitions for {unit}",
            limit="throughput of a partition",
            exact=flow / limit,
            amount=rounded(flow / limit),
            have=pipe.parallelism,
            most=most.most,
            formula=f"{shown} per partition",
            source=source,
            most_source=most.source,
            more=most.more,
        )


def streaming_needs(
    sizing: StreamingSizing[Any, Any], settings: ServiceSettings, pipes: Mapping[str, PipeSettings]
) -> Sequence[Need]:
    """Return everything that the pipes need of the streaming service."""
    return [
        *(need for name, pipe in pipes.items() for need in partitions_needed(sizing, settings, name, pipe)),
        *(need for name, pipe in pipes.items() for need in sizing.pipe_needs(settings, name, pipe)),
        *sizing.needs(settings, pipes),
    ]


def with_partitions(pipes: Mapping[str, PipeSettings], needs: Sequence[Need]) -> Mapping[str, PipeSettings]:
    """Return the pipes with at least as many partitions as they need."""
    wanted = {name: pipe.parallelism for name, pipe in pipes.items()}
    for need in needs:
        if need.key[-1:] == ("parallelism",):
            name = str(need.key[1])
            wanted[name] = max(wanted[name], need.amount)
    return {name: pipe.model_copy(update={"parallelism": wanted[name]}) for name, pipe in pipes.items()}


def load_warnings(
    streaming: StreamingSizing[Any, Any],
    platform: PlatformSizing[Any],
    sections: tuple[ServiceSettings, ServiceSettings],
    pipes: Mapping[str, PipeSettings],
) -> Sequence[str]:
    """Return a warning for each bottleneck of the expected load, the narrowest first. Each starts with the key.

    `sections` are the settings of the streaming service and of the platform.
    """
    expecting = {name: pipe for name, pipe in pipes.items() if pipe.expect}
    if not expecting:
        return []
    if streaming.unsized:
        return [f"pipes.{name}.expect: is not checked ({streaming.unsized}). Remove it." for name in expecting]
    service, runner = sections
    # The service must carry the partitions that the loads need, not only the present ones.
    grown = with_partitions(pipes, streaming_needs(streaming, service, pipes))
    found = [
        *(need for need in streaming_needs(streaming, service, pipes) if need.key[-1:] == ("parallelism",)),
        *(need for need in streaming_needs(streaming, service, grown) if need.key[-1:] != ("parallelism",)),
        *platform.needs(runner, grown, service.system_workloads),
    ]
    narrowest: dict[str, Need] = {}
    for need in sorted((need for need in found if need.short), key=lambda need: (need.have or 0) / need.exact):
        narrowest.setdefault(need.name, need)
    return [warning(need) for need in narrowest.values()]


def warning(need: Need) -> str:
    """Return the warning about a need that the stack does not meet."""
    have = need.have or 0
    enough = f"enough for {number(int(have / need.exact * 1000) / 10)} % of it"
    if need.impossible:
        fix = (
            f"The most is {number(need.most or 0)} ({need.most_source or need.source}). {need.more} {need.fix}".rstrip()
        )
    else:
        fix = " ".join(filter(None, (f"Set it to {number(need.amount)} or more." if need.key else "", need.fix)))
    return (
        f"{need.name}: must be at least {number(need.amount)} for the expected load, got {number(have)}, {enough} "
        f"(bottleneck: {need.limit}; {need.formula}; {need.source}). {fix}"
    )
