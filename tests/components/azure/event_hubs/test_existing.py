"""Existing Event Hubs namespaces and event hubs: what is looked up, what is made, and what is refused."""

import json
from typing import Any

import pytest

from components.changes import ChangeRefusedError
from tests.existing_azure import refused, stack, stopped, warnings
from tests.hooks import before_update
from workbench.cloud.azure import existing
from workbench.cloud.azure.resource import SUBSCRIPTION
from workbench.plan import plan

HUB, NAMESPACE = "azure-native:eventhub:EventHub", "azure-native:eventhub:Namespace"
RIGHT = "azure-native:authorization:RoleAssignment"
OWNED = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared/providers/Microsoft.EventHub/namespaces/events"
ENDPOINT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared/providers/Microsoft.Network/privateEndpoints/events"
IMAGE = {"image": "registry.example.com/orders:1.0.0"}


def with_namespace(monkeypatch: pytest.MonkeyPatch, **properties: Any) -> None:
    for key, value in properties.items():
        monkeypatch.setitem(existing.NAMESPACE, key, value)


def pipes(**settings: Any) -> dict[str, Any]:
    return {"pipes": {"orders": {"consumer": IMAGE, **settings}}}


def standard(monkeypatch: pytest.MonkeyPatch) -> None:
    with_namespace(monkeypatch, sku={"name": "Standard", "tier": "Standard", "capacity": 1})


def test_event_hubs_are_made_on_the_namespace_and_consumers_may_read_only_their_own():
    recording = plan(stack("event-hubs", "existing")).recording
    made = {each.inputs["eventHubName"]: each.inputs for each in recording.of_type(HUB)}
    assert set(made) == {"orders", "orders.dead-letters"}
    assert {(each["namespaceName"], each["resourceGroupName"]) for each in made.values()} == {("events", "shared")}
    assert {each.inputs["scope"] for each in recording.of_type(RIGHT)} == {
        f"{OWNED}/eventhubs/orders",
        f"{OWNED}/eventhubs/orders.dead-letters",
    }
    assert recording.one(NAMESPACE).external
    settings = recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]
    assert settings["KAFKA_BOOTSTRAP_SERVERS"] == "events.servicebus.windows.net:9093"


