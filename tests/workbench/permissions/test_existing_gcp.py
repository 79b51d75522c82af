"""Roles for stacks on clusters and topics that were there before on Google Cloud."""

import yaml

from tests.components.gcp.existing import on_existing_gke
from workbench.permissions.permissions import permissions

EVENTS = {"service": "managed-kafka", "existing": {"cluster": "events"}}


def allowed(plan, *, preview=False):
    return set(yaml.safe_load(permissions(plan, preview=preview).policy)["includedPermissions"])


def test_existing_clusters_are_only_read():
    found = allowed(on_existing_gke(EVENTS))
    assert {each for each in found if each.startswith("managedkafka.clusters.")} == {"managedkafka.clusters.get"}
    assert {each for each in found if each.startswith("container.clusters.")} == {
        "container.clusters.connect",
        "container.clusters.get",
    }
    assert {each for each in found if each.startswith("compute.")} == {"compute.subnetworks.get"}


def test_an_existing_pubsub_topic_is_only_read_in_a_preview():
    plan = on_existing_gke(pipe={"topic": {"existing": True}})
    assert "pubsub.topics.get" in allowed(plan, preview=True)
    assert "pubsub.topics.attachSubscription" in allowed(plan)
