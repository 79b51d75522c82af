"""SNS topic of a stack's alarms, and its subscribers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.aws.account import Account
from components.aws.encryption import key
from components.aws.policy import document, key_policy

PUBLISH: Mapping[str, Sequence[str]] = {
    "cloudwatch.amazonaws.com": ["sns:Publish"],
    "aps.amazonaws.com": ["sns:Publish", "sns:GetTopicAttributes"],
}
"""Services that publish, with their actions on a topic (Amazon Managed Service for Prometheus, Set up your alert receiver)."""


@dataclass(frozen=True, kw_only=True)
class NotificationsArgs:
    """Arguments of Notifications."""

    account: Account
    emails: Sequence[str]
    cloudwatch: bool
    """Whether the stack has alarms in CloudWatch."""
    workspace_arn: Output[str] | None
    """The Prometheus workspace whose alert manager publishes. None if there is none."""


class Notifications(ComponentResource):
    """Encrypted SNS topic that e-mails the alarms. Only the alarms of the stack may publish to it.

    Each address gets one e-mail with a link first, and no alarms until someone opens the link (SNS, Email notifications).
    """

    topic_arn: Output[str]

    def __init__(self, name: str, args: NotificationsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:Notifications", name, None, opts)
        child = ResourceOptions(parent=self)
        account = args.account
        known = {"partition": account.partition, "account": account.id}
        alarms = Output.concat(
            *("arn:", account.partition, f":cloudwatch:{account.region}:", account.id, f":alarm:{name}-*")
        )
        sources = {
            **({"cloudwatch.amazonaws.com": alarms} if args.cloudwatch else {}),
            **({"aps.amazonaws.com": args.workspace_arn} if args.workspace_arn else {}),
        }
        encryption = key(
            f"{name}-alarms-key",
            purpose=f"Encrypts the notifications of {name}",
            policy=Output.all(**known, sources=sources).apply(lambda given: topic_key_policy(**given)),
            parent=self,
        )
        topic = aws.sns.Topic(
            f"{name}-alarms",
            name=f"{name}-alarms",
            kms_master_key_id=encryption.arn,
            tags={"Name": f"{name}-alarms"},
            opts=child,
        )
        policy = aws.sns.TopicPolicy(
            f"{name}-alarms",
            arn=topic.arn,
            policy=Output.all(account=account.id, topic=topic.arn, sources=sources).apply(
                lambda given: topic_policy(**given)
            ),
            opts=child,
        )
        for email in args.emails:
            aws.sns.TopicSubscription(
                f"{name}-alarms-{email}", topic=topic.arn, protocol="email", endpoint=email, opts=child
            )
        # An alarm that exists before the policy could not publish.
        self.topic_arn = policy.arn
        self.register_outputs({"topicArn": self.topic_arn})


def _publishers(
    account: str, sources: Mapping[str, str], actions: Mapping[str, Sequence[str]], resource: str
) -> list[Mapping[str, Any]]:
    """Return a statement for each service that publishes, only for its resources in this account."""
    return [
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": actions[service],
            "Resource": resource,
            "Condition": {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": source}},
        }
        for service, source in sources.items()
    ]


def topic_policy(*, account: str, topic: str, sources: Mapping[str, str]) -> str:
    """Return the policy of the topic. `sources` are the ARNs of the resources that publish, by their service."""
    return document(*_publishers(account, sources, PUBLISH, topic))


def topic_key_policy(*, partition: str, account: str, sources: Mapping[str, str]) -> str:
    """Return the policy of the topic's key (SNS, Enable compatibility between event sources from AWS services and encrypted topics)."""
    use_key = {service: ["kms:Decrypt", "kms:GenerateDataKey*"] for service in PUBLISH}
    return key_policy(partition=partition, account=account, statements=_publishers(account, sources, use_key, "*"))
