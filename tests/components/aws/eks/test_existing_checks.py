"""Checks of an EKS cluster that was there before: errors and warnings of a preview, with the commands that mend it."""

from typing import Any

import pytest

from tests.adopted import FakeClouds, planned, refusal, warnings
from tests.combinations import Combination
from tests.components.aws.eks.support import CLUSTER, config
from workbench.cloud.aws.existing import CIDR, SUBNETS
from workbench.plan import plan

ADDON, ENTRY = "aws:eks/addon:Addon", "aws:eks/accessEntry:AccessEntry"
ISSUER = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"


def test_a_cluster_that_is_not_in_the_region_is_refused_with_the_command_that_lists_them():
    given = config()
    given["data-pipes:platform"]["existing"]["name"] = "missing"
    line = refusal(given)
    assert line.startswith("platform.existing.name: must be the name of an EKS cluster in eu-west-1 and in the account")
    assert "got 'missing'" in line
    assert "aws eks list-clusters --region eu-west-1 prints the names." in line


def test_a_cluster_that_is_not_active_is_refused(clouds: FakeClouds):
    clouds.change(CLUSTER, status="UPDATING")
    line = refusal(config())
    assert "platform.existing.name: must be the name of an EKS cluster that is active, got 'production'" in line
    assert "(its status is UPDATING). Wait until it is active: aws eks wait cluster-active --name production" in line


def test_a_cluster_with_ipv6_pods_is_refused(clouds: FakeClouds):
    clouds.change(CLUSTER, kubernetesNetworkConfig={"ipFamily": "ipv6"})
    assert "must be the name of an EKS cluster with IPv4 pods, got 'production'" in refusal(config())


def test_a_cluster_without_an_access_entry_for_the_deployer_is_refused_with_the_commands_that_make_one(
    clouds: FakeClouds,
):
    clouds.remove(ENTRY)
    line = refusal(config())
    assert line.startswith(
        "platform.existing.name: must be the name of a cluster with an access entry for arn:aws:iam:"
    )
    assert (
        "aws eks create-access-entry --region eu-west-1 --cluster-name production --principal-arn arn:aws:iam:" in line
    )
    assert "--policy-arn arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy" in line


def test_a_deployer_whom_the_configmap_may_admit_is_only_warned_of(clouds: FakeClouds):
    clouds.remove(ENTRY)
    clouds.change(CLUSTER, accessConfig={"authenticationMode": "API_AND_CONFIG_MAP"})
    [warning] = [each for each in warnings(planned(config())) if "access entry" in each]
    assert "aws eks create-access-entry" in warning
    clouds.change(CLUSTER, accessConfig={"authenticationMode": "CONFIG_MAP"})
    assert not [each for each in warnings(planned(config())) if "access entry" in each]


def test_pod_identity_without_the_agent_is_refused_with_the_command_that_installs_it(clouds: FakeClouds):
    clouds.remove(ADDON, "production:eks-pod-identity-agent")
    line = refusal(config())
    assert line.startswith("platform.existing.identity: must be irsa for a cluster without the EKS Pod Identity agent")
    command = "aws eks create-addon --region eu-west-1 --cluster-name production --addon-name eks-pod-identity-agent"
    assert command in line
    assert planned(config(identity="irsa")).problems == ()


@pytest.mark.parametrize("identity", ["pod-identity", "irsa"])
def test_pods_without_permissions_need_no_way_to_get_an_identity(clouds: FakeClouds, identity: str):
    clouds.remove(ADDON, "production:eks-pod-identity-agent")
    clouds.remove(ISSUER)
    form = Combination(
        "aws", "kafka-external", "eks", "", "existing" if identity == "pod-identity" else "existing-irsa"
    )
    assert plan(form.stack_file(), preview=True).problems == ()


def test_auto_mode_needs_no_agent(clouds: FakeClouds):
    clouds.remove(ADDON)
    clouds.change(CLUSTER, computeConfig={"enabled": True, "nodePools": ["system"], "nodeRoleArn": "arn"})
    made = planned(config())
    assert made.problems == ()
    [warning] = [each for each in warnings(made) if "network policies" in each]
    assert "create configmap amazon-vpc-cni --from-literal enable-network-policy-controller=true" in warning


