"""Amazon MSK Serverless."""

from components.aws.msk_serverless.service import MskServerless
from components.aws.msk_serverless.settings import MskServerlessPipeSettings, MskServerlessSettings
from components.aws.msk_serverless.sizing import MskServerlessSizing
from components.kubernetes.jobs.job_topic import PARTITION_COUNT
from components.service import StreamingService

SERVICE = StreamingService(
    "Amazon MSK Serverless",
    MskServerlessSettings,
    MskServerlessPipeSettings,
    MskServerless,
    PARTITION_COUNT,
    MskServerlessSizing(),
    reports_lag=True,
    refused_on={
        "ecs": "no AWS API makes its topics, so a job in Kubernetes does, and ECS has no job that a deployment waits for"
    },
)
