"""Azure Container Registry of a stack, reached through a private endpoint."""

from collections.abc import Sequence

import pulumi_azure_native as azure
from pulumi import Output, Resource, ResourceOptions
from typing_extensions import override

from components.arguments import RegistryArgs
from components.azure.names import global_name
from components.azure.network.network import StackNetwork
from components.azure.network.private_dns import REGISTRY
from components.azure.network.private_endpoint import PrivateEndpoint, PrivateEndpointArgs
from components.contracts import Registry


class AcrRegistry(Registry):
    """Zone-redundant registry without passwords. Only the configured public ranges can reach it from the internet.

    It uses Premium because only Premium has private endpoints (Azure Container Registry, SKUs). Untagged images are kept: a push can move
    a tag while a stack still runs the old image by digest.
    """

    registry_id: Output[str]
    url: Output[str]
    ready: Sequence[Resource]
    """Resources that nodes wait for before they pull images."""

    def __init__(self, name: str, args: RegistryArgs[StackNetwork], opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:Registry", name, None, opts)
        network = args.network
        registry = azure.containerregistry.Registry(
            f"{name}-images",
            registry_name=network.suffix.apply(lambda suffix: global_name(name, suffix, longest=50)),
            resource_group_name=network.resource_group,
            location=network.account.location,
            sku=azure.containerregistry.SkuArgs(name="Premium"),
            admin_user_enabled=False,
            anonymous_pull_enabled=False,
            data_endpoint_enabled=True,  # layers come from a dedicated host, not from a shared storage host
            zone_redundancy="Enabled",
            public_network_access="Enabled" if network.registry_cidrs else "Disabled",
            network_rule_bypass_options="AzureServices",  # Microsoft Defender scans images from outside the network
            network_rule_set=azure.containerregistry.NetworkRuleSetArgs(
                default_action="Deny",
                ip_rules=[
                    azure.containerregistry.IPRuleArgs(i_p_address_or_range=cidr.removesuffix("/32"), action="Allow")
                    for cidr in network.registry_cidrs
                ],
            ),
            tags=network.account.tags,
            opts=ResourceOptions(parent=self, protect=args.protect),
        )
        self.registry_id = registry.id
        endpoint = PrivateEndpoint(
            f"{name}-images",
            PrivateEndpointArgs(network=network, service=REGISTRY, resource_id=registry.id, group="registry"),
            ResourceOptions(parent=self),
        )
        self.ready = endpoint.ready
        self.url = Output.concat(registry.login_server, f"/{name}")
        self.outputs = {"registry": self.url}
        self.register_outputs(dict(self.outputs))

    @override
    def image(self, reference: str) -> Output[str]:
        """Return the full image reference. One that begins with a tag or digest (`:1.0.0`) is in this registry."""
        return Output.concat(self.url, reference) if reference[0] in ":@" else Output.from_input(reference)
