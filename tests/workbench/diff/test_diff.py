"""A diff tells what a change would do to each stack: what loses data first, and nothing that could act in a comment."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from workbench.__main__ import app
from workbench.diff import diff as differing
from workbench.diff.diff import Diff, StackDiff, diff
from workbench.diff.markdown import LIMIT, code, render
from workbench.diff.plans import Side
from workbench.diff.resources import ABSENT, compare, walk
from workbench.equation import Equation
from workbench.stack_file import ROOT

MENTION = "@everyone http://x.example"
HOSTILE = "<img src=x onerror=alert(1)> @everyone ![](http://x.example) `` ` ``\n\n# Approved\n| a | b |\n[x](http://x.example)"
MARKDOWN = MarkdownIt("commonmark").enable("table")


def git(directory: Path, *arguments: str) -> str:
    identity = {
        f"GIT_{who}_{what}": "test@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        ["git", *arguments], cwd=directory, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def commit(directory: Path) -> None:
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--message", "a change")


def tokens(markdown: str) -> list[Any]:
    """The flat list of what a Markdown reader makes of a text."""
    return [each for block in MARKDOWN.parse(markdown) for each in (block, *(block.children or []))]


def section(markdown: str, stack: str) -> list[str]:
    """The lines under a stack's heading."""
    after = markdown.partition(f"### `{stack}`\n")[2].partition("\n### ")[0].partition("\n---\n")[0]
    return [line for line in after.splitlines() if line]


# A real history of this repository


