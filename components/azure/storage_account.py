"""Storage account for files of a stack's services."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.azure.names import global_name
from components.azure.network.base import Network
from components.azure.network.private_endpoint import PrivateEndpoint, PrivateEndpointArgs


@dataclass(frozen=True, kw_only=True)
class StorageAccountArgs:
    """Inputs of the storage account."""

    network: Network
    hierarchical: bool
    """Whether to enable the hierarchical namespace (Data Lake Storage Gen2). It cannot be changed later."""
    protect: bool
    """Whether to protect the account and its containers from deletion."""


class StorageAccount(ComponentResource):
    """Zone-redundant account without public access. Clients authenticate only with Entra.

    Azure services in the same Entra tenant, such as Event Hubs, reach it through the trusted-services exception (Storage, Trusted Azure
    services). In the network it has the endpoint `blob`, and also `dfs` if hierarchical. A service that creates an account lists them in
    its `cloud_services`.
    """

    account_id: Output[str]
    account_name: Output[str]
    ready: Sequence[Resource]
    """Resources that services in the network wait for before they use the account."""

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
        """Create a container (a file system in a hierarchical account). `name` is the Pulumi resource name."""
        return azure.storage.BlobContainer(
            name,
            container_name=container_name,
            account_name=self.account_name,
            resource_group_name=self.args.network.resource_group,
            public_access=azure.storage.PublicAccess.NONE,
            opts=ResourceOptions(parent=parent, protect=self.args.protect),
        )
