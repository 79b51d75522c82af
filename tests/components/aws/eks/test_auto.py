"""EKS cluster in Auto Mode."""

import json
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.eks.auto import pool_limits
from components.changes import ChangeRefusedError
from components.consumer import ConsumerSettings
from components.settings_bases import PipeSettings
from tests.hooks import before_update
from tests.stacks import planned, shipped

CLUSTER = "aws:eks/cluster:Cluster"
NODE_CLASS = "kubernetes:eks.amazonaws.com/v1:NodeClass"
NODE_POOL = "kubernetes:karpenter.sh/v1:NodePool"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
ROLE = "aws:iam/role:Role"


@cache
def plan(*, preview=False):
    return planned({"data-pipes:platform": {"compute": "auto"}}, preview=preview)


def recording():
    return plan().recording


def needs(resource):
    """Return the names of all resources that a resource depends on."""
    return {recording().by_urn(urn).name for urn in recording().requirements(resource)}


def named(type_token, name):
    return next(each for each in recording().of_type(type_token) if each.name == name)


@pytest.mark.parametrize("preview", [False, True])
def test_a_stack_in_auto_mode_has_no_problems_and_as_many_replicas_as_partitions(preview):
    assert plan(preview=preview).problems == ()
    assert [(pipe.partitions, pipe.replicas) for pipe in plan(preview=preview).pipes] == [(3, 3)]


def test_auto_mode_enables_nodes_load_balancers_and_volumes():
    cluster = recording().one(CLUSTER)
    assert cluster.input("computeConfig.enabled") is True
    assert cluster.input("computeConfig.nodePools") == ["system"]
    assert cluster.input("kubernetesNetworkConfig.elasticLoadBalancing.enabled") is True
    assert cluster.input("storageConfig.blockStorage.enabled") is True
    assert cluster.inputs["bootstrapSelfManagedAddons"] is False


def test_the_default_cluster_has_no_auto_mode_settings():
    assert (
        not {"computeConfig", "storageConfig", "kubernetesNetworkConfig"}
        & shipped().recording.one(CLUSTER).inputs.keys()
    )


def test_there_is_no_node_group_and_there_are_no_add_ons():
    types = {resource.type for resource in recording().resources}
    assert not types & {
        "aws:eks/nodeGroup:NodeGroup",
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:eks/addon:Addon",
    }


