"""The container registry of a stack on Azure: one Azure Container Registry, reached inside the network."""

from collections.abc import Sequence

import pulumi_azure_native as azure
from pulumi import Output, Resource, ResourceOptions
from typing_extensions import override

from components.arguments import RegistryArgs
from components.azure.names import global_name
from components.azure.network.network import Network
from components.azure.network.private_dns import REGISTRY
from components.azure.network.private_endpoint import PrivateEndpoint, PrivateEndpointArgs
from components.contracts import Registry


class AcrRegistry(Registry):
    """A registry over three zones for the stack's images, without passwords and, but for the ranges that may push, off the internet.

    Premium, since no other tier has private endpoints (Azure Container Registry, SKUs). Images without a tag stay: tags move here, and a
    stack may run by its digest what another push has taken the tag from.
    """

    registry_id: Output[str]
    url: Output[str]
    ready: Sequence[Resource]
    """What whoever pulls images waits for."""

    def __init__(self, name: str, args: RegistryArgs[Network], opts: ResourceOptions | None = None) -> None:
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
            data_endpoint_enabled=True,  # layers come from its own host then, not from one of storage that others have too
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
        """The full reference of an image; one that begins with its tag or digest (`:1.0.0`) is in this registry."""
        return Output.concat(self.url, reference) if reference[0] in ":@" else Output.from_input(reference)