def test_irsa_without_an_oidc_provider_is_refused_with_the_command_that_makes_it(clouds: FakeClouds):
    clouds.remove(ISSUER)
    line = refusal(config(identity="irsa"))
    assert line.startswith("platform.existing.identity: must be pod-identity for a cluster without an OIDC provider")
    assert "eksctl utils associate-iam-oidc-provider --region eu-west-1 --cluster production --approve" in line


def test_irsa_with_another_audience_is_refused(clouds: FakeClouds):
    clouds.change(ISSUER, clientIdLists=["vault"])
    line = refusal(config(identity="irsa"))
    assert "(its audiences are vault). Add it: aws iam add-client-id-to-open-id-connect-provider" in line


@pytest.mark.parametrize(
    ("settings", "warned", "command"),
    [
        ('{"enableNetworkPolicy": "true"}', False, ""),
        ("enableNetworkPolicy: true\n", False, ""),
        (
            '{"env": {"A": "b"}}',
            True,
            """--configuration-values '{"env": {"A": "b"}, "enableNetworkPolicy": "true"}'""",
        ),
        ("", True, """--configuration-values '{"enableNetworkPolicy": "true"}'"""),
    ],
)
def test_a_network_without_policies_is_warned_of_with_a_command_that_keeps_the_other_settings(
    clouds: FakeClouds, settings: str, warned: bool, command: str
):
    clouds.change(ADDON, "production:vpc-cni", configurationValues=settings)
    found = [each for each in warnings(planned(config())) if "network policies" in each]
    assert bool(found) is warned
    assert all(command in each for each in found)


def test_a_network_that_is_no_add_on_is_warned_of(clouds: FakeClouds):
    clouds.remove(ADDON, "production:vpc-cni")
    [warning] = [each for each in warnings(planned(config())) if "network policies" in each]
    assert "If Calico or Cilium does, ignore this." in warning


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (
            {"vpcConfig": {"subnetIds": [*SUBNETS, "subnet-04"]}},
            "network.privateSubnetIds: must be set for a streaming service with brokers or endpoints in the VPC (the cluster has 4 subnets,",
        ),
        (
            {"vpcConfig": {"subnetIds": [SUBNETS[0], SUBNETS[1], "subnet-04"]}},
            "network.privateSubnetIds: must be three subnets in different zones (they are in eu-west-1a, eu-west-1a, eu-west-1b)",
        ),
    ],
)
def test_subnets_are_refused_only_if_the_streaming_service_needs_them(
    clouds: FakeClouds, change: dict[str, Any], error: str
):
    clouds.change(CLUSTER, **change)
    assert refusal(config({"service": "msk"})).startswith(error)
    assert planned(config()).problems == ()


def test_a_subnet_outside_the_range_of_the_vpc_is_refused(clouds: FakeClouds):
    clouds.change("aws:ec2/subnet:Subnet", SUBNETS[1], cidrBlock="100.64.0.0/20")
    line = refusal(config({"service": "msk"}))
    assert line.startswith(
        f"network.privateSubnetIds: must be subnets in {CIDR}, the primary range of the VPC, got '100."
    )


@pytest.mark.parametrize(
    ("network", "key"),
    [
        ({"privateSubnetIds": ["subnet-0a", "subnet-0b", "subnet-0c"]}, "network.privateSubnetIds: must be subnets in"),
        ({"securityGroupId": "sg-0b"}, "network.securityGroupId: must be a security group in the VPC of the cluster"),
    ],
)
def test_what_is_not_in_the_vpc_of_the_cluster_is_refused_by_key(clouds: FakeClouds, network: dict[str, Any], key: str):
    for type_token in ("aws:ec2/subnet:Subnet", "aws:ec2/securityGroup:SecurityGroup"):
        clouds.remove(type_token)
    assert refusal(config({"service": "msk"}, network)).startswith(key)
