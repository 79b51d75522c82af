"""How many brokers a cluster has, and which steps from one size to another Google takes."""

import re

import pytest

from components.changes import older_kafka
from components.gcp.managed_kafka.size import GIB, Size, refuse_key_change, refuse_size_change, refuse_smaller_disk


def capacity(vcpus, memory):
    return {"vcpuCount": str(vcpus), "memoryBytes": str(memory * GIB)}


@pytest.mark.parametrize(("vcpus", "brokers"), [(3, 3), (44, 3), (45, 3), (46, 4), (60, 4), (61, 5), (75, 5)])
def test_there_is_a_broker_in_each_zone_and_one_more_for_every_fifteen_vcpus(vcpus, brokers):
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
def test_a_size_is_let_through_where_each_broker_keeps_enough(before, after):
    assert refuse_size_change(capacity(*before), capacity(*after)) is None


@pytest.mark.parametrize(
    ("before", "after", "refusal"),
    [
        (
            (45, 180),
            (48, 192),
            "vcpus cannot go from 45 to 48: 4 brokers share that instead of 3, and none may lose more than a tenth of what it has. "
            "Set vcpus to 45 or less, or else vcpus to 54 or more.",
        ),
        (
            (45, 180),
            (54, 180),
            "memory cannot go from 180 to 180: 4 brokers share that instead of 3, and none may lose more than a tenth of what it has. "
            "Set vcpus to 45 or less, or else memory to 216 or more.",
        ),
        (
            (75, 300),
            (4, 16),
            "vcpus cannot go from 75 to 4: the cluster keeps its 5 brokers, and each has at least one vCPU. Set vcpus to 5 or more.",
        ),
        (
            (75, 300),
            (5, 4),
            "memory cannot go from 300 to 4: the cluster keeps its 5 brokers, and each has at least one GiB. Set memory to 5 or more.",
        ),
    ],
)
def test_a_size_is_refused_where_a_broker_would_have_too_little(before, after, refusal):
    assert refuse_size_change(capacity(*before), capacity(*after)) == refusal


@pytest.mark.parametrize("before", range(3, 100))
def test_the_way_out_of_a_refusal_is_let_through(before):
    for after in range(before, 150):
        refusal = refuse_size_change(capacity(before, 4 * before), capacity(after, 4 * after))
        if refusal:
            for number in map(int, re.findall(r"vcpus to (\d+)", refusal)):
                assert refuse_size_change(capacity(before, 4 * before), capacity(number, 4 * number)) is None, refusal


def test_a_size_that_is_not_known_yet_is_not_judged():
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
def test_what_stays_or_grows_is_let_through(rule, before, after):
    assert rule(before, after) is None


@pytest.mark.parametrize(
    ("rule", "before", "after", "refusal"),
    [
        (
            older_kafka,
            "3.10.x",
            "3.7.x",
            "cannot go from 3.10.x to 3.7.x, since Kafka does not read the metadata of a newer version. Set version back to 3.10.x.",
        ),
        (
            refuse_smaller_disk,
            "1000",
            "900",
            "cannot go from 1000 to 900: the disks of brokers grow and never shrink. Set diskSize back to 1000 or more.",
        ),
        (
            refuse_smaller_disk,
            "1000",
            None,
            "cannot be removed again: the disks of brokers grow and never shrink. Set diskSize back to 1000 or more.",
        ),
    ],
)
def test_what_never_goes_back_is_refused_with_the_way_out(rule, before, after, refusal):
    assert rule(before, after) == refusal
