"""Flow logs of a virtual network, and their storage account."""

from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.azure.account import Account
from components.azure.names import global_name
from components.azure.roles import assignment

WATCHERS = "NetworkWatcherRG"
"""Resource group of the network watchers. Azure creates one with a region's first virtual network (Azure Network Watcher)."""


@dataclass(frozen=True, kw_only=True)
class FlowLogsArgs:
    """Inputs of the flow logs."""

    vnet_id: Input[str]
    days: int
    resource_group: Output[str]
    suffix: Output[str]
    account: Account


class FlowLogs(ComponentResource):
    """Flow logs of a virtual network. Only their managed identity can write to their storage account."""

    def __init__(self, name: str, args: FlowLogsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:FlowLogs", name, None, opts)
        child = ResourceOptions(parent=self)
        account = args.account
        storage = azure.storage.StorageAccount(
            f"{name}-flow-logs",
            account_name=args.suffix.apply(lambda suffix: global_name(name, suffix, role="flow")),
            resource_group_name=args.resource_group,
            location=account.location,
            kind="StorageV2",
            sku=azure.storage.SkuArgs(name="Standard_ZRS"),
            minimum_tls_version="TLS1_2",
            enable_https_traffic_only=True,
            allow_blob_public_access=False,
            allow_shared_key_access=False,
            allow_cross_tenant_replication=False,
            network_rule_set=azure.storage.NetworkRuleSetArgs(
                default_action=azure.storage.DefaultAction.DENY, bypass="AzureServices"
            ),
            tags=account.tags,
            opts=child,
        )
        writer = azure.managedidentity.UserAssignedIdentity(
            f"{name}-flow-logs",
            resource_name_=f"{name}-flow-logs",
            resource_group_name=args.resource_group,
            location=account.location,
            tags=account.tags,
            opts=child,
        )
        rights = assignment(
            f"{name}-flow-logs",
            role="Storage Blob Data Contributor",
            scope=storage.id,
            principal_id=writer.principal_id,
            parent=self,
        )
        log = azure.network.FlowLog(
            f"{name}-flow-logs",
            flow_log_name=name,
            network_watcher_name=f"NetworkWatcher_{account.location}",
            resource_group_name=WATCHERS,
            location=account.location,
            target_resource_id=args.vnet_id,
            storage_id=storage.id,
            enabled=True,
            format=azure.network.FlowLogFormatParametersArgs(type="JSON", version=2),
            retention_policy=azure.network.RetentionPolicyParametersArgs(enabled=True, days=args.days),
            identity=azure.network.ManagedServiceIdentityArgs(
                type=azure.network.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[writer.id]
            ),
            tags=account.tags,
            opts=ResourceOptions(parent=self, depends_on=[rights]),
        )
        self.register_outputs({"flowLogId": log.id})
