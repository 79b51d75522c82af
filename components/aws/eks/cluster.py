"""EKS control plane."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi import ComponentResource, CustomTimeouts, Input, Output, Resource, ResourceOptions

from components.aws.eks.node_role import NodeRole
from components.aws.eks.settings import VERSIONS
from components.aws.encryption import LogDays, account_key_policy, eks_log_path, key
from components.aws.network.network import Network
from components.aws.policy import auto_mode_trust, document, service_trust
from components.changes import refused_change
from components.kubernetes.versions import one_minor_version_up

ADMIN_POLICY = "AmazonEKSClusterAdminPolicy"
"""Access policy with full permissions in a cluster (EKS, Access policy permissions)."""

AUTO_MODE_POLICIES = (
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
)
"""Additional policies of the cluster role in Auto Mode, for nodes, volumes and load balancers (EKS, Auto Mode cluster IAM role)."""

LOAD_BALANCING = aws.eks.ClusterKubernetesNetworkConfigArgs(
    elastic_load_balancing=aws.eks.ClusterKubernetesNetworkConfigElasticLoadBalancingArgs(enabled=True)
)
BLOCK_STORAGE = aws.eks.ClusterStorageConfigArgs(
    block_storage=aws.eks.ClusterStorageConfigBlockStorageArgs(enabled=True)
)
"""Auto Mode requires all three features: nodes, load balancers and volumes (EKS, Create an EKS Auto Mode cluster)."""

refuse_version_change = one_minor_version_up(
    "EKS",
    oldest=VERSIONS.versions[0],
    back="rolls back only by hand, nodes first, within seven days of the upgrade: docs/aws.md, Kubernetes upgrades",
)
"""A cluster can be upgraded by one minor version at a time (EKS, Update existing cluster to new Kubernetes version). EKS can roll it
back by one (EKS, Roll back a cluster to a previous Kubernetes version; read 2026-11-29). This program cannot, because it updates the
control plane before the nodes. EKS upgrades a cluster
by itself to the oldest supported version, so the version in the state can be several minor versions older."""


@dataclass(frozen=True, kw_only=True)
class EksClusterArgs:
    """Arguments of EksCluster."""

    network: Network
    version: str
    admins: Sequence[str]
    """ARNs of roles or users. If empty, the deployer is the only admin."""
    public_cidrs: Sequence[str]
    private_cidrs: Sequence[str]
    logs: Sequence[str]
    log_days: LogDays
    protect: bool
    auto_mode: NodeRole | None = None
    """The role of Auto Mode nodes. None if Auto Mode is disabled."""


class EksCluster(ComponentResource):
    """EKS control plane with a private endpoint, control-plane logs and encrypted Kubernetes secrets.

    Only access entries, which the plan shows, give admin permissions. The identity that creates the cluster gets no implicit access.
    """

    cluster: aws.eks.Cluster
    admission: Sequence[Resource]
    """Access entries and endpoint rules. Resources in the cluster are made after them and deleted before them."""

    def __init__(self, name: str, args: EksClusterArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:EksCluster", name, None, opts)
        self.name = name
        self.args = args
        self.child = ResourceOptions(parent=self)
        network = args.network

        encryption = key(
            f"{name}-eks-key",
            purpose=f"Encrypts the Kubernetes secrets of {name}",
            policy=account_key_policy(network.account),
            parent=self,
            protect=args.protect,
        )
        logs = network.logs.group("eks", days=args.log_days, parent=self, path=eks_log_path(name))
        role, rights = self._role(encryption)
        endpoint_group, endpoint_rules = self._endpoint_access()
        self.cluster = aws.eks.Cluster(
            f"{name}-eks",
            name=name,
            version=args.version,
            role_arn=role.arn,
            vpc_config=aws.eks.ClusterVpcConfigArgs(
                subnet_ids=network.public_subnet_ids,
                security_group_ids=[endpoint_group.id],
                endpoint_private_access=True,
                endpoint_public_access=bool(args.public_cidrs),
                public_access_cidrs=list(args.public_cidrs) or None,
            ),
            access_config=aws.eks.ClusterAccessConfigArgs(
                authentication_mode="API", bootstrap_cluster_creator_admin_permissions=False
            ),
            enabled_cluster_log_types=list(args.logs),
            encryption_config=aws.eks.ClusterEncryptionConfigArgs(
                resources=["secrets"], provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=encryption.arn)
            ),
            bootstrap_self_managed_addons=False,
            compute_config=_compute(args.auto_mode) if args.auto_mode else None,
            kubernetes_network_config=LOAD_BALANCING if args.auto_mode else None,
            storage_config=BLOCK_STORAGE if args.auto_mode else None,
            deletion_protection=args.protect,
            tags={"Name": name},
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                depends_on=[logs, *rights, *(args.auto_mode.rights if args.auto_mode else ())],
                custom_timeouts=CustomTimeouts(create="30m", update="60m", delete="30m"),
                hooks=refused_change(f"{name}-eks", "platform.version", "version", refuse_version_change),
            ),
        )
        self.admission = [*endpoint_rules, *self._admins()]
        network.account.deployer.apply(self._warn_unless_admin)
        self.register_outputs({"clusterName": self.cluster.name})

    def _role(self, encryption: aws.kms.Key) -> tuple[aws.iam.Role, list[Resource]]:
        """Return the control plane's service role and its policies. Both must exist until EKS has deleted the cluster."""
        name, partition = f"{self.name}-eks", self.args.network.account.partition
        trust = auto_mode_trust() if self.args.auto_mode else service_trust("eks.amazonaws.com")
        hooks = refused_change(name, "platform.compute", "assumeRolePolicy", refuse_auto_mode_change)
        role = aws.iam.Role(
            name,
            assume_role_policy=trust,
            tags={"Name": name},
            opts=ResourceOptions.merge(self.child, ResourceOptions(hooks=hooks)),
        )
        further = {f"{name}-{policy}": policy for policy in AUTO_MODE_POLICIES} if self.args.auto_mode else {}
        attached = [
            aws.iam.RolePolicyAttachment(
                attachment,
                role=role.name,
                policy_arn=Output.concat("arn:", partition, f":iam::aws:policy/{policy}"),
                opts=self.child,
            )
            for attachment, policy in {name: "AmazonEKSClusterPolicy", **further}.items()
        ]
        use_key = aws.iam.RolePolicy(
            f"{name}-key", role=role.name, policy=encryption.arn.apply(_use_key), opts=self.child
        )
        return role, [*attached, use_key]

    def _endpoint_access(self) -> tuple[aws.ec2.SecurityGroup, list[Resource]]:
        """Make the security group of the private endpoint. It accepts the VPC and the privateCidrs of the stack file."""
        group = aws.ec2.SecurityGroup(
            f"{self.name}-eks",
            vpc_id=self.args.network.vpc_id,
            description="Kubernetes API: the VPC and connected networks",
            tags={"Name": f"{self.name}-eks"},
            opts=self.child,
        )
        sources = {
            "vpc": self.args.network.cidr,
            **{cidr.replace("/", "-"): Output.from_input(cidr) for cidr in self.args.private_cidrs},
        }
        rules: list[Resource] = [
            aws.vpc.SecurityGroupIngressRule(
                f"{self.name}-eks-{source}",
                security_group_id=group.id,
                description="Kubernetes API",
                cidr_ipv4=cidr,
                ip_protocol="tcp",
                from_port=443,
                to_port=443,
                opts=self.child,
            )
            for source, cidr in sources.items()
        ]
        return group, rules

    def _admins(self) -> list[Resource]:
        """Make access entries for the admins or, if none is set, for the deployer."""
        named = {arn.split(":", 4)[-1].replace(":", "-"): arn for arn in self.args.admins}
        account = self.args.network.account
        admins: Mapping[str, Input[str]] = named or {"deployer": account.deployer}
        admission: list[Resource] = []
        for key_word, arn in admins.items():
            role = f"{self.name}-admin-{key_word}"
            entry = aws.eks.AccessEntry(
                role, cluster_name=self.cluster.name, principal_arn=arn, type="STANDARD", opts=self.child
            )
            rights = aws.eks.AccessPolicyAssociation(
                role,
                cluster_name=self.cluster.name,
                principal_arn=entry.principal_arn,
                policy_arn=Output.concat("arn:", account.partition, f":eks::aws:cluster-access-policy/{ADMIN_POLICY}"),
                access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
                opts=self.child,
            )
            admission += [entry, rights]
        return admission

    def _warn_unless_admin(self, deployer: str) -> None:
        warning = admission_warning(deployer, self.args.admins)
        if warning:
            pulumi.log.warn(warning, self.cluster)


