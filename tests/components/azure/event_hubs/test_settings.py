"""What a stack file may ask of Event Hubs, tier by tier."""

import pytest

from components.settings import SettingsError
from tests.stacks import settings

STACK = "azure-eventhubs-aks"
CLUSTER = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/shared/providers/Microsoft.EventHub/clusters/big"
QUOTAS = "(Event Hubs, Quotas and limits)"


def config_errors(streaming, pipes=None):
    """What is told of the streaming service and the pipes, whatever room the platform has for so many replicas."""
    try:
        settings({"data-pipes:streaming": streaming, "data-pipes:pipes": pipes or {}}, STACK)
    except SettingsError as error:
        told = [line.split(".yaml: ", 1)[1] for line in str(error).splitlines()]
        return [line for line in told if not line.startswith("platform.nodes")]
    return []


def orders(parallelism=3, **topic):
    return {"orders": {"parallelism": parallelism, "topic": topic}}


def many(count, parallelism=1, **topic):
    """As many pipes as given, the shipped one among them."""
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
def test_what_a_tier_has_room_for_is_let_through(streaming, pipes):
    assert config_errors(streaming, pipes) == []


@pytest.mark.parametrize(
    ("streaming", "line"),
    [
        (
            {"tier": "basic"},
            "streaming.tier: must be 'standard', 'premium' or 'dedicated', got \"basic\".",
        ),
        (
            PREMIUM | {"capacity": 3},
            "streaming.capacity: must be 1, 2, 4, 6, 8, 10, 12 or 16 processing units on the tier premium, not 3 "
            f"{QUOTAS}; set one of them",
        ),
        (
            STANDARD | {"capacity": 41},
            "streaming.capacity: must be at most 40, got 41.",
        ),
        (
            STANDARD | {"capacity": 0},
            "streaming.capacity: must be at least 1, got 0.",
        ),
        (
            DEDICATED | {"capacity": 2},
            "streaming.capacity: is the cluster's own on the tier dedicated, so 2 would have no effect; remove it",
        ),
        (
            PREMIUM | {"autoInflate": {"maximumUnits": 8}},
            "streaming.autoInflate: is for the tier standard only, and on premium the number of units changes by capacity alone; "
            "remove it, or set tier to standard",
        ),
        (
            STANDARD | {"autoInflate": {}},
            "streaming.autoInflate.maximumUnits: is required. Meaning of maximumUnits: ",
        ),
        (
            STANDARD | {"capacity": 10, "autoInflate": {"maximumUnits": 10}},
            "streaming.autoInflate.maximumUnits: must be more than capacity, which is 10, not 10: there would be no unit to add; "
            "raise it, or remove autoInflate",
        ),
        (
            STANDARD | {"autoInflate": {"maximumUnits": 41}},
            "streaming.autoInflate.maximumUnits: must be at most 40, got 41.",
        ),
        (
            {"tier": "dedicated"},
            "streaming.clusterId: is missing: on the tier dedicated the namespace is made on a cluster that is there already; "
            "write its id here, or set tier to premium",
        ),
        (
            PREMIUM | {"clusterId": CLUSTER},
            "streaming.clusterId: is for the tier dedicated only, and on premium Azure itself chooses where the namespace runs; "
            "remove it, or set tier to dedicated",
        ),
        (
            {"tier": "dedicated", "clusterId": "big"},
            "streaming.clusterId: must be the id of a dedicated cluster of Event Hubs, /subscriptions/",
        ),
        (
            STANDARD | {"customerManagedKey": True},
            "streaming.customerManagedKey: is not to be had on the tier standard (Event Hubs, Configure customer-managed keys): "
            "there Microsoft's keys encrypt the records; remove it, or set tier to premium",
        ),
    ],
)
def test_what_a_tier_lacks_is_told_with_key_reason_and_way_out(streaming, line):
    [told] = config_errors(streaming)
    assert told.startswith(line)


