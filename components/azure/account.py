"""The Azure subscription and region that a pipeline lives in."""

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
"""The regions with three availability zones (Microsoft Learn, List of Azure regions)."""

SOVEREIGN = ("china", "usdod", "usgov", "ussec", "usnat")
"""How the names of regions in clouds of their own begin (Microsoft Learn, Azure regions of sovereign clouds)."""


def _supported(location: str) -> str:
    if location.startswith(SOVEREIGN):
        raise ValueError(
            f"must be a region of the public cloud, where services have the names that the stack uses, not {location}; choose another"
        )
    if location not in THREE_ZONES:
        raise ValueError(
            f"must be a region with three availability zones, and {location} is not known as one; "
            "choose another, such as westeurope (az account list-locations tells their names)"
        )
    return location


LOGIN, XBOX, MICROSOFT, WINDOWS = ("-*".join(word) for word in ("login", "xbox", "microsoft", "windows"))
"""The words that Azure keeps for itself, also where hyphens are between their letters, which some names leave out."""

Uuid = Annotated[str, Pattern(UUID, "a UUID such as 01234567-89ab-cdef-0123-456789abcdef")]


class AzureSettings(AccountSettings, frozen=True):
    """The keys of the namespace `azure-native` that a pipeline reads."""

    stack_name = Pattern(
        rf"(?!{LOGIN}|{XBOX})(?!.*({MICROSOFT}|{WINDOWS})).*",
        "a name without the words that Azure keeps for itself: microsoft and windows, and login and xbox at its beginning",
    )
    """Azure refuses them where a name has an endpoint, as a registry's has (Azure Resource Manager, Reserved resource names)."""
    most_tags = 14
    """Private DNS zones and their links have at most 15 (Azure Resource Manager, Tag support limitations); one is the program's."""
    tag_name = Pattern(
        r"(?!(?i:microsoft|azure|windows|data-pipes$))[A-Za-z][A-Za-z0-9._-]{0,127}",
        "the name of a tag that every resource on Azure takes: a letter, then letters, digits, dots, hyphens and underscores, "
        "128 at most; neither data-pipes nor with one of Azure's own beginnings (microsoft, azure, windows)",
    )
    tag_value = Pattern(r"[^\x00-\x1f]{0,256}", "the value of a tag: 256 characters at most, in one line")

    location: Annotated[
        str, Pattern("[a-z][a-z0-9]+", "the name of an Azure region, such as westeurope"), AfterValidator(_supported)
    ]
    """The Azure region of the whole stack, such as westeurope."""
    subscription_id: Uuid | None = None
    """The subscription that the stack is deployed to; by default that of whoever runs Pulumi."""
    tenant_id: Uuid | None = None
    """The Entra tenant of the subscription; by default that of whoever runs Pulumi."""


def azure_provider(name: str, settings: AzureSettings, _tags: Mapping[str, str]) -> azure.Provider:
    """Make the one provider that every Azure resource of a stack uses; it has no tags to give, so each resource gets its own."""
    return azure.Provider(
        name,
        location=settings.location,
        subscription_id=settings.subscription_id,
        tenant_id=settings.tenant_id,
    )


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where a pipeline lives, and what Azure says of it."""

    subscription_id: Output[str]
    tenant_id: Output[str]
    deployer: Output[str]
    """The object id, in Entra, of the user or application that runs Pulumi."""
    location: str
    tags: Mapping[str, str]

    @classmethod
    def of(cls, settings: AzureSettings, tags: Mapping[str, str], parent: Resource) -> "Account":
        """Ask Azure who is deploying, with the provider of the given resource."""
        caller = lookup(
            azure.authorization.get_client_config_output(opts=InvokeOptions(parent=parent)),
            "azure-native:subscriptionId",
            rule="a subscription that the deployer is signed in to",
            got=settings.subscription_id,
            fix="Sign in again (az login), or name another subscription.",
        )
        return cls(
            subscription_id=caller.subscription_id,
            tenant_id=caller.tenant_id,
            deployer=caller.object_id,
            location=settings.location,
            tags=tags,
        )
