"""Custom resources of Strimzi, and the Secrets that it creates for them."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import pulumi_kubernetes as kubernetes
from pulumi import Input, Output, ResourceOptions

from components.contracts import Secret
from components.kubernetes.pods import labels

NAMESPACE = "data-pipes-kafka"
"""Namespace of the operator and of everything that it runs. No pipe can have this name."""

CLUSTER = "data-pipes"
"""Name of the Kafka cluster, and prefix of its Secrets. Names of pipes cannot start with it, so the Secret of a user never has the name
of a Secret of the cluster (settings, CLUSTER_NAMESPACES)."""


class StrimziResource(kubernetes.apiextensions.CustomResource):
    """Custom resource of Strimzi with typed outputs."""

    metadata: Output[kubernetes.meta.v1.outputs.ObjectMeta]
    spec: Output[Mapping[str, Any]]


def strimzi_resource(
    resource_name: str,
    *,
    kind: str,
    name: str,
    namespace: Input[str],
    spec: Mapping[str, Any],
    awaited: bool = True,
    opts: ResourceOptions,
) -> StrimziResource:
    """Create a resource of the cluster. If it is awaited, wait until Strimzi reports the condition Ready."""
    return StrimziResource(
        resource_name,
        api_version="kafka.strimzi.io/v1",
        kind=kind,
        metadata=kubernetes.meta.v1.ObjectMetaArgs(
            name=name,
            namespace=namespace,
            labels={**labels(name), "strimzi.io/cluster": CLUSTER},
            annotations={"pulumi.com/waitFor": "condition=Ready"} if awaited else None,
        ),
        spec=spec,
        opts=opts,
    )


def made_secret(
    name: str, id_: Output[str], owner: StrimziResource, opts: ResourceOptions
) -> kubernetes.core.v1.Secret:
    """Read a Secret that Strimzi creates for a custom resource. Every Pulumi run reads it again."""
    return kubernetes.core.v1.Secret.get(name, id_, ResourceOptions.merge(opts, ResourceOptions(depends_on=[owner])))


def secret_text(secret: kubernetes.core.v1.Secret, key: str) -> Secret:
    """Return the decoded value of a key of a Secret."""

    def decoded(data: Mapping[str, str]) -> str:
        return b64decode(data[key]).decode()

    return Output.secret(secret.data.apply(decoded))
