"""What a size of virtual machine gives to pods: arithmetic on its name, without asking Azure."""

import re
from dataclasses import dataclass
from typing import Literal

from components.kubernetes.nodes.capacity import Resources

FORM = re.compile(r"Standard_(?P<family>[DEF])(?P<vcpus>\d+)(?P<features>[a-z]+)_v(?P<version>\d+)")

OLDEST = {"D": 3, "E": 3, "F": 2}
"""The first version of each family whose disks can be encrypted on the host (Azure Virtual Machines, Encryption at host)."""

SIZES = (2, 4, 8, 16, 32, 48, 64)
"""The numbers of vCPUs for which each vCPU comes with the whole memory of its family."""

MOST_PODS, PODS_PER_VCPU, LEAST_PODS = 250, 16, 30
"""Pods of one node: AKS takes 250 at most in an overlay network, and 30 at least for its own pods (AKS, Azure CNI Overlay; Use system
node pools). Each that it may have takes memory from the others, so small nodes are said to hold fewer."""

HYPERVISOR = 0.05
"""The part of a machine's memory that its system never shows to Kubernetes, measured at 2 to 4 percent."""

ADD_ONS = Resources(cpu=400, memory=1024, pods=8)
"""What a pipeline leaves free on every node for what AKS runs there: cilium, azure-cns, azure-ip-masq-agent, cloud-node-manager,
csi-azuredisk-node, and the like."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A size of virtual machine: vCPUs, memory in MiB, and the pods that a node of this size is said to hold."""

    name: str
    vcpus: int
    memory: int
    architecture: Literal["amd64", "arm64"]

    @property
    def pods(self) -> int:
        """How many pods a node may have, what AKS runs there among them."""
        return min(MOST_PODS, max(LEAST_PODS, PODS_PER_VCPU * self.vcpus))

    @property
    def capacity(self) -> Resources:
        """What is left for consumers after the kubelet, the system and the add-ons (AKS, Node resource reservations)."""
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
    """Read a size's name; raise ValueError where its room, or whether AKS takes it, cannot be told from it."""
    form = FORM.fullmatch(name)
    if form is None or int(form["version"]) < OLDEST[form["family"]] or "s" not in form["features"]:
        raise ValueError(
            "must be a size of the families D and E from version 3 on, or F from version 2 on, with premium storage (an s behind the "
            f"number of vCPUs), such as Standard_D4s_v5, not {name!r}"
        )
    family, version, features, vcpus = form["family"], int(form["version"]), form["features"], int(form["vcpus"])
    if vcpus not in SIZES or (family == "E" and vcpus == SIZES[-1] and version < 5):
        sizes = ", ".join(str(size) for size in SIZES[:-1])
        raise ValueError(
            f"must have {sizes} or {SIZES[-1]} vCPUs (E before version 5: up to {SIZES[-2]}), whose memory is known, and {name} has {vcpus}; "
            "choose one of these"
        )
    return Machine(
        name=name,
        vcpus=vcpus,
        memory=_gib_per_vcpu(family, version, features) * vcpus * 1024,
        architecture="arm64" if "p" in features else "amd64",
    )


def _gib_per_vcpu(family: str, version: int, features: str) -> int:
    """The memory of each vCPU (Azure Virtual Machines, Sizes): l is for little of it, m for much."""
    if family == "E":
        return 8
    if "l" in features or (family == "F" and version == 2):
        return 2
    return 8 if "m" in features else 4
