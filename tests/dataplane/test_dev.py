"""The command `dev` with a real broker: counts, dead letters, a changed handler, and a stop with Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from workbench.prove.process import PATIENCE
from workbench.servers.kafka_broker import KafkaCluster
from workbench.stack_file import ROOT

STACK = """
config:
  aws:region: eu-west-1
  data-pipes:streaming: {service: msk, brokers: 3}
  data-pipes:platform: {service: eks}
  data-pipes:pipes:
    orders: {parallelism: 3, topic: {deadLetter: {maxDeliveryAttempts: 2}}}
"""
HANDLER = """
import json
import os

VERSION = 1

def handle(record):
    number = json.loads(record.value)["id"]
    if number % 30 == 0:
        raise ValueError(f"no amount {os.environ['API_TOKEN']}")
    if number == 1:
        print("version", VERSION, os.environ["API_TOKEN"])
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.three.yaml").write_text(STACK)
    (tmp_path / "handler.py").write_text(HANDLER)
    lines = [json.dumps({"key": str(number), "value": {"id": number}}) for number in range(300)]
    (tmp_path / "records.jsonl").write_text("\n".join(lines))
    return tmp_path


@contextmanager
def running(project: Path, kafka: KafkaCluster, *options: str) -> Generator["subprocess.Popen[str]"]:
    """Run `dev --json` on the broker of the tests."""
    files = [project / "handler.py", project / "Pulumi.three.yaml", "--produce", project / "records.jsonl"]
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", "dev", *files, "--json", *options],
        cwd=ROOT,
        env={**os.environ, "API_TOKEN": "hunter22", "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: "subprocess.Popen[str]", text: str) -> list[str]:
    """Return the lines of standard error up to the first one with that text."""
    assert process.stderr
    lines: list[str] = []
    for line in process.stderr:
        lines.append(line)
        if text in line:
            return lines
    pytest.fail(f"{text!r} was not printed, only:\n{''.join(lines)}")


def result(process: "subprocess.Popen[str]") -> tuple[int, Any, str]:
    """Return the exit status, the summary and the rest of standard error."""
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, json.loads(out), err


def test_each_record_is_handled_or_a_dead_letter_and_no_secret_is_printed(project: Path, kafka: KafkaCluster):
    with running(project, kafka, "--for", "60s", "--expect-handled", "290") as process:
        status, summary, err = result(process)
    assert status == 0, err
    assert [summary[key] for key in ("written", "handled", "failed", "lag")] == [300, 290, 20, 0]
    assert sorted(int(letter["key"]) for letter in summary["dead_letters"]) == list(range(0, 300, 30))
    assert {(letter["reason"], letter["attempts"]) for letter in summary["dead_letters"]} == {
        ("ValueError: no amount [API_TOKEN]", 2)
    }
    assert sorted(each["partitions"] for each in summary["consumers"]) == [[0], [1], [2]]
    assert all(each["handled"] > 0 for each in summary["consumers"])
    assert any("ValueError: no amount [API_TOKEN] (handler.py line 10)" in str(each) for each in summary["consumers"])
    assert ": version 1 [API_TOKEN]\n" in err
    assert "hunter22" not in f"{err}{summary}"
    topics = AdminClient({"bootstrap.servers": kafka.bootstrap_servers}).list_topics(timeout=PATIENCE).topics
    assert not [name for name in topics if name.startswith("orders.dev-")], "its topics are deleted"


def test_a_changed_handler_is_used_a_broken_one_is_not_and_ctrl_c_lets_the_consumers_finish(
    project: Path, kafka: KafkaCluster
):
    handler = project / "handler.py"
    with running(project, kafka, "--rate", "20") as process:
        read_until(process, ": version 1 ")
        handler.write_text(f"{HANDLER}\nimport no_such_package\n")
        (broken,) = (line for line in read_until(process, "keep the previous version") if "must be importable" in line)
        assert broken.startswith(f"{handler} line 14: must be importable, got ModuleNotFoundError")
        handler.write_text(HANDLER.replace("number == 1:", "number > 1:").replace("VERSION = 1", "VERSION = 2"))
        read_until(process, f"{handler} has changed: all consumers run the new handle")
        read_until(process, ": version 2 ")
        process.send_signal(signal.SIGINT)
        status, summary, err = result(process)
    assert status == 0, err
    assert summary["reloads"] == 1
    assert summary["written"] > 0
    waiting = summary["written"] - summary["handled"] - len(summary["dead_letters"])
    assert summary["lag"] == waiting, "what was handled is committed"


def test_fewer_handled_records_than_expected_end_with_status_1(project: Path, kafka: KafkaCluster):
    with running(project, kafka, "--for", "3s", "--expect-handled", "301") as process:
        status, summary, err = result(process)
    assert status == 1
    [problem] = summary["problems"]
    assert problem.startswith(
        "--expect-handled: at least 301 records must be handled, got 290 (written 300, handled 290,"
    )
    assert err.endswith(f"1 problem:\n  {problem}\n")
