"""Azure subscription and region of a stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import pulumi_azure_native as azure
from pulumi import InvokeOptions, Output, Resource
from pydantic import AfterValidator

from components.azure.names import UUID
from components.lookup import lookup
from components.section import Pattern
from components.settings_bases import AccountSettings

THREE_ZONES = (
    "australiaeast",
    "austriaeast",
    "belgiumcentral",
    "brazilsouth",
    "canadacentral",
    "centralindia",
    "centralus",
    "chilecentral",
    "denmarkeast",
    "eastasia",
    "eastus",
    "eastus2",
    "francecentral",
    "germanywestcentral",
    "indonesiacentral",
    "israelcentral",
    "italynorth",
    "japaneast",
    "japanwest",
    "koreacentral",
    "malaysiawest",
    "mexicocentral",
    "newzealandnorth",
    "northeurope",
    "norwayeast",
    "polandcentral",
    "qatarcentral",
    "southafricanorth",
    "southcentralus",
    "southeastasia",
    "spaincentral",
    "swedencentral",
    "switzerlandnorth",
    "uaenorth",
    "uksouth",
    "westeurope",
    "westus2",
    "westus3",
)
"""Regions with three availability zones (Microsoft Learn, List of Azure regions)."""

SOVEREIGN = ("china", "usdod", "usgov", "ussec", "usnat")
"""Name prefixes of regions in sovereign clouds (Microsoft Learn, Azure regions of sovereign clouds)."""


def _supported(location: str) -> str:
    if location.startswith(SOVEREIGN):
        raise ValueError(
            f"must be a region of the Azure public cloud, got {location} (service host names differ in sovereign clouds). Choose another region."
        )
    if location not in THREE_ZONES:
        raise ValueError(
            f"must be a region with three availability zones, got {location}. "
            "Choose another region, such as westeurope (az account list-locations lists names)."
        )
    return location


LOGIN, XBOX, MICROSOFT, WINDOWS = ("-*".join(word) for word in ("login", "xbox", "microsoft", "windows"))
"""Words that Azure reserves. Hyphens between letters are matched too, because some resource names drop hyphens."""

Uuid = Annotated[str, Pattern(UUID, "a UUID such as 01234567-89ab-cdef-0123-456789abcdef")]


class AzureSettings(AccountSettings, frozen=True):
    """Keys of the namespace `azure-native` that the program reads."""

    stack_name = Pattern(
        rf"(?!{LOGIN}|{XBOX})(?!.*({MICROSOFT}|{WINDOWS})).*",
        "a name without words that Azure reserves: microsoft and windows anywhere, login and xbox at the beginning",
    )
    """Azure rejects them in resources with an endpoint, such as a registry (Azure Resource Manager, Reserved resource names)."""
    most_tags = 14
    """Private DNS zones and links allow 15 tags (Azure Resource Manager, Tag support limitations). The program uses one."""
    tag_name = Pattern(
        r"(?!(?i:microsoft|azure|windows|data-pipes$))[A-Za-z][A-Za-z0-9._-]{0,127}",
        "a tag name that every Azure resource accepts: a letter, then letters, digits, dots, hyphens and underscores, 128 characters at "
        "most; not data-pipes, and not beginning with microsoft, azure or windows",
    )
    tag_value = Pattern(r"[^\x00-\x1f]{0,256}", "a tag value on one line, 256 characters at most")

    location: Annotated[
        str, Pattern("[a-z][a-z0-9]+", "the name of an Azure region, such as westeurope"), AfterValidator(_supported)
    ]
    """Azure region of the stack, such as westeurope."""
    subscription_id: Uuid | None = None
    """Subscription that the stack is deployed to. By default the subscription of the identity that runs Pulumi."""
    tenant_id: Uuid | None = None
    """Entra tenant of the subscription. By default the tenant of the identity that runs Pulumi."""


def azure_provider(name: str, settings: AzureSettings, _tags: Mapping[str, str]) -> azure.Provider:
    """Create the provider of all Azure resources of a stack. It has no default tags, so each resource sets its own."""
    return azure.Provider(
        name,
        location=settings.location,
        subscription_id=settings.subscription_id,
        tenant_id=settings.tenant_id,
    )


@dataclass(frozen=True, kw_only=True)
class Account:
    """Subscription, tenant, region and tags of a stack, and the deployer."""

    subscription_id: Output[str]
    tenant_id: Output[str]
    deployer: Output[str]
    """Entra object ID of the user or application that runs Pulumi."""
    location: str
    tags: Mapping[str, str]

    @classmethod
    def of(cls, settings: AzureSettings, tags: Mapping[str, str], parent: Resource) -> "Account":
        """Look up the deployer with the provider of the given resource."""
        caller = lookup(
            azure.authorization.get_client_config_output(opts=InvokeOptions(parent=parent)),
            "azure-native:subscriptionId",
            rule="a subscription that the deployer is signed in to",
            got=settings.subscription_id,
            fix="Sign in again (az login), or set another subscription.",
        )
        return cls(
            subscription_id=caller.subscription_id,
            tenant_id=caller.tenant_id,
            deployer=caller.object_id,
            location=settings.location,
            tags=tags,
        )