def test_consumers_may_reach_the_kafka_endpoint_wherever_its_address_is():
    policy = plan(stack("event-hubs", "existing")).recording.one("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    rule = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 9093, "protocol": "TCP"}]}
    assert rule in policy.inputs["spec"]["egress"]


def test_on_a_new_cluster_the_namespace_needs_no_private_endpoint():
    recording = plan(stack("event-hubs", "existing", "")).recording
    endpoints = [each.name for each in recording.of_type("azure-native:network:PrivateEndpoint")]
    assert endpoints == ["matrix-images-endpoint"]


def test_as_many_consumers_run_as_an_existing_event_hub_has_partitions(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(existing.HUB, "partitionCount", 5)
    topic = {"existing": True, "name": "Orders_v1"}
    recording = plan(stack("event-hubs", "existing", changes=pipes(topic=topic))).recording
    assert recording.one("kubernetes:apps/v1:Deployment").inputs["spec"]["replicas"] == 5
    hubs = {each.name: each for each in recording.of_type(HUB)}
    assert hubs["matrix-orders-existing"].external
    assert hubs["matrix-orders-dead-letters"].inputs["eventHubName"] == "orders.dead-letters"
    settings = recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]
    assert (settings["STREAM_TOPIC"], settings["STREAM_GROUP"]) == ("Orders_v1", "orders")
    assert {each.inputs["scope"] for each in recording.of_type(RIGHT)} == {
        f"{OWNED}/eventhubs/Orders_v1",
        f"{OWNED}/eventhubs/orders.dead-letters",
    }


def test_another_number_of_partitions_stops_the_deployment_with_both_numbers():
    line = stopped(stack("event-hubs", "existing", changes=pipes(parallelism=4, topic={"existing": True})))
    assert line.startswith(
        "pipes.orders.parallelism: must be 3, the number of partitions of the existing topic, got 4 "
    )


def test_a_missing_event_hub_is_refused_by_key():
    topic = {"existing": True, "name": "missing"}
    line = stopped(stack("event-hubs", "existing", changes=pipes(topic=topic)))
    assert line.startswith(
        "pipes.orders.topic.name: must be the name of an event hub in the namespace, got 'missing' ("
    )


def test_the_alarm_on_dead_letters_watches_the_hub_that_the_program_makes():
    topic = {"existing": True, "name": "Orders_v1"}
    recording = plan(stack("event-hubs", "existing", changes=pipes(topic=topic))).recording
    alarm = next(each for each in recording.of_type("azure-native:monitor:MetricAlert"))
    assert alarm.inputs["scopes"] == [OWNED]
    assert '"values": ["orders.dead-letters"]' in json.dumps(alarm.inputs["criteria"])


@pytest.mark.parametrize(
    ("properties", "line"),
    [
        (
            {"sku": {"name": "Basic", "tier": "Basic"}},
            "streaming.existing.namespace: must be the name of a namespace with a Kafka endpoint, got 'events' (tier basic has none). "
            "Use a namespace on tier standard or premium, or one in a dedicated cluster (Event Hubs, Compare tiers).",
        ),
        (
            {"kafkaEnabled": False},
            "streaming.existing.namespace: must be the name of a namespace with a Kafka endpoint, got 'events' (Kafka is disabled on it). "
            "Use a namespace on tier standard or premium, or one in a dedicated cluster (Event Hubs, Compare tiers).",
        ),
        (
            {"provisioningState": "Creating", "status": "Creating"},
            "streaming.existing.namespace: must be the name of a namespace that is active, got 'events' (its state is Creating). "
            "Wait until it is active.",
        ),
        (
            {"provisioningState": "Failed", "status": None},
            "streaming.existing.namespace: must be the name of a namespace that is active, got 'events' (its state is Failed). "
            "Repair it (its page in the portal shows why), or use another namespace.",
        ),
    ],
)
def test_a_namespace_that_consumers_cannot_use_is_refused_in_the_preview(
    monkeypatch: pytest.MonkeyPatch, properties: dict[str, Any], line: str
):
    with_namespace(monkeypatch, **properties)
    assert stopped(stack("event-hubs", "existing")) == line


def test_a_namespace_in_another_region_or_one_that_is_missing_is_refused(monkeypatch: pytest.MonkeyPatch):
    section = {"service": "event-hubs", "existing": {"namespace": "missing", "resourceGroup": "shared"}}
    line = stopped(stack("event-hubs", "existing", changes={"streaming": section}))
    assert line.startswith(
        "streaming.existing.namespace: must be the name of an Event Hubs namespace in the resource group shared "
    )
    monkeypatch.setattr(existing, "namespace_location", lambda _location: "North Europe")
    line = stopped(stack("event-hubs", "existing"))
    assert line.startswith(
        "streaming.existing.namespace: must be in westeurope, the region of the stack (azure-native:location), got 'northeurope'"
    )


def test_limits_of_the_namespace_s_tier_are_checked_in_the_preview(monkeypatch: pytest.MonkeyPatch):
    standard(monkeypatch)
    topic = {"retentionHours": 200, "deadLetter": {"retentionHours": 500}}
    lines = stopped(stack("event-hubs", "existing", changes=pipes(parallelism=40, topic=topic))).splitlines()
    assert [line.split(", got")[0] for line in lines] == [
        "pipes.orders.parallelism: must be at most 32 (the partitions of an event hub on tier standard)",
        "pipes.orders.topic.retentionHours: must be at most 168 (7 days, the maximum on tier standard)",
        "pipes.orders.topic.deadLetter.retentionHours: must be at most 168 (7 days, the maximum on tier standard)",
    ]
    assert lines[0].endswith("Lower it, or use a namespace on tier premium.")
    line = stopped(stack("event-hubs", "existing", changes=pipes(parallelism=101)))
    assert line.endswith("Lower it, or use a namespace in a dedicated cluster.")


def test_dead_letters_of_an_existing_event_hub_keep_the_limits_of_the_tier(monkeypatch: pytest.MonkeyPatch):
    topic = {"existing": True, "deadLetter": {"retentionHours": 500}}
    standard(monkeypatch)
    line = stopped(stack("event-hubs", "existing", changes=pipes(topic=topic)))
    assert line.startswith("pipes.orders.topic.deadLetter.retentionHours: must be at most 168 ")
    new = {"streaming": {"service": "event-hubs", "tier": "standard"}, **pipes(parallelism=3, topic=topic)}
    [line] = refused(stack("event-hubs", "", "", changes=new))
    assert line.startswith("pipes.orders.topic.deadLetter.retentionHours: must be at most 168 ")


@pytest.mark.parametrize("tier", ["Standard", "Premium"])
def test_partitions_of_a_made_event_hub_grow_as_the_namespace_s_tier_allows(monkeypatch: pytest.MonkeyPatch, tier: str):
    with_namespace(monkeypatch, sku={"name": tier, "tier": tier, "capacity": 1})
    recording = plan(stack("event-hubs", "existing")).recording
    hub = recording.one("matrix-orders-hub")
    grown = {**hub.inputs, "partitionCount": 6}
    if tier == "Premium":
        before_update(recording, hub, hub.inputs, grown)
        return
    with pytest.raises(ChangeRefusedError, match="On tier standard, the number of partitions"):
        before_update(recording, hub, hub.inputs, grown)


def test_capture_is_refused_on_an_existing_namespace():
    topic = {"capture": {}}
    [line] = refused(stack("event-hubs", "existing", changes=pipes(parallelism=3, topic=topic)))
    assert line.startswith("pipes.orders.topic.capture: is not available with streaming.existing ")


@pytest.mark.parametrize(
    ("streaming", "topic", "start"),
    [
        ({"tier": "standard"}, {}, "streaming.tier: cannot be used with "),
        ({}, {"existing": True, "retentionHours": 3}, "pipes.orders.topic.retentionHours: cannot be used with "),
        ({}, {"existing": True, "capture": {}}, "pipes.orders.topic.capture: cannot be used with "),
    ],
)
def test_existing_and_new_settings_cannot_be_mixed(streaming: dict[str, Any], topic: dict[str, Any], start: str):
    section = {"service": "event-hubs", "existing": {"namespace": "events", "resourceGroup": "shared"}, **streaming}
    changes = {"streaming": section, **pipes(parallelism=3, topic=topic)}
    [line] = refused(stack("event-hubs", "existing", changes=changes))
    assert line.startswith(start)


def closed(monkeypatch: pytest.MonkeyPatch, *endpoints: str, platform_form: str = "existing") -> list[str]:
    """Return the warnings about a namespace without public access."""
    connections = [
        {
            "privateEndpoint": {"id": each},
            "privateLinkServiceConnectionState": {"status": "Approved"},
            "id": each,
            "name": "x",
            "type": "x",
            "location": "westeurope",
            "systemData": {},
        }
        for each in endpoints
    ]
    with_namespace(monkeypatch, publicNetworkAccess="Disabled", privateEndpointConnections=connections)
    texts = warnings(plan(stack("event-hubs", "existing", platform_form), preview=True))
    return [text for text in texts if "has no public access" in text]


PERIMETER, SELECTED = "is in a network security perimeter", "is open to selected networks only"


@pytest.mark.parametrize("platform_form", ["existing", ""])
def test_a_namespace_in_a_perimeter_says_what_to_open(monkeypatch: pytest.MonkeyPatch, platform_form: str):
    with_namespace(monkeypatch, publicNetworkAccess="SecuredByPerimeter")
    found = warnings(plan(stack("event-hubs", "existing", platform_form), preview=True))
    [text] = [text for text in found if PERIMETER in text]
    assert text.startswith(f"streaming.existing.namespace: events {PERIMETER}, and it has no private endpoint. ")
    assert "with an inbound access rule" in text


@pytest.mark.parametrize(
    ("subnet", "warned"),
    [(None, True), ("/subscriptions/x/virtualNetworks/hub/subnets/a", True), (existing.NODES, False)],
)
def test_a_namespace_that_is_open_to_other_networks_only_says_what_to_open(
    monkeypatch: pytest.MonkeyPatch, subnet: str | None, warned: bool
):
    assert not [text for text in warnings(plan(stack("event-hubs", "existing"), preview=True)) if SELECTED in text]
    monkeypatch.setitem(existing.RULES, "defaultAction", "Deny")
    if subnet:
        monkeypatch.setitem(existing.RULES, "virtualNetworkRules", [{"subnet": {"id": subnet}}])
    found = [text for text in warnings(plan(stack("event-hubs", "existing"), preview=True)) if SELECTED in text]
    assert bool(found) is warned
    assert all("the service endpoint Microsoft.EventHub" in text for text in found)


def test_a_private_endpoint_in_the_consumers_network_is_enough(monkeypatch: pytest.MonkeyPatch):
    closed(monkeypatch, ENDPOINT)
    for access, action in (("SecuredByPerimeter", "Allow"), ("Enabled", "Deny")):
        with_namespace(monkeypatch, publicNetworkAccess=access)
        monkeypatch.setitem(existing.RULES, "defaultAction", action)
        found = warnings(plan(stack("event-hubs", "existing"), preview=True))
        assert not [text for text in found if PERIMETER in text or SELECTED in text]


@pytest.mark.parametrize("status", ["Disabled", "ReceiveDisabled"])
def test_an_event_hub_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch, status: str):
    monkeypatch.setitem(existing.HUB, "status", status)
    line = stopped(stack("event-hubs", "existing", changes=pipes(topic={"existing": True})))
    assert line == (
        f"pipes.orders: must be the name of an event hub that can be read, got 'orders' (its status is {status}). "
        "Set its status to Active, or use another event hub."
    )


