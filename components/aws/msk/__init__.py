"""Amazon MSK."""

from components.aws.msk.existing import ExistingMsk
from components.aws.msk.existing_settings import ExistingMskSettings
from components.aws.msk.service import Msk
from components.aws.msk.settings import MskSettings
from components.aws.msk.sizing import MskSizing
from components.aws.msk.topic import MskPipeSettings
from components.existing_sizing import ExistingServiceSizing
from components.kafka.existing_topic import ExistingKafkaPipeSettings
from components.service import Count, StreamingService

TOPICS = Count("aws:msk/topic:Topic", "partitionCount")

SERVICE = StreamingService(
    "Amazon MSK",
    MskSettings,
    MskPipeSettings,
    Msk,
    TOPICS,
    MskSizing(),
    reports_lag=True,
    existing_pipe=ExistingKafkaPipeSettings,
    existing=StreamingService(
        "Amazon MSK, existing cluster",
        ExistingMskSettings,
        MskPipeSettings,
        ExistingMsk,
        TOPICS,
        ExistingServiceSizing(),
        reports_lag=True,
        existing_pipe=ExistingKafkaPipeSettings,
    ),
)
