"""A consumer's status as Prometheus reads it."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from consumer.status import Status


class StatusCollector(Collector):
    """Shows what the status holds at the moment that it is asked."""

    def __init__(self, status: Status) -> None:
        self.status = status

    @override
    def collect(self) -> Iterator[Metric]:
        """The metrics, each named consumer_... ."""
        status = self.status
        yield CounterMetricFamily("consumer_handled", "Records that the handler has handled.", status.handled)
        yield CounterMetricFamily("consumer_failed", "How often the handler raised.", status.failed)
        yield CounterMetricFamily("consumer_dead_letters", "Records set aside after the last try.", status.dead)
        yield CounterMetricFamily("consumer_lost_records", "Records deleted before they were read.", status.lost)
        yield GaugeMetricFamily("consumer_ready", "1 once it has joined its group and reads.", int(status.ready))
        yield GaugeMetricFamily("consumer_partitions", "Partitions that are its own.", len(status.partitions))
        records = GaugeMetricFamily("consumer_lag_records", "Records still to be read.", labels=["partition"])
        for partition, number in dict(status.lag_records).items():
            records.add_metric([partition], number)
        yield records
        seconds = GaugeMetricFamily("consumer_lag_seconds", "How old what is read is.", labels=["partition"])
        for partition, age in dict(status.lag_seconds).items():
            seconds.add_metric([partition], age)
        yield seconds