def test_the_cluster_role_has_the_auto_mode_policies_and_tags_its_sessions():
    attached = {
        each.inputs["policyArn"].rpartition("/")[2]
        for each in recording().of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if each.name.startswith("aws-msk-eks-eks")
    }
    assert attached == {
        "AmazonEKSClusterPolicy",
        "AmazonEKSComputePolicy",
        "AmazonEKSBlockStoragePolicy",
        "AmazonEKSLoadBalancingPolicy",
        "AmazonEKSNetworkingPolicy",
    }
    [statement] = json.loads(named("aws:iam/role:Role", "aws-msk-eks-eks").inputs["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Service": "eks.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]


def test_nodes_have_minimal_policies_until_the_cluster_is_deleted():
    attached = {
        each.name: each.inputs["policyArn"].rpartition("/")[2]
        for each in recording().of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if each.name.startswith("aws-msk-eks-node")
    }
    assert list(attached.values()) == ["AmazonEKSWorkerNodeMinimalPolicy"]
    assert {*attached, "aws-msk-eks-node-images"} <= needs(recording().one(CLUSTER))


def test_the_node_class_has_private_subnets_both_security_groups_and_network_policies():
    spec = recording().one(NODE_CLASS).inputs["spec"]
    assert len(spec["subnetSelectorTerms"]) == 3
    assert all(term["id"].startswith("subnet-") for term in spec["subnetSelectorTerms"])
    assert len({term["id"] for term in spec["securityGroupSelectorTerms"]}) == 2
    assert spec["networkPolicy"] == "DefaultAllow"
    waits = needs(recording().one(NODE_CLASS))
    assert {"aws-msk-eks-consumers", *(f"aws-msk-eks-private-{zone}" for zone in "abc")} <= waits
    assert spec["role"] in recording().one(CLUSTER).input("computeConfig.nodeRoleArn"), (
        "another role would need an entry"
    )


def test_network_policies_are_enforced():
    [switch] = [
        each for each in recording().of_type("kubernetes:core/v1:ConfigMap") if not each.name.endswith("settings")
    ]
    assert switch.input("metadata.name") == "amazon-vpc-cni"
    assert switch.input("metadata.namespace") == "kube-system"
    assert switch.inputs["data"] == {"enable-network-policy-controller": "true"}
    assert switch.urn in recording().requirements(recording().one(DEPLOYMENT))


def test_pods_can_reach_the_cluster_dns_address():
    rules = recording().one("kubernetes:networking.k8s.io/v1:NetworkPolicy").input("spec.egress")
    allowed = {
        (rule["to"][0]["ipBlock"]["cidr"], port["protocol"])
        for rule in rules
        for port in rule["ports"]
        if port["port"] == 53 and "ipBlock" in rule["to"][0]
    }
    assert allowed == {
        (address, protocol) for address in ("10.100.0.10/32", "172.20.0.10/32") for protocol in ("TCP", "UDP")
    }


def test_the_pool_has_on_demand_nodes_and_removes_only_empty_ones():
    pool = recording().one(NODE_POOL)
    assert pool.input("spec.template.metadata.labels") == {"data-pipes/consumers": "true"}
    reference = pool.input("spec.template.spec.nodeClassRef")
    node_class = recording().one(NODE_CLASS)
    assert reference == {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": node_class.input("metadata.name")}
    requirements = {each["key"]: each["values"] for each in pool.input("spec.template.spec.requirements")}
    assert requirements["karpenter.sh/capacity-type"] == ["on-demand"]
    assert requirements["kubernetes.io/arch"] == ["amd64"]
    assert pool.input("spec.disruption") == {
        "consolidationPolicy": "WhenEmpty",
        "consolidateAfter": "5m",
        "budgets": [{"nodes": "1"}],
    }


def test_consumers_select_the_pool_s_nodes_and_depend_on_pool_and_node_class():
    deployment, pool = recording().one(DEPLOYMENT), recording().one(NODE_POOL)
    assert deployment.input("spec.template.spec.nodeSelector") == pool.input("spec.template.metadata.labels")
    assert pool.urn in recording().requirements(deployment)
    assert recording().one(NODE_CLASS).urn in recording().requirements(pool)
    assert pool.input("metadata.annotations") == {"pulumi.com/waitFor": "condition=Ready"}


def test_pods_use_pod_identity_without_an_add_on():
    association = recording().one("aws:eks/podIdentityAssociation:PodIdentityAssociation")
    assert association.urn in recording().requirements(recording().one(DEPLOYMENT))
    rules = recording().one("kubernetes:networking.k8s.io/v1:NetworkPolicy").input("spec.egress")
    assert any(rule["to"][0].get("ipBlock") == {"cidr": "169.254.170.23/32"} for rule in rules)


@pytest.mark.parametrize("type_token", [NODE_CLASS, "kubernetes:core/v1:Namespace"])
def test_kubernetes_resources_depend_on_admin_access_and_the_nodes_routes(type_token):
    waits = needs(recording().one(type_token))
    assert "aws-msk-eks-admin-123456789012-role/platform-admin" in waits
    assert "aws-msk-eks-eks-vpc" in waits
    assert {f"aws-msk-eks-private-{zone}-out" for zone in "abc"} <= waits


@given(
    cpu=st.integers(min_value=1, max_value=31_000),
    memory=st.integers(min_value=1, max_value=200_000),
    parallelism=st.integers(min_value=1, max_value=1000),
)
def test_the_pool_limits_fit_all_replicas_on_any_family_with_half_full_nodes(cpu, memory, parallelism):
    consumer = ConsumerSettings.model_validate({"cpu": f"{cpu}m", "memory": f"{memory}Mi"})
    limits = pool_limits({"orders": PipeSettings(parallelism=parallelism, consumer=consumer)})
    vcpus, gib = int(limits["cpu"]), int(limits["memory"].removesuffix("Gi"))
    for gib_per_vcpu in (2, 4, 8):
        needed = 2 * parallelism * max(cpu / 1000, memory / 1024 / gib_per_vcpu)
        assert vcpus >= needed
        assert gib >= needed * gib_per_vcpu


def test_the_pool_limits_grow_with_the_pipes():
    def limits(parallelism):
        return pool_limits({"orders": PipeSettings(parallelism=parallelism)})

    assert limits(3) == {"cpu": "17", "memory": "132Gi"}
    assert limits(300) == {"cpu": "462", "memory": "3696Gi"}


@cache
def trust(compute):
    """Return the trust policy of the cluster role, which shows the hook whether Auto Mode is enabled."""
    return control_plane_role(planned({"data-pipes:platform": {"compute": compute}})).inputs["assumeRolePolicy"]


def control_plane_role(made):
    return next(each for each in made.recording.of_type(ROLE) if each.name == "aws-msk-eks-eks")


def change(present, wanted):
    """Run the update hooks of the control plane's role."""
    old, new = ({"assumeRolePolicy": trust(compute)} for compute in (present, wanted))
    before_update(shipped().recording, control_plane_role(shipped()), old, new)


FIX = "Set compute back; to change it, create a new stack with a different name and the other compute, move the pipes there, then destroy this one."


@pytest.mark.parametrize("present", ["nodes", "fargate"])
def test_enabling_auto_mode_on_an_existing_cluster_is_refused(present):
    with pytest.raises(ChangeRefusedError) as refusal:
        change(present, "auto")
    assert str(refusal.value) == (
        "platform.compute: cannot be changed to auto on an existing cluster (the old nodes must be drained by hand, and EKS does not "
        f"move volumes: EKS, Enable EKS Auto Mode on existing clusters). {FIX}"
    )


@pytest.mark.parametrize("wanted", ["nodes", "fargate"])
def test_disabling_auto_mode_on_an_existing_cluster_is_refused(wanted):
    with pytest.raises(ChangeRefusedError) as refusal:
        change("auto", wanted)
    assert str(refusal.value) == (
        "platform.compute: cannot be changed from auto on an existing cluster (EKS would terminate all nodes and consumers at once and "
        f"leave volumes that nothing mounts: EKS, Disable EKS Auto Mode). {FIX}"
    )


@pytest.mark.parametrize(
    ("present", "wanted"), [("nodes", "fargate"), ("fargate", "nodes"), ("nodes", "nodes"), ("auto", "auto")]
)
def test_other_changes_of_compute_are_accepted(present, wanted):
    change(present, wanted)
