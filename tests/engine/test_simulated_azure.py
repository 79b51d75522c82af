"""Tests on the real engine of the simulated Azure, where azure-native differs from other providers."""

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_azure_native as azure
import pytest

from workbench.rehearse.sandbox import EngineError, Sandbox

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

Start = Callable[..., Sandbox]


def options(**more: Any) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(provider=azure.Provider("azure", location="westeurope"), **more)


def namespace(name: str, group: pulumi.Input[str], opts: pulumi.ResourceOptions) -> azure.eventhub.Namespace:
    return azure.eventhub.Namespace(
        name,
        namespace_name=name,
        resource_group_name=group,
        sku=azure.eventhub.SkuArgs(name="Standard", capacity=1),
        is_auto_inflate_enabled=True,
        maximum_throughput_units=4,
        opts=opts,
    )


def happened(touched: dict[str, str]) -> dict[str, str]:
    return {urn.rsplit("::", 1)[-1]: what for urn, what in touched.items()}


def test_changes_by_azure_are_reverted_unless_the_program_ignores_them(start: Start):
    def program():
        opts = options()
        group = azure.resources.ResourceGroup("group", resource_group_name="pipes", opts=opts).name
        ignoring = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["sku.capacity"]))
        namespace("wanted", group, opts)
        namespace("left-alone", group, ignoring)

    sandbox = start(program)
    sandbox.run("up")
    assert sandbox.run("up").touched == {}
    sandbox.run("refresh")
    assert happened(dict(sandbox.run("up").touched)) == {"wanted": "update"}


def test_a_replacement_deletes_first_and_a_preview_of_an_update_knows_only_name_and_location(start: Start):
    hub, tags, seen = ["orders"], dict[str, str](), dict[str, Any]()

    def program():
        opts = options()
        group = azure.resources.ResourceGroup("group", resource_group_name="pipes", opts=opts)
        made = azure.managedidentity.UserAssignedIdentity(
            "reader", resource_name_="reader", resource_group_name=group.name, tags=tags, opts=opts
        )
        for key in ("name", "location", "client_id", "id"):
            getattr(made, key).apply(lambda value, key=key: seen.update({key: value}))
        owner = namespace("owner", group.name, opts)
        azure.eventhub.EventHub(
            "hub",
            event_hub_name=hub[0],
            namespace_name=owner.name,
            resource_group_name=group.name,
            partition_count=3,
            opts=opts,
        )

    sandbox = start(program)
    sandbox.run("up")
    hub[0] = "payments"
    tags["stack"] = "pipes"
    seen.clear()
    assert happened(dict(sandbox.run("preview").touched)) == {"hub": "replace", "reader": "update"}
    assert set(seen) == {"name", "location", "id"}
    sandbox.run("up")
    steps = [each.operation for each in sandbox.inventory.operations() if each.urn.endswith("::hub")]
    assert steps == ["create", "delete", "create"]


def test_a_resource_without_a_dependency_on_its_group_is_refused(start: Start):
    def program():
        opts = options()
        azure.resources.ResourceGroup("group", resource_group_name="pipes", opts=opts)
        namespace("early", "pipes", opts)

    with pytest.raises(EngineError, match=r"ResourceGroupNotFound: Resource group '/subscriptions/.*/pipes'"):
        start(program).run("up")
