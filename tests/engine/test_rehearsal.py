"""Tests of a rehearsal of the default stack on the real engine, from preview to destroy."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.cloud.inventory import Inventory
from workbench.rehearse import rehearse as rehearsing
from workbench.rehearse.rehearsal import Event, Rehearsal, Step
from workbench.servers.kubernetes_server import KubernetesServer
from workbench.stack_file import ROOT, find_stack_file

pytestmark = [
    pytest.mark.usefixtures("command"),
    pytest.mark.xdist_group("rehearsal"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

STEPS = ["preview", "up", "again", "refresh", "grow", "destroy"]


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return []


@pytest.fixture(scope="module")
def rehearsal(
    events: list[Event], tmp_path_factory: pytest.TempPathFactory, server: KubernetesServer
) -> Iterator[Rehearsal]:
    stacks = tmp_path_factory.mktemp("stacks")
    original = (ROOT / "stacks" / "Pulumi.aws-msk-eks.yaml").read_text(encoding="utf-8")
    copy = stacks / "Pulumi.aws-msk-eks.yaml"
    copy.write_text(original, encoding="utf-8")
    stack_file = find_stack_file(str(copy))
    done = rehearsing.rehearse(stack_file, growth={"orders": 6}, kubernetes=server.kubeconfig, on_event=events.append)
    assert list(stacks.iterdir()) == [copy], "a rehearsal must not write next to the stack file"
    assert copy.read_text(encoding="utf-8") == original
    yield done
    server.clean()


def step(rehearsal: Rehearsal, name: str) -> Step:
    return next(step for step in rehearsal.steps if step.step == name)


def test_the_rehearsal_passes_and_its_json_has_the_documented_form(rehearsal: Rehearsal):
    assert rehearsal.problems == ()
    told = json.loads(json.dumps(rehearsal.as_json()))
    assert set(told) == {"stack", "simulated", "kubernetes", "steps", "deploy", "leftAfterDestroy", "adopted"}
    assert (told["stack"], told["simulated"], told["leftAfterDestroy"]) == ("aws-msk-eks", True, 0)
    assert told["kubernetes"] == "real"
    assert [each["step"] for each in told["steps"]] == STEPS
    for each in told["steps"]:
        assert set(each) == {"step", "changes", "updated", "replaced", "seconds"}
        assert set(each["changes"]) == {"create", "update", "replace", "delete", "same"}
    assert set(told["deploy"]) == {"minutes", "longestChain", "chain", "spans"}


def test_a_second_up_and_a_refresh_change_nothing(rehearsal: Rehearsal):
    created = step(rehearsal, "up").changes["create"]
    assert created == step(rehearsal, "preview").changes["create"] > 50
    for name in ("again", "refresh"):
        assert step(rehearsal, name).changes == {"create": 0, "update": 0, "replace": 0, "delete": 0, "same": created}


def test_growth_updates_exactly_the_topic_and_its_consumers_and_the_limits_of_alarms(rehearsal: Rehearsal):
    grow = step(rehearsal, "grow")
    types = [urn.split("::")[2].rsplit("$", 1)[-1] for urn in grow.updated if ":Monitoring$" not in urn]
    assert types == ["aws:msk/topic:Topic", "kubernetes:apps/v1:Deployment"], "the topic first, then its consumers"
    assert grow.replaced == ()
    assert (grow.changes["create"], grow.changes["delete"]) == (0, 0)


def test_the_deployment_time_is_close_to_its_longest_chain_through_msk(rehearsal: Rehearsal):
    assert rehearsal.deploy.minutes <= 1.1 * rehearsal.deploy.longest_chain
    assert any(urn.split("::")[2].endswith("aws:msk/cluster:Cluster") for urn in rehearsal.deploy.chain)
    spans = {span.urn.split("::")[2].rsplit("$", 1)[-1]: span for span in rehearsal.deploy.spans}
    kafka, kubernetes = spans["aws:msk/cluster:Cluster"], spans["aws:eks/cluster:Cluster"]
    assert max(kafka.started, kubernetes.started) < 2, "the clusters must be created in parallel"


def test_destroy_removes_the_protection_first_and_leaves_nothing(rehearsal: Rehearsal):
    destroy = step(rehearsal, "destroy")
    assert destroy.changes["delete"] == step(rehearsal, "up").changes["create"]
    assert "aws:eks/cluster:Cluster" in {urn.split("::")[2].rsplit("$", 1)[-1] for urn in destroy.updated}
    assert "protect" in destroy.note
    assert rehearsal.left == ()


def test_progress_starts_with_a_note_on_simulated_clouds_and_the_real_api_server(
    rehearsal: Rehearsal, events: list[Event]
):
    assert "simulated" in str(events[0])
    assert re.search(r"API server of this rehearsal is a real one \(1\.\d+\.\d+\)", str(events[1]))
    assert [event.step for event in events if event.done and event.urn is None][2:] == STEPS
    assert not any("stand-in for" in str(event) for event in events)


def test_fewer_partitions_are_refused_by_the_engine_with_the_fix():
    done = run("aws-msk-eks", "--grow", "orders=2")
    assert done.returncode == 1
    assert "pipes.orders.parallelism: cannot be changed from 3 to 2. Kafka cannot remove partitions" in done.stderr
    assert "Traceback" not in done.stderr


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "workbench", "rehearse", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ})


@pytest.mark.parametrize(
    ("stack", "answer"), [("aws-msk-eks", "simulated, too. Run `make test-kubernetes`"), ("aws-msk-ecs", None)]
)
def test_stacks_with_kubernetes_objects_get_a_note_without_a_real_api_server(
    stack: str, answer: str | None, monkeypatch: pytest.MonkeyPatch
):
    def broken() -> None:
        raise ValueError("no such zone")

    told: list[Event] = []
    monkeypatch.setattr(rehearsing, "available", lambda: False)
    monkeypatch.setattr(rehearsing, "program", broken)
    with rehearsing.real_kubernetes(find_stack_file(stack), told.append) as kubeconfig:
        assert kubeconfig is None
        with pytest.raises(rehearsing.RehearsalError, match="no such zone"):
            rehearsing.rehearse(find_stack_file(stack), kubernetes=kubeconfig, on_event=told.append)
    api_server = [str(event) for event in told if "API server" in str(event)]
    assert len(api_server) == (1 if answer else 0)
    assert all(str(answer) in each for each in api_server)


def test_a_failed_step_ends_with_the_engines_message_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch):
    directories: list[Path] = []
    original: Callable[[Inventory, Path], None] = Inventory.__init__

    def remember(self: Inventory, path: Path) -> None:
        directories.append(path)
        original(self, path)

    def broken() -> None:
        raise ValueError("no such zone")

    monkeypatch.setattr(Inventory, "__init__", remember)
    monkeypatch.setattr(rehearsing, "program", broken)
    with pytest.raises(rehearsing.RehearsalError, match="step 'preview' failed:\n  no such zone"):
        rehearsing.rehearse(find_stack_file("aws-msk-eks"), on_event=lambda _event: None)
    assert directories
    assert not any(path.exists() for path in directories)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_rehearsal_leaves_nothing_and_reports_it_in_one_line(tmp_path: Path, number: signal.Signals):
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", "rehearse", "aws-msk-eks"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert process.stderr is not None
    told: list[str] = []
    for line in process.stderr:
        told.append(line)
        if line.startswith("up"):
            process.send_signal(number)
    assert process.wait() == 128 + number
    assert told[-1] == "stopped; everything the rehearsal created was removed\n"
    assert "Traceback" not in "".join(told)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("data-pipes")] == []
