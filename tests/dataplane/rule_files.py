"""Rule files of a pipe, and Prometheus' own test of rules with written series."""

import json
import math
import subprocess
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.monitoring.rules import RULES, PipeSeries
from workbench.servers.prometheus_binaries import prometheus_binaries

STEP = 0.5
"""Minutes between two samples and between two evaluations: the usual interval of collectors."""

Values = Callable[[float], float]
"""Value of a metric at a minute."""

Firing = Set[tuple[str, str]]
"""Names of the alarms that fire, each with the pod that it is about. Empty if it is about the whole pipe."""


def rule_file(*pipes: PipeSeries) -> Mapping[str, Any]:
    """Return the rules of pipes in the format of Prometheus. Alerts have the names of the alarms and no more labels."""
    return {
        "groups": [
            {
                "name": f"pipe-{number}",
                "rules": [
                    {
                        "alert": rule.alarm.name,
                        "expr": rule.expression(pipe),
                        "for": f"{rule.minutes * pipe.minute}s",
                    }
                    for rule in RULES
                ],
            }
            for number, pipe in enumerate(pipes)
        ]
    }


def constant(value: float) -> Values:
    return lambda _: value


def steps(first: float, changes: Mapping[float, float]) -> Values:
    """Return values that change at given minutes."""
    return lambda minute: [first, *(value for at, value in sorted(changes.items()) if at <= minute)][-1]


def rising(per_minute: float = 60, *, first: float = 0, until: float = math.inf, since: float = 0) -> Values:
    """Return a counter that rises between two minutes."""
    return lambda minute: first + per_minute * max(0.0, min(minute, until) - since)


BUSY, ZERO, ONE, NEVER = rising(first=100_000), constant(0), constant(1), constant(math.nan)


@dataclass(frozen=True, kw_only=True)
class Pod:
    """Consumer with the values of its metrics. By default it handles a record a second, and it runs for a day already."""

    name: str
    begin: float = -math.inf
    """Minute of the first sample."""
    end: float = math.inf
    """Minute after the last sample."""
    unscraped: tuple[float, float] = (math.inf, math.inf)
    """Minutes between which there are no samples, without staleness markers: the collector is down."""
    handled: Values = BUSY
    dead: Values = ZERO
    dead_at: Values = NEVER
    """Time of the last dead letter in seconds, and of the last loss. NaN: no sample."""
    lost_at: Values = NEVER
    ready: Values = ONE
    partitions: Values | None = ONE
    """None for a service without partitions."""
    lag: Values = ONE
    """Age of the oldest unhandled record in seconds."""
    started: Values | None = None
    """Start in seconds. The default is the first sample."""

    def series(self, minutes: float) -> list[Mapping[str, str]]:
        """Return the series from minute 0 on, in the notation of promtool."""
        metrics = {
            "consumer_handled_total": self.handled,
            "consumer_dead_letters_total": self.dead,
            "consumer_last_dead_letter_time_seconds": self.dead_at,
            "consumer_last_loss_time_seconds": self.lost_at,
            "consumer_ready": self.ready,
            "consumer_partitions": self.partitions,
            "consumer_lag_seconds": self.lag,
            "consumer_start_time_seconds": self.started or constant(60 * max(self.begin, -1440)),
        }
        samples = [number * STEP for number in range(int(minutes / STEP) + 1)]
        return [
            {
                "series": f'{name}{{namespace="orders",pod="{self.name}"'
                + (',partition="0"}' if name == "consumer_lag_seconds" else "}"),
                "values": " ".join(self._sample(values, minute) for minute in samples),
            }
            for name, values in metrics.items()
            if values
        ]

    def _sample(self, values: Values, minute: float) -> str:
        if not self.begin <= minute < self.end:
            return "stale" if self.end <= minute < self.end + STEP else "_"
        first, last = self.unscraped
        value = values(minute)
        return "_" if first <= minute < last or math.isnan(value) else f"{value:.10g}"


def healthy(*names: int) -> list[Pod]:
    """Return pods without a problem."""
    return [Pod(name=f"orders-{name}") for name in names]


def check_firing(
    directory: Path,
    pods: Sequence[Pod],
    expected: Mapping[float, Firing],
    *,
    partitions: int = 3,
    age_minutes: int = 15,
) -> None:
    """Check with promtool that exactly the expected alarms fire at each of the given minutes."""
    pipe = PipeSeries(matchers={"namespace": "orders"}, partitions=partitions, age_minutes=age_minutes)
    names = {rule.alarm.name for rule in RULES}
    assert {name for firing in expected.values() for name, _ in firing} <= names
    tests = {
        "rule_files": ["rules.json"],
        "evaluation_interval": f"{STEP * 60:.0f}s",
        "tests": [
            {
                "interval": f"{STEP * 60:.0f}s",
                "input_series": [series for pod in pods for series in pod.series(max(expected))],
                "alert_rule_test": [
                    {
                        "eval_time": f"{minute * 60:.0f}s",
                        "alertname": name,
                        "exp_alerts": [
                            {"exp_labels": {"pod": pod} if pod else {}}
                            for alarm, pod in sorted(firing)
                            if alarm == name
                        ],
                    }
                    for minute, firing in expected.items()
                    for name in sorted(names)
                ],
            }
        ],
    }
    (directory / "rules.json").write_text(json.dumps(rule_file(pipe)))
    (directory / "tests.json").write_text(json.dumps(tests))
    status, output = promtool("test", "rules", directory / "tests.json")
    assert status == 0, output


def promtool(*arguments: str | Path) -> tuple[int, str]:
    """Run promtool. Return its exit status and output."""
    done = subprocess.run(
        [prometheus_binaries(print).promtool, *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr
