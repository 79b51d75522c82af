"""EKS on Fargate: a machine for each pod, and no nodes to look after."""

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
"""The pods that answer for names (EKS, Get started with AWS Fargate)."""

PIPES = aws.eks.FargateProfileSelectorArgs(namespace="*", labels=PART_OF)
"""The pods of all pipes, so that a new pipe changes no profile: each change would replace it (EKS, Fargate profile wildcards)."""


class EksOnFargate(Eks):
    """A cluster whose pods each have a machine of their own, sized by what they ask for.

    Each pod is a node, so there are no add-ons that run once on each; network policies are not enforced there (EKS, Limit pod
    traffic), so what reaches consumers is up to their security groups. Identities come from IAM roles for service accounts, since
    there is no Pod Identity on Fargate (EKS, Pod Identity restrictions).
    """

    node_labels = MappingProxyType[str, str]({})
    tokens: aws.iam.OpenIdConnectProvider

    @override
    def _compute(self) -> Sequence[Resource]:
        """Make the profiles, then the DNS that runs by one of them."""
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
        """Give a service account an IAM role by the token that the cluster signs for it."""
        role = ServiceAccountRole(
            name,
            ServiceAccountRoleArgs(
                issuer=self.issuer,
                provider=self.tokens,
                namespace=namespace,
                service_account=service_account,
                grants=grants,
            ),
            opts,
        )
        return PodIdentity(ready=role.rights, annotations={"eks.amazonaws.com/role-arn": role.role_arn})

    @override
    def before_pods(self, name: str, namespace: Input[str], opts: ResourceOptions) -> Sequence[Resource]:
        """Put the namespace's pods into the consumers' security group; without, they are in the cluster's alone.

        Only pods that start later get it (EKS, Assign security groups to individual pods).
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
    """What the profiles of a cluster are built from."""

    cluster: aws.eks.Cluster
    network: Network
    registry: EcrRegistry


class EksFargate(ComponentResource):
    """The profiles by which Fargate runs pods in the private subnets, and the role that pulls their images."""

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
        coredns = self._profile("coredns", COREDNS, after=[images, *args.network.way_out])
        # EKS makes and deletes the profiles of a cluster one at a time (EKS, Fargate profile).
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
