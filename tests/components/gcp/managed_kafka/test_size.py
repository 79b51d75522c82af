"""Tests of the number of brokers and of refused size changes."""

import re

import pytest

from components.changes import older_kafka
from components.gcp.managed_kafka.size import GIB, Size, refuse_key_change, refuse_size_change, refuse_smaller_disk


def capacity(vcpus, memory):
    return {"vcpuCount": str(vcpus), "memoryBytes": str(memory * GIB)}


@pytest.mark.parametrize(("vcpus", "brokers"), [(3, 3), (44, 3), (45, 3), (46, 4), (60, 4), (61, 5), (75, 5)])
def test_number_of_brokers_follows_vcpus(vcpus, brokers):
    assert Size(vcpus=vcpus, memory=vcpus).brokers == brokers


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((3, 12), (3, 12)),
        ((3, 12), (45, 180)),
        ((45, 180), (3, 3)),
        ((45, 180), (54, 216)),
        ((36, 144), (46, 184)),
        ((75, 300), (5, 5)),
        ((60, 240), (75, 300)),
    ],
)
def test_size_changes_are_allowed_if_brokers_keep_enough_capacity(before, after):
    assert refuse_size_change(capacity(*before), capacity(*after)) is None


@pytest.mark.parametrize(
    ("before", "after", "refusal"),
    [
        (
            (45, 180),
            (48, 192),
            "vcpus cannot be changed from 45 to 48 (the cluster would grow from 3 to 4 brokers, and no broker may lose more than 10 percent). "
            "Set vcpus to 45 or less, or vcpus to 54 or more.",
        ),
        (
            (45, 180),
            (54, 180),
            "memory cannot be changed from 180 to 180 (the cluster would grow from 3 to 4 brokers, and no broker may lose more than 10 percent). "
            "Set vcpus to 45 or less, or memory to 216 or more.",
        ),
        (
            (75, 300),
            (4, 16),
            "vcpus cannot be changed from 75 to 4 (the cluster keeps its 5 brokers, and each needs at least 1 vCPU). Set vcpus to 5 or more.",
        ),
        (
            (75, 300),
            (5, 4),
            "memory cannot be changed from 300 to 4 (the cluster keeps its 5 brokers, and each needs at least 1 GiB). Set memory to 5 or more.",
        ),
    ],
)
def test_size_changes_are_refused_if_brokers_lose_too_much_capacity(before, after, refusal):
    assert refuse_size_change(capacity(*before), capacity(*after)) == refusal


@pytest.mark.parametrize("before", range(3, 100))
def test_the_suggested_fix_is_itself_allowed(before):
    for after in range(before, 150):
        refusal = refuse_size_change(capacity(before, 4 * before), capacity(after, 4 * after))
        if refusal:
            for number in map(int, re.findall(r"vcpus to (\d+)", refusal)):
                assert refuse_size_change(capacity(before, 4 * before), capacity(number, 4 * number)) is None, refusal


def test_unknown_sizes_are_not_checked():
    assert refuse_size_change(None, capacity(3, 12)) is None
    assert refuse_size_change(capacity(45, 180), {"vcpuCount": "3"}) is None


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        (older_kafka, "3.7.x", "3.7.x"),
        (older_kafka, "3.7.x", "3.10.x"),
        (older_kafka, "3.9.x", "4.0.x"),
        (refuse_smaller_disk, None, "100"),
        (refuse_smaller_disk, None, None),
        (refuse_smaller_disk, "900", "1000"),
        (refuse_key_change, "true", "true"),
    ],
)
def test_unchanged_and_larger_values_are_allowed(rule, before, after):
    assert rule(before, after) is None


@pytest.mark.parametrize(
    ("rule", "before", "after", "refusal"),
    [
        (
            older_kafka,
            "3.10.x",
            "3.7.x",
            "cannot be changed from 3.10.x to 3.7.x (Kafka cannot read the metadata of a newer version). Set version back to 3.10.x.",
        ),
        (
            refuse_smaller_disk,
            "1000",
            "900",
            "cannot be changed from 1000 to 900 (broker disks can grow but never shrink). Set diskSize back to 1000 or more.",
        ),
        (
            refuse_smaller_disk,
            "1000",
            None,
            "cannot be removed (broker disks can grow but never shrink). Set diskSize back to 1000 or more.",
        ),
    ],
)
def test_irreversible_changes_are_refused_with_the_fix(rule, before, after, refusal):
    assert rule(before, after) == refusal
