"""Prometheus metrics of a consumer."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from consumer.status import Status


class StatusCollector(Collector):
    """Collector that reports the current values of the status."""

    def __init__(self, status: Status) -> None:
        self.status = status

    @override
    def collect(self) -> Iterator[Metric]:
        """Return the metrics. All names start with consumer_."""
        status = self.status
        yield CounterMetricFamily("consumer_handled", "Records handled.", status.handled)
        yield CounterMetricFamily("consumer_failed", "Handler calls that raised an exception.", status.failed)
        yield CounterMetricFamily("consumer_dead_letters", "Records written to the dead letters.", status.dead)
        yield CounterMetricFamily(
            "consumer_lost_records", "Records that the service deleted before they were read.", status.lost
        )
        yield GaugeMetricFamily(
            "consumer_ready", "1 if the consumer has joined its group and reads.", int(status.ready)
        )
        yield GaugeMetricFamily("consumer_partitions", "Partitions assigned to this consumer.", len(status.partitions))
        records = GaugeMetricFamily("consumer_lag_records", "Records not yet read.", labels=["partition"])
        for partition, number in dict(status.lag_records).items():
            records.add_metric([partition], number)
        yield records
        seconds = GaugeMetricFamily("consumer_lag_seconds", "Age of the records being read.", labels=["partition"])
        for partition, age in dict(status.lag_seconds).items():
            seconds.add_metric([partition], age)
        yield seconds
