"""Amazon Kinesis Data Streams."""

from components.aws.kinesis.existing_settings import ExistingKinesisPipeSettings
from components.aws.kinesis.service import Kinesis
from components.aws.kinesis.settings import KinesisSettings
from components.aws.kinesis.sizing import KinesisSizing
from components.aws.kinesis.stream import KinesisPipeSettings
from components.service import Count, StreamingService

SERVICE = StreamingService(
    "Amazon Kinesis Data Streams",
    KinesisSettings,
    KinesisPipeSettings,
    Kinesis,
    Count("aws:kinesis/stream:Stream", "shardCount"),
    KinesisSizing(),
    reports_lag=True,
    prefixes_topics=True,
    existing_pipe=ExistingKinesisPipeSettings,
)
