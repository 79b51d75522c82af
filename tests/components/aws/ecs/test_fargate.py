"""The sizes of Fargate's tasks, and how many of them a rollout may stop at once."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.ecs.fargate import TaskSize, minimum_healthy_percent, size_mistake, task_size

GIB = 1024
DOCUMENTED = {
    ("250m", 256): [512, 1 * GIB, 2 * GIB],
    ("500m", 512): [gib * GIB for gib in range(1, 5)],
    ("1", 1024): [gib * GIB for gib in range(2, 9)],
    ("2", 2048): [gib * GIB for gib in range(4, 17)],
    ("4", 4096): [gib * GIB for gib in range(8, 31)],
    ("8", 8192): [gib * GIB for gib in (16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60)],
    ("16", 16384): [gib * GIB for gib in (32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120)],
    ("32", 32768): [60 * GIB, 120 * GIB, 244 * GIB],
}
"""The table of the documentation (ECS, Task size), by CPU as a stack file writes it and as ECS does."""

PAIRS = [(cpu, memory) for (cpu, _), memories in DOCUMENTED.items() for memory in memories]


@pytest.mark.parametrize(
    ("cpu", "units", "memory"), [(cpu, units, memory) for (cpu, units), all_ in DOCUMENTED.items() for memory in all_]
)
def test_every_documented_size_is_taken_and_reaches_ecs_in_its_own_units(cpu, units, memory):
    assert size_mistake(cpu, f"{memory}Mi") is None
    assert task_size(cpu, f"{memory}Mi") == TaskSize(cpu=str(units), memory=str(memory))


@pytest.mark.parametrize(("cpu", "memories"), [(cpu, memories) for (cpu, _), memories in DOCUMENTED.items()])
def test_a_gibibyte_more_or_less_than_any_documented_size_is_refused(cpu, memories):
    for memory in {each + step * GIB for each in memories for step in (-1, 1)} - {*memories}:
        if memory > 0:
            assert size_mistake(cpu, f"{memory}Mi"), f"{cpu} with {memory}Mi"


@given(cpu=st.sampled_from([cpu for cpu, _ in DOCUMENTED]), memory=st.integers(1, 300 * GIB))
def test_any_other_memory_is_refused_with_the_ones_that_fit(cpu, memory):
    error = size_mistake(cpu, f"{memory}Mi")
    if (cpu, memory) in PAIRS:
        assert error is None
    else:
        assert error is not None
        assert error.path == ("memory",)
        assert f"with cpu {cpu} on Fargate (ECS, Task size), not {memory}Mi" in error.text


@given(millicores=st.integers(1, 64_000))
def test_any_other_cpu_is_refused_with_the_ones_that_there_are(millicores):
    error = size_mistake(f"{millicores}m", "4Gi")
    if millicores in (250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000):
        assert error is None or error.path == ("memory",)
    else:
        assert error is not None
        assert error.path == ("cpu",)
        assert error.text == (
            "must be 250m, 500m, 1, 2, 4, 8, 16 or 32 on Fargate (ECS, Task size), "
            f"not {millicores}m; choose one of them"
        )


@pytest.mark.parametrize(
    ("cpu", "memory", "text"),
    [
        (
            "500m",
            "512Mi",
            "must be 1Gi to 4Gi in steps of 1Gi with cpu 500m on Fargate (ECS, Task size), not 512Mi; "
            "choose such a memory, or keep 512Mi with cpu 250m",
        ),
        (
            "250m",
            "8Gi",
            "must be 512Mi, 1Gi or 2Gi with cpu 250m on Fargate (ECS, Task size), not 8Gi; "
            "choose such a memory, or keep 8Gi with cpu 1, 2 or 4",
        ),
        (
            "8",
            "17Gi",
            "must be 16Gi to 60Gi in steps of 4Gi with cpu 8 on Fargate (ECS, Task size), not 17Gi; "
            "choose such a memory, or keep 17Gi with cpu 4",
        ),
        (
            "1",
            "100Mi",
            "must be 2Gi to 8Gi in steps of 1Gi with cpu 1 on Fargate (ECS, Task size), not 100Mi; choose such a memory",
        ),
    ],
)
def test_a_message_names_the_range_and_the_cpu_that_the_memory_goes_with(cpu, memory, text):
    error = size_mistake(cpu, memory)
    assert error is not None
    assert error.text == text


@given(tasks=st.integers(1, 5000))
def test_a_rollout_can_always_stop_a_task_and_about_a_quarter_of_them_at_most(tasks):
    percent = minimum_healthy_percent(tasks)
    kept = math.ceil(tasks * percent / 100)
    assert 0 <= percent < 100
    assert kept <= tasks - 1, "ECS rounds up, and a rollout that may stop no task never ends"
    assert tasks - kept <= max(1, tasks // 4 + tasks // 100 + 1)


@pytest.mark.parametrize(("tasks", "percent"), [(1, 0), (2, 50), (3, 66), (4, 75), (6, 83), (100, 75)])
def test_the_share_of_tasks_that_keep_running(tasks, percent):
    assert minimum_healthy_percent(tasks) == percent
