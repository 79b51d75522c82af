"""Amazon MSK."""

from components.aws.msk.service import Msk
from components.aws.msk.settings import MskSettings
from components.aws.msk.sizing import MskSizing
from components.aws.msk.topic import MskPipeSettings
from components.service import Count, StreamingService

SERVICE = StreamingService(
    "Amazon MSK",
    MskSettings,
    MskPipeSettings,
    Msk,
    Count("aws:msk/topic:Topic", "partitionCount"),
    MskSizing(),
    reports_lag=True,
)
