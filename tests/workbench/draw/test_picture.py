"""A picture shows the planned resources, has the same bytes on every run, and can be read at every size."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from tests.stacks import NAMES, REMOVED, planned, shipped
from workbench.draw.picture import MOST_PIPES, draw, render
from workbench.draw.scene import Pipe, scene
from workbench.draw.text import fitted, width

SVG = "{http://www.w3.org/2000/svg}"


def words(picture: str) -> list[str]:
    return ["".join(each.itertext()) for each in ET.fromstring(picture).iter(f"{SVG}text")]


def lines(picture: str, kind: str) -> int:
    """Return the number of lines or cells in the paths of a CSS class."""
    root = ET.fromstring(picture)
    return sum(each.attrib["d"].count("M") for each in root.iter(f"{SVG}path") if each.attrib["class"] == kind)


def with_pipes(number: int, parallelism: int = 3) -> str:
    shown = scene(shipped())
    pipes = tuple(
        replace(shown.pipes[0], name=f"pipe-{index}", partitions=parallelism, replicas=parallelism)
        for index in range(number)
    )
    return render(replace(shown, pipes=pipes))


@pytest.mark.parametrize("stack", NAMES)
def test_every_stack_shows_its_equation_and_its_protection(stack: str):
    shown = words(draw(shipped(stack)))
    assert "3 partitions" in shown
    assert "3 replicas" in shown
    assert ("protected" in shown) is any(each.protect for each in shipped(stack).recording.resources)


@pytest.mark.parametrize("stack", NAMES)
def test_no_text_or_box_is_outside_the_picture(stack: str):
    root = ET.fromstring(draw(shipped(stack)))
    right, bottom = int(root.attrib["width"]), int(root.attrib["height"])
    for each in root.iter():
        if "x" in each.attrib and "y" in each.attrib:
            assert 0 <= int(each.attrib["x"]) <= right
            assert 0 <= int(each.attrib["y"]) <= bottom
            if each.tag == f"{SVG}rect":
                assert int(each.attrib["x"]) + int(each.attrib["width"]) <= right
            elif each.attrib.get("text-anchor") != "end":
                size = int(re.findall(r"s(\d+)", each.attrib["class"])[0])
                bold = " b" in each.attrib["class"]
                shown = "".join(text for part in each.iter() if part.tag != f"{SVG}title" for text in [part.text or ""])
                assert int(each.attrib["x"]) + width(shown, size, bold=bold) <= right


def test_a_plan_is_drawn_with_the_same_bytes_again():
    assert draw(planned()) == draw(planned())


@pytest.mark.parametrize("number", [1, 3, 12])
def test_each_partition_has_one_line_to_its_replica(number: int):
    picture = with_pipes(1, number)
    assert lines(picture, "flow") == lines(picture, "head") == number
    assert [word for word in words(picture) if re.fullmatch(r"replica \d+", word)] == [
        f"replica {index}" for index in range(number)
    ]


def test_a_hundred_partitions_have_a_hundred_thin_lines():
    picture = with_pipes(1, 100)
    assert lines(picture, "thin") == lines(picture, "cells-part") == lines(picture, "cells-rep") == 100
    assert "partition 90" in words(picture)


def test_more_partitions_are_counted():
    picture = with_pipes(1, 1000)
    assert "⋮  995 more" in words(picture)
    assert len(picture) < 20_000


def test_twenty_pipes_have_one_row_each():
    picture = with_pipes(20)
    assert [word for word in words(picture) if word.startswith("pipe-")] == [
        f"pipe-{index}" for index in range(20) for _ in range(2)
    ]


def test_a_thousand_pipes_are_summed_and_stay_small():
    picture = with_pipes(1000)
    rest = 1000 - MOST_PIPES
    assert f"{rest} more pipes: {3 * rest:,} partitions = {3 * rest:,} replicas" in words(picture)
    assert len(picture) < 30_000


def test_unequal_numbers_are_shown_as_unequal():
    shown = scene(shipped())
    broken = replace(
        shown, pipes=(Pipe(name="orders", partitions=3, replicas=2, topic="topic", workload="Deployment"),)
    )
    picture = render(broken)
    assert "≠" in words(picture)
    assert lines(picture, "flow") == 2


def test_a_paused_pipe_is_shown_as_paused_and_not_as_a_fault():
    paused = draw(planned({"data-pipes:pipes": {"orders": {"consumer": {"paused": True}}}}))
    assert {"3 partitions, paused", "paused: 0 of 3 replicas"} <= set(words(paused))
    assert "orders: 3 partitions, paused: 0 of 3 replicas run." in paused
    assert "≠" not in paused
    assert lines(paused, "flow") == 0


def test_a_paused_pipe_beside_others_is_part_of_the_sum():
    shown = scene(shipped())
    running = [replace(shown.pipes[0], name=f"pipe-{index}") for index in range(MOST_PIPES)]
    paused = replace(shown.pipes[0], name="late", replicas=0, paused=True)
    texts = words(render(replace(shown, pipes=(*running, paused))))
    assert {"75 partitions", "=", "72 replicas + 3 paused", "1 more pipe: 3 partitions, paused"} <= set(texts)
    assert "paused: 0 of 3 replicas" in words(render(replace(shown, pipes=(paused, *running))))


def test_a_paused_pipe_with_replicas_is_a_fault():
    shown = scene(shipped())
    assert "≠" in words(render(replace(shown, pipes=(replace(shown.pipes[0], paused=True),))))


@pytest.mark.parametrize(
    ("stack", "noun"),
    [
        ("aws-msk-eks", "a topic"),
        ("aws-msk-serverless-eks", "a topic"),
        ("aws-kinesis-eks", "a Kinesis stream"),
        ("azure-eventhubs-aks", "an event hub"),
    ],
)
def test_dead_letters_have_the_noun_of_the_service(stack: str, noun: str):
    assert f"and {noun} for dead letters" in words(draw(shipped(stack)))


def test_the_picture_has_a_title_and_a_description_for_screen_readers():
    root = ET.fromstring(draw(shipped()))
    assert root.attrib["role"] == "img"
    labels = {each.attrib.get("id"): each.text or "" for each in root}
    title, description = (labels[each] for each in root.attrib["aria-labelledby"].split())
    assert title == "Architecture of aws-msk-eks"
    assert "orders: 3 partitions = 3 replicas." in description
    assert "Amazon MSK is protected from deletion and private." in description


def test_colours_follow_the_readers_mode():
    assert "@media (prefers-color-scheme:dark)" in draw(shipped())


def test_texts_from_the_plan_are_escaped():
    shown = scene(shipped())
    picture = render(replace(shown, place='<script>alert("x")</script>'))
    assert "<script>" not in picture
    ET.fromstring(picture)


def test_a_service_without_subnets_is_outside_the_network_and_kafka_in_containers_is_in_the_cluster():
    assert scene(shipped("aws-msk-eks")).service.in_network
    assert not scene(shipped("aws-kinesis-eks")).service.in_network
    assert not scene(shipped("azure-eventhubs-aks")).service.in_network
    assert scene(shipped("gcp-kafka-gke")).service_in_platform


@pytest.mark.parametrize(
    ("stack", "service", "platform"),
    [
        ("aws-msk-eks", True, True),
        ("aws-kinesis-ecs", False, False),
        ("azure-eventhubs-aks", True, True),
        ("gcp-managed-kafka-gke", False, False),  # GKE's DNS endpoint accepts external traffic after a check by IAM
    ],
)
def test_only_parts_without_a_public_endpoint_are_private(stack: str, service: bool, platform: bool):
    shown = scene(shipped(stack))
    assert (shown.service.private, shown.platform.private) == (service, platform)


def test_a_cluster_with_a_public_endpoint_is_not_private():
    admins = {"endpoint": {"publicCidrs": ["203.0.113.7/32"]}}
    assert not scene(planned({"data-pipes:platform": admins})).platform.private


def test_an_existing_network_is_drawn_without_subnets():
    existing = {
        "vpcId": "vpc-0a1b2c3d4e5f60718",
        "cidr": "10.0.0.0/16",
        "privateSubnetIds": [f"subnet-0a1b2c3d4e5f6071{n}" for n in range(3)],
    }
    shown = scene(planned({"data-pipes:network": {"existing": existing}}))
    assert (shown.network.title, shown.network.zones) == ("Existing network", ())
    assert shown.service.in_network


def test_an_existing_cluster_is_drawn_with_what_was_read_of_it_and_is_not_counted():
    existing = {"version": REMOVED, "admins": REMOVED, "existing": {"name": "production"}}
    made = planned({"data-pipes:platform": existing})
    shown = scene(made)
    assert shown.platform.facts == ("Kubernetes 1.34",)
    assert shown.platform.private
    assert shown.resources == sum(
        each.custom and not each.external and not each.type.startswith("pulumi:") for each in made.recording.resources
    )


def test_a_long_text_is_shortened_to_its_width():
    assert fitted("orders", 12, 100) == "orders"
    short = fitted("a-name-that-is-much-too-long", 12, 60)
    assert short.endswith("…")
    assert width(short, 12) <= 60


def test_identities_of_jobs_that_create_topics_are_not_shown_as_the_consumers():
    shown = scene(shipped("aws-msk-serverless-eks"))
    assert shown.pipes[0].identities == ("IAM role orders-role",)
    [card] = [each for each in shown.cards if each.title == "Identities"]
    assert ("orders-topic-role", "IAM role") in card.entries
