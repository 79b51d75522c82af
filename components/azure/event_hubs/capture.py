"""Event Hubs Capture: writes all records of an event hub to a storage account as Avro files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import pulumi_azure_native as azure
from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pydantic import Field

from components.azure.roles import assignment
from components.azure.storage_account import StorageAccount
from components.section import SettingsModel

CONTAINER_PREFIX = "capture-"
"""Container names need at least 3 characters (Storage, Naming containers). Pipe names can have 2."""

FILE_NAME = "{Namespace}/{EventHub}/{PartitionId}/{Year}/{Month}/{Day}/{Hour}/{Minute}/{Second}"
MEBIBYTE = 2**20


class CaptureSettings(SettingsModel, frozen=True):
    """Capture settings. A file is closed after intervalSeconds or at size, whichever comes first."""

    interval_seconds: Annotated[int, Field(ge=60, le=900)] = 300
    """Seconds after which a file is closed (Event Hubs, Capture)."""
    size: Annotated[int, Field(ge=10, le=500)] = 300
    """File size in MiB at which a file is closed (Event Hubs, Capture)."""
    empty_files: bool = False
    """Whether to write an empty file for an interval without records."""


@dataclass(frozen=True, kw_only=True)
class CaptureArgs:
    """Inputs of the capture of one event hub."""

    hub_name: str
    settings: CaptureSettings
    storage: StorageAccount
    principal_id: Output[str]
    """Principal ID of the namespace's system-assigned identity, which writes the files."""


class Capture(ComponentResource):
    """Storage container for one event hub, and permission for the namespace to write only there.

    The namespace's system-assigned identity passes the account's firewall (Storage, Trusted Azure services).
    """

    description: azure.eventhub.CaptureDescriptionArgs
    """Capture configuration of the event hub."""
    ready: Sequence[Resource]
    """Resources that the event hub depends on."""

    def __init__(self, name: str, args: CaptureArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:Capture", name, None, opts)
        container = args.storage.container(f"{name}-container", f"{CONTAINER_PREFIX}{args.hub_name}", self)
        right = assignment(
            f"{name}-right",
            role="Storage Blob Data Contributor",
            scope=container.id,
            principal_id=args.principal_id,
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
