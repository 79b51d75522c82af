"""What the lookups of existing Azure resources have in common."""

from typing import Annotated

from components.azure.account import Account
from components.lookup import unanswered
from components.section import Pattern

GroupName = Annotated[str, Pattern(r"[\w.()-]{0,89}[\w()-]", "the name of a resource group")]
"""Name of a resource group (Azure Resource Manager, Naming rules)."""


def region(location: str) -> str:
    """Return a location as stack files write it. Some services return West Europe instead of westeurope."""
    return location.replace(" ", "").lower()


def check_region(location: str | None, account: Account, key: str) -> None:
    """Raise RunError if an existing resource is not in the region of the stack."""
    found = region(location or "")
    if found != account.location:
        raise unanswered(
            key,
            rule=f"in {account.location}, the region of the stack (azure-native:location)",
            got=found,
            reason="traffic between regions is slow and costs money",
            fix=f"Use one there, or set azure-native:location to {found}.",
        )
