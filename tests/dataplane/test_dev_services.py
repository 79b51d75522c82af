"""The command `dev` with a stack on Kinesis or Pub/Sub: counts, dead letters, a changed handler and Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.dataplane.test_dev import HANDLER, read_until, result
from workbench.stack_file import ROOT

AWS = "aws:region: eu-west-1\n  data-pipes:platform: {service: eks}"
GCP = "gcp:project: data-pipes-42\n  gcp:region: europe-west1\n  data-pipes:platform: {service: gke}"


@dataclass(frozen=True)
class Case:
    account: str
    service: str
    topic: str
    """Settings of the topic in the stack file."""
    attempts: int
    partitions: list[list[int]]
    reason: str
    introduction: str


CASES = {
    "kinesis": Case(
        AWS,
        "kinesis",
        "deadLetter: {maxDeliveryAttempts: 2}",
        2,
        [[0], [1], [2]],
        "ValueError: no amount [API_TOKEN]",
        "three: stream three-orders with 3 shards on http://127.0.0.1:",
    ),
    "pubsub-shared": Case(
        GCP,
        "pubsub",
        "deadLetter: {maxDeliveryAttempts: 5}",
        5,
        [[], [], []],
        "Pub/Sub records no reason, see the last errors",
        "three: topic three-orders with one subscription on 127.0.0.1:",
    ),
    "pubsub-partitioned": Case(
        GCP,
        "pubsub",
        "mode: partitioned, deadLetter: {maxDeliveryAttempts: 5}",
        5,
        [[0], [1], [2]],
        "Pub/Sub records no reason, see the last errors",
        "three: topic three-orders with 3 subscriptions on 127.0.0.1:",
    ),
}


@pytest.fixture(params=CASES.values(), ids=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def project(tmp_path: Path, case: Case) -> Path:
    (tmp_path / "Pulumi.three.yaml").write_text(
        f"config:\n  {case.account}\n  data-pipes:streaming: {{service: {case.service}}}\n"
        f"  data-pipes:pipes: {{orders: {{parallelism: 3, topic: {{{case.topic}}}}}}}\n"
    )
    (tmp_path / "handler.py").write_text(HANDLER)
    lines = [json.dumps({"key": str(number), "value": {"id": number}}) for number in range(300)]
    (tmp_path / "records.jsonl").write_text("\n".join(lines))
    return tmp_path


@contextmanager
def running(project: Path, *options: str) -> Generator["subprocess.Popen[str]"]:
    """Run `dev --json`. A Kafka broker in the environment is of no use for it."""
    files = [project / "handler.py", project / "Pulumi.three.yaml", "--produce", project / "records.jsonl"]
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", "dev", *files, "--json", *options],
        cwd=ROOT,
        env={**os.environ, "API_TOKEN": "hunter22", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def counts(summary: Any) -> list[int]:
    return [summary[key] for key in ("written", "handled", "failed", "lag")]


def test_each_record_is_handled_or_a_dead_letter_and_no_secret_is_printed(project: Path, case: Case):
    with running(project, "--for", "60s", "--expect-handled", "290") as process:
        status, summary, err = result(process)
    assert status == 0, err
    assert err.splitlines()[0].startswith(case.introduction) or err.splitlines()[1].startswith(case.introduction)
    assert counts(summary) == [300, 290, 10 * case.attempts, 0]
    letters = summary["dead_letters"]
    assert sorted(int(letter["key"]) for letter in letters) == list(range(0, 300, 30))
    assert {(letter["reason"], letter["attempts"]) for letter in letters} == {(case.reason, case.attempts)}
    assert err.count("dead letter: ") == 10, "each is shown once"
    assert sorted(each["partitions"] for each in summary["consumers"]) == case.partitions
    assert all(each["handled"] > 0 for each in summary["consumers"])
    assert any("ValueError: no amount [API_TOKEN] (handler.py line 10)" in str(each) for each in summary["consumers"])
    assert ": version 1 [API_TOKEN]\n" in err
    assert "hunter22" not in f"{err}{summary}"


def test_a_changed_handler_is_used_and_ctrl_c_lets_the_consumers_finish(project: Path):
    handler = project / "handler.py"
    with running(project, "--rate", "20") as process:
        read_until(process, ": version 1 ")
        handler.write_text(HANDLER.replace("number == 1:", "number > 1:").replace("VERSION = 1", "VERSION = 2"))
        read_until(process, f"{handler} has changed: all consumers run the new handle")
        read_until(process, ": version 2 ")
        process.send_signal(signal.SIGINT)
        status, summary, err = result(process)
    assert status == 0, err
    assert summary["reloads"] == 1
    waiting = summary["written"] - summary["handled"] - len(summary["dead_letters"])
    assert summary["lag"] == waiting, "what was handled is committed"
