"""Result of a soak: what counts as a problem."""

from dataclasses import replace
from typing import Any

import pytest

from workbench.prove.soak_result import GROWN_BYTES, Memory, Soak
from workbench.prove.tally import Handled, tally

FINE = Soak(
    seed=1,
    seconds=300,
    newer=True,
    partitions=(1, 2),
    owners={"orders-0": (1,), "orders-1": (0,)},
    faults={"kills": 2},
    dead_letters=1,
    wrongly_dead=(),
    tally=tally([(0, 0)], [Handled(at=1, replica="orders-0", partition=0, offset=0)]),
    memory=Memory(early_at=60, early=40_000_000, late=40_000_000 + GROWN_BYTES, largest=60_000_000),
    statuses=(0, 0),
)


def test_a_soak_without_loss_and_with_flat_memory_has_no_problem():
    assert FINE.problems == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"tally": tally([(0, 0)], [])}, "1 of 1 messages were lost: 0@0"),
        ({"wrongly_dead": ("0@7",)}, "1 good records are in the dead letters: 0@7"),
        (
            {"memory": replace(FINE.memory, late=50_100_000)},
            "memory must grow by at most 10.0 MB, got 10.1 MB",
        ),
        ({"statuses": (0, 1)}, "consumers must end with status 0 after SIGTERM, got {0: 1, 1: 1}"),
        (
            {"owners": {"orders-0": (0, 1)}},
            "each consumer must read one partition at the end, got {'orders-0': (0, 1)}",
        ),
    ],
)
def test_each_problem_is_reported(change: dict[str, Any], problem: str):
    assert replace(FINE, **change).problems == [problem]
    assert replace(FINE, **change).as_json()["problems"] == [problem]
