"""Pod capacity of EC2 instance types, calculated from the name without calling AWS."""

import re
from dataclasses import dataclass
from typing import Literal

from components.kubernetes.nodes.capacity import Resources

INSTANCE_TYPE = re.compile(
    r"(?P<family>[cmrt])(?P<generation>\d)(?P<options>[a-z0-9-]*)\.(?P<size>medium|large|(?P<factor>|2|3|4|6|8|9|10|12|16|18|24|32|48)xlarge)"
)

GIB_PER_VCPU = {"c": 2, "m": 4, "r": 8, "t": 4}
"""Memory per vCPU by instance family, for size large and up (EC2, Instance types)."""

PODS = {"medium": 17, "large": 29, "xlarge": 58, "2xlarge": 58}
"""Maximum pods by instance size, limited by IP addresses: the lowest of the families (EKS, amazon-vpc-cni limits). Larger sizes have
110 or more."""

HYPERVISOR = 0.075
"""Share of an instance's memory that is not available to Kubernetes (Karpenter, VM memory overhead)."""

ADD_ONS = Resources(cpu=250, memory=512, pods=6)
"""Resources reserved on every node for the add-ons (vpc-cni, kube-proxy, coredns, Pod Identity agent)."""

VOLUME_DRIVER = Resources(cpu=100, memory=400, pods=2)
"""Additional resources reserved if pods may use volumes: the driver's node pod with three containers and its controller with seven,
each with 10m and 40Mi (aws-ebs-csi-driver, Helm chart values)."""


@dataclass(frozen=True, kw_only=True)
class Instance:
    """EC2 instance type: vCPUs, memory in MiB and maximum number of pods."""

    name: str
    vcpus: int
    memory: int
    pods: int
    architecture: Literal["x86_64", "arm64"]

    @property
    def capacity(self) -> Resources:
        """Resources for consumers, without kubelet, system and add-ons (EKS, nodeadm: kube-reserved)."""
        shares = [60, 10, 5, 5]
        reserved_cpu = sum(shares[: self.vcpus]) + 2.5 * max(0, self.vcpus - len(shares))
        reserved_memory = 255 + 11 * self.pods + 100
        node = Resources(
            cpu=int(self.vcpus * 1000 - reserved_cpu),
            memory=int(self.memory * (1 - HYPERVISOR)) - reserved_memory,
            pods=self.pods,
        )
        return node - ADD_ONS


def instance(name: str) -> Instance:
    """Return the instance type with this name. Raise ValueError if its size cannot be calculated from the name."""
    form = INSTANCE_TYPE.fullmatch(name)
    family = form["family"] if form else ""
    if form is None or (family != "t" and int(form["generation"]) < 5) or (form["size"] == "medium" and family != "t"):
        raise ValueError(
            "must be an instance type of family c, m or r (generation 5 or later, size large or larger) or family t (size medium or "
            f"larger), got {name!r}. Use a type such as m5.large."
        )
    size = form["size"]
    vcpus = 2 if size in ("medium", "large") else 4 * int(form["factor"] or 1)
    gib = 2 * vcpus if size == "medium" else GIB_PER_VCPU[family] * vcpus
    return Instance(
        name=name,
        vcpus=vcpus,
        memory=gib * 1024,
        pods=PODS.get(size, 110),
        architecture="arm64" if "g" in form["options"].split("-")[0] else "x86_64",
    )
