"""Changes that AKS cannot make to a live cluster are refused in the preview."""

import pytest

from components.azure.aks.settings import VERSIONS
from components.changes import ChangeRefusedError
from tests.hooks import before_update
from tests.stacks import shipped

STACK = "azure-eventhubs-aks"
OLDEST = VERSIONS.versions[0]
CLUSTER = "azure-native:containerservice:ManagedCluster"


def recording():
    return shipped(STACK).recording


def change(old, new):
    """Run the cluster's update hooks."""
    before_update(recording(), recording().one(CLUSTER), old, new)


def private(wanted):
    return {"apiServerAccessProfile": {"enablePrivateCluster": wanted}}


REFUSED = [
    (
        {"tags": {"data-pipes-system-nodes": "Standard_D4s_v5"}},
        {"tags": {"data-pipes-system-nodes": "Standard_D8s_v5"}},
        "platform.systemNodes.vmSize: cannot be changed from Standard_D4s_v5 to Standard_D8s_v5 (the system node pool keeps its VM size). Set it "
        "back to Standard_D4s_v5; to change it, create a new stack with a different name, move the pipes there, then destroy this stack.",
    ),
    (
        private(True),
        private(False),
        "platform.endpoint.publicCidrs: must have no ranges (the API of this cluster stays private). Remove publicCidrs; to change it, create a "
        "new stack with a different name, move the pipes there, then destroy this stack.",
    ),
    (
        private(False),
        private(True),
        "platform.endpoint.publicCidrs: must have at least one range (the API of this cluster stays public). Keep a range; to change it, create "
        "a new stack with a different name, move the pipes there, then destroy this stack.",
    ),
    (
        {"kubernetesVersion": "1.34"},
        {"kubernetesVersion": "1.36"},
        "platform.version: cannot be changed from 1.34 to 1.36 in one step (AKS does not skip minor versions). Set it to 1.35 and deploy, then "
        "continue from there.",
    ),
    (
        {"kubernetesVersion": "1.31"},
        {"kubernetesVersion": "1.36"},
        f"platform.version: cannot be changed from 1.31 to 1.36 in one step (AKS does not skip minor versions). Set it to {OLDEST} and deploy, then "
        "continue from there.",
    ),
    (
        {"kubernetesVersion": "1.36.1"},
        {"kubernetesVersion": "1.35"},
        "platform.version: cannot be changed from 1.36.1 to 1.35 (AKS cannot return a cluster to an older version). Set it to 1.36 or later.",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), REFUSED)
def test_unsupported_cluster_changes_are_refused_in_the_preview(old, new, message):
    with pytest.raises(ChangeRefusedError) as refusal:
        change(old, new)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"kubernetesVersion": "1.35"}, {"kubernetesVersion": "1.36"}),
        ({"kubernetesVersion": "1.35.4"}, {"kubernetesVersion": "1.35"}),
        ({"kubernetesVersion": "1.31"}, {"kubernetesVersion": OLDEST}),
        (private(False), private(False)),
        ({"tags": {"data-pipes-system-nodes": "x", "a": "b"}}, {"tags": {"data-pipes-system-nodes": "x"}}),
    ],
)
def test_supported_cluster_changes_are_not_refused(old, new):
    change(old, new)
