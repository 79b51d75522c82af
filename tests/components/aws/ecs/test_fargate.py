"""Fargate task sizes, and the number of tasks that a rollout may stop at once."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.ecs.fargate import TaskSize, minimum_healthy_percent, size_error, task_size

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
"""Documented task sizes (ECS, Task size), by CPU in the stack file and in ECS units."""

PAIRS = [(cpu, memory) for (cpu, _), memories in DOCUMENTED.items() for memory in memories]


@pytest.mark.parametrize(
    ("cpu", "units", "memory"), [(cpu, units, memory) for (cpu, units), all_ in DOCUMENTED.items() for memory in all_]
)
def test_every_documented_size_is_accepted_and_converted_to_ecs_units(cpu, units, memory):
    assert size_error(cpu, f"{memory}Mi") is None
    assert task_size(cpu, f"{memory}Mi") == TaskSize(cpu=str(units), memory=str(memory))


@pytest.mark.parametrize(("cpu", "memories"), [(cpu, memories) for (cpu, _), memories in DOCUMENTED.items()])
def test_a_gibibyte_more_or_less_than_any_documented_size_is_refused(cpu, memories):
    for memory in {each + step * GIB for each in memories for step in (-1, 1)} - {*memories}:
        if memory > 0:
            assert size_error(cpu, f"{memory}Mi"), f"{cpu} with {memory}Mi"


@given(cpu=st.sampled_from([cpu for cpu, _ in DOCUMENTED]), memory=st.integers(1, 300 * GIB))
def test_other_memory_is_refused_with_the_supported_values(cpu, memory):
    error = size_error(cpu, f"{memory}Mi")
    if (cpu, memory) in PAIRS:
        assert error is None
    else:
        assert error is not None
        assert error.path == ("memory",)
        assert f"with cpu {cpu} on Fargate, got {memory}Mi (ECS, Task size)" in error.text


@given(millicores=st.integers(1, 64_000))
def test_other_cpu_is_refused_with_the_supported_values(millicores):
    error = size_error(f"{millicores}m", "4Gi")
    if millicores in (250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000):
        assert error is None or error.path == ("memory",)
    else:
        assert error is not None
        assert error.path == ("cpu",)
        assert error.text == (
            "must be 250m, 500m, 1, 2, 4, 8, 16 or 32 on Fargate, "
            f"got {millicores}m (ECS, Task size). Use one of these values."
        )


@pytest.mark.parametrize(
    ("cpu", "memory", "text"),
    [
        (
            "500m",
            "512Mi",
            "must be 1Gi to 4Gi in steps of 1Gi with cpu 500m on Fargate, got 512Mi (ECS, Task size). "
            "Use such a memory, or keep 512Mi with cpu 250m.",
        ),
        (
            "250m",
            "8Gi",
            "must be 512Mi, 1Gi or 2Gi with cpu 250m on Fargate, got 8Gi (ECS, Task size). "
            "Use such a memory, or keep 8Gi with cpu 1, 2 or 4.",
        ),
        (
            "8",
            "17Gi",
            "must be 16Gi to 60Gi in steps of 4Gi with cpu 8 on Fargate, got 17Gi (ECS, Task size). "
            "Use such a memory, or keep 17Gi with cpu 4.",
        ),
        (
            "1",
            "100Mi",
            "must be 2Gi to 8Gi in steps of 1Gi with cpu 1 on Fargate, got 100Mi (ECS, Task size). Use such a memory.",
        ),
    ],
)
def test_a_message_contains_the_memory_range_and_the_cpu_that_supports_the_memory(cpu, memory, text):
    error = size_error(cpu, memory)
    assert error is not None
    assert error.text == text


@given(tasks=st.integers(1, 5000))
def test_a_rollout_can_stop_at_least_one_task_and_at_most_about_a_quarter(tasks):
    percent = minimum_healthy_percent(tasks)
    kept = math.ceil(tasks * percent / 100)
    assert 0 <= percent < 100
    assert kept <= tasks - 1, "ECS rounds up, and a rollout that may stop no task never ends"
    assert tasks - kept <= max(1, tasks // 4 + tasks // 100 + 1)


@pytest.mark.parametrize(("tasks", "percent"), [(1, 0), (2, 50), (3, 66), (4, 75), (6, 83), (100, 75)])
def test_the_minimum_healthy_percent(tasks, percent):
    assert minimum_healthy_percent(tasks) == percent
