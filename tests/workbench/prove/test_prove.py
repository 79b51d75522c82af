"""Tests of the command `prove`: detected problems, output and refused stacks."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console
from typer.testing import CliRunner

from workbench.__main__ import app
from workbench.prove.plot import plot
from workbench.prove.proof import Growth, Proof, Rate, Sharing
from workbench.prove.report import render
from workbench.prove.tally import Tally


def sharing(partitions: int, *owned: tuple[int, ...]) -> Sharing:
    owners = {f"orders-{number}": each for number, each in enumerate(owned)}
    return Sharing(partitions=partitions, replicas=len(owned), owners=owners)


ONE_EACH = sharing(2, (0,), (1,))


def proof(*, lost: tuple[str, ...] = (), shared: Sharing = ONE_EACH) -> Proof:
    counted = Tally(written=100, handled=100 - len(lost), again=7, lost=lost, out_of_order=())
    return Proof(
        stack="aws-msk-eks",
        pipe="orders",
        config={"retention.ms": "604800000"},
        sharings=(sharing(2, (0, 1)), shared, sharing(2, (0,), (1,), ())),
        rates=(
            Rate(sharing=sharing(1, (0,)), handled=950, seconds=5),
            Rate(sharing=ONE_EACH, handled=1805, seconds=5),
        ),
        growth=Growth(
            before=sharing(1, (0,)),
            after=ONE_EACH,
            killed="orders-1",
            without=sharing(2, (0, 1)),
            again=ONE_EACH,
            pauses={0: 0.2, 1: 6.3},
            tally=counted,
        ),
        notes=("Simulated: no cloud.",),
    )


def test_an_even_assignment_is_no_problem_and_unequal_numbers_allow_overloaded_or_idle_replicas():
    assert proof().problems == []
    assert sharing(2, (0, 1)).double == ("orders-0",)
    assert sharing(2, (0,), (1,), ()).idle == ("orders-2",)


@pytest.mark.parametrize(
    ("shared", "said"),
    [
        (
            sharing(2, (0, 1), ()),
            "2 replicas for 2 partitions: partitions must be spread evenly, got more than one for orders-0 and none for orders-1",
        ),
        (
            sharing(2, (0,), (0,)),
            "2 replicas for 2 partitions: each partition must have exactly one replica, got readers for the partitions [0, 0]",
        ),
        (
            sharing(2, (0,), ()),
            "2 replicas for 2 partitions: each partition must have exactly one replica, got readers for the partitions [0]",
        ),
        (
            Sharing(partitions=2, replicas=2, owners={"orders-0": (0, 1)}),
            "the group must have one member per replica, got 1 member",
        ),
    ],
    ids=["two partitions in one", "one partition twice", "one partition unread", "a replica missing"],
)
def test_an_uneven_or_incomplete_assignment_is_a_problem(shared: Sharing, said: str):
    assert any(said in problem for problem in proof(shared=shared).problems)


def test_a_lost_message_is_a_problem():
    assert proof(lost=("1@7",)).problems == ["1 of 100 messages were lost: 1@7"]


def test_the_tables_contain_all_results():
    console = Console(record=True, width=160, file=None, quiet=False, highlight=False)
    with console.capture() as capture:
        render(proof(), console)
    text = " ".join(capture.get().split())
    for part in ("orders-0: 0 1", "1.90", "95 %", "361", "redelivered │ 7", "lost │ 0", "1: 6.3 s", "no cloud"):
        assert part in text


def test_the_results_are_json():
    figures = json.loads(json.dumps(proof().as_json()))
    assert figures["rates"][1] == {
        "replicas": 2,
        "owners": {"orders-0": [0], "orders-1": [1]},
        "messages_per_second": 361.0,
        "times_one_replica": 1.9,
        "efficiency": 0.95,
    }
    assert figures["problems"] == []


def test_the_plot_is_written_as_png_and_svg(tmp_path: Path):
    png, svg = plot(proof(), tmp_path / "plots")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert ET.parse(svg).getroot().tag.endswith("svg")


@pytest.mark.parametrize("stack", ["aws-kinesis-eks", "gcp-pubsub-gke"])
def test_a_stack_without_kafka_is_refused_with_the_fix(stack: str):
    result = CliRunner().invoke(app, ["prove", stack])
    assert result.exit_code == 2
    assert "(prove runs Apache Kafka). Use a Kafka stack such as aws-msk-eks." in result.stderr
