"""Simulated Google Cloud: GKE. Times and rules are explained in kinds.py."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any, cast

from workbench.cloud.gcp import existing
from workbench.cloud.gcp.resource import NUMBER, project_of, region_of, resource, short
from workbench.cloud.model import Inputs, Others, ResourceModel, at, digits, number, text

CLUSTER = "gcp:container/cluster:Cluster"
_POOL = "gcp:container/nodePool:NodePool"
_SUBNET = "gcp:compute/subnetwork:Subnetwork"
_VERSION = "1.35.3-gke.1389000"
"""Default version of the regular channel."""
_NOT_WITH_AUTOPILOT = (
    "clusterAutoscaling.enabled",
    "clusterAutoscaling.resourceLimits",
    "defaultMaxPodsPerNode",
    "enableLegacyAbac",
    "enableShieldedNodes",
    "networkPolicy",
    "nodePools",
    "removeDefaultNodePool",
)
_NODES = (
    "nodeConfig.diskSizeGb nodeConfig.diskType nodeConfig.imageType nodeConfig.machineType nodeConfig.serviceAccount"
)
"""Node inputs that keep their value if a program leaves them out. Clusters and pools have the same schema (node_config.go)."""
_SHIELDED: Mapping[str, Any] = {
    "nodeConfig.shieldedInstanceConfig.enableIntegrityMonitoring": True,
    "nodeConfig.shieldedInstanceConfig.enableSecureBoot": False,
}


def zones(region: str) -> list[str]:
    """Return a region's zones. Two of the oldest regions have no zone a."""
    return [f"{region}-{zone}" for zone in ("bcd" if region in ("europe-west1", "us-east1") else "abc")]


def _cluster(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a GKE cluster."""
    name, region = id_.rsplit("/", 1)[-1], region_of(inputs)
    certificate = base64.b64encode(f"simulated certificate of {name}".encode()).decode()
    host = int(digits(id_, 2), 16) % 254 + 1
    outputs: dict[str, Any] = {
        "endpoint": f"198.51.100.{host}",  # RFC 5737: documentation only
        "masterVersion": _VERSION,
        "nodeLocations": zones(region),
        "masterAuth": {"clusterCaCertificate": certificate},
        "selfLink": f"https://container.googleapis.com/v1/{id_}",
        "servicesIpv4Cidr": text(inputs, "ipAllocationPolicy.servicesIpv4CidrBlock", "10.1.0.0/20"),
        "labelFingerprint": digits(id_, 8),
        "controlPlaneEndpointsConfig": {
            "dnsEndpointConfig": {"endpoint": f"gke-{digits(id_, 30)}-{NUMBER}.{region}.gke.goog"}
        },
    }
    if at(inputs, "enableAutopilot") is True:
        outputs["workloadIdentityConfig"] = {"workloadPool": f"{project_of(inputs)}.svc.id.goog"}
    return outputs


def _dictated(_old: Inputs, new: Inputs) -> frozenset[str]:
    """Return the path of the private endpoint if IP endpoints are disabled.

    The service sets it then (containerClusterApiDictatedPrivateEndpointField).
    """
    by_address = at(new, "controlPlaneEndpointsConfig.ipEndpointsConfig.enabled")
    return frozenset({"privateClusterConfig.enablePrivateEndpoint"}) if by_address is False else frozenset()


def _cluster_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Return the refusals of the provider and the service (provider schema; GKE, Autopilot overview)."""
    name = text(new, "name", "cluster")
    if len(name) > 40:
        return f'"name" cannot be longer than 40 characters: {name}'
    if at(new, "enableAutopilot") is True:
        given = next((path for path in _NOT_WITH_AUTOPILOT if at(new, path)), None)
        if given:
            return f'Conflicting configuration arguments: "{given}": conflicts with enable_autopilot'
    elif old is None and not at(new, "initialNodeCount") and not at(new, "nodePools"):
        return "googleapi: Error 400: Cluster.initial_node_count must be greater than zero."
    return None


def _ranges_refusal(_old: Inputs | None, new: Inputs, others: Others) -> str | None:
    """Refuse secondary ranges that the cluster's subnet does not have."""
    wanted = [text(new, f"ipAllocationPolicy.{each}SecondaryRangeName", "") for each in ("cluster", "services")]
    subnet = next(
        (each for each in others(_SUBNET) if text(each, "name", "") == short(text(new, "subnetwork", ""))), None
    )
    if subnet is None:
        return None
    there = {text(each, "rangeName", "") for each in _items(subnet, "secondaryIpRanges")}
    missing = [each for each in wanted if each and each not in there]
    if not missing:
        return None
    return f'googleapi: Error 400: Pod secondary range "{missing[0]}" does not exist in subnetwork "{text(subnet, "name", "")}".'


def _items(inputs: Inputs, path: str) -> Iterable[Inputs]:
    found = at(inputs, path)
    return cast("list[Inputs]", found) if isinstance(found, list) else []


def _protected(inputs: Inputs, _others: Others) -> str | None:
    """Refuse the deletion if the provider's protection is on. It is on by default."""
    if at(inputs, "deletionProtection") is False:
        return None
    return "Cannot destroy cluster because deletion_protection is set to true. Set it to false to proceed with cluster deletion."


def _first_pool(inputs: Inputs, others: Others) -> Mapping[str, Any]:
    """Return the node configuration of another pool if the default pool was removed (terraform-provider-google, flattenNodeConfig)."""
    pools = [each for each in others(_POOL) if short(text(each, "cluster", "")) == text(inputs, "name", "")]
    if at(inputs, "removeDefaultNodePool") is not True or not pools:
        return {}
    return {"initialNodeCount": 0, "nodeConfig": {**_bag(inputs, "nodeConfig"), **_bag(pools[0], "nodeConfig")}}


def _bag(inputs: Inputs, path: str) -> Mapping[str, Any]:
    found = at(inputs, path)
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}


