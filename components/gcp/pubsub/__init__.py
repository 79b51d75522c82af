"""Google Cloud Pub/Sub."""

from components.gcp.pubsub.service import PubSub
from components.gcp.pubsub.settings import PubSubSettings
from components.gcp.pubsub.sizing import PubSubSizing
from components.gcp.pubsub.topic_settings import ExistingPubSubPipeSettings, PubSubPipeSettings
from components.service import Count, StreamingService

SERVICE = StreamingService(
    "Google Cloud Pub/Sub",
    PubSubSettings,
    PubSubPipeSettings,
    PubSub,
    Count("gcp:pubsub/subscription:Subscription", "labels.data-pipes-subscribers"),
    PubSubSizing(),
    reports_lag=True,
    prefixes_topics=True,
    existing_pipe=ExistingPubSubPipeSettings,
)
