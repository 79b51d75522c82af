"""A storage account: where the services of a stack keep files on Azure."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.azure.names import global_name
from components.azure.network.network import Network
from components.azure.network.private_endpoint import PrivateEndpoint, PrivateEndpointArgs


@dataclass(frozen=True, kw_only=True)
class StorageAccountArgs:
    """What a storage account is built from."""

    network: Network
    hierarchical: bool
    """Whether files stand in real directories, which makes the account Data Lake Storage Gen2; fixed with the account."""
    protect: bool
    """Whether the account and its containers are kept from deletion."""


class StorageAccount(ComponentResource):
    """An account in three zones, closed to the internet, that knows its clients by their Entra identity alone.

    Services of Azure that are in its own directory, such as Event Hubs, come in by their identity without an address (Storage,
    Trusted Azure services). From the network it is reached as `blob`, and a hierarchical account as `dfs` too: both belong in the
    `cloud_services` of who makes one.
    """

    account_id: Output[str]
    account_name: Output[str]
    ready: Sequence[Resource]
    """What a service waits for that opens the account from inside the network."""

    def __init__(self, name: str, args: StorageAccountArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:StorageAccount", name, None, opts)
        self.name = name
        self.args = args
        network = args.network
        account = azure.storage.StorageAccount(
            f"{name}-storage",
            account_name=network.suffix.apply(lambda suffix: global_name(name, suffix)),
            resource_group_name=network.resource_group,
            location=network.account.location,
            kind=azure.storage.Kind.STORAGE_V2,
            sku=azure.storage.SkuArgs(name=azure.storage.SkuName.STANDARD_ZRS),
            access_tier=azure.storage.AccessTier.HOT,
            is_hns_enabled=args.hierarchical,
            allow_blob_public_access=False,
            allow_cross_tenant_replication=False,
            allow_shared_key_access=False,
            default_to_o_auth_authentication=True,
            enable_https_traffic_only=True,
            is_local_user_enabled=False,
            minimum_tls_version=azure.storage.MinimumTlsVersion.TLS1_2,
            public_network_access=azure.storage.PublicNetworkAccess.DISABLED,
            network_rule_set=azure.storage.NetworkRuleSetArgs(
                default_action=azure.storage.DefaultAction.DENY, bypass=azure.storage.Bypass.AZURE_SERVICES
            ),
            tags=network.account.tags,
            opts=ResourceOptions(parent=self, protect=args.protect),
        )
        self.account_id = account.id
        self.account_name = account.name
        services = ("blob", "dfs") if args.hierarchical else ("blob",)
        endpoints = [
            PrivateEndpoint(
                f"{name}-{service}",
                PrivateEndpointArgs(network=network, service=service, resource_id=account.id, group=service),
                ResourceOptions(parent=self),
            )
            for service in services
        ]
        self.ready = [resource for endpoint in endpoints for resource in endpoint.ready]
        self.register_outputs({"accountId": self.account_id, "accountName": self.account_name})

    def container(self, name: str, container_name: str, parent: Resource) -> azure.storage.BlobContainer:
        """Make a container, which a hierarchical account calls a file system; `name` is the logical one."""
        return azure.storage.BlobContainer(
            name,
            container_name=container_name,
            account_name=self.account_name,
            resource_group_name=self.args.network.resource_group,
            public_access=azure.storage.PublicAccess.NONE,
            opts=ResourceOptions(parent=parent, protect=self.args.protect),
        )
