"""Signals: measurements of a cloud's own monitoring, and the alarms on them."""

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from pulumi import Input

from components.monitoring.alarms import Alarm

MetricT = TypeVar("MetricT")


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """When a measurement is an alarm."""

    alarm: Alarm
    threshold: Input[float]
    """The alarm is on while the value is beyond this number."""
    minutes: int
    """Minutes that the value must be beyond the threshold."""
    beyond: Literal["above", "below"] = "above"
    missing: Literal["ok", "alarm"] = "ok"
    """What it means if the service reports no value."""


@dataclass(frozen=True, kw_only=True)
class Signal(Generic[MetricT]):
    """One measurement of a topic, a service or a platform. It is drawn on the dashboard and can have an alarm."""

    name: str
    """Part of the names of cloud resources, unique in its pipe or service: lower-case words and hyphens."""
    title: str
    """Title on the dashboard, with the unit."""
    metric: MetricT
    """The metric in the terms of the cloud."""
    trigger: Trigger | None = None
    """None if it is only drawn."""
