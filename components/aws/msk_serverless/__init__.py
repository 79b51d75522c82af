"""Amazon MSK Serverless."""

from components.aws.msk_serverless.existing import ExistingMskServerless
from components.aws.msk_serverless.existing_settings import ExistingMskServerlessSettings
from components.aws.msk_serverless.service import MskServerless
from components.aws.msk_serverless.settings import (
    ExistingMskServerlessPipeSettings,
    MskServerlessPipeSettings,
    MskServerlessSettings,
)
from components.aws.msk_serverless.sizing import MskServerlessSizing
from components.existing_sizing import ExistingServiceSizing
from components.kubernetes.jobs.job_topic import PARTITION_COUNT
from components.service import StreamingService

REFUSED_ON = {
    "ecs": "no AWS API makes its topics, so a job in Kubernetes does, and ECS has no job that a deployment waits for"
}

SERVICE = StreamingService(
    "Amazon MSK Serverless",
    MskServerlessSettings,
    MskServerlessPipeSettings,
    MskServerless,
    PARTITION_COUNT,
    MskServerlessSizing(),
    reports_lag=True,
    refused_on=REFUSED_ON,
    existing_pipe=ExistingMskServerlessPipeSettings,
    existing=StreamingService(
        "Amazon MSK Serverless, existing cluster",
        ExistingMskServerlessSettings,
        MskServerlessPipeSettings,
        ExistingMskServerless,
        PARTITION_COUNT,
        ExistingServiceSizing(),
        reports_lag=True,
        refused_on=REFUSED_ON,
        existing_pipe=ExistingMskServerlessPipeSettings,
    ),
)
