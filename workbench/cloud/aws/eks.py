"""Simulated AWS: Kubernetes (EKS). Times and rules are explained in kinds.py."""

import base64
from collections.abc import Mapping
from typing import Any

from workbench.cloud.aws import existing
from workbench.cloud.aws.outputs import arn, region_of
from workbench.cloud.model import (
    ACCOUNT,
    CREATED_AT,
    Inputs,
    ResourceModel,
    at,
    digits,
    joined,
    minor_version,
    text,
    uuid_of,
)

_CHILD = "Terraform logs of EKS: 10 s to 1 min"


def _cluster(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of an EKS cluster."""
    region = region_of(inputs)
    host = digits(f"{name}{id_}", 32).upper()
    return {
        "arn": arn("eks", f"cluster/{id_}", inputs),
        "endpoint": f"https://{host}.gr7.{region}.eks.amazonaws.com",
        "certificateAuthority": {"data": base64.b64encode(f"simulated certificate of {id_}".encode()).decode()},
        "identities": [{"oidcs": [{"issuer": f"https://oidc.eks.{region}.amazonaws.com/id/{host}"}]}],
        "vpcConfig": {
            "clusterSecurityGroupId": f"sg-0{digits(f'eks {id_} {name}', 16)}",
            "vpcId": f"vpc-0{digits(name, 16)}",
        },
        "version": "1.35",
        "platformVersion": "eks.1",
        "status": "ACTIVE",
        "createdAt": CREATED_AT,
    }


def _node_group(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of an EKS node group."""
    group = f"eks-{id_.rsplit(':', 1)[-1]}-{uuid_of(name)}"
    return {
        "arn": arn("eks", f"nodegroup/{id_.replace(':', '/')}/{uuid_of(name)}", inputs),
        "resources": [{"autoscalingGroups": [{"name": group}], "remoteAccessSecurityGroupId": ""}],
        "status": "ACTIVE",
        "version": "1.35",
    }


def _addon(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of an EKS add-on."""
    whole = arn("eks", f"addon/{id_.replace(':', '/')}/{uuid_of(name)}", inputs)
    return {"arn": whole, "addonVersion": "v1.0.0-eksbuild.1", "createdAt": CREATED_AT, "modifiedAt": CREATED_AT}


def _access_entry(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of an EKS access entry."""
    cluster, _, principal = id_.partition(":")
    kind = "user" if ":user/" in principal else "role"
    resource = f"access-entry/{cluster}/{kind}/{ACCOUNT}/{principal.rsplit('/', 1)[-1]}/{uuid_of(name)}"
    return {
        "accessEntryArn": arn("eks", resource, inputs),
        "type": "STANDARD",
        "userName": principal,
        "kubernetesGroups": [],
        "createdAt": CREATED_AT,
        "modifiedAt": CREATED_AT,
    }


def _access_policy_association(_id: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of an access policy on an EKS access entry."""
    return {"associatedAt": CREATED_AT, "modifiedAt": CREATED_AT}


def _pod_identity_association(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of an EKS Pod Identity association."""
    cluster = text(inputs, "clusterName", name)
    return {
        "associationArn": arn("eks", f"podidentityassociation/{cluster}/{id_}", inputs),
        "associationId": id_,
        "externalId": "",
    }


def _fargate_profile(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a Fargate profile."""
    return {"arn": arn("eks", f"fargateprofile/{id_.replace(':', '/')}/{uuid_of(name)}", inputs), "status": "ACTIVE"}


def _replaced_values(old: Inputs, new: Inputs) -> frozenset[str]:
    """Return the changes that replace the cluster: another role of Auto Mode's nodes, IP family or service range, or no encryption.

    A first role is an update. Values that a program leaves out are kept (terraform-provider-aws, aws_eks_cluster). A first or another
    encryption key is an update, too.
    """
    role = "computeConfig.nodeRoleArn"
    paths = {role, "kubernetesNetworkConfig.ipFamily", "kubernetesNetworkConfig.serviceIpv4Cidr"}
    paths -= {role} if at(old, role) is None else set()
    changed = {path for path in paths if at(new, path) is not None and at(old, path) != at(new, path)}
    bare = at(old, "encryptionConfig") is not None and at(new, "encryptionConfig") is None
    return frozenset(changed | ({"encryptionConfig"} if bare else set()))


def _cluster_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Refuse skipped or lowered versions, and a partly enabled Auto Mode.

    EKS user guide: "Update existing cluster to new Kubernetes version", "Roll back a cluster to a previous Kubernetes version",
    "Create an EKS Auto Mode Cluster". The first message is a quote of EKS.
    """
    before, after = (minor_version(inputs or {}, "version") for inputs in (old, new))
    if before is not None and after is not None and not before <= after <= before + 1:
        return f"InvalidParameterException: Unsupported Kubernetes minor version update from 1.{before} to 1.{after}"
    parts = (
        "computeConfig.enabled",
        "kubernetesNetworkConfig.elasticLoadBalancing.enabled",
        "storageConfig.blockStorage.enabled",
    )
    if len({at(new, part) is True for part in parts}) > 1:
        return (
            "InvalidParameterException: For EKS Auto Mode, please ensure that all required configs, including computeConfig, "
            "kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully disabled."
        )
    own_addons = at(new, "bootstrapSelfManagedAddons") is not False
    if old is None and own_addons and at(new, "computeConfig.enabled") is True:
        return (
            "InvalidParameterException: When EKS Auto Mode is enabled, bootstrapSelfManagedAddons must be set to false."
        )
    return None


EKS: Mapping[str, ResourceModel] = {
    "aws:eks/cluster:Cluster": ResourceModel(
        holds_data=True,
        create_minutes=10,
        delete_minutes=5,
        update_minutes=5,
        existing=existing.eks_cluster,
        source="Terraform logs: created in 8m14s to 12m34s, median 10 min; deleted in 2m30s to 9m12s; updates by common use",
        identifier=joined("", "name"),
        outputs=_cluster,
        replace_on=frozenset(
            {
                "accessConfig.bootstrapClusterCreatorAdminPermissions",
                "bootstrapSelfManagedAddons",
                "name",
                "outpostConfig",
                "roleArn",
            }
        ),
        replaces_too=_replaced_values,
        refusal=_cluster_refusal,
        unique=("name",),
        name_property="name",
        guard="deletionProtection",
    ),
    "aws:eks/nodeGroup:NodeGroup": ResourceModel(
        create_minutes=2,
        delete_minutes=6,
        update_minutes=5,
        source="Terraform logs: created in 1m52s to 4m12s, about 2 min; deleted in 4 to 8 min; updates by common use",
        identifier=joined(":", "clusterName", "nodeGroupName"),
        outputs=_node_group,
        replace_on=frozenset(
            {
                "amiType",
                "capacityType",
                "clusterName",
                "diskSize",
                "instanceTypes",
                "launchTemplate.id",
                "launchTemplate.name",
                "nodeGroupName",
                "nodeGroupNamePrefix",
                "nodeRoleArn",
                "remoteAccess",
                "subnetIds",
            }
        ),
        unique=("clusterName", "nodeGroupName"),
        name_property="nodeGroupName",
    ),
    "aws:eks/addon:Addon": ResourceModel(
        create_minutes=0.5,
        delete_minutes=0.5,
        update_minutes=0.5,
        existing=existing.eks_addon,
        source=_CHILD,
        identifier=joined(":", "clusterName", "addonName"),
        outputs=_addon,
        replace_on=frozenset({"addonName", "clusterName"}),
        unique=("clusterName", "addonName"),
    ),
    "aws:eks/accessEntry:AccessEntry": ResourceModel(
        create_minutes=0.2,
        delete_minutes=0.1,
        existing=existing.eks_access_entry,
        source=_CHILD,
        identifier=joined(":", "clusterName", "principalArn"),
        outputs=_access_entry,
        replace_on=frozenset({"clusterName", "principalArn", "type"}),
        unique=("clusterName", "principalArn"),
    ),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": ResourceModel(
        create_minutes=0.2,
        delete_minutes=0.1,
        source=_CHILD,
        identifier=joined("#", "clusterName", "principalArn", "policyArn"),
        outputs=_access_policy_association,
        replace_on=frozenset({"accessScope", "clusterName", "policyArn", "principalArn"}),
        unique=("clusterName", "principalArn", "policyArn"),
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": ResourceModel(
        create_minutes=0.2,
        delete_minutes=0.1,
        source=_CHILD,
        identifier=lambda name, _inputs: f"a-{digits(name)}",
        outputs=_pod_identity_association,
        replace_on=frozenset({"clusterName", "namespace", "serviceAccount"}),
        unique=("clusterName", "namespace", "serviceAccount"),
    ),
    "aws:eks/fargateProfile:FargateProfile": ResourceModel(
        create_minutes=2,
        delete_minutes=3,
        source="common use, no log found: a profile takes about 2 min, its deletion a little more",
        identifier=joined(":", "clusterName", "fargateProfileName"),
        outputs=_fargate_profile,
        replace_on=frozenset({"clusterName", "fargateProfileName", "podExecutionRoleArn", "selectors", "subnetIds"}),
        unique=("clusterName", "fargateProfileName"),
        name_property="fargateProfileName",
    ),
}
