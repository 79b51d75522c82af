"""Tests of the stack's registry on Azure: access and image references."""

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


def test_the_registry_is_zone_redundant_and_has_no_admin_user_or_anonymous_pull():
    made = registry()
    assert made.input("sku.name") == "Premium"
    assert made.inputs["zoneRedundancy"] == "Enabled"
    assert made.inputs["adminUserEnabled"] is False
    assert made.inputs["anonymousPullEnabled"] is False


def test_only_the_configured_public_ranges_can_reach_the_registry():
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


def test_nodes_wait_for_the_private_endpoint_of_the_registry():
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


def test_the_registry_is_protected_unless_protect_is_false():
    assert shipped(STACK).recording.one(REGISTRY).protect is True
    lifted = planned({"data-pipes:protect": False}, stack=STACK).recording.one(REGISTRY)
    assert lifted.protect is False


@pytest.mark.parametrize("reference", [":2.1.0", f"@{DIGEST}"])
def test_a_bare_tag_or_digest_refers_to_the_stack_s_registry(reference):
    assert image(reference) == f"HOST/{STACK}{reference}"


def test_a_full_image_reference_is_used_unchanged():
    assert image("ghcr.io/acme/orders:7") == "ghcr.io/acme/orders:7"


def test_the_registry_url_is_a_stack_output():
    recording = shipped(STACK).recording
    assert recording.outputs["registry"] == f"{recording.one(REGISTRY).inputs['registryName']}.azurecr.io/{STACK}"
