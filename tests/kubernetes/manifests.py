"""The Kubernetes objects of stacks, as the provider sends them."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from tests.combinations import FORMS_ONCE
from tests.stacks import NAMES
from workbench.cloud.kinds import kind
from workbench.plan import Plan, in_order, plan
from workbench.recording.monitor import _generated_name
from workbench.servers.kubernetes_api import KubernetesApi, Manifest
from workbench.stack_file import StackFile, find_stack_file, read_settings

RELEASE = "kubernetes:helm.sh/v3:Release"
"""A Helm chart with its values. It is the only resource of these stacks that is not a Kubernetes object."""

FORMS = {
    *(("confluent", "complete"), ("kafka", "complete"), ("msk", "scram"), ("pubsub", "partitioned")),
    *(("kafka-external", "tls"), ("kafka-external", "existing-topic")),
    *(("eks", "auto"), ("eks", "existing"), ("eks", "fargate"), ("gke", "autopilot")),
}
"""Forms of services with other Kubernetes objects than the shipped stacks."""
COMBINATIONS = {
    str(each): each
    for each in FORMS_ONCE
    if {(each.streaming, each.streaming_form), (each.platform, each.platform_form)} & FORMS
}
"""Each of these forms with one partner."""
SHIPPED = [name for name in NAMES if not name.endswith("-ecs")]
STACKS = [*SHIPPED, *COMBINATIONS]
WORKLOADS = ("Deployment", "Job", "StatefulSet")
"""Kinds that create pods."""

MANAGER = "pulumi-kubernetes-1f2e3d4c"
"""Field manager of pulumi-kubernetes: this prefix, and digits that differ for each resource and are kept in its state
(pulumi-kubernetes, provider/pkg/provider/provider.go, fieldManagerName).
"""


def stack_file(stack: str) -> StackFile:
    """Return a shipped stack or one of the combinations."""
    return COMBINATIONS[stack].stack_file() if stack in COMBINATIONS else find_stack_file(stack)


def grown(stack: str, parallelism: int) -> StackFile:
    """Return the stack with another parallelism of its first pipe."""
    file = stack_file(stack)
    return file.with_parallelism(next(iter(read_settings(file).pipes)), parallelism)


@cache
def manifests(stack: str) -> tuple[Manifest, ...]:
    return tuple(of_plan(plan(stack_file(stack))))


def of_plan(made: Plan) -> Iterator[Manifest]:
    """Yield every object of a plan in order, with its secrets. Objects without a name get a generated one.

    Objects that were there before the stack come first, as their owner made them.
    """
    for each in sorted(
        made.recording.adopted, key=lambda found: "/" in found.id
    ):  # a namespace before the objects in it
        if each.type.startswith("kubernetes:"):
            yield {**each.inputs}
    for resource in in_order(made.recording):
        if resource.type.startswith("kubernetes:") and resource.type != RELEASE and not resource.external:
            given: dict[str, Any] = dict(resource.revealed)
            name = _generated_name(kind(resource.type), resource.name)["metadata"]
            yield {**given, "metadata": {**name, **given.get("metadata", {})}}


def pod(workload: Manifest) -> Manifest:
    """Return the pod that a workload's controller creates from its template."""
    template, metadata = workload["spec"]["template"], workload["metadata"]
    own = {"name": f"{metadata['name'][:50]}-0", "namespace": metadata["namespace"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {**template["metadata"], **own}, "spec": template["spec"]}


def of_kind(made: Iterable[Manifest], *kinds: str) -> list[Manifest]:
    return [each for each in made if each["kind"] in kinds]


def object_of(version: str, kind: str, name: str, namespace: str) -> dict[str, Any]:
    """Return an object with only a name."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}


def deploy(api: KubernetesApi, made: Iterable[Manifest]) -> list[dict[str, Any]]:
    """Apply objects in order and return the server's responses."""
    return [api.apply(each, manager=MANAGER) for each in made]


def token(api: KubernetesApi, namespace: str, account: str) -> str:
    """Return a token of a service account, as its pods get it."""
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    return api.call("POST", path, asked)["status"]["token"]
