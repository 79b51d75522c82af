"""Simulated Azure: the network. Times and rules are explained in kinds.py."""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.azure import existing
from workbench.cloud.azure.resource import resource
from workbench.cloud.model import COMMON, Inputs, ResourceModel, digits, text, uuid_of

_ENDPOINT = "common use, no log found: a private endpoint takes one to two minutes"
_ZONE = "common use, no log found: a private zone and its links take half a minute each"


def _address(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a public address. It is in a range that is reserved for documentation."""
    return {"ipAddress": f"198.51.100.{int(digits(id_, 2), 16) % 254 + 1}", "resourceGuid": uuid_of(id_)}


def _guid(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    return {"resourceGuid": uuid_of(id_)}


def _endpoint(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a private endpoint: its network interface. The DNS zone group has the addresses."""
    name = text(inputs, "customNetworkInterfaceName", f"{id_.rsplit('/', 1)[-1]}.nic.{uuid_of(id_)}")
    interface = f"{id_.rsplit('/', 2)[0]}/networkInterfaces/{name}"
    return {"networkInterfaces": [{"id": interface}], "customDnsConfigs": []}


def _zones_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Refuse to change zones. azure-native does not know this rule and requests the update."""
    if old is None or old.get("zones") == new.get("zones"):
        return None
    return (
        f"ResourceAvailabilityZonesCannotBeModified: Resource has an existing availability zone constraint {old.get('zones')} "
        f"and the request has availability zone constraint {new.get('zones')}, which do not match. Zones cannot be "
        "added/updated/removed once the resource is created."
    )


def _record_set(name: str, inputs: Inputs) -> str:
    zone = NETWORK["azure-native:privatedns:PrivateZone"].identifier(name, inputs)
    return f"{zone}/{text(inputs, 'recordType', 'A')}/{text(inputs, 'relativeRecordSetName', name)}"


NETWORK: Mapping[str, ResourceModel] = {
    "azure-native:network:VirtualNetwork": resource(
        "Microsoft.Network/virtualNetworks", "virtualNetworkName", create=0.2, delete=0.2, outputs=_guid
    ),
    "azure-native:network:Subnet": resource(
        "Microsoft.Network/virtualNetworks/subnets",
        "virtualNetworkName",
        "subnetName",
        create=0.2,
        delete=0.2,
        tracked=False,
        existing=existing.subnet,
    ),
    "azure-native:network:NetworkSecurityGroup": resource(
        "Microsoft.Network/networkSecurityGroups", "networkSecurityGroupName", create=0.1, delete=0.2, outputs=_guid
    ),
    "azure-native:network:SecurityRule": resource(
        "Microsoft.Network/networkSecurityGroups/securityRules",
        "networkSecurityGroupName",
        "securityRuleName",
        create=0.2,
        delete=0.2,
        tracked=False,
        unique=("resourceGroupName", "networkSecurityGroupName", "direction", "priority"),
    ),
    "azure-native:network:RouteTable": resource(
        "Microsoft.Network/routeTables", "routeTableName", create=0.1, delete=0.2, outputs=_guid
    ),
    "azure-native:network:NatGateway": resource(
        "Microsoft.Network/natGateways",
        "natGatewayName",
        create=0.3,
        delete=0.3,
        outputs=_guid,
        refusal=_zones_refusal,
    ),
    "azure-native:network:PublicIPAddress": resource(
        "Microsoft.Network/publicIPAddresses",
        "publicIpAddressName",
        create=0.1,
        delete=0.2,
        outputs=_address,
        refusal=_zones_refusal,
        replace_on=frozenset({"publicIPAddressVersion", "publicIPPrefix", "sku"}),
    ),
    "azure-native:network:PrivateEndpoint": resource(
        "Microsoft.Network/privateEndpoints",
        "privateEndpointName",
        create=1.5,
        delete=0.5,
        update=1,
        source=_ENDPOINT,
        outputs=_endpoint,
        replace_on=frozenset({"subnet"}),
        existing=existing.private_endpoint,
    ),
    "azure-native:network:PrivateDnsZoneGroup": resource(
        "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
        "privateEndpointName",
        "privateDnsZoneGroupName",
        create=0.3,
        delete=0.2,
        source=_ENDPOINT,
        common="name provisioningState",
        tracked=False,
    ),
    "azure-native:network:FlowLog": resource(
        "Microsoft.Network/networkWatchers/flowLogs",
        "networkWatcherName",
        "flowLogName",
        create=0.3,
        delete=0.2,
        outputs=lambda id_, _name, _inputs: {"targetResourceGuid": uuid_of(id_)},
        unique=("targetResourceId",),
    ),
    "azure-native:privatedns:PrivateZone": resource(
        "Microsoft.Network/privateDnsZones", "privateZoneName", create=0.6, delete=0.3, source=_ZONE
    ),
    "azure-native:privatedns:VirtualNetworkLink": resource(
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
        "privateZoneName",
        "virtualNetworkLinkName",
        create=0.6,
        delete=0.3,
        source=_ZONE,
        outputs=lambda _id, _name, _inputs: {"virtualNetworkLinkState": "Completed"},
        replace_on=frozenset({"virtualNetwork"}),
        unique=("privateZoneName", "virtualNetwork.id"),
    ),
    "azure-native:privatedns:PrivateRecordSet": resource(
        "Microsoft.Network/privateDnsZones/A",
        "privateZoneName",
        "relativeRecordSetName",
        create=0.1,
        delete=0.1,
        common="name type",
        identifier=_record_set,
        outputs=lambda id_, _name, inputs: {
            "fqdn": f"{id_.rsplit('/', 1)[-1]}.{text(inputs, 'privateZoneName', 'zone')}."
        },
        replace_on=frozenset({"recordType"}),
        tracked=False,
    ),
    "azure-native:monitor:DiagnosticSetting": resource(
        "Microsoft.Insights/diagnosticSettings",
        "name",
        create=0.1,
        delete=0.1,
        source=COMMON,
        common="name type",
        attached_to="resourceUri",
        tracked=False,
    ),
}
