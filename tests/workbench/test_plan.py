"""A plan shows the whole stack, and counts the equation in the resources rather than believing the outputs."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pulumi_aws as aws
import pytest
from pulumi import ResourceOptions
from typer.testing import CliRunner

from tests.workbench.recording.support import Box, SmallCloud
from workbench.__main__ import app
from workbench.plan import in_order
from workbench.recording.recorder import record
from workbench.stack_file import ROOT


def test_dependencies_are_shown_before_their_dependents():
    def fill(box: Box) -> None:
        last = Box("a-last", opts=box.child)
        first = Box("z-first", opts=box.child)
        made = aws.cloudwatch.LogGroup("made", opts=first.child)
        aws.cloudwatch.LogGroup("b-waits", tags={"of": made.arn}, opts=last.child)
        aws.cloudwatch.LogGroup("a-too", tags={"of": made.arn}, opts=last.child)

    def program() -> None:
        Box("box", fill, opts=ResourceOptions(providers=[aws.Provider("aws", region="eu-west-1")]))

    names = [each.name for each in in_order(record(program, cloud=SmallCloud()))]
    assert names == ["data-pipes-test", "aws", "box", "z-first", "made", "a-last", "a-too", "b-waits"]


# The command line


@pytest.fixture(scope="module")
def planned():
    return CliRunner().invoke(app, ["plan", "aws-msk-eks", "--json"])


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def test_standard_output_is_only_json_in_the_documented_form(planned):
    assert planned.exit_code == 0, planned.stderr
    plan = json.loads(planned.stdout)
    assert list(plan) == ["stack", "pipes", "resources", "outputs"]
    assert plan["stack"] == "aws-msk-eks"
    assert plan["pipes"] == {"orders": {"partitions": 3, "replicas": 3}}
    for resource in plan["resources"]:
        assert list(resource) == [
            "urn",
            "type",
            "name",
            "parent",
            "provider",
            "dependencies",
            "inputs",
            "protect",
            "external",
        ]
    assert plan["resources"][0]["type"] == "pulumi:pulumi:Stack"


def test_every_urn_that_the_json_mentions_is_in_it(planned):
    resources = json.loads(planned.stdout)["resources"]
    known = {resource["urn"] for resource in resources}
    assert len(known) == len(resources)
    for resource in resources:
        assert {*resource["dependencies"], resource["parent"], resource["provider"]} - {None} <= known


def test_no_secret_is_shown(planned):
    shown = planned.stdout + run("plan", "aws-msk-eks").output
    secret = next(r for r in json.loads(planned.stdout)["resources"] if r["type"] == "kubernetes:core/v1:Secret")
    assert secret["inputs"]["stringData"] == "[secret]"
    assert "stand-in for secrets." not in shown


def test_a_plan_is_the_same_every_time(planned):
    assert run("plan", "aws-msk-eks", "--json").stdout == planned.stdout


def test_the_plan_shows_the_tree_the_equation_and_that_nothing_was_contacted():
    result = run("plan", "aws-msk-eks")
    assert result.exit_code == 0, result.stderr
    assert "orders: 3 partitions = 3 replicas" in result.stdout
    assert "aws msk.Cluster  protected" in result.stdout
    assert "Nothing was contacted" in result.stdout
    assert "stand-ins were used for: secrets.ordersToken" in result.stdout


def test_in_a_preview_numbers_are_known_and_ids_are_unknown():
    result = run("plan", "aws-msk-eks", "--json", "--preview")
    assert result.exit_code == 0, result.stderr
    plan = json.loads(result.stdout)
    assert plan["pipes"] == {"orders": {"partitions": 3, "replicas": 3}}
    assert plan["outputs"]["bootstrapServers"] == "[unknown]"


def test_each_of_two_pipes_has_its_own_equation(tmp_path: Path):
    path = tmp_path / "Pulumi.two.yaml"
    text = (ROOT / "stacks" / "Pulumi.aws-msk-eks.yaml").read_text()
    path.write_text(text.rstrip() + "\n    audit: {parallelism: 2, consumer: {image: 'example.com/audit:1.0.0'}}\n")
    result = run("plan", str(path))
    assert result.exit_code == 0, result.stderr
    assert "audit: 2 partitions = 2 replicas\norders: 3 partitions = 3 replicas\n" in result.stdout


def test_a_wrong_setting_ends_with_status_2_and_a_line_that_names_the_file(tmp_path: Path):
    text = (ROOT / "stacks" / "Pulumi.aws-msk-eks.yaml").read_text()
    path = tmp_path / "Pulumi.wrong.yaml"
    path.write_text(text.replace("parallelism: 3", "parallelism: 0"))
    for command in ("plan", "rehearse"):
        for options in ((), ("--json",)):
            result = run(command, str(path), *options)
            assert (result.exit_code, result.stdout) == (2, "")
            assert result.stderr.startswith(f"{path}: pipes.orders.parallelism: ")
            assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan", "aws-msk-ecks"], "Did you mean aws-msk-eks?"),
        (["plan", "./no.yaml"], "./no.yaml: no such file."),
        (["rehearse", "aws-msk-eks", "--grow", "orders"], "--grow orders: must be PIPE=N"),
        (["rehearse", "aws-msk-eks", "--grow", "orders=0"], "--grow orders=0: must be PIPE=N"),
        (["plan"], "Missing argument"),
    ],
)
def test_a_wrong_command_line_ends_with_status_2_and_nothing_on_standard_output(arguments, message):
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def broken_repository(tmp_path: Path, program: str) -> Path:
    """The workbench and the settings, with another program than the repository's."""
    for part in ("workbench", "components", "stacks"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "__main__.py").write_text(program)
    return tmp_path


def run_in(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workbench", *arguments], cwd=directory, capture_output=True, text=True, check=False
    )


def test_an_error_message_of_the_program_is_shown_unchanged(tmp_path: Path):
    result = run_in(
        broken_repository(tmp_path, "import pulumi\nraise pulumi.RunError('the moon is wrong')\n"),
        "plan",
        "aws-msk-eks",
    )
    assert (result.returncode, result.stdout, result.stderr) == (1, "", "the moon is wrong\n")


def test_an_exception_of_the_program_is_shown_with_its_source_line_and_without_a_traceback(tmp_path: Path):
    result = run_in(broken_repository(tmp_path, "x = 1\nx.upper()\n"), "plan", "aws-msk-eks", "--json")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "__main__.py:2: AttributeError: 'int' object has no attribute 'upper'\n"


def test_problems_of_the_recorder_are_listed_and_end_with_status_1(tmp_path: Path):
    program = "import pulumi, pulumi_aws as aws\naws.cloudwatch.LogGroup('lost')\npulumi.export('pipes', {})\n"
    result = run_in(broken_repository(tmp_path, program), "plan", "aws-msk-eks", "--json")
    assert result.returncode == 1
    assert json.loads(result.stdout)["stack"] == "aws-msk-eks"
    assert "\n3 problems:\n" in f"\n{result.stderr}"
    assert "lost (aws:cloudwatch/logGroup:LogGroup): must have an explicit provider" in result.stderr
    assert "lost (aws:cloudwatch/logGroup:LogGroup): must not be a child of the stack" in result.stderr
    assert "the stack output 'pipes' must have at least one pipe, got none" in result.stderr


def test_help_describes_the_commands_without_importing_a_cloud():
    program = (
        "import sys; from workbench.__main__ import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'pulumi', 'pulumi_aws', 'rich.tree'} & set(sys.modules), 'slow'"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "rehearse" in result.stdout
