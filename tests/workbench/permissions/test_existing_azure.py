"""Roles for stacks with an existing Event Hubs namespace on Azure."""

import json

from tests.existing_azure import stack
from tests.stacks import shipped
from workbench.permissions.permissions import permissions
from workbench.plan import plan

FLOW_LOG = "its flow log is in NetworkWatcherRG"


def test_the_private_endpoints_of_the_namespace_may_be_read():
    found = permissions(plan(stack("event-hubs", "existing")), preview=True)
    assert "Microsoft.Network/privateEndpoints/read" in json.loads(found.policy)["Actions"]


def test_only_a_stack_with_a_flow_log_has_the_note_about_its_place():
    existing = permissions(plan(stack("event-hubs", "existing")), preview=False).notes
    assert not any(FLOW_LOG in note for note in existing)
    assert any("Assign the role on the subscription" in note for note in existing)
    assert any(FLOW_LOG in note for note in permissions(shipped("azure-eventhubs-aks"), preview=False).notes)
