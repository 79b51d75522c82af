"""EKS cluster, nodes and add-ons."""

import json

import pytest

from components.aws.eks.cluster import admission_warning
from components.aws.eks.platform import kubeconfig
from components.aws.eks.settings import VERSIONS
from components.changes import ChangeRefusedError
from tests.hooks import before_update
from tests.stacks import planned, shipped

CLUSTER = "aws:eks/cluster:Cluster"
NODES = "aws:eks/nodeGroup:NodeGroup"
ADDON = "aws:eks/addon:Addon"


def recording():
    return shipped().recording


def needs(resource, *, within=None):
    """Return the names and types of all resources that a resource depends on."""
    recorded = within or recording()
    return {(recorded.by_urn(urn).type, recorded.by_urn(urn).name) for urn in recorded.requirements(resource)}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "aws-msk-eks"),
        ("version", "1.35"),
        ("vpcConfig.endpointPrivateAccess", True),
        ("vpcConfig.endpointPublicAccess", False),
        ("enabledClusterLogTypes", ["api", "audit"]),
        ("tags", {"Name": "aws-msk-eks"}),
        ("accessConfig.authenticationMode", "API"),
        ("accessConfig.bootstrapClusterCreatorAdminPermissions", False),
        ("encryptionConfig.resources", ["secrets"]),
        ("bootstrapSelfManagedAddons", False),
        ("deletionProtection", True),
    ],
)
def test_the_default_cluster_has_every_property_of_the_worked_example(path, value):
    assert recording().one(CLUSTER).input(path) == value


def test_the_control_plane_is_in_the_three_public_subnets_with_role_and_security_group():
    cluster = recording().one(CLUSTER)
    assert len(cluster.input("vpcConfig.subnetIds")) == 3
    waits = {recording().by_urn(urn).name for urn in cluster.dependencies}
    assert {f"aws-msk-eks-public-{zone}" for zone in "abc"} <= waits
    assert cluster.inputs["roleArn"]
    assert len(cluster.input("vpcConfig.securityGroupIds")) == 1


def test_a_public_endpoint_accepts_only_public_cidrs():
    ranges = ["203.0.113.7/32", "198.51.100.0/24"]
    plan = planned({"data-pipes:platform": {"endpoint": {"publicCidrs": ranges}}})
    cluster = plan.recording.one(CLUSTER)
    assert cluster.input("vpcConfig.endpointPublicAccess") is True
    assert cluster.input("vpcConfig.publicAccessCidrs") == ranges


def test_the_private_endpoint_accepts_private_cidrs():
    plan = planned({"data-pipes:platform": {"endpoint": {"privateCidrs": ["172.16.0.0/12"]}}})
    [group] = plan.recording.one(CLUSTER).input("vpcConfig.securityGroupIds")
    rules = plan.recording.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    sources = {rule.inputs["cidrIpv4"] for rule in rules if rule.inputs["securityGroupId"] == group}
    assert sources == {"10.0.0.0/16", "172.16.0.0/12"}


def test_all_logs_of_the_control_plane_can_be_kept():
    logs = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
    plan = planned({"data-pipes:platform": {"logs": logs, "logDays": 365}})
    assert plan.recording.one(CLUSTER).inputs["enabledClusterLogTypes"] == logs
    assert plan.recording.one("aws-msk-eks-eks-logs").inputs["retentionInDays"] == 365


def test_the_log_group_is_made_before_the_cluster_so_eks_makes_none_without_expiry():
    group = recording().one("aws-msk-eks-eks-logs")
    assert group.inputs["name"] == "/aws/eks/aws-msk-eks/cluster"
    assert group.inputs["retentionInDays"] == 90
    assert (group.type, group.name) in needs(recording().one(CLUSTER))


def test_the_cluster_depends_on_the_policies_of_its_role():
    waits = needs(recording().one(CLUSTER))
    assert ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws-msk-eks-eks") in waits
    assert ("aws:iam/rolePolicy:RolePolicy", "aws-msk-eks-eks-key") in waits


