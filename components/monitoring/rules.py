"""PromQL rules over the consumers' own metrics: the same for every service and for every collector."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from pulumi import Input, Output

from components.monitoring.alarms import (
    DEAD_LETTERS,
    IDLE_CONSUMER,
    LOST_RECORDS,
    MISSING_CONSUMERS,
    NO_PROGRESS,
    OLD_RECORDS,
    PARTITION_WITHOUT_READER,
    RESTARTS,
    Alarm,
)


@dataclass(frozen=True, kw_only=True)
class Series:
    """Series of a set of pods."""

    matchers: Mapping[str, str]
    """Labels that select the pods, such as `namespace`."""
    minute: int = 60
    """Seconds of a minute. Tests shorten it."""

    def select(self, metric: str, window: int | None = None) -> str:
        """Return the selector of a metric. `window` is the length of a range in minutes."""
        labels = ",".join(f'{name}="{value}"' for name, value in sorted(self.matchers.items()))
        duration = f"[{window * self.minute}s]" if window else ""
        return f"{metric}{{{labels}}}{duration}"


@dataclass(frozen=True, kw_only=True)
class PipeSeries(Series):
    """Series of one pipe's consumers, and the numbers that the rules compare them with."""

    partitions: int
    age_minutes: int


@dataclass(frozen=True, kw_only=True)
class RuleTemplate:
    """Rule for any pipe."""

    alarm: Alarm
    minutes: int
    """Minutes that the expression must be true."""
    expression: Callable[[PipeSeries], str]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Rule of one pipe or of the streaming service."""

    alarm: Alarm
    subject: str
    """Name of the pipe, or of the stack for rules of its streaming service."""
    minutes: int
    """Minutes that the expression must be true."""
    expression: Input[str]
    enabled: bool = True
    """False while the pipe is paused: its records wait on purpose."""
    series: Input[PipeSeries] | None = None
    """Series of the pipe, from which charts are drawn. None for rules of the streaming service."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Chart of a dashboard."""

    title: str
    """Title with the unit."""
    expressions: Mapping[str, Callable[[PipeSeries], str]]
    """PromQL by the name of the line."""


def _handled(pipe: PipeSeries, minutes: int) -> str:
    """Return the records that each pod has handled or moved to the dead letters in the last minutes."""
    handled, dead = (pipe.select(f"consumer_{each}_total", minutes) for each in ("handled", "dead_letters"))
    return f"sum by (pod) (increase({handled}) + increase({dead}))"


def _age(pipe: PipeSeries) -> str:
    """Return the age of the oldest records. It survives the gap when a consumer restarts or a partition moves."""
    return f"max_over_time({pipe.select('consumer_lag_seconds', 2)})"


def _ready(pipe: PipeSeries) -> str:
    return f"(count({pipe.select('consumer_ready')} == 1) or vector(0))"


def _happened(pipe: PipeSeries, metric: str, minutes: int) -> str:
    """Return whether the time that a metric has is in the last minutes.

    A counter would not do: a consumer can count before it is first scraped, and Google's collector counts from the first scrape
    (prometheus-engine, series_cache.go, getResetAdjusted; read 2026-11-30).
    """
    return f"max(max_over_time({pipe.select(metric, minutes)})) > time() - {minutes * pipe.minute}"


def _old_records(pipe: PipeSeries) -> str:
    return f"max({_age(pipe)}) > {pipe.age_minutes * pipe.minute}"


def _no_progress(pipe: PipeSeries) -> str:
    # The other minutes are the rule's: a consumer that takes over old records has not handled any yet. It fires before
    # OLD_RECORDS, and before the platform restarts a stuck consumer (6 minutes), which then handles some records again.
    # One alarm for all pods: a broken system behind the handlers stops each of them.
    return f"count(max by (pod) ({_age(pipe)}) > {2 * pipe.minute} and {_handled(pipe, 2)} == 0) > 0"


