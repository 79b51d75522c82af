"""Azure Event Hubs."""

from components.azure.event_hubs.existing import ExistingEventHubs
from components.azure.event_hubs.existing_settings import ExistingEventHubsSettings
from components.azure.event_hubs.service import EventHubs
from components.azure.event_hubs.settings import EventHubsSettings
from components.azure.event_hubs.sizing import EventHubsSizing
from components.azure.event_hubs.topic_settings import EventHubsPipeSettings, ExistingEventHubsPipeSettings
from components.existing_sizing import ExistingServiceSizing
from components.service import Count, StreamingService

HUBS = Count("azure-native:eventhub:EventHub", "partitionCount")

SERVICE = StreamingService(
    "Azure Event Hubs",
    EventHubsSettings,
    EventHubsPipeSettings,
    EventHubs,
    HUBS,
    EventHubsSizing(),
    existing_pipe=ExistingEventHubsPipeSettings,
    existing=StreamingService(
        "Azure Event Hubs, existing namespace",
        ExistingEventHubsSettings,
        EventHubsPipeSettings,
        ExistingEventHubs,
        HUBS,
        ExistingServiceSizing(),
        existing_pipe=ExistingEventHubsPipeSettings,
    ),
)
