"""EBS volumes of pods on EKS."""

import json

import pytest

from components.aws.eks.settings import EksSettings
from components.kubernetes.nodes.capacity import Resources
from tests.stacks import planned, shipped

ADDON = "aws:eks/addon:Addon"
STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"


def with_volumes(compute="nodes"):
    return planned({"data-pipes:platform": {"compute": compute, "volumes": True}})


def driver(recorded):
    return next(each for each in recorded.of_type(ADDON) if each.inputs["addonName"] == "aws-ebs-csi-driver")


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("compute", ["nodes", "auto"])
def test_a_stack_with_volumes_has_no_problems(compute, preview):
    changes = {"data-pipes:platform": {"compute": compute, "volumes": True}}
    assert planned(changes, preview=preview).problems == ()


def test_without_volumes_there_is_no_driver_and_no_storage_class():
    recorded = shipped().recording
    assert "aws-ebs-csi-driver" not in {each.inputs["addonName"] for each in recorded.of_type(ADDON)}
    assert not recorded.of_type(STORAGE_CLASS)


@pytest.mark.parametrize(
    ("compute", "provisioner"), [("nodes", "ebs.csi.aws.com"), ("auto", "ebs.csi.eks.amazonaws.com")]
)
def test_the_storage_class_is_encrypted_expandable_and_in_the_zone_of_the_pod(compute, provisioner):
    [volumes] = with_volumes(compute).recording.of_type(STORAGE_CLASS)
    assert volumes.inputs["provisioner"] == provisioner
    assert volumes.inputs["parameters"] == {"type": "gp3", "encrypted": "true"}
    assert volumes.inputs["volumeBindingMode"] == "WaitForFirstConsumer"
    assert volumes.inputs["allowVolumeExpansion"] is True
    assert volumes.inputs["reclaimPolicy"] == "Delete"
    assert volumes.input("metadata.annotations") == {"storageclass.kubernetes.io/is-default-class": "true"}


def test_auto_mode_needs_no_driver_add_on():
    assert not with_volumes("auto").recording.of_type(ADDON)


def test_only_the_driver_s_service_account_can_assume_its_role():
    recorded = with_volumes().recording
    [identity] = driver(recorded).inputs["podIdentityAssociations"]
    assert identity["serviceAccount"] == "ebs-csi-controller-sa"
    role = next(each for each in recorded.of_type("aws:iam/role:Role") if each.name == "aws-msk-eks-volumes")
    [statement] = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {
        "aws:SourceAccount": "123456789012",
        "aws:RequestTag/kubernetes-namespace": "kube-system",
        "aws:RequestTag/kubernetes-service-account": "ebs-csi-controller-sa",
    }
    attached = next(
        each
        for each in recorded.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if each.name == "aws-msk-eks-volumes"
    )
    assert attached.inputs["policyArn"] == "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"
    assert attached.urn in recorded.requirements(driver(recorded))


def test_the_driver_depends_on_nodes_and_agent_and_the_storage_class_on_the_driver():
    recorded = with_volumes().recording
    waits = {recorded.by_urn(urn).name for urn in recorded.requirements(driver(recorded))}
    assert {"aws-msk-eks-nodes", "aws-msk-eks-eks-pod-identity-agent"} <= waits
    assert driver(recorded).urn in recorded.requirements(recorded.one(STORAGE_CLASS))


def test_nodes_reserve_resources_for_the_driver():
    def capacity(*, volumes):
        return EksSettings(service="eks", volumes=volumes).node_group.capacity

    assert capacity(volumes=False) - capacity(volumes=True) == Resources(cpu=100, memory=400, pods=2)
