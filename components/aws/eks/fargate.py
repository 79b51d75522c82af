"""EKS on Fargate: one virtual machine for each pod, without nodes to manage."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions
from typing_extensions import override

from components.aws.eks.addon import addon
from components.aws.eks.cluster import cluster_security_group
from components.aws.eks.irsa import ServiceAccountRole, ServiceAccountRoleArgs, token_issuer
from components.aws.eks.platform import Eks
from components.aws.network.network import Network
from components.aws.policy import fargate_trust
from components.aws.registry import EcrRegistry
from components.contracts import Grant
from components.kubernetes.pod_identity import PodIdentity
from components.kubernetes.pods import PART_OF

COREDNS = aws.eks.FargateProfileSelectorArgs(namespace="kube-system", labels={"k8s-app": "kube-dns"})
"""Selector of the DNS pods (EKS, Get started with AWS Fargate)."""

PIPES = aws.eks.FargateProfileSelectorArgs(namespace="*", labels=PART_OF)
"""Selector of all pipes' pods. A new pipe changes no profile, because a change would replace it (EKS, Fargate profile wildcards)."""


class EksOnFargate(Eks):
    """EKS cluster whose pods run on Fargate, each on a virtual machine of the size that it requests.

    Each pod is a node, so there are no add-ons that run on every node. Fargate does not enforce network policies (EKS, Limit pod
    traffic), so only security groups restrict traffic to consumers. Fargate does not support Pod Identity (EKS, Pod Identity
    restrictions), so pods use IAM roles for service accounts.
    """

    node_labels = MappingProxyType[str, str]({})
    tokens: aws.iam.OpenIdConnectProvider

    @override
    def _compute(self) -> Sequence[Resource]:
        """Make the Fargate profiles, then CoreDNS, which runs in one of them."""
        fargate = EksFargate(
            self.name,
            EksFargateArgs(cluster=self.cluster, network=self.network, registry=self.args.registry),
            ResourceOptions(parent=self),
        )
        self.tokens = token_issuer(f"{self.name}-tokens", self.cluster, parent=self)
        coredns = addon(
            self.name,
            self.cluster,
            "coredns",
            parent=self,
            configuration=json.dumps({"computeType": "Fargate"}),
            after=fargate.profiles,
        )
        return [*fargate.profiles, coredns]

    @override
    def identity(
        self, name: str, *, namespace: str, service_account: str, grants: Sequence[Grant], opts: ResourceOptions
    ) -> PodIdentity:
        """Give a service account an IAM role through its cluster token (IAM roles for service accounts)."""
        role = ServiceAccountRole(
            name,
            ServiceAccountRoleArgs(
                issuer=self.issuer,
                provider_arn=self.tokens.arn,
                namespace=namespace,
                service_account=service_account,
                grants=grants,
            ),
            opts,
        )
        return PodIdentity(ready=role.rights, annotations={"eks.amazonaws.com/role-arn": role.role_arn})

    @override
    def before_pods(self, name: str, namespace: Input[str], opts: ResourceOptions) -> Sequence[Resource]:
        """Add the consumers' security group to the namespace's pods. By default they have only the cluster's group.

        Only pods that start later get the group (EKS, Assign security groups to individual pods).
        """
        groups = [cluster_security_group(self.cluster), self.network.consumers_security_group_id]
        policy = kubernetes.apiextensions.CustomResource(
            f"{name}-groups",
            api_version="vpcresources.k8s.aws/v1beta1",
            kind="SecurityGroupPolicy",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name="consumers", namespace=namespace),
            spec={"podSelector": {"matchLabels": PART_OF}, "securityGroups": {"groupIds": groups}},
            opts=opts,
        )
        return [policy]


@dataclass(frozen=True, kw_only=True)
class EksFargateArgs:
    """Arguments of EksFargate."""

    cluster: aws.eks.Cluster
    network: Network
    registry: EcrRegistry


class EksFargate(ComponentResource):
    """Fargate profiles for pods in the private subnets, and their pod execution role, which pulls images."""

    profiles: Sequence[aws.eks.FargateProfile]

    def __init__(self, name: str, args: EksFargateArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:EksFargate", name, None, opts)
        self.name = name
        self.args = args
        child = ResourceOptions(parent=self)
        account = args.network.account

        def trust(known: list[str]) -> str:
            partition, account_id, cluster = known
            return fargate_trust(partition=partition, region=account.region, account=account_id, cluster=cluster)

        self.role = aws.iam.Role(
            f"{name}-fargate",
            assume_role_policy=Output.all(account.partition, account.id, args.cluster.name).apply(trust),
            tags={"Name": f"{name}-fargate"},
            opts=child,
        )
        images = aws.iam.RolePolicy(
            f"{name}-fargate-images",
            role=self.role.name,
            policy=args.registry.pull_policy(add_ons=True),
            opts=child,
        )
        coredns = self._profile("coredns", COREDNS, after=[images, *args.network.outbound])
        # EKS creates and deletes only one profile of a cluster at a time (EKS, Fargate profile).
        self.profiles = [coredns, self._profile("pipes", PIPES, after=[coredns])]
        self.register_outputs({"roleArn": self.role.arn})

    def _profile(
        self, pods: str, selector: aws.eks.FargateProfileSelectorArgs, after: Sequence[Resource]
    ) -> aws.eks.FargateProfile:
        return aws.eks.FargateProfile(
            f"{self.name}-{pods}",
            cluster_name=self.args.cluster.name,
            pod_execution_role_arn=self.role.arn,
            subnet_ids=self.args.network.private_subnet_ids,
            selectors=[selector],
            tags={"Name": f"{self.name}-{pods}"},
            opts=ResourceOptions(parent=self, depends_on=list(after)),
        )
