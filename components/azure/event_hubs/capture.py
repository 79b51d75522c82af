"""What an event hub writes to a storage account: all its records, in Avro files by partition and time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import pulumi_azure_native as azure
from pulumi import ComponentResource, Resource, ResourceOptions
from pydantic import Field

from components.azure.roles import assignment
from components.azure.storage_account import StorageAccount
from components.section import SettingsModel

CONTAINER_PREFIX = "capture-"
"""Names of containers have 3 letters at least (Storage, Naming containers), and pipes may have 2."""

FILE_NAME = "{Namespace}/{EventHub}/{PartitionId}/{Year}/{Month}/{Day}/{Hour}/{Minute}/{Second}"
MEBIBYTE = 2**20


class CaptureSettings(SettingsModel, frozen=True):
    """When an event hub closes a file: after so many seconds or so many MiB, whichever comes first."""

    interval_seconds: Annotated[int, Field(ge=60, le=900)] = 300
    """The seconds after which a file is closed (Event Hubs, Capture)."""
    size: Annotated[int, Field(ge=10, le=500)] = 300
    """The size in MiB at which a file is closed (Event Hubs, Capture)."""
    empty_files: bool = False
    """Whether a file is written too for a time in which no records came."""


@dataclass(frozen=True, kw_only=True)
class CaptureArgs:
    """What the place of an event hub's files is built from."""

    hub_name: str
    settings: CaptureSettings
    storage: StorageAccount
    namespace: azure.eventhub.Namespace
    """The namespace whose own identity writes the files."""


class Capture(ComponentResource):
    """A container for the files of one event hub, and the right to write there and nowhere else.

    The identity is the namespace's own, which the account's firewall lets in (Storage, Trusted Azure services).
    """

    description: azure.eventhub.CaptureDescriptionArgs
    """What the event hub is told."""
    ready: Sequence[Resource]
    """What the event hub waits for."""

    def __init__(self, name: str, args: CaptureArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:Capture", name, None, opts)
        container = args.storage.container(f"{name}-container", f"{CONTAINER_PREFIX}{args.hub_name}", self)
        right = assignment(
            f"{name}-right",
            role="Storage Blob Data Contributor",
            scope=container.id,
            principal_id=args.namespace.identity.apply(lambda identity: identity.principal_id if identity else ""),
            parent=self,
        )
        self.description = azure.eventhub.CaptureDescriptionArgs(
            enabled=True,
            encoding=azure.eventhub.EncodingCaptureDescription.AVRO,
            interval_in_seconds=args.settings.interval_seconds,
            size_limit_in_bytes=args.settings.size * MEBIBYTE,
            skip_empty_archives=not args.settings.empty_files,
            destination=azure.eventhub.DestinationArgs(
                name="EventHubArchive.AzureBlockBlob",
                storage_account_resource_id=args.storage.account_id,
                blob_container=container.name,
                archive_name_format=FILE_NAME,
                identity=azure.eventhub.CaptureIdentityArgs(type=azure.eventhub.CaptureIdentityType.SYSTEM_ASSIGNED),
            ),
        )
        self.ready = [right]
        self.register_outputs({"containerName": container.name})
