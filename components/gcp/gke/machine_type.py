"""Capacity of Compute Engine machine types for pods, computed from the name without an API call."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from components.kubernetes.nodes.capacity import Resources

NAME_PATTERN = re.compile(r"(?P<series>[a-z][0-9][a-z]?)-(?P<kind>standard|highmem|highcpu)-(?P<vcpus>[0-9]+)")

Disk = Literal["pd-balanced", "hyperdisk-balanced"]


@dataclass(frozen=True, kw_only=True)
class Series:
    """Machine series whose memory is proportional to its vCPUs."""

    gib: Mapping[str, float]
    """GiB of memory per vCPU, by kind (standard, highmem, highcpu)."""
    vcpus: Sequence[int]
    disk: Disk = "pd-balanced"
    """Disk type for boot disks and persistent volumes."""
    architecture: Literal["amd64", "arm64"] = "amd64"


HIGHCPU_1_GIB: Mapping[str, float] = {"standard": 4, "highmem": 8, "highcpu": 1}
HIGHCPU_2_GIB: Mapping[str, float] = {"standard": 4, "highmem": 8, "highcpu": 2}
UP_TO_80 = (2, 4, 8, 16, 32, 48, 64, 80)

SERIES: Mapping[str, Series] = {
    "c2": Series(gib={"standard": 4}, vcpus=(4, 8, 16, 30, 60)),
    "c2d": Series(gib=HIGHCPU_2_GIB, vcpus=(2, 4, 8, 16, 32, 56, 112)),
    "c3": Series(gib=HIGHCPU_2_GIB, vcpus=(4, 8, 22, 44, 88)),
    "c3d": Series(gib=HIGHCPU_2_GIB, vcpus=(4, 8, 16)),
    "c4a": Series(
        gib=HIGHCPU_2_GIB, vcpus=(2, 4, 8, 16, 32, 48, 64, 72), disk="hyperdisk-balanced", architecture="arm64"
    ),
    "e2": Series(gib=HIGHCPU_1_GIB, vcpus=(2, 4, 8, 16)),
    "n2": Series(gib=HIGHCPU_1_GIB, vcpus=UP_TO_80),
    "n2d": Series(gib=HIGHCPU_1_GIB, vcpus=UP_TO_80),
    "n4": Series(gib=HIGHCPU_2_GIB, vcpus=UP_TO_80, disk="hyperdisk-balanced"),
    "t2d": Series(gib={"standard": 4}, vcpus=(2, 4, 8, 16, 32, 48, 60)),
}
"""Supported series: shielded machines with a fixed number of GiB per vCPU (Compute Engine, General-purpose machine family; Compute-optimized
machine family; GKE, Persistent volumes)."""

MOST_PODS, PODS_PER_VCPU, LEAST_PODS = 110, 16, 32
"""Most pods per node. GKE's default is 110 (GKE, Maximum Pods per node). GKE reserves two addresses per pod, so small nodes get a lower
limit."""

KERNEL = 0.05
"""Fraction of memory that the kernel hides from Kubernetes. Nodes report 2 to 4 percent less than their machine type has."""

CPU_SHARES = (60, 10, 5, 5)
"""Millicores that GKE reserves of the first four vCPUs: 6, 1, 0.5 and 0.5 percent. It reserves 0.25 percent of each further vCPU (GKE, Plan
node sizes)."""

MEMORY_SHARES = ((4, 0.25), (4, 0.20), (8, 0.10), (112, 0.06))
"""Tiers of memory in GiB, with the fraction of each that GKE reserves. Above the tiers it reserves 2 percent (GKE, Plan node sizes)."""

EVICTION = 100
"""Free MiB below which the kubelet evicts pods (GKE, Plan node sizes)."""

ADD_ONS = Resources(cpu=600, memory=1024, pods=14)
"""Resources reserved on every node for GKE's system pods: anetd, fluentbit-gke, gke-metadata-server, gke-metrics-agent, pdcsi-node,
collector, and a share of cluster-wide pods such as kube-dns and konnectivity-agent."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Machine type, with memory in MiB."""

    name: str
    vcpus: int
    memory: int
    architecture: Literal["amd64", "arm64"]
    disk: Disk

    @property
    def pods(self) -> int:
        """Most pods per node, including GKE's system pods."""
        return min(MOST_PODS, max(LEAST_PODS, PODS_PER_VCPU * self.vcpus))

    @property
    def pod_addresses(self) -> int:
        """Addresses in a node's pod range: at least two per pod, rounded up to a power of two (GKE, Maximum Pods per node)."""
        return 1 << (2 * self.pods - 1).bit_length()

    @property
    def capacity(self) -> Resources:
        """Resources for consumers after the reservations of the kubelet, the system and the add-ons (GKE, Plan node sizes)."""
        reserved_cpu = sum(CPU_SHARES[: self.vcpus]) + 2.5 * max(0, self.vcpus - len(CPU_SHARES))
        node = Resources(
            cpu=int(self.vcpus * 1000 - reserved_cpu),
            memory=int(self.memory * (1 - KERNEL) - reserved_memory(self.memory / 1024) - EVICTION),
            pods=self.pods,
        )
        return node - ADD_ONS


def reserved_memory(gib: float) -> float:
    """Return the MiB that GKE reserves on a machine with this many GiB."""
    left, reserved = gib, 0.0
    for share, part in MEMORY_SHARES:
        reserved += min(left, share) * part
        left -= min(left, share)
    return (reserved + left * 0.02) * 1024


def machine(name: str) -> Machine:
    """Parse a machine type name. Raise ValueError if its capacity is unknown."""
    form = NAME_PATTERN.fullmatch(name)
    series = SERIES.get(form["series"]) if form else None
    if form is None or series is None or form["kind"] not in series.gib:
        known = ", ".join(sorted(SERIES))
        raise ValueError(
            f"must be a standard, highmem or highcpu machine type of a known series ({known}), got {name!r}. "
            "Choose another machine type, such as e2-standard-4."
        )
    vcpus = int(form["vcpus"])
    if vcpus not in series.vcpus:
        *others, last = (str(number) for number in series.vcpus)
        raise ValueError(
            f"must have {', '.join(others)} or {last} vCPUs in series {form['series']}, got {name} with {vcpus}. "
            "Choose one of these sizes."
        )
    return Machine(
        name=name,
        vcpus=vcpus,
        memory=int(series.gib[form["kind"]] * vcpus * 1024),
        architecture=series.architecture,
        disk=series.disk,
    )
