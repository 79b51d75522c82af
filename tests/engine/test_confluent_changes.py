"""Tests on the real engine of Confluent changes: changes that would delete data or fail are refused in the preview, without protect too."""

from collections.abc import Mapping
from typing import Any

import pytest
from pulumi.automation import PulumiCommand

from tests.stacks import changed
from workbench.rehearse.rehearse import program
from workbench.rehearse.sandbox import EngineError, Sandbox
from workbench.stack_file import StackFile

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

STACK = "aws-confluent-ecs"
TOPIC = "confluentcloud:index/kafkaTopic:KafkaTopic"
LIVE: dict[str, Any] = {"tier": "standard", "availability": "low"}
SETTINGS = {"segment.ms": "604800000", "retention.bytes": "-1"}


def stack_file(parallelism: int = 3, *, config: Mapping[str, str] | None = None, **streaming: Any) -> StackFile:
    pipes = {"orders": {"parallelism": parallelism, "topic": {"config": config or SETTINGS}}}
    return changed(
        {"data-pipes:protect": False, "data-pipes:streaming": streaming, "data-pipes:pipes": pipes}, stack=STACK
    )


def use(sandbox: Sandbox, wanted: StackFile) -> None:
    sandbox.configure(wanted.config, {f"data-pipes:{path}": f"stand-in for {path}" for path in wanted.stand_ins})


def test_a_basic_cluster_can_become_standard_but_not_change_back_or_lose_partitions(
    command: PulumiCommand,
):
    with Sandbox(program, command, stack=STACK) as sandbox:
        use(sandbox, stack_file(tier="basic"))
        sandbox.run("up")
        topics = {item.id for item in sandbox.inventory.objects() if item.type == TOPIC}
        assert len(topics) == 2, "the pipe's topic and its dead-letter topic"
        use(sandbox, stack_file(tier="standard", availability="low"))
        upgraded = sandbox.run("up")
        assert {item.id for item in sandbox.inventory.objects() if item.type == TOPIC} == topics
        assert not [urn for urn, step in upgraded.touched.items() if step == "replace" and TOPIC in urn]
        for wanted, message in (
            (
                stack_file(2, tier="standard", availability="low"),
                "pipes.orders.parallelism: cannot be changed from 3 to 2. ",
            ),
            (
                stack_file(tier="dedicated", cku=1, availability="low"),
                "streaming.tier: cannot be changed from standard to dedicated",
            ),
            (stack_file(tier="standard"), "streaming.availability: cannot be changed from low to high"),
            (
                stack_file(config={"segment.ms": "604800000"}, **LIVE),
                "pipes.orders.topic.config: retention.bytes cannot be removed",
            ),
            (
                stack_file(config={**SETTINGS, "cleanup.policy": "compact,delete"}, **LIVE),
                "pipes.orders.topic.config: cleanup.policy cannot be changed from delete to compact,delete in one step. Set it to",
            ),
        ):
            use(sandbox, wanted)
            with pytest.raises(EngineError) as refusal:
                sandbox.run("preview")
            assert message in str(refusal.value)
        for policy in ("compact", "compact,delete"):
            use(sandbox, stack_file(config={**SETTINGS, "cleanup.policy": policy}, **LIVE))
            assert [step for urn, step in sandbox.run("up").touched.items() if TOPIC in urn] == ["update"], policy
