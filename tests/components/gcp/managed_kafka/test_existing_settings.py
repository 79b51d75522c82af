"""Tests of the settings of existing GKE and Managed Kafka clusters."""

import pytest

from tests.stacks import refused, rule

ON_GKE = {"service": "gke", "existing": {"name": "production"}}
EVENTS = {"service": "managed-kafka", "existing": {"cluster": "events"}}


def errors(streaming=EVENTS, platform=ON_GKE, network=None):
    config = {
        "gcp:project": "data-pipes-42",
        "gcp:region": "europe-west1",
        "data-pipes:streaming": streaming,
        "data-pipes:platform": platform,
        "data-pipes:network": network or {},
        "data-pipes:pipes": {"orders": {"parallelism": 3, "consumer": {"image": "registry.example.com/orders:1.0.0"}}},
    }
    return [rule(line).removeprefix("stacks/Pulumi.test.yaml: ") for line in refused(config)]


def test_an_existing_cluster_needs_nothing_else():
    assert errors() == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            {"name": "production", "location": "us-central1"},
            "platform.existing.location: must be europe-west1 or one of its zones",
        ),
        (
            {"name": "production", "location": "europe-west10-a"},
            "platform.existing.location: must be europe-west1 or one of its zones",
        ),
        (
            {"name": "projects/p/locations/l/clusters/c"},
            "platform.existing.name: must be the name of a GKE cluster without its location",
        ),
        (
            {"name": "production", "nodes": 3},
            "platform.existing.nodes: unknown key (existing things keep their settings).",
        ),
    ],
)
def test_a_wrong_gke_cluster_is_refused_by_key(change, line):
    [found] = errors(platform={"service": "gke", "existing": change})
    assert found.startswith(line)


@pytest.mark.parametrize("key", ["mode", "nodes", "admins", "endpoint", "releaseChannel"])
def test_settings_of_a_new_gke_cluster_are_refused(key):
    [found] = errors(platform={**ON_GKE, key: {}})
    assert found.startswith(f"platform.{key}: unknown key (existing things keep their settings).")


@pytest.mark.parametrize("key", ["vcpus", "version", "diskSize", "customerManagedKey"])
def test_settings_of_a_new_kafka_cluster_are_refused(key):
    [found] = errors(streaming={**EVENTS, key: 6})
    assert found.startswith(f"streaming.{key}: unknown key (existing things keep their settings).")


@pytest.mark.parametrize(
    "cluster", ["projects/other/locations/europe-west1/clusters/events", "projects/p/locations/us-central1/clusters/c"]
)
def test_a_kafka_cluster_of_another_project_or_region_is_refused(cluster):
    [found] = errors(streaming={"service": "managed-kafka", "existing": {"cluster": cluster}})
    assert found.startswith(
        "streaming.existing.cluster: must be the name of a Managed Kafka cluster without its project and location"
    )


def test_an_existing_kafka_cluster_needs_a_network_that_it_is_accessible_from():
    [found] = errors(platform={"service": "gke"})
    assert found.startswith(
        "network.existing: is required with streaming.existing (the brokers have no address in a new network)."
    )


def test_brokers_on_an_existing_cluster_need_a_storage_class():
    [found] = errors(streaming={"service": "kafka"})
    assert found.startswith(
        "platform.existing.storageClass: is required for a streaming service whose brokers run on the platform"
    )


def test_the_network_of_an_existing_cluster_is_not_set():
    [found] = errors(network={"cidr": "10.0.0.0/16"})
    assert found.startswith("network.cidr: unknown key (existing things keep their settings).")
