"""Tests of the page for choosing: complete, sourced, and with the numbers that the program checks."""

import re
from datetime import date

import pytest

from components.aws.msk_serverless.settings import COMPACTED_PARTITIONS, PARTITIONS
from components.azure.event_hubs.tiers import TIERS as HUBS
from components.catalog import PROPOSED
from components.confluent.tiers import TIERS as CONFLUENT
from workbench.choosing import page as choosing
from workbench.choosing.examples import partitions
from workbench.choosing.questions import QUESTIONS
from workbench.cloud.aws.kinds import KINDS

SERVICES = sorted({name for cloud in PROPOSED.values() for name in cloud.streaming})
PLATFORMS = sorted({name for cloud in PROPOSED.values() for name in cloud.platforms})
PAGE = choosing.page()
CITATION = re.compile(r"\[\^(\d+)\]")


def section(title: str) -> list[str]:
    """Return the lines between a heading and the next one."""
    [_, rest] = PAGE.split(f"\n## {title}\n")
    return rest.split("\n## ")[0].splitlines()


def table(title: str) -> list[list[str]]:
    """Return the cells of a section's table, without its head."""
    rows = [line.strip("| ").split(" | ") for line in section(title) if line.startswith("| ")]
    assert len({len(row) for row in rows}) == 1, rows
    return rows[1:]


FOOTNOTES = dict(re.findall(r"^\[\^(\d+)\]: .+; read (\S+)$", PAGE, re.MULTILINE))
SERVICE_TABLES = [title for title, _ in choosing.TABLES.values()]
TITLES = [*SERVICE_TABLES, "Platforms"]


@pytest.mark.parametrize("title", TITLES)
def test_every_cell_has_a_source_with_a_date(title):
    for name, *cells in table(title):
        for cell in cells:
            assert CITATION.sub("", cell).strip(), f"{title}, {name}: a cell is empty"
            assert CITATION.search(cell), f"{title}, {name}: {cell!r} has no source"
            assert all(number in FOOTNOTES for number in CITATION.findall(cell))


@pytest.mark.parametrize("title", ["Reasons for each service", "Where partitions = replicas does not apply"])
def test_every_reason_has_a_source(title):
    items = "\n".join(section(title)).split("\n- ")[1:]
    assert items
    for item in items:
        assert CITATION.search(item), item


def test_every_source_has_a_day_or_a_month():
    assert len(FOOTNOTES) == len(re.findall(r"^\[\^\d+\]: ", PAGE, re.MULTILINE))
    for read in FOOTNOTES.values():
        assert date.fromisoformat(read if read.count("-") == 2 else f"{read}-01")


@pytest.mark.parametrize("title", SERVICE_TABLES)
def test_every_service_of_the_catalog_is_in_each_table(title):
    assert sorted({row[0].split("`")[1] for row in table(title)}) == SERVICES


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_reasons_for_and_against_it_and_a_stack(name):
    [_, rest] = "\n".join(section("Reasons for each service")).split(f"\n### `{name}`: ")
    text = rest.split("\n### ")[0]
    for heading in ("Choose it if", "Choose another one if"):
        assert re.search(rf"{heading}\n\n- \S", text), heading
    assert re.search(r"Stacks to copy: \[`\S+`\]", text)


def test_every_platform_of_the_catalog_is_in_the_table_with_the_services_that_it_cannot_read():
    rows = {row[0].strip("`"): row[-1] for row in table("Platforms")}
    assert sorted(rows) == PLATFORMS
    for cloud in PROPOSED.values():
        for platform in cloud.platforms:
            refused = {name for name, service in cloud.streaming.items() if platform in service.refused_on}
            assert set(re.findall("`([^`]+)`", rows[platform])) == refused


def test_a_service_without_a_guide_is_named_with_the_file_to_add(monkeypatch):
    known = dict(choosing.services())
    monkeypatch.setattr(choosing, "services", lambda: {**known, "red-panda": known["kafka"]})
    with pytest.raises(LookupError, match=r"red-panda: add workbench/choosing/services/red_panda\.py with a GUIDE"):
        choosing.page()


