"""Confluent Cloud on Google Cloud: the consumers' way to it, on the internet and by Private Service Connect."""

from tests.stacks import planned, shipped

STACK = "gcp-confluent-gke"
LINK = {"data-pipes:streaming": {"tier": "enterprise", "privateLink": True}}
CONNECTION = "confluentcloud:index/privateLinkAttachmentConnection:PrivateLinkAttachmentConnection"
PROVIDER = "confluentcloud:index/identityProvider:IdentityProvider"
KEY, TOPIC = "confluentcloud:index/apiKey:ApiKey", "confluentcloud:index/kafkaTopic:KafkaTopic"
PRIVATE = planned(LINK, stack=STACK).recording


def sources(resource, key):
    """The names of what an input comes from."""
    return {PRIVATE.by_urn(urn).name for urn in resource.property_dependencies[key]}


def needed(resource):
    return {PRIVATE.by_urn(urn).name for urn in PRIVATE.requirements(resource)}


def test_the_cluster_is_in_the_region_of_the_stack():
    cluster = shipped(STACK).recording.one("confluentcloud:index/kafkaCluster:KafkaCluster").inputs
    assert (cluster["cloud"], cluster["region"]) == ("GCP", "europe-west1")
    assert not shipped(STACK).recording.of_type(CONNECTION)


def test_nothing_keeps_the_nodes_from_going_out_to_brokers():
    rules = shipped(STACK).recording.of_type("gcp:compute/firewall:Firewall")
    assert rules
    assert all(rule.inputs["direction"] == "INGRESS" for rule in rules)


def test_the_endpoint_leads_from_an_address_among_the_nodes_to_confluents_service_and_confluent_is_told_of_it():
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


def test_every_name_of_the_link_is_that_address_in_this_network_alone():
    zone, record = PRIVATE.one("gcp:dns/managedZone:ManagedZone"), PRIVATE.one("gcp:dns/recordSet:RecordSet")
    domain = zone.inputs["dnsName"]
    assert zone.inputs["visibility"] == "private"
    assert sources(zone, "dnsName") == {f"{STACK}-link"}
    assert sources(zone, "privateVisibilityConfig") == {f"{STACK}-vpc"}
    assert (record.inputs["name"], record.inputs["type"]) == (f"*.{domain}", "A")
    assert sources(record, "rrdatas") == {f"{STACK}-link-address"}
    assert f"{PRIVATE.outputs['bootstrapServers'].split(':')[0]}.".endswith(f".{domain}")
    assert f"{STACK}-dns" in needed(zone), "its API is switched on before"


def test_the_way_is_there_before_a_key_is_tried_or_a_topic_made():
    opened = {f"{STACK}-link-{role}" for role in ("connection", "zone", "names")}
    for resource in (*PRIVATE.of_type(TOPIC), *PRIVATE.of_type(KEY)):
        assert opened <= needed(resource), resource.name


def test_confluent_finds_the_keys_of_gke_where_gke_has_them():
    provider = shipped(STACK).recording.one(PROVIDER).inputs
    assert provider["issuer"].startswith("https://container.googleapis.com/v1/projects/")
    assert provider["jwksUri"] == f"{provider['issuer']}/jwks"
