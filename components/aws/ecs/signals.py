"""What ECS measures of the services of a pipe (CloudWatch, Container Insights metrics for ECS; read 2026-11-29)."""

from collections.abc import Sequence

from pulumi import Input, Output

from components.aws.monitoring.metrics import CloudWatchMetric, Measurement, combined, groups
from components.monitoring.alarms import MISSING_CONSUMERS
from components.monitoring.signals import Signal, Trigger

TITLE = "Equation: running tasks, desired tasks, and the number of partitions"


def service_signals(
    cluster: Input[str], services: Sequence[Input[str]], tasks: Output[int]
) -> list[Signal[Measurement]]:
    """Return the signals of a pipe's services, each of which runs `tasks` tasks.

    Services are in groups with one alarm each. Without a running task, ECS may report no value, which is an alarm. The limit is the number
    of partitions, not the desired tasks: someone may change those by hand.
    """

    def count(name: str, members: Sequence[Input[str]]) -> Measurement:
        metrics = [
            CloudWatchMetric(
                namespace="ECS/ContainerInsights",
                name=name,
                dimensions={"ClusterName": cluster, "ServiceName": service},
                statistic="Maximum",
            )
            for service in members
        ]
        return combined("SUM", metrics)

    def missing(members: Sequence[Input[str]]) -> Trigger:
        limit = tasks.apply(lambda each: float(each * len(members)))
        return Trigger(alarm=MISSING_CONSUMERS, threshold=limit, minutes=10, beyond="below", missing="alarm")

    found: list[Signal[Measurement]] = []
    for suffix, members in groups(services).items():
        running, desired = count("RunningTaskCount", members), count("DesiredTaskCount", members)
        found += [
            Signal(name=f"missing-consumers{suffix}", title=TITLE, metric=running, trigger=missing(members)),
            Signal(name=f"desired-tasks{suffix}", title=TITLE, metric=desired),
        ]
    return found
