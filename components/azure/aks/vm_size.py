"""Capacity for pods of a VM size, computed from its name without calls to Azure."""

import re
from dataclasses import dataclass
from typing import Literal

from components.kubernetes.nodes.capacity import Resources

SIZE_NAME = re.compile(r"Standard_(?P<family>[DEF])(?P<vcpus>\d+)(?P<features>[a-z]+)_v(?P<version>\d+)")

OLDEST = {"D": 3, "E": 3, "F": 2}
"""First version of each family that supports encryption at host (Azure Virtual Machines, Encryption at host)."""

SIZES = (2, 4, 8, 16, 32, 48, 64)
"""vCPU counts at which memory per vCPU is the family's standard amount."""

MOST_PODS, PODS_PER_VCPU, LEAST_PODS = 250, 16, 30
"""Pods per node. AKS allows at most 250 in an overlay network and needs at least 30 for its own pods (AKS, Azure CNI Overlay; Use
system node pools). AKS reserves memory for each allowed pod, so small nodes are set to fewer."""

HYPERVISOR = 0.05
"""Share of memory that is not available to Kubernetes, rounded up from measured 2 to 4 percent."""

ADD_ONS = Resources(cpu=400, memory=1024, pods=8)
"""Resources reserved on every node for AKS components such as cilium, azure-cns, azure-ip-masq-agent, cloud-node-manager,
csi-azuredisk-node and ama-metrics-node (70m CPU and 180 MiB; Azure/prometheus-collector, values-template.yaml, read 2026-11-30)."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """VM size: vCPUs, memory in MiB, and the pod limit of a node."""

    name: str
    vcpus: int
    memory: int
    architecture: Literal["amd64", "arm64"]

    @property
    def pods(self) -> int:
        """Pod limit of a node, including AKS's own pods."""
        return min(MOST_PODS, max(LEAST_PODS, PODS_PER_VCPU * self.vcpus))

    @property
    def capacity(self) -> Resources:
        """Resources for consumers after the kubelet, the system and the add-ons (AKS, Node resource reservations)."""
        shares = [60, 40, 20, 20]
        reserved_cpu = sum(shares[: self.vcpus]) + 10 * max(0, self.vcpus - len(shares))
        reserved_memory = min(20 * self.pods + 50, self.memory // 4) + 100
        node = Resources(
            cpu=self.vcpus * 1000 - reserved_cpu,
            memory=int(self.memory * (1 - HYPERVISOR)) - reserved_memory,
            pods=self.pods,
        )
        return node - ADD_ONS


def machine(name: str) -> Machine:
    """Parse the name of a VM size. Raise ValueError if its capacity is unknown or if it lacks encryption at host or premium storage."""
    match = SIZE_NAME.fullmatch(name)
    if match is None or int(match["version"]) < OLDEST[match["family"]] or "s" not in match["features"]:
        raise ValueError(
            "must be a VM size of family D or E (version 3 or later) or F (version 2 or later) with premium storage (an s after the number "
            f"of vCPUs), got {name!r}. Use a size such as Standard_D4s_v5."
        )
    family, version, features, vcpus = match["family"], int(match["version"]), match["features"], int(match["vcpus"])
    if vcpus not in SIZES or (family == "E" and vcpus == SIZES[-1] and version < 5):
        sizes = ", ".join(str(size) for size in SIZES[:-1])
        raise ValueError(
            f"must have {sizes} or {SIZES[-1]} vCPUs (family E before version 5: up to {SIZES[-2]}), got {name} with {vcpus} (the memory of "
            "other sizes is not known). Use one of these sizes."
        )
    return Machine(
        name=name,
        vcpus=vcpus,
        memory=_gib_per_vcpu(family, version, features) * vcpus * 1024,
        architecture="arm64" if "p" in features else "amd64",
    )


def _gib_per_vcpu(family: str, version: int, features: str) -> int:
    """Return the memory per vCPU in GiB (Azure Virtual Machines, Sizes). Feature l means low memory, m means high memory."""
    if family == "E":
        return 8
    if "l" in features or (family == "F" and version == 2):
        return 2
    return 8 if "m" in features else 4
