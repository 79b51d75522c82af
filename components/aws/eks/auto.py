"""EKS Auto Mode: EKS creates, patches and removes nodes as pods need them."""

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
"""AWS policies of the node role, in addition to pulling images (EKS, Auto Mode node IAM role)."""

CONSUMERS = "consumers"
"""Name of the node class and of the node pool."""

CLUSTER_DNS = [
    EgressRule(cidr=address, port=53, protocol=protocol)
    for address in ("10.100.0.10/32", "172.20.0.10/32")
    for protocol in ("UDP", "TCP")
]
"""Egress rules for cluster DNS. Its address is in one of two possible service ranges (EKS, Create an EKS Auto Mode cluster). DNS runs
on each node, not in a kube-system pod that a network policy could select (EKS Auto Mode, CoreDNS)."""


class EksOnAuto(Eks):
    """EKS cluster in Auto Mode with built-in add-ons and a node pool for consumers.

    Node disks are encrypted with the account's key aws/ebs (EKS, EBS volume encryption for EKS Auto Mode). Nodes have the tags of EKS,
    not of the stack: custom tags would need permission to create instances with any tags (EKS, Custom AWS tags for EKS Auto resources).
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
        """Return the network's outbound routes, which nodes need until they are deleted."""
        return self.network.outbound

    @override
    def _inside(self, opts: ResourceOptions) -> None:
        """Enable network policies and make the consumers' node class and node pool."""
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
        """Give a service account an IAM role with EKS Pod Identity. Every Auto Mode node includes the agent."""
        identity = super().identity(
            name, namespace=namespace, service_account=service_account, grants=grants, opts=opts
        )
        return replace(identity, egress_rules=[*identity.egress_rules, *CLUSTER_DNS])

    @override
    def before_pods(self, name: str, namespace: Input[str], opts: ResourceOptions) -> Sequence[Resource]:
        """Return the node pool and the network policy configuration, which pods depend on."""
        return [self.pool, self.policies]


def node_pool(
    pipes: Mapping[str, PipeSettings], system_workloads: Sequence[tuple[Resources, int]] = ()
) -> Mapping[str, Any]:
    """Return the spec of the consumers' node pool: on-demand amd64 nodes, removed only when empty.

    The number of consumers is fixed, so moving one to fill a node better is not worth the interruption. Outdated nodes are replaced
    one at a time. EKS replaces every node after at most 21 days (EKS, Create a node pool; Karpenter, Disruption).
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
    """Return the vCPU and memory limits of the pool: enough for all replicas and system workloads, but bounded in case of errors.

    EKS selects instance families with 2 to 8 GiB per vCPU, so a node can have more CPU or memory than its pods request. The limits
    are three times the larger need, for half-full nodes and for new nodes during replacement. Two of the smallest nodes per zone are
    added for system overhead in a small stack.
    """
    groups = [(replica_resources(pipe.consumer.cpu, pipe.consumer.memory), pipe.parallelism) for pipe in pipes.values()]
    requests = [pod * count for pod, count in (*groups, *system_workloads)]
    vcpus = sum(request.cpu for request in requests) / 1000
    gib = sum(request.memory for request in requests) / 1024
    smallest = 2 * ZONES * instance("r5.large").vcpus
    most_gib, least_gib = GIB_PER_VCPU["r"], GIB_PER_VCPU["c"]
    return {
        "cpu": str(ceil(3 * max(vcpus, gib / least_gib)) + smallest),
        "memory": f"{ceil(3 * max(gib, vcpus * most_gib)) + smallest * most_gib}Gi",
    }


def _by_id(ids: Sequence[str]) -> list[Mapping[str, str]]:
    """Return selector terms of a node class that select resources by id."""
    return [{"id": each} for each in ids]
