"""Log Analytics workspace of a stack, and diagnostic settings that send logs to it."""

from collections.abc import Sequence
from typing import Annotated

import pulumi_azure_native as azure
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions
from pydantic import Field

from components.azure.account import Account

LogDays = Annotated[int, Field(ge=30, le=730)]
"""Retention of a workspace in days (Azure Monitor, Data retention)."""


class Logs(ComponentResource):
    """Workspace for all logs of the stack, with limited retention and Entra-only access."""

    workspace_id: Output[str]

    def __init__(
        self,
        name: str,
        account: Account,
        resource_group: Input[str],
        days: int,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:azure:Logs", name, None, opts)
        self.name = name
        self.workspace_id = azure.operationalinsights.Workspace(
            f"{name}-logs",
            workspace_name=f"{name}-logs",
            resource_group_name=resource_group,
            location=account.location,
            sku=azure.operationalinsights.WorkspaceSkuArgs(name="PerGB2018"),
            retention_in_days=days,
            features=azure.operationalinsights.WorkspaceFeaturesArgs(disable_local_auth=True),
            tags=account.tags,
            opts=ResourceOptions(parent=self),
        ).id
        self.register_outputs({"workspaceId": self.workspace_id})

    def collect(
        self, name: str, resource_id: Input[str], categories: Sequence[str], parent: Resource
    ) -> azure.monitor.DiagnosticSetting:
        """Send the given categories of a resource's logs to the workspace."""
        return azure.monitor.DiagnosticSetting(
            f"{name}-logs",
            name=self.name,
            resource_uri=resource_id,
            workspace_id=self.workspace_id,
            logs=[azure.monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True) for category in categories],
            opts=ResourceOptions(parent=parent),
        )
