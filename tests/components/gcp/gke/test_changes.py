"""Tests of refused changes and deletion protection of a GKE cluster."""

import pytest

from components.changes import ChangeRefusedError
from components.gcp.gke.changes import nodes_location, nodes_title
from tests.hooks import before_update, run
from tests.stacks import planned, shipped

STACK = "gcp-pubsub-gke"
CLUSTER = "gcp:container/cluster:Cluster"
ACCOUNT = f"{STACK}-gke-nodes"
EXISTING = {
    "network": "projects/shared/global/networks/hub",
    "subnetwork": "pipes",
    "cidr": "10.9.0.0/24",
    "podsRange": "gke-pods",
    "podCidr": "10.10.0.0/16",
    "servicesRange": "gke-services",
}


def account(recorded):
    """Return the nodes' service account, whose texts repeat the immutable cluster settings."""
    return next(each for each in recorded.of_type("gcp:serviceaccount/account:Account") if each.name == ACCOUNT)


def change(before, after):
    """Run the update hooks of the nodes' account for a change from one stack to another."""
    before_update(after, account(after), account(before).inputs, account(after).inputs)


ANOTHER = "create a stack with a different name, move the pipes there, then destroy this one."
REFUSED = [
    (
        {"data-pipes:platform": {"mode": "autopilot"}},
        "platform.mode: cannot be changed from standard to autopilot (the mode is fixed when the cluster is created). Set it back to standard. To change it, ",
    ),
    (
        {"data-pipes:network": {"existing": EXISTING}},
        "network: cannot be changed (the region, the subnet, and the pod and service ranges are fixed when the cluster is created). Set them "
        "back. To change them, ",
    ),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED)
def test_changes_that_would_replace_the_cluster_are_refused_in_the_preview(changes, message):
    changed = planned(changes, stack=STACK).recording
    with pytest.raises(ChangeRefusedError) as refusal:
        change(shipped(STACK).recording, changed)
    assert str(refusal.value) == message + ANOTHER


def test_machine_types_that_cannot_attach_existing_volumes_are_refused():
    stack = "gcp-kafka-gke"
    before = shipped(stack).recording
    after = planned({"data-pipes:platform": {"nodes": {"machineType": "n4-standard-8"}}}, stack=stack).recording
    [old, new] = [
        next(
            each for each in recorded.of_type("gcp:serviceaccount/account:Account") if each.name == f"{stack}-gke-nodes"
        )
        for recorded in (before, after)
    ]
    [hook] = [name for name in new.hooks["before_update"] if "volumes" in name]
    with pytest.raises(ChangeRefusedError) as refusal:
        run(after.hooks[hook], new, old_inputs=old.inputs, new_inputs=new.inputs)
    assert str(refusal.value) == (
        "platform.nodes.machineType: must be a type that can attach pd-balanced disks (existing volumes use them, and the new machines can attach "
        "only hyperdisk-balanced). Set it back, or choose another type that can attach pd-balanced. To change the disk type, "
        f"{ANOTHER}"
    )


def test_in_place_changes_are_allowed():
    changed = planned(
        {
            "data-pipes:platform": {
                "nodes": {"machineType": "n4-standard-8", "max": 9},
                "endpoint": {"publicCidrs": ["203.0.113.7/32"]},
                "releaseChannel": "stable",
            },
            "data-pipes:pipes": {"orders": {"parallelism": 6}},
        },
        stack=STACK,
    ).recording
    change(shipped(STACK).recording, changed)


def test_account_is_updated_before_the_cluster():
    recorded = shipped(STACK).recording
    assert account(recorded).urn in recorded.requirements(recorded.one(CLUSTER))


def test_account_texts_fit_the_longest_names():
    subnet = f"projects/p/regions/northamerica-northeast1/subnetworks/{'s' * 63}"
    assert len(nodes_location(subnet, "p" * 63, "r" * 63)) <= 256
    assert len(nodes_title("n" * 24, "autopilot", "hyperdisk-balanced")) <= 100


KEPT = (
    f"platform.deletionProtection keeps {STACK}-gke from deletion. To delete it, set data-pipes:protect, and platform.deletionProtection where "
    "it is set, to false and run pulumi up first"
)


@pytest.mark.parametrize(
    ("protect", "setting", "kept"),
    [(True, None, True), (False, None, False), (False, True, True), (True, False, False)],
)
def test_deletion_protection_follows_protect_unless_set(protect, setting, kept):
    platform = {} if setting is None else {"deletionProtection": setting}
    changes = {"data-pipes:protect": protect, "data-pipes:platform": platform}
    cluster = planned(changes, stack=STACK).recording.one(CLUSTER)
    assert cluster.inputs["deletionProtection"] is kept
    assert cluster.protect is protect
    assert cluster.hooks.get("before_delete", ()) == ((KEPT,) if kept else ())


def test_a_deletion_is_refused_in_the_preview():
    recorded = shipped(STACK).recording
    hook = recorded.hook(recorded.one(CLUSTER), "before_delete")
    with pytest.raises(ChangeRefusedError, match=f"{STACK}-gke cannot be deleted or replaced"):
        run(hook, recorded.one(CLUSTER), old_inputs={})
