"""Metrics of running replicas, and what is left in a topic."""

import re
from uuid import uuid4

from confluent_kafka import TopicPartition

from tests.dataplane.conftest import Pipe
from tests.dataplane.dead_letter_pipe import reader
from workbench.prove.replicas import PATIENCE
from workbench.servers.kafka_broker import KafkaCluster

LAG = re.compile(r'^consumer_lag_records\{partition="\d+"\} (\S+)$', re.MULTILINE)
LOST = re.compile(r"^consumer_lost_records_total (\S+)$", re.MULTILINE)


def lag(pipe: Pipe, partitions: int) -> int | None:
    """Return the lag of all replicas in records. None until each partition has a lag."""
    found = _values(pipe, LAG)
    return int(sum(found)) if len(found) == partitions else None


def lost(pipe: Pipe) -> int:
    """Return the number of records that all replicas count as lost."""
    return int(sum(_values(pipe, LOST)))


def offsets(kafka: KafkaCluster, topic: str) -> list[int]:
    """Return the offsets of all records in partition 0."""
    found: list[int] = []
    with reader(kafka.bootstrap_servers, str(uuid4())) as reading:
        place = TopicPartition(topic, 0, 0)
        end = reading.get_watermark_offsets(place, PATIENCE)[1]
        reading.assign([place])
        while reading.position([place])[0].offset < end:
            found += [offset for each in reading.consume(1000, 0.5) if (offset := each.offset()) is not None]
    return found


def _values(pipe: Pipe, pattern: re.Pattern[str]) -> list[float]:
    return [
        float(number) for each in pipe.replicas.running.values() for number in pattern.findall(each.ask("/metrics")[1])
    ]
