"""Kubeconfig of an AKS cluster, from the credentials of its users."""

import json
from base64 import b64decode
from typing import Any

import pulumi_azure_native as azure
import yaml
from pulumi import Input, InvokeOutputOptions, Output, Resource

from components.lookup import lookup

ENTRA_SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""Entra application that tokens for AKS are issued for. It is the same for all clusters (AKS, Use kubelogin to authenticate)."""


def user_credentials(
    resource_group: Input[str], cluster: Input[str], *, fqdn: Input[str | None], parent: Resource
) -> Output[str]:
    """Return the cluster's user credentials from Azure: a kubeconfig with server and certificate authority, encoded in base64.

    `fqdn` is public for a private API server with a public name.
    """
    found = lookup(
        azure.containerservice.list_managed_cluster_user_credentials_output(
            resource_group_name=resource_group,
            resource_name=cluster,
            server_fqdn=fqdn,
            opts=InvokeOutputOptions(parent=parent),
        ),
        "azure-native:subscriptionId",
        rule="a subscription where the deployer may read the credentials of the AKS cluster",
        fix="Give the deployer the role Azure Kubernetes Service Cluster User Role.",
    )
    return found.apply(lambda result: result.kubeconfigs[0].value)


def server(credentials: str) -> str:
    """Return the address of the Kubernetes API from a user kubeconfig."""
    return _cluster(credentials)["server"]


def kubeconfig(credentials: str) -> str:
    """Return a kubeconfig that signs in with the Azure CLI (AKS, Use kubelogin to authenticate)."""
    cluster = _cluster(credentials)
    login = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "kubelogin",
        "args": ["get-token", "--login", "azurecli", "--server-id", ENTRA_SERVER],
        "interactiveMode": "Never",
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "aks", "cluster": cluster}],
        "users": [{"name": "aks", "user": {"exec": login}}],
        "contexts": [{"name": "aks", "context": {"cluster": "aks", "user": "aks"}}],
        "current-context": "aks",
    }
    return json.dumps(config)


def as_returned(credentials: str) -> str:
    """Return the kubeconfig unchanged. Without Entra it has a client certificate, and kubelogin cannot sign in."""
    return b64decode(credentials).decode()


def _cluster(credentials: str) -> dict[str, Any]:
    """Return the server and its certificate authority from a base64-encoded kubeconfig."""
    found = yaml.safe_load(b64decode(credentials))["clusters"][0]["cluster"]
    return {"server": found["server"], "certificate-authority-data": found["certificate-authority-data"]}
