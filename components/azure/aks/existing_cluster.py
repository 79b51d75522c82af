"""Lookup of an existing AKS cluster, and what pods need of it."""

from collections.abc import Sequence

import pulumi
import pulumi_azure_native as azure
from pulumi import InvokeOptions, Output, Resource, RunError
from pulumi_azure_native.containerservice import GetManagedClusterResult

from components.azure.account import Account
from components.azure.aks.existing_settings import ExistingAksCluster
from components.azure.existing import check_region
from components.lookup import lookup, unanswered

KEY = "platform.existing.name"

READY = ("Succeeded", "Scaling", "Updating", "Upgrading")
"""States of a cluster whose Kubernetes API answers. Owners scale and upgrade a cluster while its pods run."""

POLICIES = "AKS, Secure traffic between pods by using network policies, read 2026-11-30"


def find_cluster(existing: ExistingAksCluster, account: Account, parent: Resource) -> Output[GetManagedClusterResult]:
    """Look up the cluster. The lookup fails if it is missing or not ready, or if its pods could not get an identity."""
    found = lookup(
        azure.containerservice.get_managed_cluster_output(
            resource_group_name=existing.resource_group, resource_name=existing.name, opts=InvokeOptions(parent=parent)
        ),
        KEY,
        rule=f"the name of an AKS cluster in the resource group {existing.resource_group} of the stack's subscription",
        got=existing.name,
        fix="Correct name or resourceGroup (az aks list --output table prints both), or set azure-native:subscriptionId to the subscription "
        "of the cluster.",
    )

    def checked(cluster: GetManagedClusterResult) -> GetManagedClusterResult:
        check_region(cluster.location, account, KEY)
        refusal = not_ready(cluster, existing) or without_identities(cluster, existing)
        if refusal:
            raise refusal
        return cluster

    return found.apply(checked)


def command(verb: str, existing: ExistingAksCluster, *options: str) -> str:
    """Return a command of the Azure CLI for the cluster."""
    return " ".join(["az aks", verb, "--resource-group", existing.resource_group, "--name", existing.name, *options])


def not_ready(cluster: GetManagedClusterResult, existing: ExistingAksCluster) -> RunError | None:
    """Return the error for a cluster that is stopped, being created or deleted, or failed. None if it is ready."""
    power, state = cluster.power_state.code, cluster.provisioning_state
    if power != "Running":
        fix = f"Start it: {command('start', existing)}"
        return unanswered(
            KEY,
            rule="the name of a cluster that runs",
            got=existing.name,
            reason=f"its power state is {power}",
            fix=fix,
        )
    if state not in READY:
        fix = f"Wait until it is Succeeded, or repair the cluster: {command('show', existing)}"
        return unanswered(
            KEY,
            rule="the name of a cluster that is ready",
            got=existing.name,
            reason=f"its provisioning state is {state}",
            fix=fix,
        )
    return None


def without_identities(cluster: GetManagedClusterResult, existing: ExistingAksCluster) -> RunError | None:
    """Return the error for a cluster whose pods cannot get an identity, with the command that enables it. None if they can."""
    profile, security = cluster.oidc_issuer_profile, cluster.security_profile
    workload_identity = security.workload_identity if security else None
    missing = {
        "OIDC issuer": ("--enable-oidc-issuer", profile and profile.enabled and profile.issuer_url),
        "workload identity": ("--enable-workload-identity", workload_identity and workload_identity.enabled),
    }
    lacking = {what: option for what, (option, there) in missing.items() if not there}
    if not lacking:
        return None
    return unanswered(
        KEY,
        rule="the name of a cluster with an OIDC issuer and workload identity",
        got=existing.name,
        reason=f"it has no {' and no '.join(lacking)}, so pods get no identity",
        fix=f"Enable it: {command('update', existing, *lacking.values())}",
    )


def warn_without_policies(cluster: GetManagedClusterResult, existing: ExistingAksCluster, resource: Resource) -> None:
    """Warn if the cluster does not enforce the network policies of the consumers."""
    profile = cluster.network_profile
    if profile and profile.network_policy not in (None, "none"):
        return
    pulumi.log.warn(
        f"{KEY}: {existing.name} has no network policy engine, so any pod of the cluster can reach the consumers' metrics, and consumers can "
        f"reach any address. Install one: {command('update', existing, '--network-policy', 'calico')} (this re-images all nodes; {POLICIES}).",
        resource,
    )


def warn_if_private(cluster: GetManagedClusterResult, existing: ExistingAksCluster, resource: Resource) -> None:
    """Warn if the Kubernetes API has a name only in the network of the cluster."""
    access = cluster.api_server_access_profile
    if access and access.enable_private_cluster and not access.enable_private_cluster_public_fqdn:
        pulumi.log.warn(
            f"{KEY}: {existing.name} is private and has no public name. Run Pulumi on a machine in its network, or in one that is peered to it "
            "and resolves its private DNS zone.",
            resource,
        )


def nodes_vnet(cluster: GetManagedClusterResult) -> str | None:
    """Return the ID of the virtual network of the nodes. None if AKS manages it."""
    pools: Sequence[azure.containerservice.outputs.ManagedClusterAgentPoolProfileResponse] = (
        cluster.agent_pool_profiles or []
    )
    subnet = next((pool.vnet_subnet_id for pool in pools if pool.vnet_subnet_id), None)
    return subnet.rsplit("/subnets/", 1)[0] if subnet else None
