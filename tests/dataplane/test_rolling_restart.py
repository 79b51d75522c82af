"""Rolling restart with never more replicas than partitions: no loss and no redelivery.

The pause of each partition is reported in the output and as a property of the test. It has no limit.
"""

import time
from collections.abc import Callable, Mapping

import pytest

from tests.dataplane.conftest import BATCH, CLASSIC, NEWER, SINGLE, MakePipe
from workbench.prove.tally import longest_pauses

RecordProperty = Callable[[str, object], None]


@pytest.mark.parametrize(
    ("named", "program"),
    [
        pytest.param(False, SINGLE, id="any name"),
        pytest.param(True, SINGLE, id="names of their own"),
        pytest.param(False, BATCH, id="any name, batches"),
    ],
)
@pytest.mark.parametrize("protocol", [NEWER, CLASSIC], ids=["KIP-848", "cooperative-sticky"])
def test_a_rolling_restart_loses_nothing_and_repeats_nothing(
    make_pipe: MakePipe, protocol: Mapping[str, str], named: bool, program: str, record_property: RecordProperty
):
    pipe = make_pipe(3, protocol, program)

    def start(number: int) -> None:
        pipe.replicas.start(number, **({"KAFKA_GROUP_INSTANCE_ID": f"orders-{number}"} if named else {}))

    for number in range(3):
        start(number)
    before = pipe.topic.wait_for_owners(1, 1, 1)
    with pipe.writer.writing(3, per_second=300):
        pipe.wait_for(200)
        for number in range(3):
            assert pipe.replicas.stop(number) == [0], "it stops with status 0"
            start(number)
            after = pipe.topic.wait_for_owners(1, 1, 1)
            assert sorted(after.values()) == [(0,), (1,), (2,)]
            assert after == before or not named, "a static member gets its partition back"
            pipe.wait_for(100)
        end = time.monotonic()
    pipe.wait_until_handled()
    pauses = {
        partition: round(seconds, 2) for partition, seconds in longest_pauses(pipe.replicas.handled(), end).items()
    }
    print(f"longest pause of each partition, in seconds: {pauses}")  # noqa: T201 - the measurement
    record_property("pauses", pauses)
    assert pipe.tally().problems == ()
    assert pipe.tally().again == 0, "records handled before a stop are committed"
