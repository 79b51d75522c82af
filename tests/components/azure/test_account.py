"""Validation of the stack name, tags and account settings on Azure."""

from typing import Any

import pytest

from components.settings import SettingsError
from tests.combinations import GROUP, SUBSCRIPTION
from tests.stacks import settings

STACK = "azure-eventhubs-aks"
NETWORK = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared/providers/Microsoft.Network"
VNET = f"{NETWORK}/virtualNetworks/shared"
EXISTING = {
    "virtualNetworkId": VNET,
    "cidr": "10.9.0.0/16",
    "nodesSubnetId": f"{VNET}/subnets/nodes",
    "endpointsSubnetId": f"{VNET}/subnets/endpoints",
}


def message(changes: dict[str, Any]) -> str:
    with pytest.raises(SettingsError) as refusal:
        settings(changes, stack=STACK)
    [line] = str(refusal.value).splitlines()
    return line


@pytest.mark.parametrize("name", ["my-windows-pipes", "micro-soft", "login-events", "xbox-events"])
def test_a_stack_name_with_a_reserved_word_is_refused(name: str):
    line = message({"data-pipes:name": name})
    assert "name: must be a name without words that Azure reserves" in line
    assert line.endswith("Choose another name, and never change it.")


def test_reserved_words_are_accepted_where_azure_accepts_them():
    assert settings({"data-pipes:name": "events-login"}, stack=STACK).name == "events-login"


@pytest.mark.parametrize("tag", ["team/data", "azure-team", "Microsoft.team", "1st"])
def test_a_tag_name_that_some_azure_resource_rejects_is_refused(tag: str):
    assert f"tags.{tag}: must be a tag name that every Azure resource accepts" in message(
        {"data-pipes:tags": {tag: "x"}}
    )


def test_more_tags_than_a_private_dns_zone_allows_are_refused():
    tags = {f"tag{number}": "x" for number in range(15)}
    assert "tags: must have at most 14 entries, got 15 (some resources accept no more). Remove some." in message(
        {"data-pipes:tags": tags}
    )


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("hdinsightSubnetId", f"{VNET}/subnets/hdinsight", "hdinsightSubnetId"),
        (
            "privateDnsZoneIds",
            {"dfs": f"{NETWORK}/privateDnsZones/privatelink.dfs.core.windows.net"},
            "privateDnsZoneIds.dfs",
        ),
    ],
)
def test_an_unused_id_of_an_existing_network_is_refused(key: str, value: Any, place: str):
    line = message({"data-pipes:network": {"existing": {**EXISTING, key: value}}})
    assert f"network.existing.{place}: is ignored " in line


@pytest.mark.parametrize(
    ("stack", "key", "value", "message"),
    [
        (STACK, "aws:region", "Ireland", "This stack is on azure: if it needs no aws keys, remove them."),
        (
            "aws-msk-eks",
            "azure-native:location",
            "moon",
            "azure-native:location: must be a region with three availability",
        ),
        (
            STACK,
            "data-pipes:streaming",
            {"service": "kinesis"},
            'streaming.service: must be a streaming service on azure, got "kinesis" (available on aws). Use one of: confluent, event-hubs, hdinsight, kafka, kafka-external. '
            "Or set platform.service to eks or ecs.",
        ),
    ],
)
def test_errors_in_account_settings_of_each_cloud_are_reported(stack: str, key: str, value: Any, message: str):
    with pytest.raises(SettingsError) as refusal:
        settings({key: value}, stack=stack)
    assert message in str(refusal.value).splitlines()[0]


def test_an_admin_group_must_be_an_object_id():
    assert "platform.adminGroups[0]: must be" in message({"data-pipes:platform": {"adminGroups": [f"{GROUP}x"]}})
