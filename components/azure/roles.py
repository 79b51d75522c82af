"""Azure built-in roles and role assignments."""

from collections.abc import Mapping
from uuid import NAMESPACE_URL, uuid5

import pulumi_azure_native as azure
from pulumi import Input, Output, Resource, ResourceOptions

ROLES: Mapping[str, str] = {
    "AcrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "Azure Event Hubs Data Receiver": "a638d3c7-ab3a-418d-83e6-5f17a39d4fde",
    "Azure Event Hubs Data Sender": "2b629674-e913-4c01-ae53-ef4638d8f975",
    "Azure Kubernetes Service RBAC Cluster Admin": "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",
    "Key Vault Crypto Service Encryption User": "e147488a-f6f5-4113-8e2d-b22465e65bf6",
    "Network Contributor": "4d97b98b-1d4f-4787-a291-c67834d212e7",
    "Schema Registry Reader": "2c56ea50-c6b3-40a6-83c0-9d98858bc7d2",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
}
"""IDs of the built-in roles that a stack assigns, by name (Azure RBAC, Azure built-in roles)."""


def assignment_name(role: str, scope: str, principal: str) -> str:
    """Return a stable GUID for a role, scope and principal."""
    return str(uuid5(NAMESPACE_URL, f"{scope}/{role}/{principal}"))


def assignment(
    name: str,
    *,
    role: str,
    scope: Input[str],
    principal_id: Input[str],
    parent: Resource,
    principal_type: str | None = "ServicePrincipal",
) -> azure.authorization.RoleAssignment:
    """Assign a built-in role on one resource to one identity.

    Set the principal type for identities that the stack creates. Without it Azure looks the identity up, which can fail right after
    creation (Azure RBAC, Troubleshoot). Use None for existing identities; Azure then determines the type.
    """
    resource = Output.from_input(scope)

    def definition(resource_id: str) -> str:
        subscription = "/".join(resource_id.split("/")[:3])
        return f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{ROLES[role]}"

    return azure.authorization.RoleAssignment(
        name,
        role_assignment_name=Output.all(resource, principal_id).apply(
            lambda known: assignment_name(ROLES[role], known[0], known[1])
        ),
        role_definition_id=resource.apply(definition),
        scope=resource,
        principal_id=principal_id,
        # The SDK treats None as a user. An output of None leaves the type unset.
        principal_type=Output.from_input(principal_type),
        opts=ResourceOptions(parent=parent),
    )
