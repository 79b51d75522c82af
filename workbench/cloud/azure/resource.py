"""Simulated Azure: ids, common outputs and common rules of Azure Resource Manager.

azure-native replaces an object if its location or an input in its id changes. The tables add the inputs that the API specifications
call immutable. It always deletes before it creates.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from workbench.cloud.model import COMMON, Inputs, ResourceModel, at, no_outputs, text, uuid_of

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
TENANT = "00000000-0000-0000-0000-000000000002"
DEPLOYER = "00000000-0000-0000-0000-000000000003"
DEFAULT_LOCATION = "westeurope"

Outputs = Callable[[str, str, Inputs], Mapping[str, Any]]


def location_of(inputs: Inputs) -> str:
    """Return an object's location."""
    return text(inputs, "location", DEFAULT_LOCATION)


def group_id(group: str, inputs: Inputs) -> str:
    """Return the id of a resource group in the provider's subscription, by default the simulated one."""
    return f"/subscriptions/{text(inputs, 'subscriptionId', SUBSCRIPTION)}/resourceGroups/{group}"


def identifier(arm_type: str, *names: str) -> Callable[[str, Inputs], str]:
    """Generate ids such as `/subscriptions/.../providers/Microsoft.EventHub/namespaces/pipes/eventhubs/orders`.

    `names` are the inputs with the names of the parent objects and of the object. A name that begins with `=` is a constant. A program may
    leave out only the last one.
    """
    namespace, *kinds = arm_type.split("/")

    def make(name: str, inputs: Inputs) -> str:
        values = [each[1:] if each.startswith("=") else text(inputs, each, name) for each in names]
        path = "/".join(f"{kind}/{value}" for kind, value in zip(kinds, values, strict=True))
        return f"{group_id(text(inputs, 'resourceGroupName', 'group'), inputs)}/providers/{namespace}/{path}"

    return make


def _extension(arm_type: str, owner: str, name_input: str) -> Callable[[str, Inputs], str]:
    """Generate the id of an object that is attached to another object. It begins with that object's id."""

    def make(name: str, inputs: Inputs) -> str:
        return f"{text(inputs, owner, '/scope')}/providers/{arm_type}/{text(inputs, name_input, uuid_of(name))}"

    return make


def _identity(id_: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the system-assigned identity and the user-assigned identities of an object. The latter are a map in Azure's responses."""
    known: dict[str, Any] = {}
    if "SystemAssigned" in text(inputs, "identity.type", ""):
        known |= {"principalId": uuid_of(f"principal {id_}"), "tenantId": TENANT}
    listed = at(inputs, "identity.userAssignedIdentities")
    if isinstance(listed, list):
        ids = [str(each) for each in cast("list[object]", listed)]
        known["userAssignedIdentities"] = {
            each: {"clientId": uuid_of(f"client {each}"), "principalId": uuid_of(f"principal {each}")} for each in ids
        }
    return {"identity": known} if known else {}


def resource(
    arm_type: str,
    *names: str,
    create: float,
    delete: float,
    update: float = 0.1,
    source: str = COMMON,
    outputs: Outputs = no_outputs,
    common: str = "name type provisioningState",
    replace_on: frozenset[str] = frozenset(),
    tracked: bool = True,
    worldwide: bool = False,
    attached_to: str | None = None,
    **more: Any,
) -> ResourceModel:
    """Return the model of a resource type. `common` are the type's outputs among those that most types have.

    `tracked` types have a location. The last name of `worldwide` types must be unique in all of Azure. An object that is attached to
    another object, such as a role assignment, is in no resource group: `attached_to` is the input with the id of that object.
    """
    own = [each for each in names if not each.startswith("=")]
    fixed = {*own, attached_to or "resourceGroupName", *({"location"} if tracked else ())}

    def computed(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
        known = {"name": id_.rsplit("/", 1)[-1], "type": arm_type, "provisioningState": "Succeeded"}
        location = {"location": location_of(inputs)} if tracked else {}
        return {
            **{key: known[key] for key in common.split()},
            **location,
            **_identity(id_, inputs),
            **outputs(id_, name, inputs),
        }

    return ResourceModel(
        create_minutes=create,
        delete_minutes=delete,
        update_minutes=update,
        source=source,
        identifier=_extension(arm_type, attached_to, names[-1])
        if attached_to
        else more.pop("identifier", None) or identifier(arm_type, *names),
        outputs=computed,
        replace_on=replace_on | fixed,
        name_property=own[-1] if own and own[-1] == names[-1] else None,
        unique=(own[-1],) if worldwide else more.pop("unique", ()),
        **more,
    )
