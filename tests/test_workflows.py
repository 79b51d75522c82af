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


def test_azure_native_and_kubelogin_get_the_identity_of_the_variables(tmp_path: Path):
    chosen = step(SIGN_IN, "name", "Let azure-native and kubelogin")
    values = {"CLIENT": "c", "TENANT": "t", "SUBSCRIPTION": "s", "GITHUB_ENV": str(tmp_path / "env")}
    subprocess.run([needs("bash"), "-e", "-c", chosen["run"]], env={**os.environ, **values}, check=True)
    assert (tmp_path / "env").read_text().splitlines() == [
        "ARM_USE_OIDC=true",
        "ARM_CLIENT_ID=c",
        "ARM_TENANT_ID=t",
        "ARM_SUBSCRIPTION_ID=s",
        "AAD_LOGIN_METHOD=workloadidentity",
        "AAD_SERVICE_PRINCIPAL_CLIENT_ID=c",
        "AZURE_TENANT_ID=t",
    ]


@pytest.mark.parametrize(
    ("backend", "identities", "missing"),
    [
        ("s3://state", "role", None),
        ("", "role", "PULUMI_BACKEND"),
        ("s3://state", "", "AWS_ROLE, AZURE_CLIENT_ID or GCP_PROVIDER"),
    ],
)
def test_missing_variables_are_named_before_anything_is_installed(backend: str, identities: str, missing: str | None):
    first = steps(SIGN_IN)[0]
    given = {**os.environ, "BACKEND": backend, "IDENTITIES": identities}
    done = subprocess.run(
        [needs("bash"), "-e", "-c", first["run"]], env=given, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 1) == bool(missing)
    assert done.stdout.startswith(f"::error::{missing}: must be " if missing else "")


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
    found = tmp_path / "drift" / "one" / "differs"
    assert (found.read_text().strip() if found.exists() else None) == differs


ISSUES = """
const context = {
  repo: { owner: 'owner', repo: 'repository' }, serverUrl: 'https://github.example', runId: 5,
}
const told = name => async given => console.log(JSON.stringify({ [name]: given }))
const core = { warning: text => console.log(JSON.stringify({ warning: text })) }
const github = {
  paginate: async () => OPEN,
  rest: {
    actions: {
      getWorkflowRun: async given => ({ data: given.run_id === 5 ? { run_started_at: '2026-11-30T04:17:00Z' } : {} }),
      listWorkflowRuns: async given => ({ data: { workflow_runs: given.workflow_id === 'up.yml' ? UPS : [] } }),
    },
    issues: {
      create: told('create'), update: told('update'), createComment: told('createComment'), listForRepo: null,
    },
  },
}
;(async () => { SCRIPT })()
"""


@pytest.fixture
def filed(tmp_path: Path):
    """Return a function that runs the script of the job `issues` with a stand-in for GitHub, and returns the requests."""

    def file(
        found: dict[str, str], issues: list[dict[str, Any]], preview: str = "~ topic", ups: Any = ()
    ) -> list[tuple[str, dict[str, Any]]]:
        for stack, differs in found.items():
            directory = tmp_path / "drift" / stack
            directory.mkdir(parents=True)
            (directory / "differs").write_text(f"{differs}\n")
            (directory / "preview.txt").write_text(preview, newline="")
        script = next(each for each in jobs(DRIFT)["issues"]["steps"] if "script" in each["with"])["with"]["script"]
        program = ISSUES.replace("OPEN", json.dumps(issues)).replace("UPS", json.dumps(ups)).replace("SCRIPT", script)
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
    ((request, given),) = filed({"one": "yes"}, [issue("one", 3)])
    assert (request, given["issue_number"]) == ("update", 3)
    assert "state" not in given


def test_a_preview_over_the_limit_of_github_is_cut_and_says_so(filed):
    ((_, given),) = filed({"one": "yes"}, [], "x" * 70_000)
    assert len(given["body"]) <= 65_536
    assert given["body"].endswith("xxx\n\nThe rest is in the log of the run.")


def test_no_line_of_a_preview_becomes_markdown(filed):
    ((_, given),) = filed({"one": "yes"}, [], "a\r@somebody\r\n# title\n")
    assert [line for line in given["body"].split("\n") if "some" in line or "title" in line] == [
        "    @somebody",
        "    # title",
    ]


@pytest.mark.parametrize(
    ("up", "counts"),
    [
        ({"status": "in_progress", "updated_at": "2026-11-30T04:00:00Z"}, True),
        ({"status": "completed", "updated_at": "2026-11-30T04:20:00Z"}, True),
        ({"status": "completed", "updated_at": "2026-11-30T04:16:00Z"}, False),
        ({"status": "waiting", "updated_at": "2026-11-29T12:00:00Z"}, False),
    ],
)
def test_no_issue_changes_while_stacks_are_updated(filed, up: dict[str, str], counts: bool):
    requests = filed({"one": "yes", "two": "no"}, [issue("two", 4)], ups=[up])
    assert [name for name, _ in requests] == (["warning"] if counts else ["create", "createComment", "update"])


def test_the_download_has_the_same_directories_for_one_stack_and_for_many():
    # actions/download-artifact makes no directory for an artifact that is the only match (src/download-artifact.ts, v8.0.1)
    assert step(DRIFT, "uses", "actions/download-artifact@")["with"]["merge-multiple"] == "true"


def test_the_issue_is_closed_when_the_stack_no_longer_differs(filed):
    requests = filed({"one": "no"}, [issue("one", 3), issue("two", 4)])
    assert [name for name, _ in requests] == ["createComment", "update"]
    assert requests[1][1] == {"owner": "owner", "repo": "repository", "issue_number": 3, "state": "closed"}


