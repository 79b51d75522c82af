"""What AKS cannot change on a live cluster, refused in the preview."""

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
        "platform.systemNodes.vmSize: cannot go from Standard_D4s_v5 to Standard_D8s_v5: the pool that a cluster is made with keeps its "
        "machines. Set it back to Standard_D4s_v5; to change it, bring up a stack of another name with it, move the pipes there, then take "
        "this one down.",
    ),
    (
        private(True),
        private(False),
        "platform.endpoint.publicCidrs: cannot be given to a live cluster, whose API stays private: remove publicCidrs; to change that, "
        "bring up a stack of another name with it, move the pipes there, then take this one down.",
    ),
    (
        private(False),
        private(True),
        "platform.endpoint.publicCidrs: cannot be taken from a live cluster, whose API stays public: leave at least one range there; to "
        "change that, bring up a stack of another name with it, move the pipes there, then take this one down.",
    ),
    (
        {"kubernetesVersion": "1.34"},
        {"kubernetesVersion": "1.36"},
        "platform.version: cannot go from 1.34 to 1.36 at once, since AKS skips no minor version; set it to 1.35, deploy, and go on from "
        "there.",
    ),
    (
        {"kubernetesVersion": "1.31"},
        {"kubernetesVersion": "1.36"},
        f"platform.version: cannot go from 1.31 to 1.36 at once, since AKS skips no minor version; set it to {OLDEST}, deploy, and go on "
        "from there.",
    ),
    (
        {"kubernetesVersion": "1.36.1"},
        {"kubernetesVersion": "1.35"},
        "platform.version: cannot go from 1.36.1 to 1.35, since AKS never takes a cluster to an older version; set it to 1.36 or later.",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), REFUSED)
def test_what_aks_cannot_change_on_a_live_cluster_is_refused_in_the_preview(old, new, message):
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
def test_what_aks_can_change_is_not_refused(old, new):
    change(old, new)
