"""Tests of Confluent Cloud on Google Cloud: public access and Private Service Connect."""

from tests.stacks import planned, shipped

STACK = "gcp-confluent-gke"
LINK = {"data-pipes:streaming": {"tier": "enterprise", "privateLink": True}}
CONNECTION = "confluentcloud:index/privateLinkAttachmentConnection:PrivateLinkAttachmentConnection"
PROVIDER = "confluentcloud:index/identityProvider:IdentityProvider"
KEY, TOPIC = "confluentcloud:index/apiKey:ApiKey", "confluentcloud:index/kafkaTopic:KafkaTopic"
PRIVATE = planned(LINK, stack=STACK).recording


def sources(resource, key):
    """Return the names of the resources that an input depends on."""
    return {PRIVATE.by_urn(urn).name for urn in resource.property_dependencies[key]}


def needed(resource):
    return {PRIVATE.by_urn(urn).name for urn in PRIVATE.requirements(resource)}


def test_the_cluster_is_in_the_region_of_the_stack():
    cluster = shipped(STACK).recording.one("confluentcloud:index/kafkaCluster:KafkaCluster").inputs
    assert (cluster["cloud"], cluster["region"]) == ("GCP", "europe-west1")
    assert not shipped(STACK).recording.of_type(CONNECTION)


def test_no_firewall_rule_denies_egress_to_brokers():
    rules = shipped(STACK).recording.of_type("gcp:compute/firewall:Firewall")
    assert rules
    assert all(rule.inputs["direction"] == "INGRESS" for rule in rules)


def test_private_link_endpoint_is_in_the_node_subnet_and_registered_with_confluent():
    address = PRIVATE.one("gcp:compute/address:Address")
    assert address.inputs["addressType"] == "INTERNAL"
    assert sources(address, "subnetwork") == {f"{STACK}-subnet"}
    endpoint = PRIVATE.one("gcp:compute/forwardingRule:ForwardingRule")
    assert endpoint.inputs["loadBalancingScheme"] == ""
    assert "/serviceAttachments/" in endpoint.inputs["target"]
    assert sources(endpoint, "target") == {f"{STACK}-link"}
    assert sources(endpoint, "ipAddress") == {address.name}
    assert sources(endpoint, "network") == {f"{STACK}-vpc"}
    connection = PRIVATE.one(CONNECTION)
    assert sources(connection, "gcp") == {endpoint.name}
    assert sources(connection, "privateLinkAttachment") == {f"{STACK}-link"}


def test_private_zone_resolves_all_link_names_to_the_endpoint():
    zone, record = PRIVATE.one("gcp:dns/managedZone:ManagedZone"), PRIVATE.one("gcp:dns/recordSet:RecordSet")
    domain = zone.inputs["dnsName"]
    assert zone.inputs["visibility"] == "private"
    assert sources(zone, "dnsName") == {f"{STACK}-link"}
    assert sources(zone, "privateVisibilityConfig") == {f"{STACK}-vpc"}
    assert (record.inputs["name"], record.inputs["type"]) == (f"*.{domain}", "A")
    assert sources(record, "rrdatas") == {f"{STACK}-link-address"}
    assert f"{PRIVATE.outputs['bootstrapServers'].split(':')[0]}.".endswith(f".{domain}")
    assert f"{STACK}-dns" in needed(zone), "the API must be enabled first"


def test_api_keys_and_topics_wait_for_the_private_link():
    opened = {f"{STACK}-link-{role}" for role in ("connection", "zone", "names")}
    for resource in (*PRIVATE.of_type(TOPIC), *PRIVATE.of_type(KEY)):
        assert opened <= needed(resource), resource.name


def test_identity_provider_uses_the_gke_jwks_uri():
    provider = shipped(STACK).recording.one(PROVIDER).inputs
    assert provider["issuer"].startswith("https://container.googleapis.com/v1/projects/")
    assert provider["jwksUri"] == f"{provider['issuer']}/jwks"
