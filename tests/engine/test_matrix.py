"""Rehearsals of every pair of services and every form of each, on the real engine with a real Kubernetes API server.

The pairs are the shipped stacks. test_rehearsal.py tests the default stack.
"""

from pathlib import Path

import pytest

from components.settings_bases import made
from tests.combinations import FORMS_ONCE
from tests.stacks import DEFAULT, NAMES
from workbench.rehearse.rehearse import rehearse
from workbench.stack_file import StackFile, find_stack_file, read_settings

pytestmark = [
    pytest.mark.usefixtures("command"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

CAPACITY = {"aws:eks/nodeGroup:NodeGroup", "gcp:container/nodePool:NodePool", "kubernetes:karpenter.sh/v1:NodePool"}
"""Changes that the growth step may need too, because more replicas need more capacity."""

STACKS = [find_stack_file(name) for name in NAMES if name != DEFAULT] + [each.stack_file() for each in FORMS_ONCE]


def types(urns: tuple[str, ...]) -> list[str]:
    """Return the types of cloud resources. Left out: components, which only store a number, and alarms, whose limits grow too."""
    found = [urn.split("::")[2].rsplit("$", 1)[-1] for urn in urns if ":Monitoring$" not in urn]
    return [each for each in found if not each.startswith("data-pipes:")]


@pytest.mark.parametrize("stack_file", STACKS, ids=lambda stack_file: stack_file.stack)
def test_a_stack_is_deployed_unchanged_grown_and_destroyed(stack_file: StackFile, kubeconfig: Path):
    rehearsal = rehearse(stack_file, kubernetes=kubeconfig, on_event=lambda _event: None)
    assert rehearsal.problems == ()
    assert rehearsal.left == ()
    settings = read_settings(stack_file)
    topic = settings.streaming_service.partitions
    workloads = {count.type for count in settings.container_platform.replicas}
    grow = next(step for step in rehearsal.steps if step.step == "grow")
    updated = [each for each in types(grow.updated) if each not in CAPACITY]
    if not settings.streaming.can_grow or not made(settings.pipes):
        assert grow.changes["same"] == sum(grow.changes.values()), "nothing may change"
    elif grow.changes.get("create"):
        known = {"gcp:pubsub/topic:Topic", *workloads}
        assert set(updated) <= known, "new streams are added, and existing ones are unchanged"
    elif topic.type in types(grow.replaced):
        assert set(updated[-1:]) <= workloads, "the Job runs again before the consumers grow"
    else:
        assert updated[:-1] == [topic.type], "the topic must grow first"
        assert updated[-1] in workloads, "then the consumers must grow"
