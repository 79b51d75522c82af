"""What Confluent's provider would answer with a deletion is refused in the preview, on the real engine, even without protection."""

from typing import Any

import pytest
from pulumi.automation import PulumiCommand

from tests.stacks import changed
from workbench.rehearse import program
from workbench.sandbox import EngineError, Sandbox
from workbench.stack_file import StackFile

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

STACK = "aws-confluent-ecs"
TOPIC = "confluentcloud:index/kafkaTopic:KafkaTopic"


def stack_file(parallelism: int = 3, **streaming: Any) -> StackFile:
    pipes = {"orders": {"parallelism": parallelism}}
    return changed(
        {"data-pipes:protect": False, "data-pipes:streaming": streaming, "data-pipes:pipes": pipes}, stack=STACK
    )


def use(sandbox: Sandbox, wanted: StackFile) -> None:
    sandbox.configure(wanted.config, {f"data-pipes:{path}": f"stand-in for {path}" for path in wanted.stand_ins})


def test_a_basic_cluster_becomes_standard_with_its_topics_and_loses_neither_partitions_nor_its_tier(
    command: PulumiCommand,
):
    with Sandbox(program, command, stack=STACK) as sandbox:
        use(sandbox, stack_file(tier="basic"))
        sandbox.run("up")
        topics = {thing.id for thing in sandbox.inventory.things() if thing.type == TOPIC}
        assert len(topics) == 2, "that of the records, and that of their dead letters"
        use(sandbox, stack_file(tier="standard", availability="low"))
        upgraded = sandbox.run("up")
        assert {thing.id for thing in sandbox.inventory.things() if thing.type == TOPIC} == topics
        assert not [urn for urn, step in upgraded.touched.items() if step == "replace" and TOPIC in urn]
        for wanted, told in (
            (stack_file(2, tier="standard", availability="low"), "pipes.orders.parallelism: cannot go from 3 to 2. "),
            (stack_file(tier="dedicated", cku=1, availability="low"), "streaming.tier: a cluster stays in its tier"),
            (stack_file(tier="standard"), "streaming.availability: a cluster keeps the availability"),
        ):
            use(sandbox, wanted)
            with pytest.raises(EngineError) as refusal:
                sandbox.run("preview")
            assert told in str(refusal.value)
