"""Tests on the real engine of the simulated GCP, where pulumi-gcp differs from other providers."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest

from workbench.rehearse.sandbox import EngineError, Sandbox

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

Start = Callable[..., Sandbox]


def options(**more: Any) -> pulumi.ResourceOptions:
    provider = gcp.Provider(
        "gcp",
        project="pipes-1",
        region="europe-west1",
        default_labels={"team": "pipes"},
        add_pulumi_attribution_label=False,
    )
    return pulumi.ResourceOptions(provider=provider, **more)


def enabled(api: str, opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """Return the options of a resource that depends on an API."""
    service = gcp.projects.Service(api, service=f"{api}.googleapis.com", disable_on_destroy=False, opts=opts)
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[service]))


def happened(touched: dict[str, str]) -> dict[str, str]:
    return {urn.rsplit("::", 1)[-1]: what for urn, what in touched.items()}


def test_a_deleted_key_ring_cannot_be_created_again_with_the_same_name(start: Start):
    def program():
        gcp.kms.KeyRing("ring", name="pipes", location="europe-west1", opts=enabled("cloudkms", options()))

    sandbox = start(program)
    sandbox.run("up")
    sandbox.run("destroy")
    assert sandbox.inventory.objects() == []
    with pytest.raises(EngineError, match="pipes exists already"):
        sandbox.run("up")


def test_a_cluster_can_be_deleted_after_an_update_removed_its_protection(start: Start):
    protected = [True]

    def program():
        gcp.container.Cluster(
            "cluster",
            location="europe-west1",
            enable_autopilot=True,
            deletion_protection=protected[0],
            opts=enabled("container", options()),
        )

    sandbox = start(program)
    sandbox.run("up")
    with pytest.raises(EngineError, match="Cannot destroy cluster because deletion_protection is set to true"):
        sandbox.run("destroy")
    protected[0] = False
    assert happened(dict(sandbox.run("up").touched)) == {"cluster": "update"}
    sandbox.run("destroy")
    assert sandbox.inventory.objects() == []


def test_default_labels_and_refreshed_ignored_nodes_are_no_changes(start: Start):
    ignored = ["initialNodeCount", "nodeConfig"]

    def program():
        opts = enabled("container", options())
        nodes = gcp.container.ClusterNodeConfigArgs(machine_type="e2-medium")
        cluster = gcp.container.Cluster(
            "cluster",
            location="europe-west1",
            initial_node_count=1,
            remove_default_node_pool=True,
            node_config=nodes,
            resource_labels={"stack": "test"},
            deletion_protection=False,
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=list(ignored))),
        )
        pool = gcp.container.NodePoolNodeConfigArgs(machine_type="e2-standard-4")
        gcp.container.NodePool("nodes", cluster=cluster.name, location="europe-west1", node_config=pool, opts=opts)

    sandbox = start(program)
    sandbox.run("up")
    [made] = [item for item in sandbox.inventory.objects() if item.urn.endswith("::cluster")]
    assert made.outputs["pulumiLabels"] == {"team": "pipes", "stack": "test"}
    sandbox.run("refresh")
    assert sandbox.run("up").touched == {}
    ignored.clear()
    assert happened(dict(sandbox.run("preview").touched))["cluster"] == "replace"


def test_a_changed_filter_deletes_the_subscription_before_it_is_created_again(start: Start):
    partition = [0]

    def program():
        opts = enabled("pubsub", options())
        topic = gcp.pubsub.Topic("topic", name="orders", opts=opts)
        gcp.pubsub.Subscription(
            "subscription",
            name="orders",
            topic=topic.id,
            filter=f"attributes.partition = {json.dumps(str(partition[0]))}",
            opts=opts,
        )

    sandbox = start(program)
    sandbox.run("up")
    assert sandbox.run("up").touched == {}
    partition[0] = 1
    sandbox.run("up")
    steps = [each.operation for each in sandbox.inventory.operations() if each.urn.endswith("::subscription")]
    assert steps == ["create", "delete", "create"]


def test_a_resource_without_a_dependency_on_its_api_is_refused(start: Start):
    def program():
        opts = options()
        enabled("pubsub", opts)
        gcp.pubsub.Topic("topic", name="orders", opts=opts)

    with pytest.raises(EngineError, match=r"pubsub\.googleapis\.com has not been used in project pipes-1"):
        start(program).run("up")
