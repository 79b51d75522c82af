"""Metrics of running replicas."""

import re

from tests.dataplane.conftest import Pipe

LAG = re.compile(r'^consumer_lag_records\{partition="\d+"\} (\S+)$', re.MULTILINE)


def lag(pipe: Pipe) -> int | None:
    """Return the lag of all replicas in records. None until each partition has a lag."""
    found = [
        float(number) for each in pipe.replicas.running.values() for number in LAG.findall(each.ask("/metrics")[1])
    ]
    partitions = len({partition for partition, _ in pipe.writer.written})
    return int(sum(found)) if len(found) == partitions else None
