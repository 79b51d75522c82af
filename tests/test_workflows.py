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
PREVIEW, COMMENT, UP, DRIFT = (
    ROOT / ".github" / "workflows" / name for name in ("preview.yml", "preview-comment.yml", "up.yml", "drift.yml")
)
SIGN_IN = ROOT / ".github" / "actions" / "sign-in" / "action.yml"
LISTING = (PREVIEW, UP, DRIFT)


def workflow(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # on: is a key, not a boolean


def jobs(path: Path) -> dict[str, Any]:
    return workflow(path)["jobs"]


def steps(path: Path) -> list[dict[str, Any]]:
    if path == SIGN_IN:
        return workflow(path)["runs"]["steps"]
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


@pytest.mark.parametrize("path", [*FILES, SIGN_IN], ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit_with_its_version(path: Path):
    used = [line for line in path.read_text(encoding="utf-8").splitlines() if re.search(r"\buses:", line)]
    assert used
    for line in used:
        own = r"\s+(- )?uses: \./\.github/actions/sign-in"
        assert re.fullmatch(rf"\s+(- )?uses: [\w.-]+/[\w.-]+@[0-9a-f]{{40}} # v\d+(\.\d+)+|{own}", line), line


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_job_has_its_own_permissions_and_a_time_limit(path: Path):
    content = workflow(path)
    assert content["permissions"] == {}
    assert "pull_request_target" not in content["on"]
    for job in content["jobs"].values():
        assert job["permissions"] != {}
        long = "schedule" in job.get("if", "") or path == UP
        assert int(job["timeout-minutes"]) <= (120 if long else 30)


@pytest.mark.parametrize("path", [*FILES, SIGN_IN], ids=lambda path: path.name)
def test_no_expression_is_pasted_into_a_script(path: Path):
    for each in steps(path):
        script = each.get("run") or each.get("with", {}).get("script") or ""
        assert "${{" not in script


@pytest.mark.parametrize("path", [*FILES, SIGN_IN], ids=lambda path: path.name)
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


@pytest.mark.parametrize("path", [UP, DRIFT], ids=lambda path: path.name)
def test_only_main_is_deployed_or_compared_and_only_in_an_environment(path: Path):
    assert "pull_request" not in workflow(path)["on"]
    every = jobs(path)
    assert "github.ref == 'refs/heads/main'" in every["stacks"]["if"]
    signing_in = {name: job for name, job in every.items() if "id-token" in job["permissions"]}
    assert {name: job["environment"] for name, job in signing_in.items()} == (
        {"up": "${{ matrix.stack }}"} if path == UP else {"drift": "drift"}
    )
    assert all(job["permissions"] == {"contents": "read", "id-token": "write"} for job in signing_in.values())


def test_one_update_of_a_stack_runs_at_a_time_and_is_not_cancelled():
    assert jobs(UP)["up"]["concurrency"] == {"group": "up-${{ matrix.stack }}", "cancel-in-progress": "false"}
    assert "concurrency" not in workflow(UP)


@pytest.mark.parametrize("path", LISTING, ids=lambda path: path.name)
def test_only_the_own_action_signs_in_to_a_cloud(path: Path):
    used = [each["uses"] for each in steps(path) if "uses" in each]
    assert "./.github/actions/sign-in" in used
    assert not [each for each in used if re.match(r"aws-actions|azure|google", each)]


def test_a_cloud_without_variables_is_not_signed_in_to():
    conditions = {
        each["uses"].partition("/")[0]: each["if"]
        for each in steps(SIGN_IN)
        if re.match(r"aws-actions|azure|google", each.get("uses", ""))
    }
    assert conditions == {
        "aws-actions": "fromJSON(inputs.variables).AWS_ROLE != ''",
        "azure": "fromJSON(inputs.variables).AZURE_CLIENT_ID != ''",
        "google-github-actions": "fromJSON(inputs.variables).GCP_PROVIDER != ''",
    }


def test_azure_native_gets_the_identity_of_the_variables(tmp_path: Path):
    chosen = step(SIGN_IN, "name", "Let azure-native")
    values = {"CLIENT": "c", "TENANT": "t", "SUBSCRIPTION": "s", "GITHUB_ENV": str(tmp_path / "env")}
    subprocess.run([needs("bash"), "-e", "-c", chosen["run"]], env={**os.environ, **values}, check=True)
    assert (tmp_path / "env").read_text().splitlines() == [
        "ARM_USE_OIDC=true",
        "ARM_CLIENT_ID=c",
        "ARM_TENANT_ID=t",
        "ARM_SUBSCRIPTION_ID=s",
    ]


@pytest.mark.parametrize(("status", "differs"), [(0, "no"), (7, "yes"), (1, None), (255, None)])
def test_only_changes_that_a_preview_found_are_drift(tmp_path: Path, status: int, differs: str | None):
    pulumi = tmp_path / "bin" / "pulumi"
    pulumi.parent.mkdir()
    pulumi.write_text(f'#!/bin/sh\necho "$@"\nexit {status}\n')
    pulumi.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{pulumi.parent}:{os.environ['PATH']}",
        "RUNNER_TEMP": str(tmp_path),
        "STACK": "one",
    }
    script = step(DRIFT, "name", "Compare")["run"]
    done = subprocess.run(
        [needs("bash"), "-e", "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == (0 if differs else status)
    assert done.stdout.startswith("preview --stack one --refresh --expect-no-changes ")
    found = tmp_path / "drift" / "differs"
    assert (found.read_text().strip() if found.exists() else None) == differs


ISSUES = """
const context = {
  repo: { owner: 'owner', repo: 'repository' }, serverUrl: 'https://github.example', runId: 5,
}
const told = name => async given => console.log(JSON.stringify({ [name]: given }))
const github = {
  paginate: async () => OPEN,
  rest: { issues: {
    create: told('create'), update: told('update'), createComment: told('createComment'), listForRepo: null,
  } },
}
;(async () => { SCRIPT })()
"""


@pytest.fixture
def filed(tmp_path: Path):
    """Return a function that runs the script of the job `issues` with a stand-in for GitHub, and returns the requests."""

    def file(
        found: dict[str, str], issues: list[dict[str, Any]], preview: str = "~ topic"
    ) -> list[tuple[str, dict[str, Any]]]:
        for stack, differs in found.items():
            directory = tmp_path / "drift" / f"drift-{stack}"
            directory.mkdir(parents=True)
            (directory / "differs").write_text(f"{differs}\n")
            (directory / "preview.txt").write_text(preview)
        script = next(each for each in jobs(DRIFT)["issues"]["steps"] if "script" in each["with"])["with"]["script"]
        program = ISSUES.replace("OPEN", json.dumps(issues)).replace("SCRIPT", script)
        environment = {**os.environ, "RUNNER_TEMP": str(tmp_path)}
        done = subprocess.run(
            [needs("node"), "-e", program], env=environment, capture_output=True, text=True, check=True
        )
        return [next(iter(json.loads(line).items())) for line in done.stdout.splitlines()]

    return file


def issue(stack: str, number: int, author: str = "github-actions[bot]") -> dict[str, Any]:
    return {"number": number, "title": f"Drift: {stack}", "user": {"login": author}}


def test_a_stack_that_differs_gets_one_issue(filed):
    ((request, given),) = filed({"one": "yes", "two": "no"}, [issue("one", 3, "somebody"), issue("on", 4)], "```@a")
    assert (request, given["title"]) == ("create", "Drift: one")
    assert given["body"].splitlines()[-1] == "    ```@a"
    assert "https://github.example/owner/repository/actions/runs/5" in given["body"]


def test_a_stack_that_still_differs_keeps_its_issue(filed):
    ((request, given),) = filed({"one": "yes"}, [issue("one", 3)], "x" * 70_000)
    assert (request, given["issue_number"], len(given["body"])) == ("update", 3, 65_536)
    assert "state" not in given


def test_the_issue_is_closed_when_the_stack_no_longer_differs(filed):
    requests = filed({"one": "no"}, [issue("one", 3), issue("two", 4)])
    assert [name for name, _ in requests] == ["createComment", "update"]
    assert requests[1][1] == {"owner": "owner", "repo": "repository", "issue_number": 3, "state": "closed"}


def test_a_stack_without_a_result_keeps_its_issue(filed):
    assert filed({}, [issue("one", 3)]) == []


def test_the_job_of_the_issues_has_no_access_to_a_cloud_and_runs_no_code_of_the_stack():
    assert jobs(DRIFT)["issues"]["permissions"] == {"issues": "write"}
    assert [each["uses"].partition("@")[0] for each in jobs(DRIFT)["issues"]["steps"]] == [
        "actions/download-artifact",
        "actions/github-script",
    ]


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


@pytest.mark.parametrize("path", LISTING, ids=lambda path: path.name)
def test_a_stack_job_runs_only_for_listed_stacks(path: Path):
    variable = f"vars.{path.stem.upper()}_STACKS"
    job = jobs(path)["stacks"]
    assert f"{variable} != ''" in job["if"]
    assert step(path, "id", "list") == {
        "id": "list",
        "env": {"WANTED": f"${{{{ {variable} }}}}"},
        "run": '.github/list-stacks >> "$GITHUB_OUTPUT"',
    }


@pytest.mark.parametrize(("wanted", "names"), [("one two", ["one", "two"]), ("two, four", ["two"]), ("on", [])])
def test_only_selected_stacks_of_the_repository_are_listed(tmp_path: Path, wanted: str, names: list[str]):
    needs("jq")
    (tmp_path / "stacks").mkdir()
    for name in ("one", "three", "two"):
        (tmp_path / "stacks" / f"Pulumi.{name}.yaml").touch()
    done = subprocess.run(
        [ROOT / ".github" / "list-stacks"],
        cwd=tmp_path,
        env={**os.environ, "WANTED": wanted},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"names={json.dumps(names, separators=(',', ':'))}\n"


def test_the_engine_is_the_one_that_go_mod_requires(tmp_path: Path):
    environment = {**os.environ, "GITHUB_OUTPUT": str(tmp_path / "output")}
    script = step(SIGN_IN, "id", "engine")["run"]
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