def test_a_platform_without_a_guide_is_named_with_the_file_to_change(monkeypatch):
    monkeypatch.setattr(choosing, "PLATFORMS", {"eks": choosing.PLATFORMS["eks"]})
    with pytest.raises(LookupError, match=r"ecs: add it to PLATFORMS in workbench/choosing/platforms\.py"):
        choosing.page()


def test_at_most_ten_questions_lead_to_every_service_and_to_every_platform():
    assert len(QUESTIONS) <= 10
    reached, outcomes = {1}, ""
    for number, question in enumerate(QUESTIONS, start=1):
        assert number in reached, f"no answer leads to question {number}"
        for answer in question.answers:
            following = answer.then if isinstance(answer.then, int) else answer.next
            assert following is None or number < following <= len(QUESTIONS), f"question {number} leads to {following}"
            reached |= {following or number}
            outcomes += f" {answer.then}"
        outcomes += f" {question.text}"
    for name in [*SERVICES, *PLATFORMS]:
        assert f"`{name}`" in outcomes, name


@pytest.mark.parametrize(
    ("rate", "milliseconds", "count"), [(50_000, 8, 572), (50_000, 1, 72), (2_000, 8, 23), (1, 1, 1)]
)
def test_the_partitions_are_the_busy_consumers_with_room_for_catching_up(rate, milliseconds, count):
    assert partitions(rate, milliseconds) == count


def test_the_examples_answer_with_a_number_and_a_service():
    text = " ".join(section("Two examples"))
    azure, aws = text.split("**2,000 messages/s, AWS, new project.**")
    assert "= 572. Choose `confluent` with `tier: standard`, or `kafka`" in azure
    assert "Choose `kinesis` on `ecs`" in aws
    assert "| 8 ms | 23 |" in aws


def cell(title: str, service: str, heading: str) -> str:
    head = next(line for line in section(title) if line.startswith("| ")).strip("| ").split(" | ")
    [row] = [row for row in table(title) if row[0] == service]
    return row[head.index(heading)]


@pytest.mark.parametrize("name", HUBS)
def test_the_numbers_of_event_hubs_are_those_that_the_settings_check(name):
    tier, service = HUBS[name], f"`event-hubs`, `{name}`"
    assert f"{tier.hub_partitions:,} an event hub" in cell("Partitions and order", service, "most partitions")
    assert cell("Partitions and order", service, "can grow").startswith("yes") is tier.grows
    assert f"{tier.retention_days} days" in cell(
        "Retention, size, throughput and latency", service, "longest retention"
    )


@pytest.mark.parametrize("name", CONFLUENT)
def test_the_numbers_of_confluent_cloud_are_those_that_the_settings_check(name):
    tier, service = CONFLUENT[name], f"`confluent`, `{name}`"
    most = cell("Partitions and order", service, "most partitions")
    assert f"{tier.most_partitions:,} a cluster, {tier.unit_partitions:,} for each {tier.unit}" in most
    assert f"{tier.message_bytes // 2**20} MiB" in cell(
        "Retention, size, throughput and latency", service, "largest record"
    )


def test_the_numbers_of_msk_serverless_are_those_that_the_settings_check():
    most = cell("Partitions and order", "`msk-serverless`", "most partitions")
    assert f"{PARTITIONS:,} a cluster, {COMPACTED_PARTITIONS} more with compaction" in most


@pytest.mark.parametrize(
    ("service", "kind"),
    [
        ("`msk`, standard brokers", "aws:msk/cluster:Cluster"),
        ("`msk-serverless`", "aws:msk/serverlessCluster:ServerlessCluster"),
        ("`kinesis`", "aws:kinesis/stream:Stream"),
    ],
)
def test_the_time_of_a_creation_is_that_of_the_simulated_cloud(service, kind):
    minutes = cell("Effort and lock-in", service, "typical creation")
    assert minutes.startswith(f"{KINDS[kind].create_minutes:g} min ")
