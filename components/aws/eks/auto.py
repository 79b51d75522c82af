"""EKS Auto Mode: nodes that EKS makes as pods ask for them, patches, and takes away."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import Any

import pulumi_kubernetes as kubernetes
from pulumi import Input, Output, Resource, ResourceOptions
from typing_extensions import override

from components.aws.eks.cluster import cluster_security_group
from components.aws.eks.instance_type import GIB_PER_VCPU, instance
from components.aws.eks.labels import AUTO_FAMILIES, LARGEST_AUTO_NODE, OLDEST_AUTO_GENERATION
from components.aws.eks.node_role import NodeRole, node_role
from components.aws.eks.platform import Eks
from components.aws.network.subnets import ZONES
from components.contracts import EgressRule, Grant
from components.kubernetes.consumers import NODE_LABEL
from components.kubernetes.nodes.capacity import Resources, replica_resources
from components.kubernetes.pod_identity import PodIdentity
from components.settings_bases import PipeSettings

NODE_POLICIES = ("AmazonEKSWorkerNodeMinimalPolicy",)
"""What a node may do besides pulling images (EKS, Auto Mode node IAM role)."""

CONSUMERS = "consumers"
"""The name of the node class and of the node pool."""

CLUSTER_DNS = [
    EgressRule(cidr=address, port=53, protocol=protocol)
    for address in ("10.100.0.10/32", "172.20.0.10/32")
    for protocol in ("UDP", "TCP")
]
"""Where a node answers for names: EKS takes one of two ranges for services (EKS, Create an EKS Auto Mode cluster), and there is no
pod in kube-system that a network policy could name (EKS Auto Mode, CoreDNS)."""


class EksOnAuto(Eks):
    """A cluster whose nodes EKS makes itself, with the add-ons built in, from a pool of their own for consumers.

    Their disks are encrypted with the account's key aws/ebs (EKS, EBS volume encryption for EKS Auto Mode). They carry EKS's own tags
    and not the stack's, which would take rights to make instances with tags of any kind (EKS, Custom AWS tags for EKS Auto resources).
    """

    node_labels = NODE_LABEL
    volume_provisioner = "ebs.csi.eks.amazonaws.com"
    nodes: NodeRole
    pool: kubernetes.apiextensions.CustomResource
    policies: kubernetes.core.v1.ConfigMap

    @override
    def _auto_mode(self) -> NodeRole:
        self.nodes = node_role(
            f"{self.name}-node", NODE_POLICIES, network=self.network, registry=self.args.registry, parent=self
        )
        return self.nodes

    @override
    def _compute(self) -> Sequence[Resource]:
        """Nodes reach AWS's APIs as long as there are any."""
        return self.network.way_out

    @override
    def _inside(self, opts: ResourceOptions) -> None:
        """Switch network policies on, and make the pool that consumers ask for nodes."""
        self.policies = kubernetes.core.v1.ConfigMap(
            f"{self.name}-network-policies",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name="amazon-vpc-cni", namespace="kube-system"),
            data={"enable-network-policy-controller": "true"},
            opts=opts,
        )
        node_class = kubernetes.apiextensions.CustomResource(
            f"{self.name}-node-class",
            api_version="eks.amazonaws.com/v1",
            kind="NodeClass",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=CONSUMERS),
            spec={
                "role": self.nodes.role.name,
                "subnetSelectorTerms": self.network.private_subnet_ids.apply(_by_id),
                "securityGroupSelectorTerms": Output.all(
                    cluster_security_group(self.cluster), self.network.consumers_security_group_id
                ).apply(_by_id),
                "networkPolicy": "DefaultAllow",
                "ephemeralStorage": {"size": "80Gi"},
            },
            opts=opts,
        )
        self.pool = kubernetes.apiextensions.CustomResource(
            f"{self.name}-node-pool",
            api_version="karpenter.sh/v1",
            kind="NodePool",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(
                name=CONSUMERS, annotations={"pulumi.com/waitFor": "condition=Ready"}
            ),
            spec=node_pool(self.args.pipes, self.args.system_workloads.pods),
            opts=ResourceOptions.merge(opts, ResourceOptions(depends_on=[node_class])),
        )

    @override
    def identity(
        self, name: str, *, namespace: str, service_account: str, grants: Sequence[Grant], opts: ResourceOptions
    ) -> PodIdentity:
        """Give a service account an IAM role by EKS Pod Identity, whose agent is part of every node."""
        identity = super().identity(
            name, namespace=namespace, service_account=service_account, grants=grants, opts=opts
        )
        return replace(identity, egress_rules=[*identity.egress_rules, *CLUSTER_DNS])

    @override
    def before_pods(self, name: str, namespace: Input[str], opts: ResourceOptions) -> Sequence[Resource]:
        """Pods wait for the pool that gives them nodes, and for network policies to be in force."""
        return [self.pool, self.policies]