def stack_file(**changes: Any) -> str:
    content = yaml.safe_load((ROOT / "stacks" / "Pulumi.aws-msk-eks.yaml").read_text(encoding="utf-8"))
    config = content["config"]
    orders = config["data-pipes:pipes"]["orders"]
    orders["parallelism"] = changes.pop("parallelism", 3)
    orders["consumer"]["environment"] = {"LOG_LEVEL": changes.pop("level", "info")}
    config |= {f"data-pipes:{key}": value for key, value in changes.items()}
    return yaml.safe_dump(content)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository with stacks of its own, one commit, and changes in the working tree."""
    directory = tmp_path_factory.mktemp("history") / "repository"
    ignored = shutil.ignore_patterns(".*", "__pycache__", "docs", "stacks", "tests", "tools")
    shutil.copytree(ROOT, directory, ignore=ignored)
    (directory / "stacks").mkdir()
    git(directory, "init", "--quiet", "--initial-branch=main")
    sealed = {"ordersToken": {"secure": "v1:AAAA:before"}}
    for name, text in {
        "growing": stack_file(name="growing"),
        "renamed": stack_file(name="renamed"),
        "same": stack_file(name="same"),
        "tagged": stack_file(name="tagged", tags={"note": "plain"}, secrets=sealed),
    }.items():
        (directory / "stacks" / f"Pulumi.{name}.yaml").write_text(text)
    (directory / ".gitignore").write_text("__pycache__/\n")
    commit(directory)
    sealed = {"ordersToken": {"secure": "v1:AAAA:after"}}
    for name, text in {
        "growing": stack_file(name="growing", parallelism=6),
        "renamed": stack_file(name="another"),
        "tagged": stack_file(name="tagged", tags={"note": MENTION}, level=HOSTILE, secrets=sealed),
    }.items():
        (directory / "stacks" / f"Pulumi.{name}.yaml").write_text(text)
    return directory


@pytest.fixture(scope="module")
def told(repository: Path) -> str:
    """What the command prints about the working tree and its last commit."""
    before = git(repository, "status", "--porcelain"), git(repository, "for-each-ref")
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "diff", "HEAD"],
        cwd=repository,
        env={**os.environ, "GIT_DIR": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (git(repository, "status", "--porcelain"), git(repository, "for-each-ref")) == before
    return done.stdout


def share(prefix: str, limit: int) -> str:
    """Return the expression of the alarm on unread records."""
    return f"MAX([FILL({prefix}m0, REPEAT) / 900, FILL({prefix}m1, REPEAT) / {limit}])"


def test_growth_changes_the_topic_and_the_workload_and_says_so_in_the_equation(told: str):
    lines = section(told, "growing")
    assert lines[:9] == [
        "Changed (4):",
        "- `growing-orders-topic` (`aws:msk/topic:Topic`)",
        "  - `partitionCount: 3 → 6`",
        "- `growing-orders-deployment` (`kubernetes:apps/v1:Deployment`)",
        "  - `spec.replicas: 3 → 6`",
        "- `growing-dashboard` (`aws:cloudwatch/dashboard:Dashboard`)",
        f"  - `dashboardBody.widgets[8].properties.metrics[0][0].expression: {share('s0', 30000)} → {share('s0', 60000)}`",
        "- `growing-orders-old-records` (`aws:cloudwatch/metricAlarm:MetricAlarm`)",
        f"  - `metricQueries[0].expression: {share('', 30000)} → {share('', 60000)}`",
    ]
    assert lines[-1] == "- `orders: 3 partitions = 3 replicas → 6 partitions = 6 replicas`"
    assert "| `growing` | `orders: 3 partitions = 3 replicas → 6 partitions = 6 replicas` | 0 | 0 | 4 | 0 | 0 |" in told


def test_a_changed_equation_comes_first(told: str):
    lines = [line for line in told.splitlines() if line]
    first = next(line for line in lines if line.startswith("- "))
    assert lines.index(first) == 1
    assert first.endswith(": **`orders: 3 partitions = 3 replicas → 6 partitions = 6 replicas`**")


def test_data_resources_removed_by_a_new_name_come_first_and_in_bold(told: str):
    lines = section(told, "renamed")
    others = next(index for index, line in enumerate(lines) if not line.startswith("- **data resource removed: "))
    for resource in (
        "`renamed-msk` (`aws:msk/cluster:Cluster`)",
        "`renamed-orders-topic` (`aws:msk/topic:Topic`)",
        "`renamed-msk-key` (`aws:kms/key:Key`)",
    ):
        assert f"- **data resource removed: {resource}**" in lines[:others]
    assert lines[others].startswith("Added (")


def test_an_unchanged_stack_has_one_line(told: str):
    assert [line for line in told.splitlines() if "`same`" in line] == ["- `same`: no change"]


def test_nothing_in_a_stack_file_is_markup_in_the_comment(told: str):
    assert MENTION in told
    assert r"\n\n# Approved\n" in told, "the value is shown"
    found = tokens(told)
    assert {each.type for each in found} & {"html_inline", "html_block", "link_open", "image", "fence"} == set()
    assert not any(sign in each.content for each in found if each.type == "text" for sign in ("@", "<", "[", "http"))
    assert sum(each.type == "heading_open" for each in found) == 4
    assert sum(each.type == "table_open" for each in found) == 1


def test_neither_a_secret_nor_its_stand_in_is_shown(told: str):
    assert "v1:AAAA" not in told
    assert "stand-in" not in told
    assert told.count("a changed secret is not shown") == 1


def test_no_worktree_is_left(repository: Path, told: str):
    assert len(git(repository, "worktree", "list").splitlines()) == 1
    assert not list((repository / ".git").glob("worktrees/*"))


# Other histories: a stand-in for the planner, which prints what stands in the stack file

PLANNER = """
import os, pathlib, sys
text = pathlib.Path("stacks", f"Pulumi.{sys.argv[-1]}.yaml").read_text()
if text.startswith("refused"):
    sys.exit(f"stacks/Pulumi.{sys.argv[-1]}.yaml: {text}")
if text.startswith("end"):
    os._exit(3)
print(text)
if "wrong" in text:
    sys.exit("a note\\n1 problem:\\n  orders: it is wrong")
"""
TOPIC = "aws:msk/topic:Topic"


def resource(type_: str, name: str, inputs: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:test::data-pipes::{type_}::{name}"
    return {"urn": urn, "type": type_, "name": name, "provider": None, "inputs": inputs or {}, "protect": False, **more}


def plan(*resources: dict[str, Any], partitions: int = 3) -> str:
    pipes = {"orders": {"partitions": partitions, "replicas": partitions}}
    return json.dumps({"pipes": pipes, "resources": list(resources)})


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the stand-in and one stack."""
    (tmp_path / "workbench").mkdir()
    (tmp_path / "workbench" / "__main__.py").write_text(PLANNER)
    (tmp_path / "stacks").mkdir()
    write(tmp_path, "first", plan(resource(TOPIC, "topic")))
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path)
    monkeypatch.setattr(differing, "ROOT", tmp_path)
    return tmp_path


