"""Settings of the alarms on AWS."""

from collections.abc import Sequence
from typing import Annotated

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


class AwsMonitoringSettings(MonitoringSettings, frozen=True):
    """Alarms and the dashboard of a stack on AWS."""

    topic_arns: Annotated[tuple[TopicArn, ...], Distinct] = ()
    """SNS topics that get the alarms. Their policies must allow CloudWatch to publish."""

    @property
    @override
    def targets(self) -> Sequence[str]:
        """Return the existing targets."""
        return self.topic_arns