def node_pool(
    pipes: Mapping[str, PipeSettings], system_workloads: Sequence[tuple[Resources, int]] = ()
) -> Mapping[str, Any]:
    """What nodes EKS makes for consumers: on demand, for images of amd64, and none is taken away while a consumer runs on it.

    Consumers are as many as there are partitions, so a fuller node is not worth the pause of moving one. One node at a time is
    renewed, when it is out of date; EKS lets none live for more than 21 days (EKS, Create a node pool; Karpenter, Disruption).
    """
    requirements = {
        "karpenter.sh/capacity-type": ("In", ["on-demand"]),
        "kubernetes.io/arch": ("In", ["amd64"]),
        "eks.amazonaws.com/instance-category": ("In", list(AUTO_FAMILIES)),
        "eks.amazonaws.com/instance-generation": ("Gt", [str(OLDEST_AUTO_GENERATION - 1)]),
        "eks.amazonaws.com/instance-cpu": ("Lt", [str(instance(LARGEST_AUTO_NODE).vcpus + 1)]),
    }
    return {
        "template": {
            "metadata": {"labels": NODE_LABEL},
            "spec": {
                "nodeClassRef": {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": CONSUMERS},
                "requirements": [
                    {"key": key, "operator": operator, "values": values}
                    for key, (operator, values) in requirements.items()
                ],
            },
        },
        "disruption": {
            "consolidationPolicy": "WhenEmpty",
            "consolidateAfter": "5m",
            "budgets": [{"nodes": "1"}],
        },
        "limits": pool_limits(pipes, system_workloads),
    }


def pool_limits(
    pipes: Mapping[str, PipeSettings], system_workloads: Sequence[tuple[Resources, int]] = ()
) -> Mapping[str, str]:
    """The vCPUs and the memory that all nodes together may have: room for every replica and resident, and a bound for what goes wrong.

    EKS chooses among families with 2 to 8 GiB for each vCPU, so either may come with more of the other than replicas ask for. Three
    times that is enough for nodes half full and for the next ones while the old are renewed; besides, two of the smallest for each
    zone, which a small stack needs for the system's own share.
    """
    groups = [(replica_resources(pipe.consumer.cpu, pipe.consumer.memory), pipe.parallelism) for pipe in pipes.values()]
    rooms = [capacity * count for capacity, count in (*groups, *system_workloads)]
    vcpus = sum(capacity.cpu for capacity in rooms) / 1000
    gib = sum(capacity.memory for capacity in rooms) / 1024
    smallest = 2 * ZONES * instance("r5.large").vcpus
    most_gib, least_gib = GIB_PER_VCPU["r"], GIB_PER_VCPU["c"]
    return {
        "cpu": str(ceil(3 * max(vcpus, gib / least_gib)) + smallest),
        "memory": f"{ceil(3 * max(gib, vcpus * most_gib)) + smallest * most_gib}Gi",
    }


def _by_id(ids: Sequence[str]) -> list[Mapping[str, str]]:
    """Selector terms of a node class that name things by id."""
    return [{"id": each} for each in ids]
