"""Settings of the alarms on AWS."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field
from typing_extensions import override

from components.aws.account import AwsSettings, partition_of
from components.monitoring.settings import MonitoringSettings
from components.section import ConfigError, Distinct, Pattern
from components.settings_bases import AccountSettings

TopicArn = Annotated[
    str,
    Pattern(
        r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}",
        "the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:123456789012:oncall",
    ),
]


MOST_TOPICS = 4
"""An alarm notifies at most five topics (CloudWatch API, PutMetricAlarm). One is the stack's own."""


class AwsMonitoringSettings(MonitoringSettings, frozen=True):
    """Alarms and the dashboard of a stack on AWS."""

    topic_arns: Annotated[tuple[TopicArn, ...], Field(max_length=MOST_TOPICS), Distinct] = ()
    """SNS topics that get the alarms, in the region of the stack. Their policies must allow CloudWatch to publish, and so must the keys
    of encrypted topics (docs/aws.md, Alarms and dashboard)."""

    @property
    @override
    def targets(self) -> Sequence[str]:
        """Return the existing targets."""
        return self.topic_arns

    @override
    def config_errors(self, account: AccountSettings | None) -> Iterator[ConfigError]:
        """Yield topics that an alarm of the stack cannot notify (CloudWatch, PutMetricAlarm: only in its own region; not re-read)."""
        if not isinstance(account, AwsSettings):
            return
        prefix = f"arn:{partition_of(account.region)}:sns:{account.region}:"
        for number, topic in enumerate(self.topic_arns):
            if not topic.startswith(prefix):
                text = (
                    f"must begin with {prefix} (an alarm can only notify topics of its own region), got {topic!r}. "
                    f"Use a topic in {account.region}."
                )
                yield ConfigError(path=("topicArns", number), text=text)
