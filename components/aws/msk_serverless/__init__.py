"""Amazon MSK Serverless."""

from components.aws.msk_serverless.service import MskServerless
from components.aws.msk_serverless.settings import MskServerlessPipeSettings, MskServerlessSettings
from components.aws.msk_serverless.sizing import MskServerlessSizing
from components.service import Count, StreamingService

SERVICE = StreamingService(
    "Amazon MSK Serverless",
    MskServerlessSettings,
    MskServerlessPipeSettings,
    MskServerless,
    Count("kubernetes:batch/v1:Job", 'metadata.annotations["data-pipes/partitions"]'),
    MskServerlessSizing(),
    reports_lag=True,
    refused_on={
        "ecs": "no AWS API makes its topics, so a job in Kubernetes does, and ECS has no job that a deployment waits for"
    },
)