def test_an_event_hub_without_partitions_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(existing.HUB, "partitionCount", 0)
    line = stopped(stack("event-hubs", "existing", changes=pipes(topic={"existing": True})))
    assert line.startswith("pipes.orders: must have an existing topic with at least 1 partition, got 0 (")


def test_the_preview_says_what_to_open_if_a_closed_namespace_has_no_endpoint_in_the_network(
    monkeypatch: pytest.MonkeyPatch,
):
    assert not closed(monkeypatch, ENDPOINT)
    [text] = closed(monkeypatch)
    assert closed(monkeypatch, platform_form="") == [text], "also before the network of a new cluster exists"
    assert "az network private-endpoint create --name events --resource-group shared" in text
    assert f"--private-connection-resource-id {OWNED} --group-id namespace" in text
    monkeypatch.setattr(existing, "ENDPOINTS", "/subscriptions/x/virtualNetworks/hub/subnets/private")
    [text] = closed(monkeypatch, ENDPOINT)
    assert f"no private endpoint in {existing.VNET}, the network of the consumers" in text, (
        "one elsewhere does not help"
    )


def test_the_preview_says_if_an_endpoint_of_a_closed_namespace_could_not_be_read(monkeypatch: pytest.MonkeyPatch):
    unread = f"{ENDPOINT}-missing"
    [text] = closed(monkeypatch, unread)
    assert f"it could not be checked that one of its private endpoints is in {existing.VNET}" in text
    assert (
        f"{unread} cannot be read. Check it: az network private-endpoint show --ids {unread} --query subnet.id." in text
    )
    assert not closed(monkeypatch, unread, ENDPOINT), "another endpoint is in the network"
    monkeypatch.setattr(existing, "ENDPOINTS", "/subscriptions/x/virtualNetworks/hub/subnets/private")
    [text] = closed(monkeypatch, ENDPOINT, unread)
    assert "it could not be checked" in text


def test_access_keys_are_warned_about(monkeypatch: pytest.MonkeyPatch):
    keys = "accepts access keys"
    assert not [text for text in warnings(plan(stack("event-hubs", "existing"))) if keys in text]
    with_namespace(monkeypatch, disableLocalAuth=False)
    [text] = [text for text in warnings(plan(stack("event-hubs", "existing"))) if keys in text]
    assert "az eventhubs namespace update --resource-group shared --name events --disable-local-auth true" in text


def test_a_new_namespace_can_have_event_hubs_that_others_make():
    topic = {"existing": True, "name": "Orders_v1"}
    changes = {"streaming": {"service": "event-hubs"}, **pipes(parallelism=3, topic=topic)}
    made = plan(stack("event-hubs", "", "", changes=changes))
    assert made.problems == ()
    assert made.recording.one("matrix-orders-existing").external
    assert not made.recording.one(NAMESPACE).external
