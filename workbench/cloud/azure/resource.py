"""The simulated Azure: the ids, common outputs and common rules of whatever Azure Resource Manager keeps.

azure-native replaces an object when what stands in its id changes, and its location; what a service's own description of
its interface calls immutable is in the rows of the tables. It deletes before it creates, always.
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
    """The region an object is in."""
    return text(inputs, "location", DEFAULT_LOCATION)


def group_id(group: str, inputs: Inputs) -> str:
    """The id of a resource group in the simulated subscription, or in the one that the provider is set to."""
    return f"/subscriptions/{text(inputs, 'subscriptionId', SUBSCRIPTION)}/resourceGroups/{group}"


def identifier(arm_type: str, *names: str) -> Callable[[str, Inputs], str]:
    """Ids such as `/subscriptions/.../providers/Microsoft.EventHub/namespaces/pipes/eventhubs/orders`.

    `names` are the inputs that name the object and those it is part of; one that begins with `=` is that word itself. Only the last
    may be left out by the program.
    """
    namespace, *kinds = arm_type.split("/")

    def make(name: str, inputs: Inputs) -> str:
        values = [each[1:] if each.startswith("=") else text(inputs, each, name) for each in names]
        path = "/".join(f"{kind}/{value}" for kind, value in zip(kinds, values, strict=True))
        return f"{group_id(text(inputs, 'resourceGroupName', 'group'), inputs)}/providers/{namespace}/{path}"

    return make


def _extension(arm_type: str, owner: str, name_input: str) -> Callable[[str, Inputs], str]:
    """Ids of what is attached to another object: they begin with that object's id."""

    def make(name: str, inputs: Inputs) -> str:
        return f"{text(inputs, owner, '/scope')}/providers/{arm_type}/{text(inputs, name_input, uuid_of(name))}"

    return make


def _identity(id_: str, inputs: Inputs) -> Mapping[str, Any]:
    """Of what has identities: one of its own, and those whose ids a program lists, which Azure answers with a map of them."""
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
    """A row of a table. `common` are the outputs that the type has of those that most have.

    `tracked` is what has a location; the last name of what is `worldwide` is given once in all Azure. What is attached to another
    object, such as a role assignment, is in no group: `attached_to` is the input that names that object.
    """
    own = [each for each in names if not each.startswith("=")]
    fixed = {*own, attached_to or "resourceGroupName", *({"location"} if tracked else ())}

    def computed(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
        known = {"name": id_.rsplit("/", 1)[-1], "type": arm_type, "provisioningState": "Succeeded"}
        place = {"location": location_of(inputs)} if tracked else {}
        return {
            **{key: known[key] for key in common.split()},
            **place,
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
