"""Every pair of services, and every form of each, rehearsed from preview to destroy on the real engine, with a real Kubernetes API server.

The pairs are the shipped stacks; the default one has a file of its own, test_rehearsal.py.
"""

from pathlib import Path

import pytest

from tests.combinations import FORMS_ONCE
from tests.stacks import DEFAULT, NAMES
from workbench.rehearse.rehearse import rehearse
from workbench.stack_file import StackFile, find_stack_file, read_settings

pytestmark = [
    pytest.mark.usefixtures("command"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ROOM = {"aws:eks/nodeGroup:NodeGroup", "gcp:container/nodePool:NodePool", "kubernetes:karpenter.sh/v1:NodePool"}
"""What may grow too, since more replicas need more room."""

STACKS = [find_stack_file(name) for name in NAMES if name != DEFAULT] + [each.stack_file() for each in FORMS_ONCE]


def types(urns: tuple[str, ...]) -> list[str]:
    """The types of resources in a cloud: a component that remembers a number is listed beside what has it."""
    found = [urn.split("::")[2].rsplit("$", 1)[-1] for urn in urns]
    return [each for each in found if not each.startswith("data-pipes:")]


@pytest.mark.parametrize("stack_file", STACKS, ids=lambda stack_file: stack_file.stack)
def test_a_stack_is_deployed_unchanged_grown_and_destroyed(stack_file: StackFile, kubeconfig: Path):
    rehearsal = rehearse(stack_file, kubernetes=kubeconfig, on_event=lambda _event: None)
    assert rehearsal.problems == ()
    assert rehearsal.left == ()
    settings = read_settings(stack_file)
    topic = settings.cloud.streaming[settings.streaming.service].partitions
    workloads = {count.type for count in settings.cloud.platforms[settings.platform.service].replicas}
    grow = next(step for step in rehearsal.steps if step.step == "grow")
    updated = [each for each in types(grow.updated) if each not in ROOM]
    if not settings.streaming.can_grow:
        assert grow.changes["same"] == sum(grow.changes.values()), "nothing grows, and nothing else changes"
    elif grow.changes.get("create"):
        known = {"gcp:pubsub/topic:Topic", *workloads}
        assert set(updated) <= known, "streams of their own are added, and none that is there is touched"
    elif topic.type in types(grow.replaced):
        assert set(updated[-1:]) <= workloads, "a job runs again, then the consumers grow"
    else:
        assert updated[:-1] == [topic.type], "the topic first"
        assert updated[-1] in workloads, "then its consumers"
