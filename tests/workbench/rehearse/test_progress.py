"""Tests of the progress display: a live line on a terminal, otherwise one line per step."""

import io

from rich.console import Console

from workbench.rehearse.progress import Progress
from workbench.rehearse.rehearse import Event

URN = "urn:pulumi:dev::data-pipes::aws:msk/cluster:Cluster::kafka"


def shown(*events: Event, terminal: bool) -> tuple[str, str]:
    """Return the printed lines, and the last text of the live line."""
    text = io.StringIO()
    with Progress(Console(file=text, force_terminal=terminal, width=200)) as progress:
        for event in events:
            progress(event)
    return text.getvalue(), progress.line("up")


def test_without_a_terminal_only_steps_are_printed():
    printed, _ = shown(
        Event(step="up", text="up …"),
        Event(step="up", urn=URN, operation="create"),
        Event(step="up", urn=URN, operation="create", done=True),
        Event(step="up", done=True, text="up  1 create  [1 s]"),
        terminal=False,
    )
    assert printed == "up …\nup  1 create  [1 s]\n"


def test_the_live_line_names_running_steps_and_counts_finished_ones():
    resources = [Event(step="up", urn=f"{URN}-{number}", operation="create") for number in range(5)]
    _, line = shown(*resources, Event(step="up", urn=f"{URN}-0", operation="create", done=True), terminal=True)
    assert line.startswith("up: 1 done; create ")
    assert "kafka-1" in line
    assert "kafka-0" not in line
    assert line.endswith(" and 1 more")
