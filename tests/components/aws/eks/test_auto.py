"""A Kubernetes cluster on EKS in Auto Mode."""

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
    """The names of all that a resource waits for."""
    return {recording().by_urn(urn).name for urn in recording().requirements(resource)}


def named(type_token, name):
    return next(each for each in recording().of_type(type_token) if each.name == name)


@pytest.mark.parametrize("preview", [False, True])
def test_a_stack_in_auto_mode_is_sound_and_its_partitions_equal_its_replicas(preview):
    assert plan(preview=preview).problems == ()
    assert [(pipe.partitions, pipe.replicas) for pipe in plan(preview=preview).pipes] == [(3, 3)]


def test_auto_mode_is_enabled_as_a_whole():
    cluster = recording().one(CLUSTER)
    assert cluster.input("computeConfig.enabled") is True
    assert cluster.input("computeConfig.nodePools") == ["system"]
    assert cluster.input("kubernetesNetworkConfig.elasticLoadBalancing.enabled") is True
    assert cluster.input("storageConfig.blockStorage.enabled") is True
    assert cluster.inputs["bootstrapSelfManagedAddons"] is False


def test_the_default_cluster_knows_nothing_of_auto_mode():
    assert (
        not {"computeConfig", "storageConfig", "kubernetesNetworkConfig"}
        & shipped().recording.one(CLUSTER).inputs.keys()
    )


def test_there_are_no_nodes_of_our_own_and_no_add_ons_which_are_built_in():
    types = {resource.type for resource in recording().resources}
    assert not types & {
        "aws:eks/nodeGroup:NodeGroup",
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:eks/addon:Addon",
    }


def test_the_control_plane_may_make_nodes_in_sessions_that_carry_the_cluster():
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


def test_a_node_may_do_little_and_keeps_its_rights_as_long_as_the_cluster_stands():
    attached = {
        each.name: each.inputs["policyArn"].rpartition("/")[2]
        for each in recording().of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if each.name.startswith("aws-msk-eks-node")
    }
    assert list(attached.values()) == ["AmazonEKSWorkerNodeMinimalPolicy"]
    assert {*attached, "aws-msk-eks-node-images"} <= needs(recording().one(CLUSTER))


def test_nodes_are_private_in_the_cluster_s_and_the_consumers_group_with_network_policies():
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


def test_pods_may_ask_for_names_where_no_pod_of_kube_system_answers():
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


def test_the_pool_makes_nodes_for_consumers_on_demand_and_moves_none_that_runs():
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


def test_consumers_ask_for_the_pool_s_nodes_and_wait_for_it_and_it_goes_before_its_class():
    deployment, pool = recording().one(DEPLOYMENT), recording().one(NODE_POOL)
    assert deployment.input("spec.template.spec.nodeSelector") == pool.input("spec.template.metadata.labels")
    assert pool.urn in recording().requirements(deployment)
    assert recording().one(NODE_CLASS).urn in recording().requirements(pool)
    assert pool.input("metadata.annotations") == {"pulumi.com/waitFor": "condition=Ready"}


def test_pods_get_their_identity_from_the_agent_that_every_node_has():
    association = recording().one("aws:eks/podIdentityAssociation:PodIdentityAssociation")
    assert association.urn in recording().requirements(recording().one(DEPLOYMENT))
    rules = recording().one("kubernetes:networking.k8s.io/v1:NetworkPolicy").input("spec.egress")
    assert any(rule["to"][0].get("ipBlock") == {"cidr": "169.254.170.23/32"} for rule in rules)


@pytest.mark.parametrize("type_token", [NODE_CLASS, "kubernetes:core/v1:Namespace"])
def test_what_is_made_in_the_cluster_goes_before_its_admission_and_the_nodes_way_out(type_token):
    waits = needs(recording().one(type_token))
    assert "aws-msk-eks-admin-123456789012-role/platform-admin" in waits
    assert "aws-msk-eks-eks-vpc" in waits
    assert {f"aws-msk-eks-private-{zone}-out" for zone in "abc"} <= waits


@given(
    cpu=st.integers(min_value=1, max_value=31_000),
    memory=st.integers(min_value=1, max_value=200_000),
    parallelism=st.integers(min_value=1, max_value=1000),
)
def test_the_pool_holds_all_replicas_on_any_family_even_half_full(cpu, memory, parallelism):
    consumer = ConsumerSettings.model_validate({"cpu": f"{cpu}m", "memory": f"{memory}Mi"})
    limits = pool_limits({"orders": PipeSettings(parallelism=parallelism, consumer=consumer)})
    vcpus, gib = int(limits["cpu"]), int(limits["memory"].removesuffix("Gi"))
    for gib_per_vcpu in (2, 4, 8):
        needed = 2 * parallelism * max(cpu / 1000, memory / 1024 / gib_per_vcpu)
        assert vcpus >= needed
        assert gib >= needed * gib_per_vcpu


def test_the_pool_grows_with_the_pipes():
    def limits(parallelism):
        return pool_limits({"orders": PipeSettings(parallelism=parallelism)})

    assert limits(3) == {"cpu": "17", "memory": "132Gi"}
    assert limits(300) == {"cpu": "462", "memory": "3696Gi"}


@cache
def trust(compute):
    """Who takes on the role of a control plane, by which the hook tells Auto Mode."""
    return control_plane_role(planned({"data-pipes:platform": {"compute": compute}})).inputs["assumeRolePolicy"]


def control_plane_role(made):
    return next(each for each in made.recording.of_type(ROLE) if each.name == "aws-msk-eks-eks")


def change(present, wanted):
    """Run the update hooks of the control plane's role."""
    old, new = ({"assumeRolePolicy": trust(compute)} for compute in (present, wanted))
    before_update(shipped().recording, control_plane_role(shipped()), old, new)


WAY_OUT = "Set compute back; to change it, bring up a stack of another name with the other compute, move the pipes there, then take this one down."


@pytest.mark.parametrize("present", ["nodes", "fargate"])
def test_a_live_cluster_does_not_become_one_in_auto_mode(present):
    with pytest.raises(ChangeRefusedError) as refusal:
        change(present, "auto")
    assert str(refusal.value) == (
        "platform.compute: cannot become auto on a live cluster: EKS has the nodes drained by hand before they go, and moves no "
        f"volumes (EKS, Enable EKS Auto Mode on existing clusters). {WAY_OUT}"
    )


@pytest.mark.parametrize("wanted", ["nodes", "fargate"])
def test_a_live_cluster_stays_in_auto_mode(wanted):
    with pytest.raises(ChangeRefusedError) as refusal:
        change("auto", wanted)
    assert str(refusal.value) == (
        "platform.compute: cannot go from auto to another on a live cluster: EKS would end all nodes at once, with every consumer on "
        f"them, and leave volumes that nothing mounts (EKS, Disable EKS Auto Mode). {WAY_OUT}"
    )


@pytest.mark.parametrize(
    ("present", "wanted"), [("nodes", "fargate"), ("fargate", "nodes"), ("nodes", "nodes"), ("auto", "auto")]
)
def test_another_change_of_a_cluster_is_let_through(present, wanted):
    change(present, wanted)
