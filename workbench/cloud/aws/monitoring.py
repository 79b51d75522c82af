"""Simulated AWS: alarms, notifications and Prometheus. Times and rules are explained in kinds.py."""

from collections.abc import Mapping
from typing import Any

import yaml

from workbench.cloud.aws.metrics import alarm_refusal, dashboard_refusal
from workbench.cloud.aws.outputs import arn, named, region_of
from workbench.cloud.model import ACCOUNT, COMMON, Inputs, ResourceModel, joined, text, uuid_of


def _topic_id(name: str, inputs: Inputs) -> str:
    """Return a topic's id: its ARN."""
    return arn("sns", text(inputs, "name", name), inputs)


def _subscription(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a subscription. An e-mail address is pending until someone confirms it."""
    pending = text(inputs, "protocol", "email") == "email"
    return {"arn": id_, "ownerId": ACCOUNT, "pendingConfirmation": pending, "confirmationWasAuthenticated": not pending}


def _workspace(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    return {
        "arn": arn("aps", f"workspace/{id_}", inputs),
        "prometheusEndpoint": f"https://aps-workspaces.{region_of(inputs)}.amazonaws.com/workspaces/{id_}/",
    }


def _scraper(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    role = f"role/aws-service-role/scraper.aps.amazonaws.com/AWSServiceRoleForAmazonPrometheusScraper_{id_[2:10]}"
    return {"arn": arn("aps", f"scraper/{id_}", inputs), "roleArn": arn("iam", role, inputs)}


MOST_RULES, MOST_GROUPS = 20, 100
"""Rules in a group, and groups in a workspace (AWS Service Quotas, Amazon Managed Service for Prometheus; read in a public copy of the
quotas, not on AWS's page)."""


def _rules_refusal(_old: Inputs | None, new: Inputs) -> str | None:
    """Return the refusal of a rules file."""
    data = text(new, "data", "")
    if not data.startswith("groups:"):
        return None  # unknown in a preview
    groups = yaml.safe_load(data)["groups"]
    names = [group["name"] for group in groups]
    if len(names) > len(set(names)):
        return "ValidationException: the names of the groups must be different"
    if len(groups) > MOST_GROUPS:
        return f"ServiceQuotaExceededException: a workspace has at most {MOST_GROUPS} rule groups, got {len(groups)}"
    for group in groups:
        if len(group["rules"]) > MOST_RULES:
            return f"ServiceQuotaExceededException: the group {group['name']} has {len(group['rules'])} rules, at most {MOST_RULES}"
    return None


def _rules_id(name: str, inputs: Inputs) -> str:
    """Return the id of rules: their ARN, with the workspace and their name."""
    where = f"{text(inputs, 'workspaceId', 'ws-unknown')}/{text(inputs, 'name', name)}"
    return arn("aps", f"rulegroupsnamespace/{where}", inputs)


MONITORING: Mapping[str, ResourceModel] = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=joined("", "name"),
        outputs=named("cloudwatch", "alarm:"),
        replace_on=frozenset({"name"}),
        refusal=alarm_refusal,
        unique=("name",),
        name_property="name",
    ),
    "aws:cloudwatch/dashboard:Dashboard": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=joined("", "dashboardName"),
        outputs=lambda id_, _name, _inputs: {"dashboardArn": f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{id_}"},
        replace_on=frozenset({"dashboardName"}),
        refusal=dashboard_refusal,
        unique=("dashboardName",),
    ),
    "aws:sns/topic:Topic": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=_topic_id,
        outputs=lambda id_, _name, _inputs: {"arn": id_, "owner": ACCOUNT, "beginningArchiveTime": ""},
        replace_on=frozenset({"fifoTopic", "name", "namePrefix"}),
        unique=("name",),
        name_property="name",
    ),
    "aws:sns/topicPolicy:TopicPolicy": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=joined("", "arn"),
        outputs=lambda _id, _name, _inputs: {"owner": ACCOUNT},
        replace_on=frozenset({"arn"}),
        unique=("arn",),
    ),
    "aws:sns/topicSubscription:TopicSubscription": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON + "; AWS deletes one that nobody confirmed by itself after some days",
        identifier=lambda name, inputs: f"{text(inputs, 'topic', _topic_id(name, {}))}:{uuid_of(name)}",
        outputs=_subscription,
        replace_on=frozenset({"endpoint", "protocol", "topic"}),
    ),
    "aws:amp/workspace:Workspace": ResourceModel(
        holds_data=True,
        create_minutes=0.5,
        delete_minutes=0.5,
        source="common use, no log found: less than a minute",
        identifier=lambda name, _inputs: f"ws-{uuid_of(name)}",
        outputs=_workspace,
        replace_on=frozenset({"kmsKeyArn"}),
    ),
    "aws:amp/scraper:Scraper": ResourceModel(
        create_minutes=20,
        delete_minutes=10,
        update_minutes=10,
        source="common use, no log found: the provider waits up to 30 min for a new scraper",
        identifier=lambda name, _inputs: f"s-{uuid_of(name)}",
        outputs=_scraper,
        replace_on=frozenset({"source"}),
    ),
    "aws:amp/ruleGroupNamespace:RuleGroupNamespace": ResourceModel(
        create_minutes=0.2,
        delete_minutes=0.2,
        source=COMMON,
        identifier=_rules_id,
        outputs=lambda id_, _name, _inputs: {"arn": id_},
        replace_on=frozenset({"name", "workspaceId"}),
        refusal=_rules_refusal,
        unique=("workspaceId", "name"),
    ),
    "aws:amp/alertManagerDefinition:AlertManagerDefinition": ResourceModel(
        create_minutes=0.2,
        delete_minutes=0.2,
        source=COMMON,
        identifier=joined("", "workspaceId"),
        replace_on=frozenset({"workspaceId"}),
        unique=("workspaceId",),
    ),
}
