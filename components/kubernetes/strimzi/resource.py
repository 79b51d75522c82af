"""Custom resources of Strimzi, and the Secrets that it creates for them."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import pulumi_kubernetes as kubernetes
from pulumi import CustomResource, Input, Output, Resource, ResourceOptions

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


API_VERSION = "kafka.strimzi.io/v1"


class ExistingStrimziResource(CustomResource):
    """Custom resource of Strimzi that was there before. It is only read."""

    metadata: Output[Mapping[str, Any]]
    spec: Output[Mapping[str, Any]]
    status: Output[Mapping[str, Any]]

    def __init__(self, resource_name: str, kind: str, id_: Output[str], opts: ResourceOptions) -> None:
        # The outputs must be named, because the class of the SDK has none for a resource that is read.
        outputs: dict[str, Any] = dict.fromkeys(("metadata", "spec", "status"))
        super().__init__(
            f"kubernetes:{API_VERSION}:{kind}",
            resource_name,
            outputs,
            ResourceOptions.merge(opts, ResourceOptions(id=id_)),
        )


def strimzi_resource(
    resource_name: str,
    *,
    kind: str,
    name: str,
    namespace: Input[str],
    spec: Mapping[str, Any],
    cluster: str = CLUSTER,
    awaited: bool = True,
    opts: ResourceOptions,
) -> StrimziResource:
    """Create a resource of the cluster. If it is awaited, wait until Strimzi reports the condition Ready."""
    return StrimziResource(
        resource_name,
        api_version=API_VERSION,
        kind=kind,
        metadata=kubernetes.meta.v1.ObjectMetaArgs(
            name=name,
            namespace=namespace,
            labels={**labels(name), "strimzi.io/cluster": cluster},
            annotations={"pulumi.com/waitFor": "condition=Ready"} if awaited else None,
        ),
        spec=spec,
        opts=opts,
    )


def made_secret(name: str, id_: Output[str], owner: Resource, opts: ResourceOptions) -> kubernetes.core.v1.Secret:
    """Read a Secret that Strimzi creates for a custom resource. Every Pulumi run reads it again."""
    return kubernetes.core.v1.Secret.get(name, id_, ResourceOptions.merge(opts, ResourceOptions(depends_on=[owner])))


def secret_text(secret: kubernetes.core.v1.Secret, key: str) -> Secret:
    """Return the decoded value of a key of a Secret."""

    def decoded(data: Mapping[str, str]) -> str:
        return b64decode(data[key]).decode()

    return Output.secret(secret.data.apply(decoded))