def _missing_consumers(pipe: PipeSeries) -> str:
    # In a rollout, one consumer after the other is missing. It makes progress while new ones become ready.
    started = pipe.select("consumer_start_time_seconds")
    ready = f"{pipe.select('consumer_ready')} == 1"
    rollout = f"time() - max({started} and {ready}) < {5 * pipe.minute}"
    # A consumer that restarts now and then is no rollout.
    long = f"max_over_time(count({ready})[{30 * pipe.minute}s:{pipe.minute}s]) < {pipe.partitions}"
    return f"({_ready(pipe)} < {pipe.partitions} unless {rollout}) or {long}"


def _partition_without_reader(pipe: PipeSeries) -> str:
    assigned = f"sum({pipe.select('consumer_partitions')})"
    return f"{assigned} < {pipe.partitions} and {_ready(pipe)} >= {pipe.partitions}"


def _idle_consumer(pipe: PipeSeries) -> str:
    partitions = pipe.select("consumer_partitions")
    idle = f"count({partitions} == 0 and {pipe.select('consumer_ready')} == 1) > 0"
    return f"{idle} and sum({partitions}) >= {pipe.partitions} and {_ready(pipe)} >= {pipe.partitions}"


RULES: Sequence[RuleTemplate] = (
    RuleTemplate(alarm=OLD_RECORDS, minutes=5, expression=_old_records),
    RuleTemplate(alarm=NO_PROGRESS, minutes=3, expression=_no_progress),
    RuleTemplate(alarm=MISSING_CONSUMERS, minutes=10, expression=_missing_consumers),
    RuleTemplate(alarm=PARTITION_WITHOUT_READER, minutes=10, expression=_partition_without_reader),
    RuleTemplate(alarm=IDLE_CONSUMER, minutes=10, expression=_idle_consumer),
    RuleTemplate(
        alarm=DEAD_LETTERS,
        minutes=0,
        expression=lambda pipe: _happened(pipe, "consumer_last_dead_letter_time_seconds", 15),
    ),
    RuleTemplate(
        alarm=LOST_RECORDS,
        minutes=0,
        expression=lambda pipe: _happened(pipe, "consumer_last_loss_time_seconds", 15),
    ),
    RuleTemplate(
        alarm=RESTARTS,
        minutes=0,
        expression=lambda pipe: (
            f"count(max by (pod) (changes({pipe.select('consumer_start_time_seconds', 30)})) > 2) > 0"
        ),
    ),
)
"""Rules of every pipe. Their windows are at least four scrapes of 30 seconds."""

PANELS: Sequence[Panel] = (
    Panel(
        title="Equation: partitions, running and ready consumers",
        expressions={
            "partitions": lambda pipe: f"vector({pipe.partitions})",
            "running": lambda pipe: f"count({pipe.select('consumer_ready')})",
            "ready": _ready,
        },
    ),
    Panel(
        title="Handled records per second",
        expressions={"handled": lambda pipe: f"sum(rate({pipe.select('consumer_handled_total', 5)}))"},
    ),
    Panel(
        title="Age of the oldest unread record in seconds",
        expressions={"oldest": lambda pipe: f"max({pipe.select('consumer_lag_seconds')})"},
    ),
    Panel(
        title="Dead letters and lost records in 5 minutes",
        expressions={
            "dead letters": lambda pipe: f"sum(increase({pipe.select('consumer_dead_letters_total', 5)}))",
            "lost": lambda pipe: f"sum(increase({pipe.select('consumer_lost_records_total', 5)}))",
        },
    ),
)
"""Charts of every pipe."""


def pipe_rules(
    subject: str, series: Output[PipeSeries], *, enabled: bool, without: Collection[Alarm] = ()
) -> list[Rule]:
    """Return the rules of a pipe, except those of the alarms in `without`."""
    return [
        Rule(
            alarm=rule.alarm,
            subject=subject,
            minutes=rule.minutes,
            expression=series.apply(rule.expression),
            enabled=enabled,
            series=series,
        )
        for rule in RULES
        if rule.alarm not in without
    ]