def admission_warning(deployer: str, admins: Sequence[str]) -> str | None:
    """Return a warning if the cluster will reject the deployer, so that the deployer sees it before the cluster is created.

    There is no warning if all admins are in other accounts: EKS accepts only admins of its own account (EKS, Access entries).
    """
    own_account = deployer.split(":")[:5]
    if deployer in admins or not any(admin.split(":")[:5] == own_account for admin in admins):
        return None
    return (
        f"{deployer} runs this deployment and is not in platform.admins, so the cluster will reject the resources made in it. "
        "Add it to platform.admins, or deploy as one of these identities."
    )


def refuse_auto_mode_change(present: object, wanted: object) -> str | None:
    """Refuse to enable or disable Auto Mode on an existing cluster. Both values are trust policies of the cluster role.

    The role changes in both directions. The cluster does not: if computeConfig is removed, the provider keeps the old value
    (terraform-provider-aws, aws_eks_cluster: optional and computed), so there is no update and no hook runs.
    """
    before, after = (_of_auto_mode(trust) for trust in (present, wanted))
    if before == after:
        return None
    if after:
        reason = (
            "cannot be changed to auto on an existing cluster (the old nodes must be drained by hand, and EKS does not move volumes: "
            "EKS, Enable EKS Auto Mode on existing clusters)"
        )
    else:
        reason = (
            "cannot be changed from auto on an existing cluster (EKS would terminate all nodes and consumers at once and leave volumes "
            "that nothing mounts: EKS, Disable EKS Auto Mode)"
        )
    return (
        f"{reason}. Set compute back; to change it, create a new stack with a different name and the other compute, move the pipes "
        "there, then destroy this one."
    )


def _of_auto_mode(trust: object) -> bool:
    """Return whether a trust policy is that of an Auto Mode control plane."""
    return isinstance(trust, str) and "sts:TagSession" in trust


def _compute(nodes: NodeRole) -> aws.eks.ClusterComputeConfigArgs:
    """Return the compute configuration of Auto Mode.

    The built-in pool `system` is enabled because EKS then gives the node role access to the cluster. It starts no nodes unless a pod
    tolerates its taint (EKS, Enable or disable built-in NodePools).
    """
    return aws.eks.ClusterComputeConfigArgs(enabled=True, node_pools=["system"], node_role_arn=nodes.role.arn)


def cluster_security_group(cluster: aws.eks.Cluster) -> Output[str]:
    """Return the security group that EKS makes for traffic between nodes and control plane."""
    return cluster.vpc_config.cluster_security_group_id.apply(lambda group: group or "")


def _use_key(arn: str) -> str:
    """Return the policy that allows the control plane to use its secrets key (EKS, Encrypt Kubernetes secrets with KMS)."""
    return document(
        {
            "Effect": "Allow",
            "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ListGrants", "kms:DescribeKey"],
            "Resource": arn,
        }
    )
