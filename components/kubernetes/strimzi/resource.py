"""The custom resources by which Strimzi is told what to run, and the Secrets that it answers with."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import pulumi_kubernetes as kubernetes
from pulumi import Input, Output, ResourceOptions

from components.contracts import Secret
from components.kubernetes.pods import labels

NAMESPACE = "data-pipes-kafka"
"""The namespace of the operator and of all that it runs; no pipe may have this name."""

CLUSTER = "data-pipes"
"""The name of the Kafka cluster, with which the names of its own Secrets begin: a pipe's never do, so no user's Secret is one of
them (settings, CLUSTER_NAMESPACES)."""


class StrimziResource(kubernetes.apiextensions.CustomResource):
    """A resource of Strimzi's API, with outputs that are typed."""

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
    """Make a resource of the cluster and, where it is awaited, wait until Strimzi says that what it asks for is there."""
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
    """Read a Secret that Strimzi made for a resource of its own, and read it anew in every run of Pulumi."""
    return kubernetes.core.v1.Secret.get(name, id_, ResourceOptions.merge(opts, ResourceOptions(depends_on=[owner])))


def secret_text(secret: kubernetes.core.v1.Secret, key: str) -> Secret:
    """The text under a key of a Secret."""

    def decoded(data: Mapping[str, str]) -> str:
        return b64decode(data[key]).decode()

    return Output.secret(secret.data.apply(decoded))
