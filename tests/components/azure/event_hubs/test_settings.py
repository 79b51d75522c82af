"""Validation of Event Hubs settings by tier."""

import pytest

from components.settings import SettingsError
from tests.stacks import settings

STACK = "azure-eventhubs-aks"
CLUSTER = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/shared/providers/Microsoft.EventHub/clusters/big"
QUOTAS = "(Event Hubs, Quotas and limits)"


def config_errors(streaming, pipes=None):
    """Return the errors about the streaming service and the pipes, without those about node capacity."""
    try:
        settings({"data-pipes:streaming": streaming, "data-pipes:pipes": pipes or {}}, STACK)
    except SettingsError as error:
        errors = [line.split(".yaml: ", 1)[1] for line in str(error).splitlines()]
        return [line for line in errors if not line.startswith("platform.nodes")]
    return []


def orders(parallelism=3, **topic):
    return {"orders": {"parallelism": parallelism, "topic": topic}}


def many(count, parallelism=1, **topic):
    """Return the given number of pipes, including orders."""
    pipe = {"parallelism": parallelism, "topic": topic}
    return {"orders": pipe} | {f"pipe{number}": pipe for number in range(count - 1)}


STANDARD, PREMIUM = {"tier": "standard"}, {"tier": "premium"}
DEDICATED = {"tier": "dedicated", "clusterId": CLUSTER}


@pytest.mark.parametrize(
    ("streaming", "pipes"),
    [
        (STANDARD | {"capacity": 40}, orders(32, retentionHours=168)),
        (STANDARD | {"capacity": 39, "autoInflate": {"maximumUnits": 40}}, orders()),
        (STANDARD, many(5)),
        (STANDARD, many(10, deadLetter={"enabled": False})),
        (STANDARD, orders(schemaGroup="none")),
        (STANDARD, orders(compaction={})),
        (STANDARD, orders(consumerGroups=[f"group{number}" for number in range(19)])),
        (PREMIUM | {"capacity": 16, "customerManagedKey": True}, orders(100, retentionHours=2160)),
        (PREMIUM | {"capacity": 1}, many(2, 99)),
        (PREMIUM | {"capacity": 2}, many(4, 99)),
        (DEDICATED | {"customerManagedKey": True}, orders(1024, retentionHours=2160)),
    ],
)
def test_settings_within_the_limits_of_the_tier_are_accepted(streaming, pipes):
    assert config_errors(streaming, pipes) == []


@pytest.mark.parametrize(
    ("streaming", "line"),
    [
        (
            {"tier": "basic"},
            "streaming.tier: must be 'standard', 'premium' or 'dedicated', got \"basic\". Meaning of tier: Tier of",
        ),
        (
            PREMIUM | {"capacity": 3},
            "streaming.capacity: must be 1, 2, 4, 6, 8, 10, 12 or 16 processing units on tier premium, got 3 "
            f"{QUOTAS}. Use one of these numbers.",
        ),
        (
            STANDARD | {"capacity": 41},
            "streaming.capacity: must be at most 40, got 41. Meaning of capacity: Capacity units of the namespace",
        ),
        (
            STANDARD | {"capacity": 0},
            "streaming.capacity: must be at least 1, got 0. Meaning of capacity: Capacity units of the namespace",
        ),
        (
            DEDICATED | {"capacity": 2},
            "streaming.capacity: is not available on tier dedicated (the cluster sets the capacity), got 2. Remove it.",
        ),
        (
            PREMIUM | {"autoInflate": {"maximumUnits": 8}},
            "streaming.autoInflate: is available only on tier standard, got tier premium (on other tiers the number of units changes only with "
            "capacity). Remove it, or set tier to standard.",
        ),
        (
            STANDARD | {"autoInflate": {}},
            "streaming.autoInflate.maximumUnits: is required. Meaning of maximumUnits: Maximum throughput units of the namespace",
        ),
        (
            STANDARD | {"capacity": 10, "autoInflate": {"maximumUnits": 10}},
            "streaming.autoInflate.maximumUnits: must be more than capacity (10), got 10 (no units could be added). "
            "Raise it or remove autoInflate.",
        ),
        (
            STANDARD | {"autoInflate": {"maximumUnits": 41}},
            "streaming.autoInflate.maximumUnits: must be at most 40, got 41. Meaning of maximumUnits: Maximum throughput units",
        ),
        (
            {"tier": "dedicated"},
            "streaming.clusterId: is required on tier dedicated (the namespace is created on an existing dedicated cluster). "
            "Set it to the cluster's ID, or set tier to premium.",
        ),
        (
            PREMIUM | {"clusterId": CLUSTER},
            "streaming.clusterId: is available only on tier dedicated, got tier premium (on other tiers Azure chooses where the namespace runs). "
            "Remove it, or set tier to dedicated.",
        ),
        (
            {"tier": "dedicated", "clusterId": "big"},
            "streaming.clusterId: must be the ID of a dedicated cluster of Event Hubs, /subscriptions/",
        ),
        (
            STANDARD | {"customerManagedKey": True},
            "streaming.customerManagedKey: is not available on tier standard, which uses Microsoft-managed keys (Event Hubs, Configure "
            "customer-managed keys). Remove it, or set tier to premium.",
        ),
    ],
)
def test_features_that_the_tier_does_not_support_are_refused(streaming, line):
    [error] = config_errors(streaming)
    assert error.startswith(line)


