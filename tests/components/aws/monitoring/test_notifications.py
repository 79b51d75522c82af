"""Tests of who gets the alarms of a stack on AWS."""

import json
from typing import Any

import pytest

from tests.components.aws.monitoring.support import TOPIC, alarms
from tests.stacks import changed, planned, refused, rule, shipped

OWN = "arn:aws:sns:eu-west-1:123456789012:aws-msk-eks-alarms"
ONCALL = "arn:aws:sns:eu-west-1:123456789012:oncall"
EMAILS = {"emails": ["a@example.com", "b@example.com"]}


def monitoring(**settings: Any) -> dict[str, Any]:
    return {"data-pipes:monitoring": settings}


def test_without_addresses_there_is_no_topic_and_no_key_of_it():
    names = {each.name for each in planned(monitoring(topicArns=[ONCALL])).recording.resources}
    assert not [name for name in names if name.startswith("aws-msk-eks-alarms")]


def test_each_address_is_a_subscriber_of_an_encrypted_topic():
    recording = planned(monitoring(**EMAILS)).recording
    [topic] = recording.of_type(TOPIC)
    assert topic.inputs["name"] == "aws-msk-eks-alarms"
    assert topic.property_dependencies["kmsMasterKeyId"] == {recording.one("aws-msk-eks-alarms-key").urn}
    found = recording.of_type("aws:sns/topicSubscription:TopicSubscription")
    assert [(each.inputs["protocol"], each.inputs["endpoint"]) for each in found] == [
        ("email", "a@example.com"),
        ("email", "b@example.com"),
    ]


@pytest.mark.parametrize(
    ("settings", "targets"),
    [
        ({}, None),
        ({"topicArns": [ONCALL]}, [ONCALL]),
        (EMAILS, [OWN]),
        ({"topicArns": [ONCALL], **EMAILS}, [ONCALL, OWN]),
    ],
)
def test_every_alarm_notifies_all_topics_when_it_begins_and_when_it_ends(settings: dict[str, Any], targets: Any):
    for alarm in alarms(planned(monitoring(**settings))).values():
        assert alarm.get("alarmActions") == alarm.get("okActions") == targets


def test_only_alarms_of_the_stack_may_publish_and_use_the_key():
    recording = planned(monitoring(**EMAILS)).recording
    [policy] = recording.of_type("aws:sns/topicPolicy:TopicPolicy")
    [publish] = json.loads(policy.inputs["policy"])["Statement"]
    _, use_key = json.loads(recording.one("aws-msk-eks-alarms-key").inputs["policy"])["Statement"]
    assert (publish["Action"], publish["Resource"]) == (["sns:Publish"], OWN)
    assert use_key["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    for statement in (publish, use_key):
        assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:aws-msk-eks-*"},
        }


def test_the_alert_manager_may_publish_only_from_the_workspace_of_the_stack():
    recording = planned(monitoring(**EMAILS), stack="aws-kafka-eks").recording
    [policy] = recording.of_type("aws:sns/topicPolicy:TopicPolicy")
    [prometheus] = json.loads(policy.inputs["policy"])["Statement"]
    [scraper] = recording.of_type("aws:amp/scraper:Scraper")
    assert prometheus["Principal"] == {"Service": "aps.amazonaws.com"}
    assert prometheus["Condition"]["ArnLike"] == {"aws:SourceArn": scraper.inputs["destination"]["amp"]["workspaceArn"]}
    assert prometheus["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}


@pytest.mark.parametrize(
    ("stack", "settings", "services"),
    [
        ("aws-msk-eks", {}, ["cloudwatch"]),
        ("aws-msk-eks", {"collector": "managed"}, ["cloudwatch", "aps"]),
        ("aws-kafka-eks", {}, ["aps"]),
        ("aws-confluent-ecs", {}, ["cloudwatch"]),
    ],
)
def test_only_services_that_have_alarms_may_publish_and_use_the_key(
    stack: str, settings: dict[str, Any], services: list[str]
):
    recording = planned(monitoring(**EMAILS, **settings), stack=stack).recording
    [policy] = recording.of_type("aws:sns/topicPolicy:TopicPolicy")
    _, *use_key = json.loads(recording.one(f"{stack}-alarms-key").inputs["policy"])["Statement"]
    for statements in (json.loads(policy.inputs["policy"])["Statement"], use_key):
        assert [each["Principal"]["Service"] for each in statements] == [f"{each}.amazonaws.com" for each in services]


def test_without_alarms_of_aws_there_is_no_topic_to_which_nobody_could_publish():
    plan = planned(monitoring(**EMAILS, collector="operator"), stack="aws-kafka-eks")
    assert plan.problems == ()
    assert not plan.recording.of_type(TOPIC)


@pytest.mark.parametrize(
    ("region", "topic", "prefix"),
    [
        ("eu-west-1", "arn:aws:sns:eu-central-1:123456789012:oncall", "arn:aws:sns:eu-west-1:"),
        ("eu-west-1", "arn:aws-us-gov:sns:eu-west-1:123456789012:oncall", "arn:aws:sns:eu-west-1:"),
        ("us-gov-west-1", "arn:aws:sns:us-gov-west-1:123456789012:oncall", "arn:aws-us-gov:sns:us-gov-west-1:"),
    ],
)
def test_a_topic_that_the_alarms_cannot_notify_is_refused(region: str, topic: str, prefix: str):
    own = f"{prefix}123456789012:oncall"
    file = changed({**monitoring(topicArns=[own, topic]), "aws:region": region})
    [line] = [each for each in refused(file.config, secret_keys=file.secret_keys) if "topicArns" in each]
    assert rule(line) == (
        f"stacks/Pulumi.test.yaml: monitoring.topicArns[1]: must begin with {prefix} (an alarm can only notify topics of its own region), "
        f"got '{topic}'. Use a topic in {region}."
    )


AZURE = "/subscriptions/0/resourceGroups/ops/providers/Microsoft.Insights/actionGroups/oncall"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"emails": ["oncall"]},
            "monitoring.emails[0]: must be an e-mail address, such as oncall@example.com, got 'oncall'.",
        ),
        (
            {"topicArns": [AZURE]},
            "monitoring.topicArns[0]: must be the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:123456789012:oncall, got "
            f"'{AZURE}'.",
        ),
        (
            {"enabled": False, **EMAILS},
            "monitoring: must have no other keys while enabled is false, got emails (there is no alarm). Remove them, or set enabled to true.",
        ),
        (
            {"topicArns": [f"{ONCALL}{number}" for number in range(5)]},
            "monitoring.topicArns: must have at most 4 entries, got 5.",
        ),
        (
            {"actionGroupIds": [AZURE]},
            "monitoring.actionGroupIds: unknown key.",
        ),
    ],
)
def test_a_wrong_target_is_refused_with_the_rule_and_the_value(settings: dict[str, Any], message: str):
    file = changed(monitoring(**settings))
    [line] = refused(file.config, secret_keys=file.secret_keys)
    assert rule(line).startswith(f"stacks/Pulumi.test.yaml: {message}"), line


def test_nothing_of_aws_is_a_secret_or_an_output_of_the_stack():
    assert planned(monitoring(**EMAILS)).recording.outputs.keys() == shipped().recording.outputs.keys()
