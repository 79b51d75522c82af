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
"""A chart and its values; the one resource of these stacks in a cluster that is no object."""

FORMS = {
    *(("confluent", "complete"), ("kafka", "complete"), ("msk", "scram"), ("pubsub", "partitioned")),
    *(("eks", "auto"), ("eks", "fargate"), ("gke", "autopilot")),
}
"""The forms of services that make other Kubernetes objects than the shipped stacks."""
COMBINATIONS = {
    str(each): each
    for each in FORMS_ONCE
    if {(each.streaming, each.streaming_form), (each.platform, each.platform_form)} & FORMS
}
"""Each of them with the first partner that it has."""
SHIPPED = [name for name in NAMES if not name.endswith("-ecs")]
STACKS = [*SHIPPED, *COMBINATIONS]
WORKLOADS = ("Deployment", "Job", "StatefulSet")
"""The kinds that make pods."""

MANAGER = "pulumi-kubernetes-1f2e3d4c"
"""The field manager of pulumi-kubernetes: this prefix and digits of its own for each resource, kept in its state
(pulumi-kubernetes, provider/pkg/provider/provider.go, fieldManagerName)."""


def stack_file(stack: str) -> StackFile:
    """A shipped stack, or one of the combinations."""
    return COMBINATIONS[stack].stack_file() if stack in COMBINATIONS else find_stack_file(stack)


def grown(stack: str, parallelism: int) -> StackFile:
    """The same with another parallelism of its first pipe."""
    file = stack_file(stack)
    return file.with_parallelism(next(iter(read_settings(file).pipes)), parallelism)


@cache
def manifests(stack: str) -> tuple[Manifest, ...]:
    return tuple(of_plan(plan(stack_file(stack))))


def of_plan(made: Plan) -> Iterator[Manifest]:
    """Every object of a plan in its order, with its secrets, and with a name where the provider makes one up."""
    for resource in in_order(made.recording):
        if resource.type.startswith("kubernetes:") and resource.type != RELEASE and not resource.external:
            given: dict[str, Any] = dict(resource.revealed)
            name = _generated_name(kind(resource.type), resource.name)["metadata"]
            yield {**given, "metadata": {**name, **given.get("metadata", {})}}


def pod(workload: Manifest) -> Manifest:
    """A pod as a workload's controller makes it from its template, in the workload's namespace."""
    template, metadata = workload["spec"]["template"], workload["metadata"]
    own = {"name": f"{metadata['name'][:50]}-0", "namespace": metadata["namespace"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {**template["metadata"], **own}, "spec": template["spec"]}


def of_kind(made: Iterable[Manifest], *kinds: str) -> list[Manifest]:
    return [each for each in made if each["kind"] in kinds]


def object_of(version: str, kind: str, name: str, namespace: str) -> dict[str, Any]:
    """An object with nothing but its name."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}


def deploy(api: KubernetesApi, made: Iterable[Manifest]) -> list[dict[str, Any]]:
    """Apply objects in their order; what the server answers."""
    return [api.apply(each, manager=MANAGER) for each in made]


def token(api: KubernetesApi, namespace: str, account: str) -> str:
    """What a pod that runs under a service account gets."""
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    return api.call("POST", path, asked)["status"]["token"]
