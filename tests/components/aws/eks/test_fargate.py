"""EKS cluster with pods on Fargate."""

import json
from functools import cache

import pytest

from components.kubernetes.pods import labels
from tests.stacks import planned

CLUSTER = "aws:eks/cluster:Cluster"
PROFILE = "aws:eks/fargateProfile:FargateProfile"
ADDON = "aws:eks/addon:Addon"
GROUPS = "kubernetes:vpcresources.k8s.aws/v1beta1:SecurityGroupPolicy"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
TWO_PIPES = {"orders": {"parallelism": 3}, "payments": {"parallelism": 5}}


@cache
def plan(*, preview=False):
    changes = {"data-pipes:platform": {"compute": "fargate"}, "data-pipes:pipes": TWO_PIPES}
    return planned(changes, preview=preview)


def recording():
    return plan().recording


def needs(resource):
    """Return the names of all resources that a resource depends on."""
    return {recording().by_urn(urn).name for urn in recording().requirements(resource)}


def named(type_token, name):
    return next(each for each in recording().of_type(type_token) if each.name == name)


@pytest.mark.parametrize("preview", [False, True])
def test_a_stack_on_fargate_has_no_problems_and_as_many_replicas_as_partitions(preview):
    assert plan(preview=preview).problems == ()
    assert {(pipe.pipe, pipe.partitions, pipe.replicas) for pipe in plan(preview=preview).pipes} == {
        ("orders", 3, 3),
        ("payments", 5, 5),
    }


def test_there_are_no_nodes_and_no_node_add_ons():
    types = {resource.type for resource in recording().resources}
    assert "aws:eks/nodeGroup:NodeGroup" not in types
    assert "aws:ec2/launchTemplate:LaunchTemplate" not in types
    assert [each.inputs["addonName"] for each in recording().of_type(ADDON)] == ["coredns"]


def test_coredns_runs_on_fargate_and_depends_on_its_profile():
    coredns = recording().one(ADDON)
    assert json.loads(coredns.inputs["configurationValues"]) == {"computeType": "Fargate"}
    assert "aws-msk-eks-coredns" in needs(coredns)
    assert named(PROFILE, "aws-msk-eks-coredns").urn in recording().requirements(coredns)


def test_profiles_select_coredns_and_the_pods_of_every_pipe_by_label():
    selectors = {each.name: each.inputs["selectors"] for each in recording().of_type(PROFILE)}
    assert selectors == {
        "aws-msk-eks-coredns": [{"namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}}],
        "aws-msk-eks-pipes": [{"namespace": "*", "labels": {"app.kubernetes.io/part-of": "data-pipes"}}],
    }
    picked = selectors["aws-msk-eks-pipes"][0]["labels"].items()
    for deployment in recording().of_type(DEPLOYMENT):
        assert picked <= deployment.input("spec.template.metadata.labels").items()
    assert picked <= labels("a topic's job").items()


def test_a_new_pipe_changes_no_profile():
    def profiles(recorded):
        return [(each.name, each.inputs) for each in recorded.of_type(PROFILE)]

    assert profiles(planned({"data-pipes:platform": {"compute": "fargate"}}).recording) == profiles(recording())


def test_profiles_are_made_one_after_the_other_and_depend_on_routes_and_pull_policy():
    coredns, pipes = named(PROFILE, "aws-msk-eks-coredns"), named(PROFILE, "aws-msk-eks-pipes")
    assert coredns.urn in recording().requirements(pipes)
    assert {"aws-msk-eks-fargate-images", "aws-msk-eks-private-a-out"} <= needs(coredns)


def test_pods_are_in_the_private_subnets():
    for profile in recording().of_type(PROFILE):
        assert len(profile.inputs["subnetIds"]) == 3
        waits = {recording().by_urn(urn).name for urn in profile.dependencies}
        assert {f"aws-msk-eks-private-{zone}" for zone in "abc"} <= waits
        assert not any("public" in name for name in waits)


def test_only_fargate_can_assume_the_execution_role_which_only_pulls_images():
    role = named("aws:iam/role:Role", "aws-msk-eks-fargate")
    [statement] = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "eks-fargate-pods.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:eks:eu-west-1:123456789012:fargateprofile/aws-msk-eks/*"}},
    }
    policy = named("aws:iam/rolePolicy:RolePolicy", "aws-msk-eks-fargate-images")
    actions = {action for each in json.loads(policy.inputs["policy"])["Statement"] for action in each["Action"]}
    assert actions == {
        "ecr:GetAuthorizationToken",
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
    }


def test_only_one_service_account_can_assume_a_pipe_s_role_with_its_token():
    provider = recording().one("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
    assert provider.inputs["clientIdLists"] == ["sts.amazonaws.com"]
    issuer = provider.inputs["url"].removeprefix("https://")
    [statement] = json.loads(named("aws:iam/role:Role", "aws-msk-eks-orders-role").inputs["assumeRolePolicy"])[
        "Statement"
    ]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{issuer}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{issuer}:aud": "sts.amazonaws.com",
                f"{issuer}:sub": "system:serviceaccount:orders:consumer",
            }
        },
    }
    assert not recording().of_type("aws:eks/podIdentityAssociation:PodIdentityAssociation")


def test_the_service_account_has_the_annotation_with_its_role():
    for pipe in TWO_PIPES:
        account = named("kubernetes:core/v1:ServiceAccount", f"aws-msk-eks-{pipe}-account")
        carried = account.input("metadata.annotations")["eks.amazonaws.com/role-arn"]
        assert carried.startswith(f"arn:aws:iam::123456789012:role/aws-msk-eks-{pipe}-role")


def test_pods_are_in_the_consumers_security_group():
    groups = {each.input("metadata.namespace"): each for each in recording().of_type(GROUPS)}
    assert set(groups) == set(TWO_PIPES)
    for policy in groups.values():
        assert policy.input("spec.podSelector") == {"matchLabels": {"app.kubernetes.io/part-of": "data-pipes"}}
        assert len(set(policy.input("spec.securityGroups.groupIds"))) == 2
        assert {"aws-msk-eks-consumers", "aws-msk-eks-eks"} <= needs(policy)


def test_pods_depend_on_their_role_security_groups_and_profile():
    deployment = named(DEPLOYMENT, "aws-msk-eks-orders-deployment")
    assert {
        "aws-msk-eks-orders-role",
        "aws-msk-eks-orders-account",
        "aws-msk-eks-orders-groups",
        "aws-msk-eks-pipes",
    } <= needs(deployment)
    rights = named("aws:iam/rolePolicy:RolePolicy", "aws-msk-eks-orders-role")
    assert rights.urn in recording().requirements(deployment)
    assert "nodeSelector" not in deployment.input("spec.template.spec")


def test_kubernetes_resources_depend_on_profiles_dns_and_admin_access():
    waits = recording().requirements(named("kubernetes:core/v1:Namespace", "aws-msk-eks-orders-namespace"))
    for type_token in (PROFILE, ADDON, "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"):
        for resource in recording().of_type(type_token):
            assert resource.urn in waits, resource.name