@pytest.mark.parametrize(
    ("streaming", "pipes", "line"),
    [
        (
            STANDARD,
            orders(33),
            "pipes.orders.parallelism: must be at most 32 (the partitions of an event hub on tier standard), got 33 "
            f"{QUOTAS}. Lower it, or set streaming.tier to premium.",
        ),
        (
            PREMIUM,
            orders(101),
            "pipes.orders.parallelism: must be at most 100 (the partitions of an event hub on tier premium), got 101 "
            f"{QUOTAS}. Lower it, or set streaming.tier to dedicated.",
        ),
        (
            DEDICATED,
            orders(1025),
            "pipes.orders.parallelism: must be at most 1024 (the partitions of an event hub on tier dedicated), got 1025 "
            f"{QUOTAS}. Lower it, or split the records across several pipes.",
        ),
        (
            PREMIUM,
            many(3, 66),
            "streaming.tier: premium supports at most 200 partitions, got 201, 3 of them for dead letters "
            f"{QUOTAS}. Raise capacity or use fewer partitions.",
        ),
        (
            STANDARD | {"capacity": 40},
            many(6),
            "streaming.tier: standard supports at most 10 event hubs, got 12, 6 of them for dead letters "
            f"{QUOTAS}. Use fewer event hubs, or set tier to premium.",
        ),
        (
            STANDARD,
            many(11, deadLetter={"enabled": False}),
            f"streaming.tier: standard supports at most 10 event hubs, got 11 {QUOTAS}. Use fewer event hubs, or set tier to premium.",
        ),
        (
            STANDARD,
            many(2, schemaGroup="forward"),
            f"streaming.tier: standard supports at most 1 schema group, got 2 {QUOTAS}. Use fewer schema groups, or set tier to premium.",
        ),
        (
            STANDARD,
            orders(retentionHours=169),
            "pipes.orders.topic.retentionHours: must be at most 168 (7 days, the maximum on tier standard), got 169 "
            f"{QUOTAS}. Lower it, or set streaming.tier to premium.",
        ),
        (
            STANDARD,
            orders(deadLetter={"retentionHours": 169}),
            "pipes.orders.topic.deadLetter.retentionHours: must be at most 168 (7 days, the maximum on tier standard), got 169 "
            f"{QUOTAS}. Lower it, or set streaming.tier to premium.",
        ),
        (
            PREMIUM,
            orders(deadLetter={"retentionHours": 2161}),
            "pipes.orders.topic.deadLetter.retentionHours: must be at most 2160, got 2161. Meaning of retentionHours: Hours for which dead letters are",
        ),
        (
            PREMIUM,
            orders(retentionHours=2161),
            "pipes.orders.topic.retentionHours: must be at most 2160, got 2161. Meaning of retentionHours: Hours for which records are kept",
        ),
        (
            PREMIUM,
            orders(retentionHours=24, compaction={}),
            "pipes.orders.topic: retentionHours cannot be used with compaction, which keeps records by key and not by age "
            "(Event Hubs, Log compaction). Remove one of the two.",
        ),
        (
            STANDARD,
            orders(consumerGroups=[f"group{number}" for number in range(20)]),
            "pipes.orders.topic.consumerGroups: must have at most 19 names, got 20 (tier standard allows 20 with $Default) "
            f"{QUOTAS}. Remove some.",
        ),
        (
            PREMIUM,
            orders(consumerGroups=["$Default"]),
            "pipes.orders.topic.consumerGroups[0]: must be 1 to 50 lower-case letters (names are case-insensitive in Azure), digits, dots, hyphens and "
            "underscores, beginning and ending with a letter or digit ($Default always exists), got '$Default'.",
        ),
        (
            PREMIUM,
            orders(consumerGroups=["audit", "audit"]),
            "pipes.orders.topic.consumerGroups: must not contain duplicates, got audit more than once",
        ),
        (
            PREMIUM,
            orders(capture={"intervalSeconds": 59}),
            "pipes.orders.topic.capture.intervalSeconds: must be at least 60, got 59. Meaning of intervalSeconds: Seconds after which",
        ),
        (
            PREMIUM,
            orders(capture={"size": 501}),
            "pipes.orders.topic.capture.size: must be at most 500, got 501. Meaning of size: File size in MiB at which a file is closed",
        ),
        (
            PREMIUM,
            {"two--hyphens": {"parallelism": 1, "topic": {"capture": {}}}},
            "pipes.two--hyphens.topic.capture: requires a pipe name without two hyphens in a row (the name is part of a container name; "
            "Storage, Naming containers). Remove capture, or rename the pipe.",
        ),
        (
            PREMIUM,
            orders(schemaGroup="full"),
            "pipes.orders.topic.schemaGroup: must be 'none', 'backward' or 'forward', got \"full\". Meaning of schemaGroup: Compatibility rule of",
        ),
    ],
)
def test_pipes_that_exceed_the_limits_of_the_tier_are_refused(streaming, pipes, line):
    [error] = config_errors(streaming, pipes)
    assert error.startswith(line)