def write(directory: Path, stack: str, text: str) -> None:
    (directory / "stacks" / f"Pulumi.{stack}.yaml").write_text(text)


def run(*arguments: str):
    return CliRunner().invoke(app, ["diff", *arguments])


def test_a_change_of_the_code_counts_as_one_of_the_stack_file(small: Path):
    (small / "workbench" / "__main__.py").write_text(PLANNER.replace("print(text)", "print(text.replace('3', '4'))"))
    result = run("HEAD")
    assert result.exit_code == 0, result.stderr
    assert "`orders: 3 partitions = 3 replicas → 4 partitions = 4 replicas`" in result.stdout


def test_a_pipe_that_is_paused_now_is_shown_as_paused(small: Path):
    pipes = {"orders": {"partitions": 3, "replicas": 0, "paused": True}}
    write(small, "first", json.dumps({"pipes": pipes, "resources": [resource(TOPIC, "topic", {"paused": True})]}))
    result = run("HEAD")
    assert "`orders: 3 partitions = 3 replicas → 3 partitions, paused: 0 of 3 replicas run`" in result.stdout


def test_new_and_removed_stacks_are_marked(small: Path):
    (small / "stacks" / "Pulumi.first.yaml").unlink()
    write(small, "second", plan(resource(TOPIC, "other")))
    result = run("HEAD")
    assert result.exit_code == 0, result.stderr
    assert section(result.stdout, "first")[:2] == [
        f"- **data resource removed: `topic` (`{TOPIC}`)**",
        "The stack file is removed. Deployed resources remain until the stack is destroyed.",
    ]
    assert section(result.stdout, "first")[-1] == "- `orders: 3 partitions = 3 replicas, removed`"
    assert section(result.stdout, "second")[:3] == ["The stack is new.", "Added (1):", f"- `other` (`{TOPIC}`)"]
    assert section(result.stdout, "second")[-1] == "- `orders: 3 partitions = 3 replicas, new`"


def test_one_stack_can_be_named(small: Path):
    write(small, "second", plan())
    result = run("HEAD", "second")
    assert result.exit_code == 0, result.stderr
    assert "`first`" not in result.stdout
    assert "`second`" in result.stdout


def test_a_stack_that_cannot_be_planned_now_is_listed_with_the_others(small: Path):
    write(small, "first", plan(resource(TOPIC, "topic"), partitions=6))
    write(small, "second", "refused for a reason")
    result = run("HEAD")
    assert result.exit_code == 1
    assert section(result.stdout, "second") == [
        "The stack is new.",
        "**The stack could not be planned as it is now:**",
        "- `stacks/Pulumi.second.yaml: refused for a reason`",
    ]
    assert "| `second` | not planned | ? | ? | ? | ? | ? |" in result.stdout
    assert "→ 6 partitions = 6 replicas" in result.stdout
    assert result.stderr == "1 problem:\n  second: stacks/Pulumi.second.yaml: refused for a reason\n"


def test_a_stack_that_ends_the_planning_process_is_named_and_the_others_are_planned(small: Path):
    write(small, "first", plan(resource(TOPIC, "topic"), partitions=6))
    write(small, "ending", "end the process")
    write(small, "second", plan())
    result = run("HEAD")
    assert result.stderr == "1 problem:\n  ending: plan ended with status 3 and printed no plan\n"
    assert "→ 6 partitions = 6 replicas" in result.stdout
    assert section(result.stdout, "second")[0] == "The stack is new."


def test_problems_of_a_plan_are_listed_with_its_changes(small: Path):
    write(small, "first", plan(resource(TOPIC, "topic", {"wrong": True})))
    result = run("HEAD")
    assert result.exit_code == 1
    assert "- `orders: it is wrong`" in section(result.stdout, "first")
    assert "  - `wrong: (absent) → true`" in section(result.stdout, "first")
    assert result.stderr == "1 problem:\n  first: orders: it is wrong\n"


def test_a_base_that_cannot_be_planned_is_not_an_error(small: Path):
    write(small, "first", "refused then")
    commit(small)
    write(small, "first", plan())
    result = run("HEAD")
    assert result.exit_code == 0, result.stderr
    assert "The stack could not be planned as it was before:" in section(result.stdout, "first")
    assert "- `stacks/Pulumi.first.yaml: refused then`" in section(result.stdout, "first")


