"""Rules over the metrics of the Kafka cluster, as Strimzi Metrics Reporter names them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pulumi import Input, Output

from components.kubernetes.strimzi.resource import CLUSTER, NAMESPACE
from components.load import GIB
from components.monitoring.alarms import DISK_FULL, OFFLINE_PARTITIONS, UNDER_REPLICATED, Alarm
from components.monitoring.rules import Rule, Series

METRICS = "tcp-prometheus"
"""Name of the port with the metrics (strimzi-kafka-operator 1.2.0, MetricsModel.java; read 2026-11-30)."""

POD_LABELS = {"strimzi.io/cluster": CLUSTER, "strimzi.io/kind": "Kafka"}
"""Labels of the pods of the cluster: brokers, controllers, and Kafka Exporter if it runs."""

FULL_DISK = 0.8
"""Share of a disk that is an alarm. Records only: indexes and the file system need a part of the rest."""


def under_replicated(series: Series) -> str:
    """Return whether a leader misses a replica. A broker that restarts is back within the minutes of the rule."""
    return f"sum({series.select('kafka_server_replicamanager_underreplicatedpartitions')}) > 0"


def offline_partitions(series: Series) -> str:
    """Return whether a partition has no leader. Each controller reports the partitions of the whole cluster."""
    return f"max({series.select('kafka_controller_kafkacontroller_offlinepartitionscount')}) > 0"


def disk_full(series: Series, disk_size: int) -> str:
    """Return whether the records of a broker nearly fill its disk, whose size is in GiB. No collector needs the kubelet's metrics."""
    return f"sum by (pod) ({series.select('kafka_log_log_size')}) > {round(FULL_DISK * disk_size * GIB)}"


def strimzi_rules(stack: str, matchers: Mapping[str, Input[str]], disk_size: int) -> Sequence[Rule]:
    """Return the rules of the cluster. `matchers` are the collector's, `disk_size` is each broker's disk in GiB."""
    selected: Mapping[str, Input[str]] = {**matchers, "namespace": NAMESPACE}

    def known(labels: Mapping[str, Any]) -> Series:
        return Series(matchers=labels)

    series = Output.all(**selected).apply(known)

    def rule(alarm: Alarm, minutes: int, expression: Callable[[Series], str]) -> Rule:
        return Rule(alarm=alarm, subject=stack, minutes=minutes, expression=series.apply(expression))

    return [
        rule(UNDER_REPLICATED, 15, under_replicated),
        rule(OFFLINE_PARTITIONS, 5, offline_partitions),
        rule(DISK_FULL, 5, lambda each: disk_full(each, disk_size)),
    ]
