"""Tests of the command `new`: on a terminal, with options only, and with wrong answers."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from components.load import Load
from workbench.__main__ import app
from workbench.new.proposals import proposals
from workbench.plan import plan
from workbench.size.size import Request
from workbench.stack_file import ROOT, find_stack_file

LOAD = ("--messages-per-second", "5000", "--bytes", "1024", "--handling-milliseconds", "8")


def answered(arguments: list[str], answers: list[str]) -> tuple[int, str]:
    """Run `new` on a terminal with these lines as its input. Return the exit status and the output."""
    terminal, own = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", "new", *arguments],
        cwd=ROOT,
        stdin=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.close(own)
    os.write(terminal, "".join(f"{answer}\n" for answer in answers).encode())
    output, _ = process.communicate(timeout=120)
    os.close(terminal)
    return process.returncode, output


def config_of(path: Path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))["config"]


def test_on_a_terminal_it_asks_proposes_services_and_writes_a_stack_file_that_plans(tmp_path: Path):
    path = tmp_path / "Pulumi.orders.yaml"
    answers = [
        "",
        "5,000",
        "1024",
        "8",
        "24",
        "y",
        "1",
        "ecs",
        "eu-central-1",
        "10.2.0.0/16",
        "example.com/orders:2.0.0",
    ]
    status, output = answered([str(path)], answers)
    assert status == 0, output
    assert "Cloud (aws, azure, gcp) [aws]:" in output
    assert "1  msk express: " in output
    assert "-  kinesis-video: Kinesis Video is sized by cameras" in output
    assert f"wrote {path}" in output
    config = config_of(path)
    assert config["aws:region"] == "eu-central-1"
    assert config["data-pipes:network"] == {"cidr": "10.2.0.0/16"}
    assert config["data-pipes:platform"]["service"] == "ecs"
    assert config["data-pipes:pipes"]["orders"]["parallelism"] == 58
    assert config["data-pipes:pipes"]["orders"]["consumer"] == {"image": "example.com/orders:2.0.0"}
    assert plan(find_stack_file(str(path))).problems == ()


def test_on_a_terminal_a_wrong_answer_is_asked_again_with_the_rule(tmp_path: Path):
    path = tmp_path / "Pulumi.orders.yaml"
    answers = [
        "ibm",
        "gcp",
        "many",
        "-5",
        "100",
        "",
        "",
        "",
        "n",
        "99",
        "1",
        "Paris",
        "",
        "10.0.0.0/33",
        "",
        "no tag",
        "",
    ]
    status, output = answered([str(path)], answers)
    assert status == 0, output
    for rule in (
        "Error: must be one of aws, azure, gcp, got ibm.",
        "Error: must be a number, got many.",
        "Error: must be at least 0.001, got -5",
        "Error: must be one of 1, 2",
        "Error: must be a Google Cloud region",
        "Error: must be an IPv4 range",
        "Error: must be a container image",
    ):
        assert rule in output
    assert config_of(path)["data-pipes:streaming"] == {"service": "pubsub"}


def test_with_options_only_it_asks_nothing(tmp_path: Path):
    path = tmp_path / "Pulumi.orders.yaml"
    arguments = [str(path), "--cloud", "azure", "--service", "event-hubs", "--region", "northeurope", *LOAD]
    result = CliRunner().invoke(app, ["new", *arguments])
    assert result.exit_code == 0, result.stderr
    config = config_of(path)
    assert config["azure-native:location"] == "northeurope"
    assert config["data-pipes:streaming"] == {"service": "event-hubs", "tier": "premium", "capacity": 2}
    made = plan(find_stack_file(str(path)))
    assert made.problems == ()
    assert not [message for message in made.recording.messages if message.severity == "warning"]


def test_a_reader_that_ends_early_gets_no_error(tmp_path: Path):
    terminal, own = pty.openpty()
    arguments = [str(tmp_path / "Pulumi.orders.yaml"), "--cloud", "aws", *LOAD]
    reader, output = os.pipe()
    os.close(reader)
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", "new", *arguments],
        cwd=ROOT,
        stdin=own,
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(own)
    os.close(output)
    os.write(terminal, b"\n" * 10)
    _, errors = process.communicate(timeout=120)
    os.close(terminal)
    assert (process.returncode, errors) == (1, "")


@pytest.mark.parametrize("service", ["confluent", "msk", "event-hubs"])
def test_without_a_tier_new_and_size_write_the_tier_that_new_ranks_first(service, tmp_path: Path):
    cloud = "azure" if service == "event-hubs" else "aws"
    selection = ["--cloud", cloud, "--service", service, *LOAD]
    expected = {"messagesPerSecond": 5000, "bytes": 1024, "handlingMilliseconds": 8}
    ranked, _ = proposals(cloud, Request(load=Load.model_validate(expected), retention_hours=168), kafka=False)
    [first, *_] = [sized for sized in ranked if sized.choice.service == service]
    assert first.config
    for command in (["new", str(tmp_path / "new.yaml")], ["size", "--write", str(tmp_path / "size.yaml")]):
        result = CliRunner().invoke(app, [*command, *selection])
        assert result.exit_code == 0, result.stderr
        path = tmp_path / f"{command[0]}.yaml"
        assert config_of(path)["data-pipes:streaming"] == first.config["data-pipes:streaming"]
        assert f"See its resources: make plan STACK={path}" in result.stdout


def test_without_a_terminal_each_missing_answer_is_named_by_its_option(tmp_path: Path):
    path = tmp_path / "Pulumi.orders.yaml"
    result = CliRunner().invoke(app, ["new", str(path), "--bytes", "10"])
    assert (result.exit_code, result.stdout) == (2, "")
    named = [line.split(":")[0] for line in result.stderr.splitlines()]
    assert named == ["--cloud", "--messages-per-second", "--handling-milliseconds", "--service"]
    assert not path.exists()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--cloud", "aws", "--service", "pubsub", *LOAD], 2, "--service: must be a service on aws, got pubsub"),
        (["--cloud", "aws", "--service", "msk", "--region", "Ireland", *LOAD], 2, "--region: must be an AWS region"),
        (["--cloud", "aws", "--service", "msk", "--image", "orders", *LOAD], 2, "--image: must be a container image"),
        (["--cloud", "aws", "--service", "msk", "--network-cidr", "ten", *LOAD], 2, "--network-cidr: must be an IPv4"),
        (
            ["--cloud", "aws", "--service", "msk", "--retention-hours", "0", *LOAD],
            2,
            "--retention-hours: must be at least 1",
        ),
        (["--cloud", "aws", "--service", "msk", "--retention-hours", "9" * 400, *LOAD], 2, "must be at most 87600"),
        (["--cloud", "aws", "--service", "msk", *LOAD, "--handling-milliseconds", "0.00001"], 2, "at least 0.001"),
        (["--cloud", "aws", "--service", "kafka", "--platform", "ecs", *LOAD], 2, "--platform: must be a platform of"),
        (["--cloud", "aws", "--service", "msk", *LOAD, "--bytes", "0"], 2, "--bytes: must be at least 1, got 0"),
        (
            ["--cloud", "azure", "--service", "event-hubs", "--tier", "standard", *LOAD],
            1,
            "At most 2,800 messages/s. Bottleneck: handling.",
        ),
        (["--cloud", "aws", "--service", "kinesis-video", *LOAD], 1, "sized by cameras"),
    ],
)
def test_a_wrong_option_is_named_and_nothing_is_written(arguments, status, message, tmp_path: Path):
    path = tmp_path / "Pulumi.orders.yaml"
    result = CliRunner().invoke(app, ["new", str(path), *arguments])
    assert (result.exit_code, result.stdout) == (status, "")
    assert message in result.stderr
    assert not path.exists()


def test_an_existing_stack_is_kept():
    before = (ROOT / "stacks" / "Pulumi.aws-msk-eks.yaml").read_bytes()
    result = CliRunner().invoke(app, ["new", "aws-msk-eks", "--cloud", "aws", "--service", "msk", *LOAD])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("STACK: must be a new file, but ")
    assert (ROOT / "stacks" / "Pulumi.aws-msk-eks.yaml").read_bytes() == before


def test_a_missing_directory_is_named(tmp_path: Path):
    result = CliRunner().invoke(app, ["new", str(tmp_path / "no" / "Pulumi.orders.yaml"), *LOAD])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "STACK: must be in an existing directory" in result.stderr


def test_the_first_proposal_is_the_service_that_the_guide_recommends():
    load = {"messagesPerSecond": 100, "bytes": 100, "handlingMilliseconds": 1}
    request = Request(load=Load.model_validate(load), retention_hours=24)

    def first(cloud: str, *, kafka: bool) -> str:
        fitting, _ = proposals(cloud, request, kafka=kafka)
        return fitting[0].choice.service

    assert [first(cloud, kafka=False) for cloud in ("aws", "azure", "gcp")] == ["kinesis", "event-hubs", "pubsub"]
    assert [first(cloud, kafka=True) for cloud in ("aws", "azure", "gcp")] == ["msk", "event-hubs", "managed-kafka"]
