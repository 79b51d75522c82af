"""A report is one file without requests and without secrets. `test_browser.py` opens it in Chromium."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.stacks import DEFAULT, NAMES, planned, shipped
from workbench.diff.diff import Diff, StackDiff
from workbench.diff.plans import Side
from workbench.diff.resources import compare
from workbench.equation import refused
from workbench.plan import Plan
from workbench.rehearse.timeline import Span
from workbench.report.report import Base, permissions, read_rehearsal, report, write_changed
from workbench.values import strings


def side(plan: Plan) -> Side:
    resources = {each["urn"]: each for each in plan.as_json()["resources"]}
    return Side(resources=resources, pipes=plan.pipes, problems=())


def grown() -> Base:
    before, after = side(shipped()), side(planned({"data-pipes:pipes": {"orders": {"parallelism": 6}}}))
    found = StackDiff(
        stack="aws-msk-eks", before=before, after=after, resources=compare(before.resources, after.resources)
    )
    return Base(revision="main", diff=found)


@pytest.mark.parametrize("stack", NAMES)
def test_no_secret_is_in_the_report(stack: str):
    html = report(shipped(stack))
    secrets = {
        text
        for each in shipped(stack).recording.resources
        for path in each.secrets
        for _, text in strings({"": each.reveal(path)})
        if len(text) > 6
    }
    assert secrets or stack != DEFAULT, "the default stack has a secret"
    shown = {text for each in shipped(stack).recording.resources for _, text in strings(each.inputs)}
    assert not [secret for secret in secrets - shown if secret in html]


@pytest.mark.parametrize("stack", NAMES)
def test_the_report_requests_nothing_and_lists_every_resource(stack: str):
    html = report(shipped(stack))
    assert "default-src 'none'" in html
    assert "src=" not in html.replace("default-src=", "")
    assert '<link rel="icon" href="data:,">' in html
    for each in shipped(stack).recording.resources:
        assert each.name in html


def test_texts_from_the_stack_file_are_escaped():
    plan = planned({"data-pipes:pipes": {"orders": {"consumer": {"environment": {"GREETING": "<img src=x>"}}}}})
    assert "<img" not in report(plan)


def test_a_paused_pipe_is_shown_as_paused_and_not_as_a_fault():
    html = report(planned({"data-pipes:pipes": {"orders": {"consumer": {"paused": True}}}}))
    assert '<span class="p">3 partitions</span>, paused: <span class="r">0 of 3 replicas</span> run' in html
    assert "≠" not in html


def test_the_changes_are_those_of_the_diff():
    html = report(shipped(), base=grown())
    assert "Changes since main" in html
    assert "orders: 3 partitions = 3 replicas → 6 partitions = 6 replicas" in html
    assert "<code>partitionCount</code>: 3 → 6" in html


def test_a_stack_without_changes_says_so():
    same = side(shipped())
    assert "No change." in report(
        shipped(), base=Base(revision="main", diff=StackDiff(stack="a", before=same, after=same, resources=()))
    )


def test_the_consumers_identity_may_read_its_topic_and_nothing_else_of_kafka():
    found = [each for each in permissions(shipped()) if each.who == "IAM role orders-role"]
    assert [each.what for each in found if each.on.endswith("/orders") and ":topic/" in each.on] == [
        "kafka-cluster:DescribeTopic, kafka-cluster:ReadData"
    ]
    assert all(each.what.startswith("kafka-cluster:") for each in found)


def test_a_role_of_azure_is_shown_by_its_name_and_its_identity():
    found = [(each.who, each.what) for each in permissions(shipped("azure-eventhubs-aks"))]
    assert ("managed identity orders-identity", "Azure Event Hubs Data Receiver") in found


def test_the_deployment_of_a_rehearsal_is_drawn_in_percent(tmp_path: Path):
    urn = next(each.urn for each in shipped().recording.resources if each.type == "aws:msk/cluster:Cluster")
    span = Span(urn=urn, operation="create", started=5.0, ended=10.0)
    file = tmp_path / "rehearsal.json"
    deploy = {"minutes": 20.0, "longestChain": 5.0, "chain": [urn], "spans": [asdict(span)]}
    file.write_text(json.dumps({"stack": "aws-msk-eks", "deploy": deploy}))
    html = report(shipped(), rehearsal=read_rehearsal(file, "aws-msk-eks"))
    assert 'class="long" style="left:25.00%;width:25.00%"' in html


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("nothing", "got no JSON"),
        ("{}", "got JSON without a timeline"),
        ('{"stack": "other", "deploy": {"spans": []}}', "got that of other"),
    ],
)
def test_another_file_is_refused_with_the_command_that_writes_the_right_one(tmp_path: Path, content: str, reason: str):
    file = tmp_path / "rehearsal.json"
    file.write_text(content)
    with pytest.raises(match=reason) as error:
        read_rehearsal(file, "aws-msk-eks")
    assert f"python -m workbench rehearse aws-msk-eks --json > {file}" in str(error.value)


def test_problems_of_the_plan_are_shown_first():
    problem = refused("pipe orders: 3 partitions ≠ 2 replicas: the numbers must be equal")
    plan = replace(shipped(), problems=(problem,))
    assert "must be equal" in report(plan).split("<nav")[0]


def test_a_diff_writes_the_reports_of_the_changed_stacks_only(tmp_path: Path):
    changed = grown().diff
    same = replace(changed, stack="aws-msk-ecs", before=changed.after, resources=())
    removed = replace(changed, stack="gone", after=None, resources=())
    write_changed(Diff(base="main", commit="0" * 40, stacks=(changed, same, removed)), tmp_path / "reports")
    assert [each.name for each in (tmp_path / "reports").iterdir()] == ["aws-msk-eks.html"]
    assert "Changes since main" in (tmp_path / "reports" / "aws-msk-eks.html").read_text(encoding="utf-8")
