"""The simulated AWS: Kafka (MSK) and Kubernetes (EKS). Figures and rules as explained in aws.py."""

from collections.abc import Mapping

from workbench.cloud import aws_outputs as shape
from workbench.cloud.model import Kind, joined, text, uuid_of

_CHILD = "Terraform logs of EKS: 10 s to 1 min"

MSK: Mapping[str, Kind] = {
    "aws:msk/configuration:Configuration": Kind(
        create_minutes=0.1,
        delete_minutes=0.1,
        source="common use, no log found: the API answers within seconds",
        identifier=lambda name, inputs: shape.arn(
            "kafka", f"configuration/{text(inputs, 'name', name)}/{uuid_of(name)}-2", inputs
        ),
        outputs=lambda id_, _name, _inputs: {"arn": id_, "latestRevision": 1},
        updated=shape.next_revision,
        replace_on=frozenset({"kafkaVersions", "name"}),
        unique=("name",),
        name_property="name",
    ),
    "aws:msk/cluster:Cluster": Kind(
        create_minutes=28,
        delete_minutes=6,
        update_minutes=36,
        source="created in 23m15s (Terraform log), 15 to 40 min (READMEs of AWS samples), 28 taken; deleted in 3 to 10 min "
        "(no log found); updated in 10 to 15 min a broker (AWS documentation), three brokers taken",
        identifier=shape.msk_cluster_id,
        outputs=shape.msk_cluster,
        replace_on=frozenset(
            {
                "brokerNodeGroupInfo.azDistribution",
                "brokerNodeGroupInfo.clientSubnets",
                "brokerNodeGroupInfo.securityGroups",
                "clusterName",
                "encryptionInfo.encryptionAtRestKmsKeyArn",
                "encryptionInfo.encryptionInTransit.inCluster",
            }
        ),
        unique=("clusterName",),
        name_property="clusterName",
        grow_only=frozenset({"brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize"}),
    ),
    "aws:msk/topic:Topic": Kind(
        create_minutes=1,
        delete_minutes=1,
        update_minutes=1,
        source="AWS documentation of MSK's topic operations: seconds to about 2 min, reads lag by about 1 min",
        identifier=joined(",", "clusterArn", "name"),
        outputs=shape.msk_topic,
        updated=lambda _state, inputs: {"configsActual": text(inputs, "configs", "{}")},
        replace_on=frozenset({"clusterArn", "name", "replicationFactor"}),
        unique=("clusterArn", "name"),
        name_property="name",
        grow_only=frozenset({"partitionCount"}),
    ),
}

EKS: Mapping[str, Kind] = {
    "aws:eks/cluster:Cluster": Kind(
        create_minutes=10,
        delete_minutes=5,
        update_minutes=5,
        source="Terraform logs: created in 8m14s to 12m34s, median 10 min; deleted in 2m30s to 9m12s; updates by common use",
        identifier=joined("", "name"),
        outputs=shape.eks_cluster,
        replace_on=frozenset(
            {
                "accessConfig.bootstrapClusterCreatorAdminPermissions",
                "bootstrapSelfManagedAddons",
                "encryptionConfig",
                "kubernetesNetworkConfig.ipFamily",
                "kubernetesNetworkConfig.serviceIpv4Cidr",
                "name",
                "outpostConfig",
                "roleArn",
            }
        ),
        unique=("name",),
        name_property="name",
        guard="deletionProtection",
    ),
    "aws:eks/nodeGroup:NodeGroup": Kind(
        create_minutes=2,
        delete_minutes=6,
        update_minutes=5,
        source="Terraform logs: created in 1m52s to 4m12s, about 2 min; deleted in 4 to 8 min; updates by common use",
        identifier=joined(":", "clusterName", "nodeGroupName"),
        outputs=shape.node_group,
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
    "aws:eks/addon:Addon": Kind(
        create_minutes=0.5,
        delete_minutes=0.5,
        update_minutes=0.5,
        source=_CHILD,
        identifier=joined(":", "clusterName", "addonName"),
        outputs=shape.addon,
        replace_on=frozenset({"addonName", "clusterName"}),
        unique=("clusterName", "addonName"),
    ),
    "aws:eks/accessEntry:AccessEntry": Kind(
        create_minutes=0.2,
        delete_minutes=0.1,
        source=_CHILD,
        identifier=joined(":", "clusterName", "principalArn"),
        outputs=shape.access_entry,
        replace_on=frozenset({"clusterName", "principalArn", "type"}),
        unique=("clusterName", "principalArn"),
    ),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": Kind(
        create_minutes=0.2,
        delete_minutes=0.1,
        source=_CHILD,
        identifier=joined("#", "clusterName", "principalArn", "policyArn"),
        outputs=shape.access_policy_association,
        replace_on=frozenset({"accessScope", "clusterName", "policyArn", "principalArn"}),
        unique=("clusterName", "principalArn", "policyArn"),
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Kind(
        create_minutes=0.2,
        delete_minutes=0.1,
        source=_CHILD,
        identifier=lambda name, _inputs: f"a-{shape.digits(name)}",
        outputs=shape.pod_identity_association,
        replace_on=frozenset({"clusterName", "namespace", "serviceAccount"}),
        unique=("clusterName", "namespace", "serviceAccount"),
    ),
}