def test_a_base_without_a_workbench_says_so(small: Path):
    shutil.rmtree(small / "workbench")
    commit(small)
    (small / "workbench").mkdir()
    (small / "workbench" / "__main__.py").write_text(PLANNER)
    result = run("HEAD")
    assert result.exit_code == 0, result.stderr
    assert "- `this revision has no workbench, so the stack cannot be planned`" in section(result.stdout, "first")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["no-such-branch"],
            "'no-such-branch': must be a git revision of this repository. Check the name, or run git fetch first.",
        ),
        (["HEAD:stacks"], "'HEAD:stacks': must be a git revision of this repository."),
        (["HEAD", "third"], "no stack 'third' in stacks/, neither now nor at HEAD. Use one of: first."),
    ],
)
def test_a_wrong_command_line_ends_with_status_2_and_one_line(small: Path, arguments: list[str], message: str):
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)
    assert len(result.stderr.splitlines()) == 1


def test_a_directory_without_git_is_reported_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(differing, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    result = run("HEAD")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "not a git repository" in result.stderr
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (
        run("HEAD").stderr
        == "git is required to compare with a revision and cannot be run: No such file or directory. Install git.\n"
    )


def test_the_worktree_goes_even_if_planning_fails_and_the_users_hooks_do_not_run(small: Path, monkeypatch):
    hook = small / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch ran\n")
    hook.chmod(0o755)
    trees: list[Path] = []

    def fail(before: Path, *_others: object) -> None:
        trees.append(before)
        assert (before / "stacks" / "Pulumi.first.yaml").exists()
        assert not (before / "ran").exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(differing, "plan_all", fail)
    with pytest.raises(KeyboardInterrupt):
        diff("HEAD")
    assert not trees[0].parent.exists()
    assert len(git(small, "worktree", "list").splitlines()) == 1


# What counts as a change


def happens(old: dict[str, Any], new: dict[str, Any], type_: str = TOPIC, provider: Any = None, **more: Any):
    """What would happen to a resource whose inputs change, with the values that differ."""
    aws = [resource("pulumi:providers:aws", "aws", each) for each in (provider or ({}, {}))]
    sides = [
        {each["urn"]: each for each in (cloud, resource(type_, "it", inputs, provider=cloud["urn"]))}
        for cloud, inputs in zip(aws, (old, new), strict=True)
    ]
    for key, (before, after) in more.items():
        for side, value in zip(sides, (before, after), strict=True):
            list(side.values())[1][key] = value
    found = [each for each in compare(*sides) if each.name == "it"]
    return [(each.happens, [(change.path, change.replaces) for change in each.changes]) for each in found]


def test_inputs_that_the_service_cannot_change_replace_the_resource():
    assert happens({"cidrBlock": "10.0.0.0/20"}, {"cidrBlock": "10.0.16.0/20"}, "aws:ec2/subnet:Subnet") == [
        ("replaced", [("cidrBlock", True)])
    ]
    assert happens({"partitionCount": 3}, {"partitionCount": 6}) == [("changed", [("partitionCount", False)])]


def test_a_type_that_no_table_knows_is_changed():
    assert happens({"name": "a"}, {"name": "b"}, "aws:other/thing:Thing") == [("changed", [("name", False)])]


def test_a_setting_of_the_provider_turns_a_replacement_into_a_change():
    old, new, type_ = {"data": {"A": "1"}}, {"data": {"A": "2"}}, "kubernetes:core/v1:ConfigMap"
    assert happens(old, new, type_, ({"enableConfigMapMutable": "false"},) * 2) == [("replaced", [("data.A", True)])]
    assert happens(old, new, type_, ({"enableConfigMapMutable": "true"},) * 2) == [("changed", [("data.A", False)])]


def test_another_region_or_project_replaces_its_resources():
    regions = {"region": "eu-west-1"}, {"region": "eu-central-1"}
    assert happens({}, {}, TOPIC, regions) == [("replaced", [("the provider's region", True)])]
    assert happens({}, {}, "aws:iam/role:Role", regions) == []
    projects = {"project": "pipes-1"}, {"project": "pipes-2"}
    assert happens({}, {}, "gcp:pubsub/topic:Topic", projects) == [("replaced", [("the provider's project", True)])]


def test_what_is_only_read_is_neither_added_nor_removed_and_a_takeover_adds_it():
    read, managed = (
        {resource(TOPIC, "orders", external=external)["urn"]: resource(TOPIC, "orders", external=external)}
        for external in (True, False)
    )
    assert compare({}, read) == compare(read, {}) == ()
    assert [each.happens for each in compare(read, managed)] == ["added"]
    unmarked = {urn: {key: value for key, value in each.items() if key != "external"} for urn, each in read.items()}
    assert compare(unmarked, read) == (), "a plan of an older revision does not mark what is only read"
    assert [each.loses_data for each in compare(managed, read)] == [True]


def test_lifted_protection_is_a_change():
    assert happens({}, {}, protect=(True, False)) == [("changed", [("protect", False)])]


@pytest.mark.parametrize(
    ("type_", "holds_data"),
    [
        ("aws:msk/cluster:Cluster", True),
        ("kubernetes:kafka.strimzi.io/v1:KafkaTopic", True),
        ("aws:iam/role:Role", False),
        ("aws:other/thing:Thing", True),
        ("data-pipes:aws:Msk", False),
        ("pulumi:providers:aws", False),
    ],
)
def test_removed_resources_count_as_lost_data_unless_their_type_holds_none(type_: str, holds_data: bool):
    gone = resource(type_, "it")
    [found] = compare({gone["urn"]: gone}, {})
    assert (found.happens, found.loses_data) == ("removed", holds_data)


def test_an_omitted_input_that_the_provider_keeps_is_no_change():
    cluster, node_pool = "aws:msk/cluster:Cluster", "gcp:container/nodePool:NodePool"
    assert happens({"storageMode": "TIERED", "tags": {"a": "b"}}, {"tags": {"a": "b"}}, cluster) == []
    assert happens({"storageMode": "TIERED"}, {"numberOfBrokerNodes": 3}, cluster) == [
        ("changed", [("numberOfBrokerNodes", False)])
    ]
    assert happens({"nodeConfig": {"machineType": "a"}}, {"nodeConfig": {}}, node_pool) == []
    assert happens({"upgradeSettings": {"strategy": "SURGE"}}, {"upgradeSettings": {}}, node_pool) == []
    assert happens({"upgradeSettings": {}}, {"upgradeSettings": {"strategy": "SURGE"}}, node_pool) == []
    assert happens({"upgradeSettings": {"strategy": "BLUE_GREEN"}}, {"upgradeSettings": {}}, node_pool) == [
        ("changed", [("upgradeSettings.strategy", False)])
    ]


def test_a_setting_inside_what_the_provider_keeps_is_a_change_when_it_is_left_out():
    topic, firewall = "confluentcloud:index/kafkaTopic:KafkaTopic", "gcp:compute/firewall:Firewall"
    assert happens({"config": {"retention.ms": "1"}}, {"config": {}}, topic) == [
        ("changed", [('config["retention.ms"]', False)])
    ]
    assert happens({"destinationRanges": ["10.0.0.0/8"]}, {"destinationRanges": []}, firewall) == [
        ("changed", [("destinationRanges", False)])
    ]


def test_a_name_that_the_program_leaves_out_is_another_name():
    """The provider computes it, and gives a name of its own: Check comes before Diff."""
    assert happens({"name": "orders"}, {}, "gcp:pubsub/topic:Topic") == [("replaced", [("name", True)])]
    assert happens({"displayName": "orders"}, {}, "confluentcloud:index/environment:Environment") == [
        ("changed", [("displayName", False)])
    ]
    assert happens({}, {}, "gcp:pubsub/topic:Topic") == []


def test_changes_that_the_provider_ignores_are_no_changes():
    def private(value: bool) -> dict[str, Any]:
        addresses = {"controlPlaneEndpointsConfig": {"ipEndpointsConfig": {"enabled": False}}}
        return {**addresses, "privateClusterConfig": {"enablePrivateEndpoint": value}}

    assert happens(private(True), private(False), "gcp:container/cluster:Cluster") == []


def test_json_texts_are_compared_key_by_key():
    def policy(*actions: str) -> str:
        return json.dumps({"Statement": [{"Sid": "A", "Action": "*"}, {"Sid": "B", "Action": list(actions)}]})

    assert list(walk({"policy": policy("s:Get")}, {"policy": policy("s:Get", "s:Put")})) == [
        ('policy.Statement["B"].Action', ["s:Get"], ["s:Get", "s:Put"])
    ]


def test_a_new_first_item_does_not_change_the_others():
    old = [{"name": "LEVEL", "value": "info"}, {"name": "TOPIC", "value": "orders"}]
    assert list(walk(old, [{"name": "GROUP", "value": "g"}, *old], "environment")) == [
        ('environment["GROUP"]', ABSENT, {"name": "GROUP", "value": "g"})
    ]


def test_lines_of_properties_are_compared_key_by_key():
    old, new = "a.b=1\nc=2\n", "a.b=1\nc=3\n"
    assert list(walk({"serverProperties": old}, {"serverProperties": new})) == [("serverProperties.c", "2", "3")]


@pytest.mark.parametrize(("old", "new"), [(1, True), (0, False), ("", None), ('{"a":1}', '{"a": 1}'), ("3", 3)])
def test_different_values_that_look_equal_are_shown_as_a_change(old: Any, new: Any):
    assert list(walk({"key": old}, {"key": new})) == [("key", old, new)]
    shown = next(line for line in comment(stack({"key": old}, {"key": new})).splitlines() if "`key: " in line)
    before, after = shown.strip("-` ").removeprefix("key: ").split(" → ")
    assert before != after


# The comment


def stack(old: dict[str, Any], new: dict[str, Any], name: str = "stack") -> StackDiff:
    sides = [
        Side(
            resources={each["urn"]: each for each in [resource(TOPIC, "topic", inputs)]},
            pipes=(Equation(pipe="orders", partitions=3, replicas=3),),
            problems=(),
        )
        for inputs in (old, new)
    ]
    found = compare(sides[0].resources, sides[1].resources)
    return StackDiff(stack=name, before=sides[0], after=sides[1], resources=found)


def comment(*stacks: StackDiff, limit: int = LIMIT) -> str:
    return render(Diff(base="main", commit="0" * 40, stacks=stacks), limit=limit)


@given(st.text())
def test_any_text_is_one_code_span_on_one_line(text: str):
    assert code(text).isprintable()
    found = MARKDOWN.parse(f"- before {code(text)} **after {code(text)}**")
    assert [each.type for each in found if each.nesting == 1] == [
        "bullet_list_open",
        "list_item_open",
        "paragraph_open",
    ]
    inline = next(each for each in found if each.type == "inline").children or []
    assert [each.type for each in inline if each.content or each.nesting == 1] == [
        *("text", "code_inline", "text", "strong_open", "text", "code_inline")
    ]


@given(st.text(alphabet="`|\\ a\n"))
def test_every_text_stays_in_its_table_cell(text: str):
    table = comment(stack({"a": 1}, {"a": 2}, text))
    found = MARKDOWN.parse(table[table.index("| stack") :])
    assert sum(each.type == "td_open" for each in found) == 7
    cell = next(found[index + 1] for index, each in enumerate(found) if each.type == "td_open")
    assert [each.type for each in cell.children or [] if each.content] == ["code_inline"]


def test_long_values_are_shown_around_their_first_difference():
    shown = comment(stack({"data": "A" * 5000 + "old"}, {"data": "A" * 5000 + "new"}))
    assert f"`data: …{'A' * 20}old → …{'A' * 20}new`" in shown
    assert len(max(shown.splitlines(), key=len)) < 500
    assert f"`data: …{'A' * 20} → …{'A' * 20}more`" in comment(
        stack({"data": "A" * 5000}, {"data": "A" * 5000 + "more"})
    )


@pytest.mark.parametrize("limit", [LIMIT, 5000, 1500])
def test_a_comment_keeps_its_limit_and_counts_omitted_lines(limit: int):
    inputs = [{f"key{number}": f"{value} {number}" for number in range(900)} for value in ("old", "new")]
    shown = comment(*(stack(inputs[0], inputs[1], f"stack-{number}") for number in range(12)), limit=limit)
    assert len(shown) <= limit
    assert "(omitted to keep the comment short)" in shown
    assert "| stack |" in shown
    assert limit < LIMIT or all(f"### `stack-{number}`" in shown for number in range(12)), "each has its share"


def test_omitted_lines_are_counted():
    old, new = ({f"key{number}": value for number in range(1200)} for value in (1, 2))
    shown = comment(stack(old, new))
    assert sum("key" in line for line in shown.splitlines()) == 1000
    assert "  - … and 200 more (omitted to keep the comment short)" in shown
