"""Azure Event Hubs."""

from components.azure.event_hubs.service import EventHubs
from components.azure.event_hubs.settings import EventHubsSettings
from components.azure.event_hubs.sizing import EventHubsSizing
from components.azure.event_hubs.topic import EventHubsPipeSettings
from components.service import Count, StreamingService

SERVICE = StreamingService(
    "Azure Event Hubs",
    EventHubsSettings,
    EventHubsPipeSettings,
    EventHubs,
    Count("azure-native:eventhub:EventHub", "partitionCount"),
    EventHubsSizing(),
)
