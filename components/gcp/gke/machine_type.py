"""What a machine type of Compute Engine gives to pods: arithmetic on its name, without asking Google Cloud."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from components.kubernetes.nodes.capacity import Resources

FORM = re.compile(r"(?P<series>[a-z][0-9][a-z]?)-(?P<kind>standard|highmem|highcpu)-(?P<vcpus>[0-9]+)")

Disk = Literal["pd-balanced", "hyperdisk-balanced"]


@dataclass(frozen=True, kw_only=True)
class Series:
    """A series of machine types, as far as all of its kinds hold to one rule."""

    gib: Mapping[str, float]
    """The memory of each vCPU, by the kind of the type."""
    vcpus: Sequence[int]
    disk: Disk = "pd-balanced"
    """The disk that its machines start from, and that pods on them claim."""
    architecture: Literal["amd64", "arm64"] = "amd64"


LITTLE: Mapping[str, float] = {"standard": 4, "highmem": 8, "highcpu": 1}
MUCH: Mapping[str, float] = {"standard": 4, "highmem": 8, "highcpu": 2}
UP_TO_80 = (2, 4, 8, 16, 32, 48, 64, 80)

SERIES: Mapping[str, Series] = {
    "c2": Series(gib={"standard": 4}, vcpus=(4, 8, 16, 30, 60)),
    "c2d": Series(gib=MUCH, vcpus=(2, 4, 8, 16, 32, 56, 112)),
    "c3": Series(gib=MUCH, vcpus=(4, 8, 22, 44, 88)),
    "c3d": Series(gib=MUCH, vcpus=(4, 8, 16)),
    "c4a": Series(gib=MUCH, vcpus=(2, 4, 8, 16, 32, 48, 64, 72), disk="hyperdisk-balanced", architecture="arm64"),
    "e2": Series(gib=LITTLE, vcpus=(2, 4, 8, 16)),
    "n2": Series(gib=LITTLE, vcpus=UP_TO_80),
    "n2d": Series(gib=LITTLE, vcpus=UP_TO_80),
    "n4": Series(gib=MUCH, vcpus=UP_TO_80, disk="hyperdisk-balanced"),
    "t2d": Series(gib={"standard": 4}, vcpus=(2, 4, 8, 16, 32, 48, 60)),
}
"""The series whose machines can be shielded and whose memory is so many GiB for each vCPU, with their disks (Compute Engine, General-purpose
machine family; Compute-optimized machine family; GKE, Persistent volumes)."""

MOST_PODS, PODS_PER_VCPU, LEAST_PODS = 110, 16, 32
"""Pods of one node: GKE itself says 110 (GKE, Maximum Pods per node). Each that it may have takes two addresses, so small nodes are said to
hold fewer."""

KERNEL = 0.05
"""The part of a machine's memory that its kernel never shows to Kubernetes: nodes tell of 2 to 4 percent less than their type has."""

CPU_SHARES = (60, 10, 5, 5)
"""Thousandths of the first vCPUs that GKE keeps: 6, 1 and 0.5 percent; of each further one 0.25 (GKE, Plan node sizes)."""

MEMORY_SHARES = ((4, 0.25), (4, 0.20), (8, 0.10), (112, 0.06))
"""GiB, and the part of each that GKE keeps; of what is above, 2 percent (GKE, Plan node sizes)."""

EVICTION = 100
"""MiB below which the kubelet ends pods (GKE, Plan node sizes)."""

ADD_ONS = Resources(cpu=600, memory=1024, pods=14)
"""What a pipeline leaves free on every node for what GKE runs there: anetd, fluentbit-gke, gke-metadata-server, gke-metrics-agent,
pdcsi-node, collector, and its share of kube-dns, konnectivity-agent and the like."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A machine type: vCPUs, memory in MiB, and what it is used with."""

    name: str
    vcpus: int
    memory: int
    architecture: Literal["amd64", "arm64"]
    disk: Disk

    @property
    def pods(self) -> int:
        """How many pods a node may have, what GKE runs there among them."""
        return min(MOST_PODS, max(LEAST_PODS, PODS_PER_VCPU * self.vcpus))

    @property
    def pod_addresses(self) -> int:
        """How many addresses GKE gives a node for its pods: twice as many, in a range of its own (GKE, Maximum Pods per node)."""
        return 1 << (2 * self.pods - 1).bit_length()

    @property
    def capacity(self) -> Resources:
        """What is left for consumers after the kubelet, the system and the add-ons (GKE, Plan node sizes)."""
        reserved_cpu = sum(CPU_SHARES[: self.vcpus]) + 2.5 * max(0, self.vcpus - len(CPU_SHARES))
        node = Resources(
            cpu=int(self.vcpus * 1000 - reserved_cpu),
            memory=int(self.memory * (1 - KERNEL) - reserved_memory(self.memory / 1024) - EVICTION),
            pods=self.pods,
        )
        return node - ADD_ONS


def reserved_memory(gib: float) -> float:
    """The MiB that GKE keeps of a machine with so many GiB."""
    left, reserved = gib, 0.0
    for share, part in MEMORY_SHARES:
        reserved += min(left, share) * part
        left -= min(left, share)
    return (reserved + left * 0.02) * 1024


def machine(name: str) -> Machine:
    """Read a machine type's name; raise ValueError where its room cannot be told from it."""
    form = FORM.fullmatch(name)
    series = SERIES.get(form["series"]) if form else None
    if form is None or series is None or form["kind"] not in series.gib:
        known = ", ".join(sorted(SERIES))
        raise ValueError(
            f"must be a machine type of the series {known}, of the kind standard or, where there is one, highmem or highcpu, such as "
            f"e2-standard-4, not {name!r}"
        )
    vcpus = int(form["vcpus"])
    if vcpus not in series.vcpus:
        *others, last = (str(number) for number in series.vcpus)
        raise ValueError(
            f"must have {', '.join(others)} or {last} vCPUs in the series {form['series']}, whose memory is known, and {name} has {vcpus}; "
            "choose one of these"
        )
    return Machine(
        name=name,
        vcpus=vcpus,
        memory=int(series.gib[form["kind"]] * vcpus * 1024),
        architecture=series.architecture,
        disk=series.disk,
    )