def test_only_admins_have_access_entries():
    admins = ["arn:aws:iam::123456789012:role/one", "arn:aws:iam::123456789012:user/team/two"]
    recorded = planned({"data-pipes:platform": {"admins": admins}}).recording
    assert [each.inputs["principalArn"] for each in recorded.of_type("aws:eks/accessEntry:AccessEntry")] == admins
    rights = recorded.of_type("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
    assert {each.inputs["policyArn"] for each in rights} == {
        "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    }


def test_without_admins_the_deployer_has_an_access_entry():
    recorded = planned({"data-pipes:platform": {"admins": []}}).recording
    [entry] = recorded.of_type("aws:eks/accessEntry:AccessEntry")
    assert entry.name == "aws-msk-eks-admin-deployer"
    assert entry.inputs["principalArn"] == "arn:aws:iam::123456789012:role/platform-admin"


def test_a_deployer_without_access_is_warned():
    me, other = "arn:aws:iam::123456789012:role/me", "arn:aws:iam::123456789012:role/other"
    assert admission_warning(me, [other, me]) is None
    assert admission_warning(me, []) is None, "without admins, the deployer is the admin"
    warning = admission_warning(me, [other])
    assert warning is not None
    assert f"{me} runs this deployment and is not in platform.admins" in warning


def test_a_plan_has_no_warnings():
    assert shipped().recording.messages == ()


def test_nodes_are_private_and_encrypted_and_pods_cannot_use_their_credentials():
    template = recording().one("aws:ec2/launchTemplate:LaunchTemplate")
    assert template.input("metadataOptions.httpTokens") == "required"
    assert template.input("metadataOptions.httpPutResponseHopLimit") == 1
    assert template.input("blockDeviceMappings[0].ebs.encrypted") == "true"
    waits = {recording().by_urn(urn).name for urn in recording().one(NODES).dependencies}
    assert {f"aws-msk-eks-private-{zone}" for zone in "abc"} <= waits


def test_nodes_are_in_the_consumers_and_in_the_cluster_security_group():
    groups = recording().one("aws:ec2/launchTemplate:LaunchTemplate").inputs["vpcSecurityGroupIds"]
    assert len(set(groups)) == 2
    waits = {
        recording().by_urn(urn).name for urn in recording().one("aws:ec2/launchTemplate:LaunchTemplate").dependencies
    }
    assert {"aws-msk-eks-consumers", "aws-msk-eks-eks"} <= waits


def test_there_are_as_many_nodes_as_all_replicas_need():
    scaling = (
        planned({"data-pipes:pipes": {"orders": {"parallelism": 13}}}).recording.one(NODES).inputs["scalingConfig"]
    )
    assert scaling == {"minSize": 3, "desiredSize": 5, "maxSize": 6}


def test_nodes_have_the_ami_of_their_architecture():
    arm = planned({"data-pipes:platform": {"nodes": {"instanceType": "m7g.large"}}})
    assert arm.recording.one(NODES).inputs["amiType"] == "AL2023_ARM_64_STANDARD"
    assert recording().one(NODES).inputs["amiType"] == "AL2023_x86_64_STANDARD"


def test_add_ons_are_made_in_an_order_that_works():
    addons = {each.inputs["addonName"]: each for each in recording().of_type(ADDON)}
    assert set(addons) == {"vpc-cni", "kube-proxy", "eks-pod-identity-agent", "coredns"}
    nodes = recording().one(NODES)
    for addon in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent"):
        assert addons[addon].urn in recording().requirements(nodes), f"no node is ever ready without {addon}"
    assert nodes.urn in recording().requirements(addons["coredns"]), "coredns is degraded until it has a node"


def test_nodes_depend_on_their_routes_and_endpoints():
    waits = needs(recording().one(NODES))
    for zone in "abc":
        assert ("aws:ec2/route:Route", f"aws-msk-eks-private-{zone}-out") in waits
        assert ("aws:ec2/routeTableAssociation:RouteTableAssociation", f"aws-msk-eks-private-{zone}") in waits
        assert ("aws:ec2/routeTableAssociation:RouteTableAssociation", f"aws-msk-eks-public-{zone}") in waits
    endpoints = {each.name for each in recording().of_type("aws:ec2/vpcEndpoint:VpcEndpoint")}
    assert {("aws:ec2/vpcEndpoint:VpcEndpoint", name) for name in endpoints} <= waits
    assert ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws-msk-eks-endpoints-https") in waits


def test_nodes_depend_on_the_policies_of_their_role():
    waits = needs(recording().one(NODES))
    assert ("aws:iam/rolePolicy:RolePolicy", "aws-msk-eks-node-images") in waits
    for policy in ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy"):
        assert ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", f"aws-msk-eks-node-{policy}") in waits


def test_kubernetes_resources_depend_on_the_endpoint_rules():
    recorded = planned({"data-pipes:platform": {"endpoint": {"privateCidrs": ["172.16.0.0/12"]}}}).recording
    waits = needs(recorded.one("kubernetes:core/v1:Namespace"), within=recorded)
    for source in ("vpc", "172.16.0.0-12"):
        rule = ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", f"aws-msk-eks-eks-{source}")
        assert rule in waits


def test_admins_with_similar_names_get_different_access_entries():
    admins = [f"arn:aws:iam::123456789012:role/{name}" for name in ("a/b", "a-b")]
    plan = planned({"data-pipes:platform": {"admins": admins}})
    assert plan.problems == ()
    assert len(plan.recording.of_type("aws:eks/accessEntry:AccessEntry")) == 2


def test_network_policies_are_enforced():
    [cni] = [each for each in recording().of_type(ADDON) if each.inputs["addonName"] == "vpc-cni"]
    assert json.loads(cni.inputs["configurationValues"]) == {"enableNetworkPolicy": "true"}


def test_kubernetes_resources_depend_on_nodes_add_ons_and_admin_access():
    waits = recording().requirements(recording().one("kubernetes:core/v1:Namespace"))
    for type_token in (
        NODES,
        ADDON,
        "aws:eks/accessEntry:AccessEntry",
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    ):
        for resource in recording().of_type(type_token):
            assert resource.urn in waits, resource.name


@pytest.mark.parametrize(("protect", "forgets"), [(True, "false"), (False, "true")])
def test_unreachable_kubernetes_resources_are_dropped_only_without_protect(protect, forgets):
    """With deleteUnreachable, one refresh from outside the network would remove all Kubernetes objects from the state."""
    provider = planned({"data-pipes:protect": protect}).recording.one("pulumi:providers:kubernetes")
    assert provider.inputs["deleteUnreachable"] == forgets


def test_a_new_kubeconfig_does_not_replace_the_kubernetes_provider():
    provider = recording().one("pulumi:providers:kubernetes")
    assert provider.inputs["clusterIdentifier"].startswith("https://")
    assert provider.secrets == {"kubeconfig"}


def test_the_kubeconfig_contains_no_token():
    content = json.loads(
        kubeconfig(cluster="c", endpoint="https://c", authority="Zm9v", region="eu-west-1", profile="prod")
    )
    [user] = content["users"]
    assert list(user["user"]) == ["exec"]
    assert user["user"]["exec"]["command"] == "aws"
    assert user["user"]["exec"]["args"] == [
        *("eks", "get-token", "--cluster-name", "c", "--region", "eu-west-1", "--output", "json", "--profile", "prod"),
    ]


@pytest.mark.parametrize("preview", [False, True])
def test_kafka_and_kubernetes_are_created_in_parallel(preview):
    recorded = shipped(preview=preview).recording
    kafka, kubernetes = recorded.one("aws:msk/cluster:Cluster"), recorded.one(CLUSTER)
    halves = {"Msk": kafka, "Eks": kubernetes}
    for half, other in (("Msk", "Eks"), ("Eks", "Msk")):
        waits = recorded.requirements(halves[half])
        assert not any(f"data-pipes:aws:{other}$" in urn for urn in waits), f"{half} waits for {other}"
    assert halves["Msk"].urn not in recorded.requirements(recorded.one(NODES))


@pytest.mark.parametrize(
    ("present", "wanted", "reason"),
    [
        (
            "1.34",
            "1.36",
            "in one step (EKS does not skip minor versions). Set it to 1.35 and deploy, then continue from there.",
        ),
        (
            "1.36",
            "1.35",
            "(EKS rolls back only by hand, nodes first, within seven days of the upgrade: docs/aws.md, Kubernetes upgrades). "
            "Set it to 1.36 or later.",
        ),
    ],
)
def test_an_unsupported_version_change_is_refused_in_the_preview(present, wanted, reason):
    with pytest.raises(ChangeRefusedError) as refusal:
        before_update(recording(), recording().one(CLUSTER), {"version": present}, {"version": wanted})
    assert str(refusal.value) == f"platform.version: cannot be changed from {present} to {wanted} {reason}"


@pytest.mark.parametrize(("present", "wanted"), [("1.35", "1.35"), ("1.35", "1.36"), ("1.28", VERSIONS.versions[0])])
def test_an_upgrade_to_the_next_version_is_accepted(present, wanted):
    before_update(recording(), recording().one(CLUSTER), {"version": present}, {"version": wanted})