def test_a_stack_without_a_result_keeps_its_issue(filed):
    assert filed({}, [issue("one", 3)]) == []


def test_the_job_of_the_issues_has_no_access_to_a_cloud_and_runs_no_code_of_the_stack():
    assert jobs(DRIFT)["issues"]["permissions"] == {"actions": "read", "issues": "write"}
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
    variable = f"{path.stem.upper()}_STACKS"
    assert f"vars.{variable} != ''" in jobs(path)["stacks"]["if"]
    listing = step(path, "id", "list")
    assert listing["env"][variable] == f"${{{{ vars.{variable} }}}}"
    assert listing["run"] == f'.github/list-stacks {variable} >> "$GITHUB_OUTPUT"'
    assert listing["env"].get("BEFORE") == {UP: "${{ github.event.before }}", PREVIEW: "HEAD^1"}.get(path)


@pytest.fixture
def checkout(tmp_path: Path):
    """Return a function that runs a git command or a script of .github in a repository with the stacks one, two and three."""

    def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        identity = {
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a",
        }
        return subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, **identity, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    needs("jq")
    (tmp_path / ".github").symlink_to(ROOT / ".github")
    for path in (
        *("stacks/Pulumi.one.yaml", "stacks/Pulumi.two.yaml", "stacks/Pulumi.three.yaml"),
        "components/pipe.py",
        "docs/aws.md",
    ):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    run("git", "init", "--quiet", "--initial-branch", "main")
    run("git", "add", "stacks", "components", "docs")
    assert run("git", "commit", "--quiet", "--message", "first").returncode == 0
    return run


def change(checkout, path: str) -> None:
    assert checkout("sh", "-c", f"echo changed >> {path} && git commit --quiet --all --message {path}").returncode == 0


@pytest.mark.parametrize(
    ("wanted", "names"), [("one two", ["one", "two"]), ("two,one,\n two", ["one", "two"]), ("", []), (" ", [])]
)
def test_the_listed_stacks_are_listed_once(checkout, wanted: str, names: list[str]):
    done = checkout(".github/list-stacks", "UP_STACKS", UP_STACKS=wanted)
    assert (done.returncode, done.stdout) == (0, f"names={json.dumps(names, separators=(',', ':'))}\n"), done.stderr


@pytest.mark.parametrize("name", ["four", "on", "*", "../one", "$(touch${IFS}x)", "-one", '"one"', "Pulumi.one.yaml"])
def test_a_listed_name_without_a_stack_file_is_refused(checkout, name: str, tmp_path: Path):
    done = checkout(".github/list-stacks", "UP_STACKS", UP_STACKS=f"one {name}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"::error::UP_STACKS: must be names of stacks with a file in stacks/, got '{name}'.")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", ["$(id)", "-one", '"one"', "one;two"])
def test_a_name_that_pulumi_does_not_allow_is_refused_even_if_its_file_exists(checkout, name: str, tmp_path: Path):
    (tmp_path / f"stacks/Pulumi.{name}.yaml").touch()
    assert checkout(".github/list-stacks", "UP_STACKS", UP_STACKS=name).returncode == 1


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["stacks/Pulumi.one.yaml"], ["one"]),
        (["stacks/Pulumi.one.yaml", "docs/aws.md", "stacks/Pulumi.three.yaml"], ["one"]),
        (["components/pipe.py"], ["one", "two"]),
        (["docs/aws.md"], []),
    ],
)
def test_a_push_deploys_the_stacks_that_it_changes(checkout, paths: list[str], names: list[str]):
    before = checkout("git", "rev-parse", "HEAD").stdout.strip()
    for path in paths:
        change(checkout, path)
    done = checkout(".github/list-stacks", "UP_STACKS", UP_STACKS="one two", BEFORE=before)
    assert done.stdout == f"names={json.dumps(names, separators=(',', ':'))}\n"


def test_a_push_whose_base_is_unknown_deploys_every_listed_stack(checkout):
    done = checkout(".github/list-stacks", "UP_STACKS", UP_STACKS="one two", BEFORE="0" * 40)
    assert (done.returncode, done.stdout) == (0, 'names=["one","two"]\n')


@pytest.mark.parametrize(
    ("path", "outdated"),
    [
        ("components/pipe.py", True),
        ("stacks/Pulumi.one.yaml", True),
        ("stacks/Pulumi.two.yaml", False),
        ("docs/aws.md", False),
    ],
)
def test_a_late_approval_does_not_roll_a_stack_back(checkout, path: str, outdated: bool):
    checkout("git", "switch", "--quiet", "--create", "newer")
    change(checkout, path)
    checkout("git", "update-ref", "refs/remotes/origin/main", "newer")
    checkout("git", "switch", "--quiet", "main")
    done = checkout(".github/refuse-outdated", "one")
    assert done.returncode == outdated
    assert done.stdout.startswith("::error::one: must be deployed from its newest version on main" if outdated else "")


def test_an_update_refuses_an_outdated_commit_before_it_signs_in():
    order = [each.get("run") or each["uses"] for each in jobs(UP)["up"]["steps"]]
    assert order.index('.github/refuse-outdated "$STACK"') == order.index("./.github/actions/sign-in") - 1
    assert jobs(UP)["up"]["steps"][0]["with"]["fetch-depth"] == "0"


def test_a_push_of_every_path_that_is_deployed_starts_an_update():
    shared = (ROOT / ".github" / "shared-paths").read_text().split()
    assert all((ROOT / path).exists() for path in shared)
    expected = [f"{path}/**" if (ROOT / path).is_dir() else path for path in shared]
    assert workflow(UP)["on"]["push"]["paths"] == [*expected, "stacks/Pulumi.*.yaml"]


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
