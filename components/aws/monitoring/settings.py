"""Settings of the alarms on AWS."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from typing_extensions import override

from components.monitoring.settings import MonitoringSettings
from components.section import Distinct, Pattern

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
