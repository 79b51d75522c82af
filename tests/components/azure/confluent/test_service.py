"""Confluent Cloud on Azure: access over the internet and by Private Link."""

from tests.components.azure.network.test_network import EXISTING, OWNER, config_errors, inbound
from tests.stacks import planned, shipped

STACK = "azure-confluent-aks"
LINK = {"data-pipes:streaming": {"tier": "enterprise", "privateLink": True}}
ENDPOINT = "azure-native:network:PrivateEndpoint"
ZONE = "azure-native:privatedns:PrivateZone"
RECORD = "azure-native:privatedns:PrivateRecordSet"
CONNECTION = "confluentcloud:index/privateLinkAttachmentConnection:PrivateLinkAttachmentConnection"
PROVIDER = "confluentcloud:index/identityProvider:IdentityProvider"
KEY, TOPIC = "confluentcloud:index/apiKey:ApiKey", "confluentcloud:index/kafkaTopic:KafkaTopic"
PRIVATE = planned(LINK, stack=STACK).recording


def named(type_token, role):
    return next(each for each in PRIVATE.of_type(type_token) if each.name == f"{STACK}-{role}")


def sources(resource, key):
    """Return the names of the resources that an input comes from."""
    return {PRIVATE.by_urn(urn).name for urn in resource.property_dependencies[key]}


def test_the_cluster_is_in_the_stack_s_region():
    cluster = shipped(STACK).recording.one("confluentcloud:index/kafkaCluster:KafkaCluster").inputs
    assert (cluster["cloud"], cluster["region"]) == ("AZURE", "westeurope")
    assert not shipped(STACK).recording.of_type(CONNECTION)


def test_port_9092_is_open_to_private_endpoints_only_in_stacks_with_confluent():
    assert inbound(STACK, "endpoints")[0] == ("10.0.0.0/22", ["443", "9092"], "Allow")
    assert "9092" not in inbound("azure-eventhubs-aks", "endpoints")[0][1]


def test_the_endpoint_uses_the_service_alias_and_confluent_registers_its_id():
    endpoint = named(ENDPOINT, "link-endpoint")
    [asked] = endpoint.inputs["manualPrivateLinkServiceConnections"]
    assert asked["privateLinkServiceId"].endswith(".westeurope.azure.privatelinkservice")
    assert asked["requestMessage"]
    assert "privateLinkServiceConnections" not in endpoint.inputs
    assert sources(endpoint, "manualPrivateLinkServiceConnections") == {f"{STACK}-link"}
    assert sources(endpoint, "subnet") == {f"{STACK}-endpoints"}
    connection = PRIVATE.one(CONNECTION)
    assert sources(connection, "azure") == {f"{STACK}-link-endpoint"}
    assert sources(connection, "privateLinkAttachment") == {f"{STACK}-link"}


def test_the_wildcard_record_resolves_to_the_endpoint_only_in_this_network():
    zone, record = named(ZONE, "link-zone"), PRIVATE.one(RECORD)
    domain = zone.inputs["privateZoneName"]
    assert PRIVATE.outputs["bootstrapServers"].split(":")[0].endswith(f".{domain}")
    linked = named("azure-native:privatedns:VirtualNetworkLink", "link-zone")
    assert linked.inputs["privateZoneName"] == record.inputs["privateZoneName"] == domain
    assert f"{STACK}-vnet" in sources(linked, "virtualNetwork")
    assert (record.inputs["relativeRecordSetName"], record.inputs["recordType"]) == ("*", "A")
    assert f"{STACK}-link-endpoint" in sources(record, "aRecords")
    [asked] = [each for each in PRIVATE.invokes if each.token == "azure-native:network:getNetworkInterface"]
    assert asked.args["networkInterfaceName"] == named(ENDPOINT, "link-endpoint").inputs["customNetworkInterfaceName"]
    assert len(record.inputs["aRecords"]) == 1


def test_api_keys_and_topics_wait_for_the_private_link():
    linked = named("azure-native:privatedns:VirtualNetworkLink", "link-zone")
    opened = {each.urn for each in (PRIVATE.one(CONNECTION), PRIVATE.one(RECORD), linked)}
    for resource in (*PRIVATE.of_type(TOPIC), *PRIVATE.of_type(KEY)):
        assert opened <= PRIVATE.requirements(resource), resource.name


def test_the_network_does_not_create_the_zone_of_the_link():
    zone = f"{OWNER}/privateDnsZones/westeurope.azure.private.confluent.cloud"
    [found] = config_errors(
        {"data-pipes:network": {"existing": {**EXISTING, "privateDnsZoneIds": {"confluent": zone}}}}, STACK
    )
    assert found.startswith("network.existing.privateDnsZoneIds: confluent: unknown service. Valid: ")


def test_confluent_gets_the_signing_keys_url_of_aks():
    provider = shipped(STACK).recording.one(PROVIDER).inputs
    assert provider["issuer"].startswith("https://westeurope.oic.prod-aks.azure.com/")
    assert provider["issuer"].endswith("/")
    assert provider["jwksUri"] == f"{provider['issuer']}openid/v1/jwks"
