"""Simulated Azure: AKS. Times and rules are explained in kinds.py."""

from collections.abc import Mapping
from typing import Any, cast

from workbench.cloud.azure import existing
from workbench.cloud.azure.resource import TENANT, group_id, location_of, resource
from workbench.cloud.model import Inputs, Others, ResourceModel, at, digits, minor_version, number, text, uuid_of

_POOL = "azure-native:containerservice:AgentPool"
_PATCH = ".2"
"""Patch version that the service adds to a minor version such as `1.35`."""
_OLDEST_MINOR = 34
"""Minor version of the oldest Kubernetes that AKS supports (AKS, Supported Kubernetes versions, read 2026-08)."""


def api_server(group: str, name: str, inputs: Inputs) -> str:
    """Return the host name of a cluster's API server. It depends only on the cluster's group and name."""
    return f"{name}-{digits(f'{group}/{name}', 8)}.hcp.{location_of(inputs)}.azmk8s.io"


def _cluster(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of an AKS cluster."""
    group, own, location = text(inputs, "resourceGroupName", "group"), id_.rsplit("/", 1)[-1], location_of(inputs)
    nodes = text(inputs, "nodeResourceGroup", f"MC_{group}_{own}_{location}")
    kubelet = f"{group_id(nodes, inputs)}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{own}-agentpool"
    fqdn = api_server(group, own, inputs)
    outputs: dict[str, Any] = {
        "fqdn": fqdn,
        "azurePortalFQDN": fqdn.replace(".hcp.", ".portal.hcp."),
        "nodeResourceGroup": nodes,
        "currentKubernetesVersion": _patched(text(inputs, "kubernetesVersion", "1.35")),
        "identityProfile": {
            "kubeletidentity": {
                "resourceId": kubelet,
                "clientId": uuid_of(f"client {kubelet}"),
                "objectId": uuid_of(f"principal {kubelet}"),
            }
        },
        "maxAgentPools": 100,
        "powerState": {"code": "Running"},
        "resourceUID": digits(id_, 24),
    }
    if at(inputs, "oidcIssuerProfile.enabled") is True:
        issuer = f"https://{location}.oic.prod-aks.azure.com/{TENANT}/{uuid_of(id_ + name)}/"
        outputs["oidcIssuerProfile"] = {"issuerURL": issuer}
    if at(inputs, "apiServerAccessProfile.enablePrivateCluster") is True:
        outputs["privateFQDN"] = f"{own}-{digits(id_, 8)}.{uuid_of(id_)}.privatelink.{location}.azmk8s.io"
    return outputs


def _patched(version: str) -> str:
    return version if version.count(".") > 1 else version + _PATCH


def _upgraded(state: Inputs, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs that an upgrade changes."""
    version = _patched(text(inputs, "kubernetesVersion", "1.35"))
    return {} if state.get("currentKubernetesVersion") == version else {"currentKubernetesVersion": version}


def _all_pools(inputs: Inputs, others: Others) -> Mapping[str, Any]:
    """Return the pools from the cluster's creation, scaled by the autoscaler, and the separate agent pools."""
    given = at(inputs, "agentPoolProfiles")
    if not isinstance(given, list):
        return {}
    own = ("resourceGroupName", "resourceName")
    added = [pool for pool in others(_POOL) if all(pool.get(key) == inputs.get(key) for key in own)]
    made_with = [{**pool, **_scaled(pool, others)} for pool in cast("list[Inputs]", given)]
    return {"agentPoolProfiles": [*made_with, *map(_profile, added)]}


def _profile(pool: Inputs) -> Mapping[str, Any]:
    """Return an agent pool as its cluster lists it."""
    rest = {
        key: value for key, value in pool.items() if key not in ("agentPoolName", "resourceGroupName", "resourceName")
    }
    return {**rest, "name": text(pool, "agentPoolName", "pool")}


def _scaled(inputs: Inputs, _others: Others) -> Mapping[str, Any]:
    """Return the number of nodes after the autoscaler added one."""
    least, most = number(inputs, "minCount", 1), number(inputs, "maxCount", 1)
    if at(inputs, "enableAutoScaling") is not True:
        return {}
    return {"count": min(number(inputs, "count", least) + 1, most)}


def _cluster_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Refuse to disable features that cannot be disabled, and unsupported upgrades (AKS documentation of each)."""
    for path, words in (
        ("oidcIssuerProfile.enabled", "OIDCIssuerFeatureCannotBeDisabled: OIDC issuer feature cannot be disabled"),
        (
            "apiServerAccessProfile.enablePrivateCluster",
            "PropertyChangeNotAllowed: Changing property 'apiServerAccessProfile.enablePrivateCluster' is not allowed",
        ),
    ):
        changed = old is not None and (at(old, path) is True) != (at(new, path) is True)
        if changed and (at(old, path) is True or path.startswith("apiServer")):
            return words
    before, after = (minor_version(inputs or {}, "kubernetesVersion") for inputs in (old, new))
    # From a version that is no longer supported, minor versions may be skipped (AKS, Upgrade an AKS cluster; read 2026-11-29).
    if before is not None and after is not None and not before <= after <= max(before + 1, _OLDEST_MINOR):
        return f"OperationNotAllowed: Upgrading Kubernetes version 1.{before} to 1.{after} is not allowed."
    return None


def _pools_refusal(old: Inputs | None, new: Inputs, others: Others) -> str | None:
    """Refuse new pools in a cluster update, such as a pool that a refresh found and that was deleted later (azure-native #2719)."""
    profiles = at(new, "agentPoolProfiles")
    if old is None or not isinstance(profiles, list):
        return None
    there = {text(pool, "agentPoolName", "") for pool in others(_POOL)}
    asked = [text(pool, "name", "") for pool in cast("list[Inputs]", profiles) if at(pool, "mode") != "System"]
    if all(name in there for name in asked):
        return None
    return "BadRequest: A new agent pool was introduced. Adding agent pools is not allowed through managed cluster operations"


def _pool(_id: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of an AKS agent pool."""
    version = _patched(text(inputs, "orchestratorVersion", "1.35"))
    return {
        "count": number(inputs, "count", number(inputs, "minCount", 1)),
        "currentOrchestratorVersion": version,
        "nodeImageVersion": "AKSUbuntu-2404gen2containerd-202601.01.0",
        "powerState": {"code": "Running"},
    }


def _pool_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Refuse invalid limits of a pool's autoscaler (AKS, Quotas and limits)."""
    least, most, count = (at(new, path) for path in ("minCount", "maxCount", "count"))
    if at(new, "enableAutoScaling") is not True or not isinstance(least, int) or not isinstance(most, int):
        return None
    if least > most:
        return f"InvalidParameter: minCount {least} is greater than maxCount {most}"
    if old is None and isinstance(count, int) and not least <= count <= most:
        return f"InvalidParameter: count {count} must be from minCount {least} to maxCount {most}"
    return None


AKS: Mapping[str, ResourceModel] = {
    "azure-native:containerservice:ManagedCluster": resource(
        "Microsoft.ContainerService/managedClusters",
        "resourceName",
        holds_data=True,
        create=6,
        delete=7,
        update=3,
        source="Terraform logs: created in 3m39s to 8m24s; deleted in 5 min to 8m12s; updates by common use",
        outputs=_cluster,
        updated=_upgraded,
        refusal=_cluster_refusal,
        refusal_beside=_pools_refusal,
        drift=_all_pools,
        existing=existing.aks_cluster,
        replace_on=frozenset(
            {
                "diskEncryptionSetID",
                "dnsPrefix",
                "fqdnSubdomain",
                "linuxProfile",
                "nodeResourceGroup",
                "windowsProfile",
                *(
                    f"networkProfile.{each}"
                    for each in (
                        "dnsServiceIP",
                        "networkDataplane",
                        "networkMode",
                        "networkPlugin",
                        "networkPluginMode",
                        "networkPolicy",
                        "outboundType",
                        "podCidr",
                        "serviceCidr",
                        "serviceCidrs",
                    )
                ),
            }
        ),
    ),
    _POOL: resource(
        "Microsoft.ContainerService/managedClusters/agentPools",
        "resourceName",
        "agentPoolName",
        create=3,
        delete=3,
        update=2,
        source="common use: an extra pool takes two to four minutes",
        common="name provisioningState",
        outputs=_pool,
        refusal=_pool_refusal,
        drift=_scaled,
        replace_on=frozenset({"gpuInstanceProfile", "networkProfile.nodePublicIPTags", "vmSize"}),
        tracked=False,
    ),
}