def _pool(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a node pool."""
    cluster, region = id_.split("/")[5], region_of(inputs)
    groups = [
        f"https://www.googleapis.com/compute/v1/projects/{project_of(inputs)}/zones/{zone}/instanceGroupManagers/gke-{cluster}-{digits(id_, 8)}-grp"
        for zone in zones(region)
    ]
    return {
        "instanceGroupUrls": groups,
        "managedInstanceGroupUrls": groups,
        "nodeCount": number(inputs, "initialNodeCount", 1),
        "nodeLocations": zones(region),
        "version": _VERSION,
    }


def _pool_refusal(old: Inputs | None, new: Inputs, others: Others) -> str | None:
    """Refuse pools in Autopilot clusters and invalid limits of the autoscaler (GKE, Cluster autoscaler)."""
    name = text(new, "name", "nodes")
    if len(name) > 40:
        return f'"name" cannot be longer than 40 characters: {name}'
    cluster = short(text(new, "cluster", ""))
    for each in others(CLUSTER):
        if text(each, "name", "") == cluster and at(each, "enableAutopilot") is True:
            return "googleapi: Error 400: Autopilot clusters do not support creating or modifying node pools."
    for least, most in (("minNodeCount", "maxNodeCount"), ("totalMinNodeCount", "totalMaxNodeCount")):
        few, many = number(new, f"autoscaling.{least}", 0), number(new, f"autoscaling.{most}", 0)
        if few > many and old is None and many:
            return f"googleapi: Error 400: autoscaling: {least} {few} is greater than {most} {many}"
    return None


def _scaled(inputs: Inputs) -> Mapping[str, Any]:
    """Return the inputs that the service changed: a node added by the autoscaler, and the full version."""
    stored: dict[str, Any] = {}
    if at(inputs, "autoscaling") and "nodeCount" in inputs:
        stored["nodeCount"] = number(inputs, "nodeCount", 1) + 1
    if text(inputs, "version", "").count(".") == 1:
        stored["version"] = _VERSION
    return stored


GKE: Mapping[str, ResourceModel] = {
    CLUSTER: resource(
        "projects/{project}/locations/{location}/clusters/{name}",
        holds_data=True,
        create=7,
        delete=5,
        update=2,
        source="Terraform logs: a regional cluster created in 4m32s to 9m22s; deleted in 2m44s to 8m15s; updates by common use",
        outputs=_cluster,
        existing=existing.gke_cluster,
        labels="resourceLabels",
        blocks_delete=_protected,
        drift=_first_pool,
        refusal=_cluster_refusal,
        refusal_beside=_ranges_refusal,
        fixed="clusterAutoscaling.autoProvisioningDefaults.bootDiskKmsKey clusterIpv4Cidr confidentialNodes datapathProvider"
        " dataplaneOptimizationMode defaultMaxPodsPerNode description enableAutopilot enableKubernetesAlpha enableTpu"
        " initialNodeCount ipAllocationPolicy.clusterIpv4CidrBlock ipAllocationPolicy.clusterSecondaryRangeName"
        " ipAllocationPolicy.podCidrOverprovisionConfig ipAllocationPolicy.servicesIpv4CidrBlock"
        " ipAllocationPolicy.servicesSecondaryRangeName masterAuth.clientCertificateConfig network networkingMode"
        " nodeConfig.bootDiskKmsKey nodeConfig.metadata nodeConfig.oauthScopes nodeConfig.serviceAccount"
        " nodeConfig.shieldedInstanceConfig nodeConfig.spot nodePools privateClusterConfig.masterIpv4CidrBlock"
        " privateClusterConfig.privateEndpointSubnetwork subnetwork",
        unseen=_dictated,
        left_out="binaryAuthorization.evaluationMode ipAllocationPolicy.clusterSecondaryRangeName"
        " ipAllocationPolicy.servicesSecondaryRangeName masterAuthorizedNetworksConfig.gcpPublicCidrsAccessEnabled"
        " masterAuthorizedNetworksConfig.privateEndpointEnforcementEnabled monitoringConfig.enableComponents"
        f" monitoringConfig.managedPrometheus {_NODES}",
        defaults={
            "clusterAutoscaling.autoProvisioningDefaults.serviceAccount": "default",
            "controlPlaneEndpointsConfig.ipEndpointsConfig.enabled": False,
            "deletionProtection": True,
            "dnsConfig.clusterDns": "PROVIDER_UNSPECIFIED",
            "enableShieldedNodes": True,
            **_SHIELDED,
        },
    ),
    _POOL: resource(
        "projects/{project}/locations/{location}/clusters/{cluster}/nodePools/{name}",
        create=1.5,
        delete=3,
        update=2,
        source="Terraform logs: created in 1m04s to 1m56s; deleted in 2 to 4 min; updates by common use",
        outputs=_pool,
        stored=_scaled,
        refusal_beside=_pool_refusal,
        fixed="initialNodeCount maxPodsPerNode namePrefix networkConfig.additionalNodeNetworkConfigs"
        " networkConfig.additionalPodNetworkConfigs networkConfig.createPodRange networkConfig.podCidrOverprovisionConfig"
        " networkConfig.podIpv4CidrBlock networkConfig.podRange networkConfig.subnetwork nodeConfig.advancedMachineFeatures"
        " nodeConfig.bootDiskKmsKey nodeConfig.confidentialNodes.confidentialInstanceType nodeConfig.guestAccelerators"
        " nodeConfig.localSsdCount nodeConfig.metadata nodeConfig.minCpuPlatform nodeConfig.oauthScopes nodeConfig.preemptible"
        " nodeConfig.reservationAffinity nodeConfig.sandboxConfig nodeConfig.serviceAccount"
        " nodeConfig.shieldedInstanceConfig nodeConfig.spot placementPolicy queuedProvisioning",
        left_out=f"autoscaling.locationPolicy upgradeSettings.maxSurge upgradeSettings.maxUnavailable {_NODES}",
        defaults={
            "management.autoRepair": True,
            "management.autoUpgrade": True,
            "upgradeSettings.strategy": "SURGE",
            **_SHIELDED,
        },
    ),
}
