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
        for name, what, at in (
            ("dead_letter", "the last dead letter was written", status.dead_at),
            ("loss", "the last loss of records was noticed", status.lost_at),
        ):
            if at is not None:
                yield GaugeMetricFamily(
                    f"consumer_last_{name}_time_seconds", f"Time at which {what}, in seconds since 1970.", at
                )
        yield GaugeMetricFamily("consumer_ready", "1 if /ready returns 200.", int(status.live and status.ready))
        if status.has_partitions:
            yield GaugeMetricFamily(
                "consumer_partitions", "Partitions assigned to this consumer.", len(status.partitions)
            )
        yield GaugeMetricFamily(
            "consumer_start_time_seconds", "Start of the consumer, in seconds since 1970.", status.started
        )
        status.update_lag()
        records = GaugeMetricFamily("consumer_lag_records", "Records not yet handled.", labels=["partition"])
        for partition, number in dict(status.lag_records).items():
            records.add_metric([partition], number)
        yield records
        seconds = GaugeMetricFamily(
            "consumer_lag_seconds", "Age of the oldest record that is not yet handled.", labels=["partition"]
        )
        for partition, age in status.lag_seconds.items():
            seconds.add_metric([partition], age)
        yield seconds