@pytest.mark.parametrize(
    ("streaming", "pipes", "line"),
    [
        (
            STANDARD,
            orders(33),
            "pipes.orders.parallelism: must be at most 32, not 33: an event hub has no more partitions on the tier standard "
            f"{QUOTAS}; lower it, or set streaming.tier to premium",
        ),
        (
            PREMIUM,
            orders(101),
            "pipes.orders.parallelism: must be at most 100, not 101: an event hub has no more partitions on the tier premium "
            f"{QUOTAS}; lower it, or set streaming.tier to dedicated",
        ),
        (
            DEDICATED,
            orders(1025),
            "pipes.orders.parallelism: must be at most 1024, not 1025: an event hub has no more partitions on the tier dedicated "
            f"{QUOTAS}; lower it, or share the records among several pipes",
        ),
        (
            PREMIUM,
            many(3, 66),
            "streaming.tier: premium has room for 200 partitions, and 201 are asked for, 3 of them for dead letters "
            f"{QUOTAS}; raise capacity, or ask for less",
        ),
        (
            STANDARD | {"capacity": 40},
            many(6),
            "streaming.tier: standard has room for 10 event hubs, and 12 are asked for, 6 of them for dead letters "
            f"{QUOTAS}; ask for less, or set tier to premium",
        ),
        (
            STANDARD,
            many(11, deadLetter={"enabled": False}),
            f"streaming.tier: standard has room for 10 event hubs, and 11 are asked for {QUOTAS}; ask for less, or set tier to premium",
        ),
        (
            STANDARD,
            many(2, schemaGroup="forward"),
            f"streaming.tier: standard has room for 1 schema groups, and 2 are asked for {QUOTAS}; ask for less, or set tier to premium",
        ),
        (
            STANDARD,
            orders(retentionHours=169),
            "pipes.orders.topic.retentionHours: must be at most 168, not 169: the tier standard keeps records for 7 days "
            f"{QUOTAS}; lower it, or set streaming.tier to premium",
        ),
        (
            STANDARD,
            orders(deadLetter={"retentionHours": 169}),
            "pipes.orders.topic.deadLetter.retentionHours: must be at most 168, not 169: the tier standard keeps records for 7 days "
            f"{QUOTAS}; lower it, or set streaming.tier to premium",
        ),
        (
            PREMIUM,
            orders(deadLetter={"retentionHours": 2161}),
            "pipes.orders.topic.deadLetter.retentionHours: must be at most 2160, got 2161.",
        ),
        (
            PREMIUM,
            orders(retentionHours=2161),
            "pipes.orders.topic.retentionHours: must be at most 2160, got 2161.",
        ),
        (
            PREMIUM,
            orders(retentionHours=24, compaction={}),
            "pipes.orders.topic: retentionHours cannot go with compaction, which keeps records by their key and not by their age "
            "(Event Hubs, Log compaction); remove one of the two",
        ),
        (
            STANDARD,
            orders(consumerGroups=[f"group{number}" for number in range(20)]),
            "pipes.orders.topic.consumerGroups: must name at most 19, not 20: with $Default an event hub has 20 on the tier "
            f"standard {QUOTAS}; remove some",
        ),
        (
            PREMIUM,
            orders(consumerGroups=["$Default"]),
            "pipes.orders.topic.consumerGroups[0]: must be 1 to 50 lower-case letters (Azure tells no others from them), digits, dots, hyphens and underscores, with a letter or "
            "digit at both ends ($Default is always there), got '$Default'.",
        ),
        (
            PREMIUM,
            orders(consumerGroups=["audit", "audit"]),
            "pipes.orders.topic.consumerGroups: must not contain duplicates, got audit more than once",
        ),
        (
            PREMIUM,
            orders(capture={"intervalSeconds": 59}),
            "pipes.orders.topic.capture.intervalSeconds: must be at least 60, got 59.",
        ),
        (
            PREMIUM,
            orders(capture={"size": 501}),
            "pipes.orders.topic.capture.size: must be at most 500, got 501.",
        ),
        (
            PREMIUM,
            {"two--hyphens": {"parallelism": 1, "topic": {"capture": {}}}},
            "pipes.two--hyphens.topic.capture: cannot go with two hyphens in a row in the pipe's name, which is in that of a storage "
            "container (Storage, Naming containers); remove it, or choose another name for the pipe",
        ),
        (
            PREMIUM,
            orders(schemaGroup="full"),
            "pipes.orders.topic.schemaGroup: must be 'none', 'backward' or 'forward', got \"full\".",
        ),
    ],
)
def test_a_pipe_that_a_tier_has_no_room_for_is_told_with_key_reason_and_way_out(streaming, pipes, line):
    [told] = config_errors(streaming, pipes)
    assert told.startswith(line)
