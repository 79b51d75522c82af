"""The stack's own registry on Azure: how it is closed, who reaches it, and what an image is called."""

import pytest

from tests.stacks import planned, shipped

STACK = "azure-eventhubs-aks"
REGISTRY = "azure-native:containerregistry:Registry"
IMAGE = "spec.template.spec.containers[0].image"
DIGEST = "sha256:" + "0" * 64


def registry(**network):
    return planned({"data-pipes:network": network}, stack=STACK).recording.one(REGISTRY)


def image(reference):
    pipes = {"orders": {"parallelism": 3, "consumer": {"image": reference}}}
    recording = planned({"data-pipes:pipes": pipes}, stack=STACK).recording
    host = f"{recording.one(REGISTRY).inputs['registryName']}.azurecr.io"
    return recording.one("kubernetes:apps/v1:Deployment").input(IMAGE).replace(host, "HOST")


def test_the_registry_spans_the_zones_and_knows_no_passwords_and_no_strangers():
    made = registry()
    assert made.input("sku.name") == "Premium"
    assert made.inputs["zoneRedundancy"] == "Enabled"
    assert made.inputs["adminUserEnabled"] is False
    assert made.inputs["anonymousPullEnabled"] is False


def test_the_registry_is_closed_to_the_internet_but_for_the_named_ranges():
    assert registry().inputs["publicNetworkAccess"] == "Disabled"
    opened = registry(registryCidrs=["203.0.113.7/32", "198.51.100.0/24"])
    assert opened.inputs["publicNetworkAccess"] == "Enabled"
    assert opened.inputs["networkRuleSet"] == {
        "defaultAction": "Deny",
        "ipRules": [
            {"action": "Allow", "iPAddressOrRange": "203.0.113.7"},
            {"action": "Allow", "iPAddressOrRange": "198.51.100.0/24"},
        ],
    }


def test_nodes_pull_through_a_private_endpoint_that_is_there_before_them():
    recording = shipped(STACK).recording
    endpoint, records = (
        next(
            each
            for each in recording.of_type(f"azure-native:network:{kind}")
            if each.name == f"{STACK}-images-endpoint"
        )
        for kind in ("PrivateEndpoint", "PrivateDnsZoneGroup")
    )
    assert endpoint.input("privateLinkServiceConnections[0].groupIds") == ["registry"]
    assert "/registries/" in endpoint.input("privateLinkServiceConnections[0].privateLinkServiceId")
    assert records.input("privateDnsZoneConfigs[0].privateDnsZoneId").endswith("/privatelink.azurecr.io")
    for pool in recording.of_type("azure-native:containerservice:AgentPool"):
        assert {endpoint.urn, records.urn} <= recording.requirements(pool)


def test_images_are_kept_from_deletion_until_protection_is_lifted():
    assert shipped(STACK).recording.one(REGISTRY).protect is True
    lifted = planned({"data-pipes:protect": False}, stack=STACK).recording.one(REGISTRY)
    assert lifted.protect is False


@pytest.mark.parametrize("reference", [":2.1.0", f"@{DIGEST}"])
def test_a_tag_or_digest_alone_is_an_image_in_the_stack_s_own_registry(reference):
    assert image(reference) == f"HOST/{STACK}{reference}"


def test_any_image_reference_is_taken_as_it_stands():
    assert image("ghcr.io/acme/orders:7") == "ghcr.io/acme/orders:7"


def test_the_stack_exports_where_images_are_pushed():
    recording = shipped(STACK).recording
    assert recording.outputs["registry"] == f"{recording.one(REGISTRY).inputs['registryName']}.azurecr.io/{STACK}"
