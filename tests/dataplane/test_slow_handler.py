"""Handler that becomes slow within a batch: the group does not wait for it, and no fetched record is lost."""

import os
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from workbench.prove.replicas import PATIENCE, wait_until
from workbench.prove.topic import Topic, Writer
from workbench.servers.kafka_broker import KafkaCluster
from workbench.stack_file import ROOT

PARTITIONS, RECORDS = 3, 1000
SLOW = range(700, 900)
"""Numbers of the slow records, in the order of arrival. Earlier quick records made the batch so large that it now takes
too long."""

SLOW_SECONDS = 0.05

PROGRAM = """
import os, sys, time
from consumer.run import run

file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
handled = 0

def handle(record):
    global handled
    handled += 1
    if int(sys.argv[2]) <= handled < int(sys.argv[3]):
        time.sleep(float(sys.argv[4]))
    os.write(file, f"{record.partition} {record.position}\\n".encode())

sys.exit(run(os.environ, handle, port=0))
"""


def test_the_rest_of_a_slow_batch_is_put_back_and_handled_once_in_order(kafka: KafkaCluster, tmp_path: Path):
    name, file = f"orders-{uuid4()}", tmp_path / "handled"
    connection = {"bootstrap.servers": kafka.bootstrap_servers}
    Topic(connection, name, PARTITIONS, {})
    Writer(connection, name).fill(PARTITIONS, RECORDS)
    environment = {
        "PATH": os.defpath,
        "STREAM_SERVICE": "kafka",
        "STREAM_TOPIC": name,
        "STREAM_GROUP": name,
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
    }
    arguments = [str(file), str(SLOW.start), str(SLOW.stop), str(SLOW_SECONDS)]

    def handled() -> list[tuple[int, int]]:
        with suppress(FileNotFoundError):
            lines = file.read_text().splitlines()
            return [(int(partition), int(offset)) for partition, offset in map(str.split, lines)]
        return []

    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as consumer:
        try:
            wait_until(lambda: len(set(handled())) == PARTITIONS * RECORDS, "all records are handled")
            consumer.terminate()
            _, log = consumer.communicate(timeout=PATIENCE)
        finally:
            consumer.kill()
    assert consumer.returncode == 0, log
    assert "the rest of the batch will be read again" in log
    assert max(Counter(handled()).values()) == 1
    for number in range(PARTITIONS):
        assert [offset for partition, offset in handled() if partition == number] == list(range(RECORDS))
