"""Tests of a rehearsal's growth, refusals and detected problems. They need no engine."""

from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from workbench import __main__ as command_line
from workbench.rehearse import rehearse as rehearsing
from workbench.rehearse.rehearsal import Step, drift, problems
from workbench.stack_file import find_stack_file

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in this process without its signal handlers."""
    monkeypatch.setattr(command_line, "_end_quietly_on_signals", lambda _command: None)
    return lambda *arguments: CliRunner().invoke(command_line.app, ["rehearse", *arguments])


def test_failed_checks_are_named():
    def done(name: str, updated: tuple[str, ...] = (), replaced: tuple[str, ...] = (), **changes: int) -> Step:
        counts = {"create": 0, "update": len(updated), "replace": len(replaced), "delete": 0, "same": 1, **changes}
        return Step(step=name, changes=counts, updated=updated, replaced=replaced, seconds=0)

    topic = "urn:pulumi:s::data-pipes::a:b:C$aws:msk/topic:Topic::orders"
    fine = {"again": done("again"), "drifted": (), "grow": done("grow", (topic,)), "left": ()}
    assert problems(**fine) == []
    assert "second up" in problems(**{**fine, "again": done("again", (topic,))})[0]
    assert "refresh changed 1" in problems(**{**fine, "drifted": (topic,)})[0]
    assert "msk/topic orders" in problems(**{**fine, "grow": done("grow", (topic,), (topic,))})[0]
    assert problems(**{**fine, "grow": done("grow")}) == ["growth changed nothing"]
    assert problems(**{**fine, "grow": done("grow", create=2)}) == []
    run = "urn:pulumi:s::data-pipes::a:b:C$kubernetes:batch/v1:Job::orders"
    assert problems(**{**fine, "grow": done("grow", (topic,), (run,))}) == [], "a Job is replaced to run again"
    assert "destroy left 1" in problems(**{**fine, "left": (topic,)})[0]
    changed = problems(**{**fine, "adopted": ["aws:msk/topic:Topic orders"]})
    assert changed == ["the rehearsal changed 1 adopted objects: aws:msk/topic:Topic orders"]


def test_a_refresh_passes_only_if_the_program_ignores_the_changes():
    def state(count: int, *ignored: str) -> dict[str, Any]:
        return {"urn": "pool", "inputs": {"count": count, "vmSize": "a"}, "ignoreChanges": list(ignored)}

    assert drift([state(3, "count")], [state(4, "count")]) == ()
    assert drift([state(3)], [state(4)]) == ("pool",)
    assert drift([state(3, "counter")], [state(4, "counter")]) == ("pool",)
    assert drift([state(3, "count")], []) == ("pool",)
    assert drift([{**state(3), "external": True}], [state(4)]) == (), "external resources are only read"


@pytest.mark.parametrize(("present", "grown"), [(3, 6), (12, 18), (18, None)])
def test_a_pipe_doubles_or_grows_as_far_as_the_settings_allow(present: int, grown: int | None):
    stack_file = find_stack_file("aws-msk-eks").with_parallelism("orders", present)
    after, words = rehearsing._grown(stack_file, None)
    assert after.config["data-pipes:pipes"]["orders"]["parallelism"] == (grown or present)
    assert words == (f"orders {present} → {grown}" if grown else rehearsing.AT_LIMIT)


def test_a_growth_that_the_settings_refuse_ends_with_status_2_before_anything_is_done(run: Run):
    done = run("aws-msk-ecs", "--grow", "orders=2000", "--json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "parallelism" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_growth_to_the_present_number_is_refused_at_once(run: Run):
    done = run("aws-msk-ecs", "--grow", "orders=3")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "must differ from the pipe's parallelism" in done.stderr
