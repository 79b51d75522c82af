"""Custom role of the identity that deploys a stack on Azure."""

import json
from collections.abc import Iterable, Iterator

from workbench.permissions.stack import Stack

_SUBSCRIPTION = "SUBSCRIPTION-ID"
_FLOW_LOGS = "Microsoft.Network/networkWatchers/flowLogs/"


def policy(stack: Stack, actions: Iterable[str]) -> str:
    """Return a role definition in JSON, as `az role definition create --role-definition FILE` reads it."""
    subscription = stack.config.get("azure-native:subscriptionId", _SUBSCRIPTION)
    role = {
        "Name": f"data-pipes {stack.purpose} {stack.name}",
        "IsCustom": True,
        "Description": f"{stack.purpose.capitalize()} the stack {stack.name} of data-pipes",
        "Actions": sorted(actions),
        "NotActions": [],
        "DataActions": [],
        "NotDataActions": [],
        "AssignableScopes": [f"/subscriptions/{subscription}"],
    }
    return json.dumps(role, indent=1)


def notes(text: str) -> Iterator[str]:
    """Return what a reader of the role must know."""
    if _SUBSCRIPTION in text:
        yield f"Replace {_SUBSCRIPTION}: the stack file sets no azure-native:subscriptionId."
    flow_log = ", and its flow log is in NetworkWatcherRG" if _FLOW_LOGS in text else ""
    yield (
        f"Assign the role on the subscription: the stack creates its resource group{flow_log}. Actions cannot be limited to names."
    )
    if "roleAssignments/write" in text:
        yield (
            "Microsoft.Authorization/roleAssignments/write can assign any role. Limit the assignment with a condition "
            "to the roles in docs/azure.md."
        )
