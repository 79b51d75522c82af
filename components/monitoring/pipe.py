"""What the alarms and charts of one pipe are made from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi import Input, Output

from components.monitoring.alarms import Alarm
from components.monitoring.collector import Collector
from components.monitoring.limits import UNREAD_PER_PARTITION
from components.monitoring.rules import PipeSeries, Rule, pipe_rules
from components.monitoring.signals import Signal, Trigger
from components.settings_bases import PipeSettings


@dataclass(frozen=True, kw_only=True)
class WatchedPipe:
    """Topic and consumers of a pipe, as far as they can be measured."""

    settings: PipeSettings
    partitions: Output[int]
    replicas: Output[int]
    signals: Sequence[Signal[Any]]
    """What the service and the platform measure, in the terms of their cloud."""
    unmeasured: Collection[Alarm] = ()
    """Alarms that the consumers cannot measure on this service."""

    @property
    def enabled(self) -> bool:
        """Return whether the alarms are on. They exist but are off while the pipe is paused: its records wait on purpose."""
        return not self.settings.consumer.paused

    @property
    def triggers(self) -> Sequence[tuple[Signal[Any], Trigger]]:
        """Return the signals with an alarm."""
        return [(signal, signal.trigger) for signal in self.signals if signal.trigger]

    def series(self, name: str, collector: Collector) -> Output[PipeSeries]:
        """Return the series of the consumers. `name` is the pipe's, and the namespace of its pods."""
        age = self.settings.alarms.age_minutes

        def known(found: Mapping[str, Any]) -> PipeSeries:
            return PipeSeries(matchers=found["matchers"], partitions=found["partitions"], age_minutes=age)

        matchers: Mapping[str, Input[str]] = {**collector.matchers, "namespace": name}
        return Output.all(matchers=matchers, partitions=self.partitions).apply(known)

    def rules(self, name: str, collector: Collector | None) -> list[Rule]:
        """Return the rules of the pipe, except those for which the cloud has a measurement. None if nothing scrapes the consumers."""
        if collector is None:
            return []
        without = {trigger.alarm for _, trigger in self.triggers} | set(self.unmeasured)
        return pipe_rules(name, self.series(name, collector), enabled=self.enabled, without=without)


def unread_limit(pipe: PipeSettings) -> int:
    """Return the number of unread records that is an alarm."""
    alarms = pipe.alarms
    if alarms.unread_records:
        return alarms.unread_records
    if pipe.expect:
        return max(1, round(pipe.expect.messages_per_second * alarms.age_minutes * 60))
    return UNREAD_PER_PARTITION * max(1, pipe.parallelism)
