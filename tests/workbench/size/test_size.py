"""Tests of the sizes: the worked example of docs/sizing.md, and properties of every service."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from components.load import Load
from components.settings import load
from workbench.size.report import notes, service_size
from workbench.size.size import Choice, Request, Sized, choices, size
from workbench.size.stack_text import stack_text
from workbench.stack_file import ROOT

SIZED = [choice for choice in choices() if choice.variant]


def name_of(choice: Choice) -> str:
    return f"{choice.cloud}-{choice.service}-{choice.variant.name if choice.variant else ''}"


def request(rate: float = 50_000, message_bytes: int = 1000, handling: float = 8, hours: int = 24) -> Request:
    expected = {"messagesPerSecond": rate, "bytes": message_bytes, "handlingMilliseconds": handling}
    return Request(load=Load.model_validate(expected), retention_hours=hours)


def sized(service: str, tier: str | None = None, wanted: Request | None = None, platform: str | None = None) -> Sized:
    return size(next(iter(choices(None, service, tier, platform))), wanted or request())


def amounts(found: Sized) -> dict[str, int]:
    return {need.what: need.amount for need in found.needs}


# The worked example: 50,000 messages/s of 1,000 bytes, 8 ms each, kept for 24 hours. Each expected value was computed by hand.
@pytest.mark.parametrize(
    ("service", "tier", "what", "amount"),
    [
        # 0.5 x min(79 / 6.5, 117 / 7.2) = 6.08 MiB/s for each broker; 47.7 / 6.08 = 7.8, a multiple of 3
        ("msk", "standard", "brokers of kafka.m7g.large for throughput", 9),
        # (572 + 1 + 50) x 3 = 1,869 copies, 1,000 for each broker: 2, a multiple of 3
        ("msk", "standard", "brokers of kafka.m7g.large for partitions", 3),
        # 50 MB/s x 86,400 s = 4,023 GiB; x 3 copies x 2 / 9 brokers
        ("msk", "standard", "GiB of disk of each broker", 2683),
        # 0.75 x 15.6 = 11.7 MiB/s; 47.7 / 11.7 = 4.1, a multiple of 3
        ("msk", "express", "brokers of express.m7g.large for throughput", 6),
        ("msk-serverless", None, "MB/s into the cluster", 50),
        ("kinesis", None, "partitions for bytes", 50),
        ("kinesis", None, "partitions for messages", 50),
        # 573 partitions / 30, / 250
        ("confluent", "basic", "eCKU for partitions", 20),
        ("confluent", "standard", "eCKU for partitions", 3),
        # 50 / 60, but at least 2 for high availability
        ("confluent", "enterprise", "eCKU for throughput", 2),
        # 47.7 MiB/s x 3 = 143 written, 143 read: (143 + 143 / 4) / 20 / 0.5
        ("managed-kafka", None, "vCPUs for throughput", 18),
        # 4,023 GiB x 3 x 2 / 2,048 GiB
        ("hdinsight", None, "brokers of Standard_DS3_v2 for storage", 12),
        ("pubsub", "shared", "MB/s published in the region", 50),
        ("kafka", None, "GiB of disk of each broker", 8047),
        # 16 vCPU - 0.36 for the system and add-ons = 31 replicas of 500m
        ("msk", "standard", "nodes of m5.4xlarge", 19),
    ],
)
def test_the_worked_example(service, tier, what, amount):
    found = sized(service, tier)
    assert found.parallelism == 572
    assert amounts(found)[what] == amount


def test_a_kilobyte_of_1024_bytes_needs_one_more_vcpu():
    assert amounts(sized("managed-kafka", wanted=request(message_bytes=1024)))["vCPUs for throughput"] == 19


@pytest.mark.parametrize(("tier", "largest", "most"), [("standard", 2800, "32"), ("premium", 8750, "100")])
def test_a_tier_without_enough_partitions_states_the_largest_rate_and_why(tier, largest, most):
    found = sized("event-hubs", tier)
    assert found.config is None
    assert found.largest == pytest.approx(largest)  # partitions x 0.7 / 8 ms
    assert found.reason.startswith("Bottleneck: handling. 572 consumers are needed")
    assert f"the most is {most} (Event Hubs, Quotas and limits" in found.reason


def test_handling_that_decides_is_said_with_what_half_the_time_would_need():
    notes = sized("kinesis").notes
    assert notes[0].startswith("Handling decides the parallelism. A shorter")
    assert "at 4 ms it would be 286" in notes[0]
    assert not any("Handling" in note for note in sized("kinesis", wanted=request(handling=0.1)).notes)


def test_throughput_alone_counts_no_storage():
    """Of 200 MB/s, a partition of MSK Serverless takes 5 MB/s and has room for 250 GiB."""
    found = sized("msk-serverless", wanted=request(rate=1000, message_bytes=200_000, handling=200))
    assert amounts(found)["partitions for storage"] > 40
    assert "Throughput alone needs a parallelism of 40." in found.notes


def test_a_note_about_throughput_is_of_one_service():
    assert "Throughput alone needs a parallelism of 50." in sized("kinesis").notes
    assert not any("Throughput alone" in note for note in notes([sized("kinesis"), sized("msk", "standard")]))


def test_the_largest_accepted_load_is_answered_by_every_service():
    largest = request(rate=1e9, message_bytes=1024**3, handling=86_400_000, hours=87_600)
    assert [name_of(choice) for choice in choices() if size(choice, largest).config] == []


def test_the_smallest_accepted_load_is_written_in_plain_decimals():
    smallest = request(rate=0.001, message_bytes=1, handling=0.001)
    text = stack_text(sized("kinesis", wanted=smallest), smallest, Path("new.yaml"))
    assert "messagesPerSecond: 0.001\n" in text
    assert "handlingMilliseconds: 0.001\n" in text


def test_more_machines_for_consumers_than_for_brokers_are_said():
    assert "The consumers need more machines (19 nodes) than the service (9 brokers)." in sized("msk", "standard").notes
    assert not any("more machines" in note for note in sized("msk", "standard", request(handling=0.1)).notes)


def test_ecs_counts_tasks_and_refuses_more_than_a_service_can_have():
    assert amounts(sized("msk", "standard", platform="ecs"))["tasks of 500m CPU and 1Gi"] == 572
    found = sized("msk", "express", request(handling=100), platform="ecs")
    assert found.largest == pytest.approx(5000 * 0.7 / 0.1, rel=1e-3)
    assert "tasks of an ECS service" in found.reason


def test_what_is_not_documented_is_said():
    assert any("CU) is not documented" in note for note in sized("event-hubs", "dedicated").notes)
    assert any("throughput of a broker is not documented" in note for note in sized("hdinsight").notes)


def test_a_small_region_of_pubsub_is_said_above_its_quota():
    def said(rate: float) -> bool:
        notes = sized("pubsub", "shared", request(rate=rate, handling=0.1)).notes
        return any("small region has a quota of 200 MB/s" in note for note in notes)

    assert (said(200_000), said(201_000)) == (False, True)


def test_premium_gets_a_number_of_units_that_it_accepts():
    found = sized("event-hubs", "premium", request(rate=15_000, handling=1))  # 15 MB/s / 5 MB/s = 3 units
    assert found.config
    assert found.config["data-pipes:streaming"]["capacity"] == 4


def test_a_partition_for_dead_letters_is_left_free():
    found = sized("msk-serverless", wanted=request(rate=1e6, message_bytes=10, handling=8))
    assert "the most is 2,399 " in found.reason
    assert found.largest == pytest.approx(2399 * 0.7 / 0.008)


def test_kinesis_video_is_not_sized_by_messages():
    found = sized("kinesis-video")
    assert found.config is None
    assert "sized by cameras" in found.reason


def test_a_message_that_no_setting_allows_is_the_reason_and_no_rate_is_promised():
    found = sized("kinesis", wanted=request(message_bytes=2_000_000))
    assert found.largest is None
    assert found.reason.startswith("A message may have at most 1,048,576 bytes, and 2,000,000 are needed")


def test_a_large_message_sets_the_limit_of_the_topic():
    config = sized("msk", "express", request(rate=10, message_bytes=2_000_000)).config
    assert config
    assert config["data-pipes:pipes"]["orders"]["topic"]["config"] == {"max.message.bytes": "2000100"}


def test_a_retention_that_the_service_refuses_is_the_reason_whatever_the_rate():
    found = sized("pubsub", "shared", request(rate=1e9, hours=1000))
    assert found.largest is None
    assert "retentionHours: must be at most 744, got 1000" in found.reason


LOADS = [
    request(1, 100, 1, 168),
    request(300, 20_000, 40, 168),
    request(4_000_000, 30, 0.05, 24),
    request(60_000, 9_000, 1, 24),
    request(2_000, 500, 2_000, 12),
]


@pytest.mark.parametrize("choice", SIZED, ids=name_of)
def test_a_size_is_a_valid_stack_that_gets_no_warning(choice: Choice):
    for wanted in LOADS:
        config = size(choice, wanted).config
        if config is None:
            continue
        names = config["data-pipes:streaming"].get("credentials", {}).values()
        secrets = {"data-pipes:secrets": dict.fromkeys(names, "key")} if names else {}
        keys = {f"data-pipes:secrets.{name}" for name in names}
        made = load({**config, **secrets}, source="new", stack="new", secret_keys=keys)
        assert list(made.warnings) == [], wanted


WIDE = {"gcp": {"cidr": "10.0.0.0/12"}}
"""GKE has 256 addresses for each node. The default network has room for 64 nodes."""


@pytest.mark.parametrize("choice", SIZED, ids=name_of)
def test_the_largest_rate_fits_and_more_does_not(choice: Choice):
    tried = 0
    for message_bytes, handling in ((10, 0.001), (100_000, 0.001), (100, 1000)):

        def at(rate: float, load: tuple[int, float] = (message_bytes, handling)) -> Sized:
            return size(choice, replace(request(rate, *load), network=WIDE.get(choice.cloud, {})))

        largest = at(1e7).largest
        if largest is not None:  # None: no limit is documented
            tried += 1
            assert at(largest * 1.02).config is None
            assert at(largest * 0.98).config is not None
    assert tried


DOCUMENTED = re.findall(
    r"^\| ([a-z-]+)(?: ([a-z]+))? \| (.+) \|$",
    (ROOT / "docs" / "sizing.md").read_text(encoding="utf-8").partition("## Worked example")[2],
    re.MULTILINE,
)


@pytest.mark.parametrize(("service", "tier", "text"), [row for row in DOCUMENTED if row[0] != "service"])
def test_the_documented_example_is_what_size_prints(service, tier, text):
    found = sized(service, tier or None)
    if found.config is None:
        assert text == f"at most {int(found.largest or 0):,} messages/s on a pipe"
    else:
        assert (service_size(found), found.parallelism) == (text, 572)


def test_the_documented_example_has_every_service_that_is_sized():
    assert {row[0] for row in DOCUMENTED if row[0] != "service"} == {choice.service for choice in SIZED}
