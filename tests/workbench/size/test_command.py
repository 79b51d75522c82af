"""Tests of the command `size`: output, stack files and wrong options."""

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from workbench.__main__ import app
from workbench.plan import plan
from workbench.stack_file import find_stack_file

LOAD = ("--messages-per-second", "50000", "--bytes", "1000", "--handling-milliseconds", "8", "--retention-hours", "24")


def run(*arguments: str):
    return CliRunner().invoke(app, ["size", *arguments])


def test_a_table_compares_all_services_with_the_reason_if_one_cannot_carry_the_load():
    result = run(*LOAD)
    assert result.exit_code == 0, result.stderr
    assert "50,000 messages/s of 1,000 bytes = 50 MB/s" in result.stdout
    assert "8 ms each = 400 busy consumers" in result.stdout
    rows = {
        tuple(line.split()[:2]): line for line in result.stdout.splitlines() if line.startswith(("aws", "azure", "gcp"))
    }
    assert "572" in rows["aws", "kinesis"]
    assert "9 brokers" not in rows["aws", "kinesis"]
    assert "19 nodes of m5.4xlarge" in rows["aws", "kinesis"]
    assert "At most 8,750 messages/s." in result.stdout
    assert "sized by cameras" in rows["aws", "kinesis-video"]
    assert "Handling decides the parallelism." in result.stdout


def test_one_service_has_a_line_for_each_need_with_formula_and_dated_source():
    result = run(*LOAD, "--service", "msk", "--tier", "express")
    assert result.exit_code == 0, result.stderr
    [line] = [line for line in result.stdout.splitlines() if "brokers of express.m7g.large for throughput" in line]
    assert line.split()[0] == "6"
    assert "47.7 MiB/s / 11.7 MiB/s (a broker at 75% of its throughput)" in line
    assert "2026-08-20" in line


