"""Tests of the workflows: valid, pinned, and safe for pull requests from forks."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from workbench.rehearse.pulumi_cli import wanted_version
from workbench.stack_file import ROOT

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PREVIEW, COMMENT = (ROOT / ".github" / "workflows" / name for name in ("preview.yml", "preview-comment.yml"))


def workflow(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # on: is a key, not a boolean


def jobs(path: Path) -> dict[str, Any]:
    return workflow(path)["jobs"]


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in jobs(path).values() for step in job["steps"]]


def step(path: Path, key: str, value: str) -> dict[str, Any]:
    return next(each for each in steps(path) if each.get(key, "").startswith(value))


def needs(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"there is no {program} on PATH")
    return found


def test_actionlint_finds_nothing():
    done = subprocess.run(
        [needs("go"), "tool", "actionlint", "-no-color", "-shellcheck=", "-pyflakes=", *map(str, FILES)],
        cwd=ROOT / "tools" / "actionlint",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit_with_its_version(path: Path):
    used = [line for line in path.read_text(encoding="utf-8").splitlines() if re.search(r"\buses:", line)]
    assert used
    for line in used:
        assert re.fullmatch(r"\s+(- )?uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_job_has_its_own_permissions_and_a_time_limit(path: Path):
    content = workflow(path)
    assert content["permissions"] == {}
    assert "pull_request_target" not in content["on"]
    for job in content["jobs"].values():
        assert job["permissions"] != {}
        nightly = "schedule" in job.get("if", "")
        assert int(job["timeout-minutes"]) <= (120 if nightly else 30)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_expression_is_pasted_into_a_script(path: Path):
    for each in steps(path):
        script = each.get("run") or each.get("with", {}).get("script") or ""
        assert "${{" not in script


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_secret_is_named_and_no_checkout_keeps_its_token(path: Path):
    assert "secrets." not in path.read_text(encoding="utf-8")
    for each in steps(path):
        if each.get("uses", "").startswith("actions/checkout@"):
            assert each["with"]["persist-credentials"] == "false"


def test_the_code_of_a_fork_gets_a_read_only_token():
    diff = jobs(PREVIEW)["diff"]
    assert diff["permissions"] == {"contents": "read"}
    assert "if" not in diff, "the job must run for forks too"


def test_only_branches_of_this_repository_can_sign_in_to_a_cloud():
    every = jobs(PREVIEW)
    assert [name for name, job in every.items() if "id-token" in job["permissions"]] == ["preview"]
    assert every["preview"]["needs"] == "stacks"
    assert "github.event.pull_request.head.repo.full_name == github.repository" in every["stacks"]["if"]


def test_the_comment_job_runs_no_code_of_the_pull_request():
    assert [each["uses"].partition("@")[0] for each in steps(COMMENT)] == [
        "actions/download-artifact",
        "actions/github-script",
    ]
    assert jobs(COMMENT)["comment"]["permissions"] == {"actions": "read", "pull-requests": "write"}


def test_the_diff_is_compared_with_the_base_and_reported_even_if_it_fails(tmp_path: Path):
    script = step(PREVIEW, "name", "Compare")["run"]
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@"\nexit 1\n')
    python.chmod(0o755)
    environment = {
        **os.environ,
        "NUMBER": "7",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "s"),
    }
    done = subprocess.run([needs("bash"), "-e", "-c", script], cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 1
    assert (tmp_path / "diff" / "number").read_text() == "7\n"
    expected = f"-m workbench diff HEAD^1 --reports {tmp_path}/reports\n"
    assert (tmp_path / "diff" / "diff.md").read_text() == expected == (tmp_path / "s").read_text()


@pytest.mark.parametrize(("wanted", "names"), [("one two", ["one", "two"]), ("two, four", ["two"]), ("on", [])])
def test_only_selected_stacks_of_the_repository_are_previewed(tmp_path: Path, wanted: str, names: list[str]):
    needs("jq")
    (tmp_path / "stacks").mkdir()
    for name in ("one", "three", "two"):
        (tmp_path / "stacks" / f"Pulumi.{name}.yaml").touch()
    environment = {**os.environ, "WANTED": wanted, "GITHUB_OUTPUT": str(tmp_path / "output")}
    script = step(PREVIEW, "id", "list")["run"]
    subprocess.run([needs("bash"), "-e", "-c", script], cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "output").read_text() == f"names={json.dumps(names, separators=(',', ':'))}\n"


def test_the_engine_is_the_one_that_go_mod_requires(tmp_path: Path):
    environment = {**os.environ, "GITHUB_OUTPUT": str(tmp_path / "output")}
    script = step(PREVIEW, "id", "engine")["run"]
    subprocess.run([needs("bash"), "-e", "-c", script], cwd=ROOT, env=environment, check=True)
    assert (tmp_path / "output").read_text() == f"version={wanted_version()}\n"


GITHUB = """
const context = {
  repo: { owner: 'owner', repo: 'repository' },
  payload: { workflow_run: { id: 5, html_url: 'https://github.example/runs/5', head_sha: 'abc', head_repository: { id: 1 } } },
}
const core = { notice: text => console.log(JSON.stringify({ notice: text })) }
const told = name => async given => console.log(JSON.stringify({ [name]: given }))
const github = {
  paginate: async () => COMMENTS,
  rest: {
    actions: { listWorkflowRunArtifacts: async given => ({ data: { artifacts: given.run_id === 5 ? ARTIFACTS : [] } }) },
    pulls: { get: async () => ({ data: PULL }) },
    issues: { createComment: told('create'), updateComment: told('update'), listComments: null },
  },
}
;(async () => { SCRIPT })().catch(error => { console.log(JSON.stringify({ error: error.message })) })
"""
OURS = {"head": {"sha": "abc", "repo": {"id": 1}}}
MARKER = "<!-- data-pipes: what this pull request would change -->"
BOT = {"login": "github-actions[bot]"}


@pytest.fixture
def posted(tmp_path: Path):
    """Return a function that runs the posting script with a stand-in for GitHub, and returns the requests."""

    def post(
        *,
        number: str = "7\n",
        text: str = "a diff",
        pull: Any = OURS,
        comments: list[Any] | None = None,
        artifacts: Any = (),
    ) -> dict[str, Any]:
        directory = tmp_path / "diff"
        directory.mkdir(exist_ok=True)
        (directory / "number").write_text(number)
        if not (directory / "diff.md").is_symlink():
            (directory / "diff.md").write_text(text)
        program = GITHUB.replace("COMMENTS", json.dumps(comments or [])).replace("PULL", json.dumps(pull))
        program = program.replace("ARTIFACTS", json.dumps(list(artifacts)))
        program = program.replace("SCRIPT", step(COMMENT, "uses", "actions/github-script@")["with"]["script"])
        environment = {**os.environ, "RUNNER_TEMP": str(tmp_path)}
        done = subprocess.run(
            [needs("node"), "-e", program], env=environment, capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    return post


def test_the_first_diff_creates_a_comment_and_later_ones_edit_it(posted):
    made = posted()["create"]
    assert (made["issue_number"], made["body"].splitlines()[0]) == (7, MARKER)
    assert made["body"].endswith("\n\na diff")
    others = [
        {"id": 1, "user": {"login": "somebody"}, "body": MARKER},
        {"id": 2, "user": BOT, "body": "preview on ..."},
    ]
    assert "create" in posted(comments=others)
    edited = posted(comments=[*others, {"id": 3, "user": BOT, "body": f"{MARKER} before"}])["update"]
    assert edited["comment_id"] == 3


@pytest.mark.parametrize(
    "pull",
    [
        {"head": {"sha": "later", "repo": {"id": 1}}},
        {"head": {"sha": "abc", "repo": {"id": 2}}},
        {"head": {"sha": "abc", "repo": None}},
    ],
)
def test_a_pull_request_of_another_head_gets_no_comment(posted, pull: Any):
    assert "nothing is posted" in posted(pull=pull)["notice"]


@pytest.mark.parametrize("number", ["", "0", "-1", "1.5", "7; rm", "../7"])
def test_an_artifact_that_names_no_pull_request_is_refused(posted, number: str):
    assert posted(number=number) == {"error": "the artifact names no pull request"}


def test_the_comment_links_the_reports_if_there_are_any(posted):
    body = posted(artifacts=[{"name": "diff", "id": 1}, {"name": "reports", "id": 2}])["create"]["body"]
    assert "(https://github.example/runs/5/artifacts/2)" in body
    assert body.endswith("\n\na diff")
    assert "artifacts" not in posted(artifacts=[{"name": "diff", "id": 1}])["create"]["body"]


def test_a_link_in_the_artifact_is_not_followed(posted, tmp_path: Path):
    (tmp_path / "secret").write_text("a token of the runner")
    (tmp_path / "diff").mkdir()
    (tmp_path / "diff" / "diff.md").symlink_to(tmp_path / "secret")
    assert posted() == {"error": "diff.md is no plain file"}


def test_a_comment_is_cut_at_the_limit_of_github(posted):
    assert len(posted(text="x" * 70_000)["create"]["body"]) == 65_536