def test_standard_output_is_only_json():
    result = run(*LOAD, "--cloud", "azure", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["load"] == {
        "messagesPerSecond": 50_000,
        "bytes": 1000,
        "handlingMilliseconds": 8,
        "busyConsumers": 400,
        "retentionHours": 24,
    }
    tiers = {each["tier"]: each for each in found["services"] if each["service"] == "event-hubs"}
    assert (tiers["premium"]["fits"], tiers["premium"]["largestMessagesPerSecond"]) == (False, 8750)
    assert (tiers["dedicated"]["fits"], tiers["dedicated"]["parallelism"]) == (True, 572)
    [handling] = [need for need in tiers["dedicated"]["needs"] if need["key"] == "pipes.orders.parallelism"]
    assert handling["formula"] == "50,000/s x 8 ms = 400 busy / 0.7"
    assert handling["decides"]


@pytest.mark.parametrize(
    "selection",
    [
        ("--service", "msk"),
        ("--service", "msk-serverless"),
        ("--service", "kinesis", "--platform", "ecs"),
        ("--service", "kafka", "--cloud", "aws"),
        ("--service", "confluent", "--cloud", "gcp", "--tier", "dedicated"),
        ("--service", "event-hubs", "--tier", "dedicated"),
        ("--service", "hdinsight"),
        ("--service", "pubsub", "--tier", "partitioned"),
        ("--service", "managed-kafka"),
    ],
    ids=" ".join,
)
def test_a_written_stack_file_plans_without_problem_or_warning(selection, tmp_path: Path):
    path = tmp_path / "Pulumi.orders.yaml"
    result = run(*LOAD, *selection, "--write", str(path))
    assert result.exit_code == 0, result.stderr
    assert f"wrote {path}" in result.stdout
    text = path.read_text(encoding="utf-8")
    assert "# 572 consumers: 50,000/s x 8 ms = 400 busy / 0.7. Source: " in text
    made = plan(find_stack_file(str(path)))
    assert made.problems == ()
    assert [message.text for message in made.recording.messages if message.severity == "warning"] == []
    assert [(each.partitions, each.replicas) for each in made.pipes] == [(572, 572)]


def test_a_written_stack_file_has_the_amounts_and_the_expected_load(tmp_path: Path):
    path = tmp_path / "Pulumi.orders.yaml"
    run(*LOAD, "--service", "msk", "--tier", "standard", "--write", str(path))
    config = yaml.safe_load(path.read_text(encoding="utf-8"))["config"]
    assert config["data-pipes:name"] == "orders"
    assert config["data-pipes:streaming"] == {
        "service": "msk",
        "brokers": 9,
        "instanceType": "kafka.m7g.large",
        "diskSize": 2683,
    }
    assert config["data-pipes:platform"]["nodes"] == {"instanceType": "m5.4xlarge", "max": 19}
    pipe = config["data-pipes:pipes"]["orders"]
    assert pipe["parallelism"] == 572
    assert pipe["expect"] == {"messagesPerSecond": 50_000, "bytes": 1000, "handlingMilliseconds": 8}


def test_an_existing_file_is_kept(tmp_path: Path):
    path = tmp_path / "Pulumi.orders.yaml"
    path.write_text("mine", encoding="utf-8")
    result = run(*LOAD, "--service", "msk", "--write", str(path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"--write: must be a new file, but {path} exists." in result.stderr
    assert path.read_text(encoding="utf-8") == "mine"


def test_a_service_that_cannot_carry_the_load_ends_with_status_1_and_writes_nothing(tmp_path: Path):
    path = tmp_path / "Pulumi.orders.yaml"
    result = run(*LOAD, "--service", "event-hubs", "--tier", "premium", "--write", str(path))
    assert result.exit_code == 1
    assert "At most 8,750 messages/s. Bottleneck: handling." in result.stderr
    assert not path.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*LOAD, "--messages-per-second", "0"), "--messages-per-second: must be at least 0.001, got 0"),
        ((*LOAD, "--messages-per-second", "1e308"), "--messages-per-second: must be at most 1000000000, got 1e+308"),
        ((*LOAD, "--handling-milliseconds", "1e308"), "--handling-milliseconds: must be at most 86400000, got 1e+308"),
        ((*LOAD, "--bytes", "9" * 400), "--bytes: must be at most 1073741824, got 999"),
        ((*LOAD, "--retention-hours", "9" * 400), "--retention-hours: must be at most 87600, got 999"),
        ((*LOAD, "--messages-per-second", "many"), "'--messages-per-second'"),
        ((*LOAD, "--handling-milliseconds", "nan"), "--handling-milliseconds: must be a finite number"),
        ((*LOAD, "--bytes", "0"), "--bytes: must be at least 1, got 0"),
        ((*LOAD, "--retention-hours", "0"), "--retention-hours: must be at least 1, got 0"),
        (("--bytes", "1"), "Missing option '--messages-per-second'"),
        ((*LOAD, "--service", "kinesi"), "Did you mean 'kinesis'?"),
        ((*LOAD, "--cloud", "ibm"), "--cloud: must be one of aws, azure, gcp, got ibm"),
        ((*LOAD, "--service", "pubsub", "--cloud", "aws"), "must be a service on aws, got pubsub (available on gcp)"),
        ((*LOAD, "--service", "kafka", "--platform", "ecs"), "(its brokers run on Kubernetes"),
        ((*LOAD, "--service", "kinesis", "--platform", "aks"), "of kinesis, got aks. Use ecs or eks."),
        ((*LOAD, "--service", "event-hubs", "--tier", "basic"), "--tier: must be one of dedicated, premium, standard"),
        ((*LOAD, "--write", "Pulumi.x1.yaml"), "--service: is required with --write."),
        ((*LOAD, "--service", "kafka", "--write", "Pulumi.x1.yaml"), "--cloud: is required with --write"),
        ((*LOAD, "--service", "msk", "--write", "no/Pulumi.x1.yaml"), "--write: must be in an existing directory"),
        ((*LOAD, "--service", "msk", "--write", "Pulumi.Bad_Name.yaml"), "--write: the name of the stack must be"),
        ((*LOAD, "--service", "msk", "--write", "stack.json"), "--write: must end with .yaml"),
    ],
)
def test_a_wrong_option_ends_with_status_2_and_nothing_on_standard_output(arguments, message):
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr
