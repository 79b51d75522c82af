"""Tests of every Kubernetes object of every stack on a real API server, applied like Pulumi in the order of the plan."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from components.kubernetes.jobs.brokers import NAME
from tests.kubernetes.conftest import Acting
from tests.kubernetes.manifests import MANAGER, STACKS, WORKLOADS, manifests, object_of, of_kind, pod
from workbench.servers.kubernetes_api import KubernetesApi, KubernetesRefusalError, Manifest
from workbench.servers.kubernetes_server import KubernetesServer


@dataclass
class Deployed:
    """A stack's objects in an otherwise empty cluster."""

    stack: str
    objects: tuple[Manifest, ...]
    versions: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@pytest.fixture(scope="module", params=STACKS)
def deployed(request: pytest.FixtureRequest, server: KubernetesServer, api: KubernetesApi) -> Deployed:
    server.clean()
    deployed = Deployed(request.param, manifests(request.param))
    for each in deployed.objects:
        try:
            deployed.versions.append(api.apply(each, manager=MANAGER)["metadata"]["resourceVersion"])
        except KubernetesRefusalError as error:
            deployed.refused.append(f"{each['kind']} {each['metadata']['name']}: {error}")
    return deployed


def test_the_server_accepts_every_object_in_the_order_of_the_plan(deployed: Deployed):
    assert deployed.objects
    assert deployed.refused == []


def test_a_second_apply_changes_nothing(deployed: Deployed, api: KubernetesApi):
    again = [api.apply(each, manager=MANAGER)["metadata"]["resourceVersion"] for each in deployed.objects]
    assert again == deployed.versions


def test_pod_security_admits_the_pods_of_every_workload_and_no_privileged_one(deployed: Deployed, api: KubernetesApi):
    workloads = of_kind(deployed.objects, *WORKLOADS)
    assert workloads
    for workload in workloads:
        admitted = pod(workload)
        api.create(admitted)
        container = {**admitted["spec"]["containers"][0], "securityContext": {"privileged": True}}
        privileged = {**admitted, "spec": {**admitted["spec"], "containers": [container]}}
        api.delete(admitted)
        with pytest.raises(KubernetesRefusalError, match='violates PodSecurity "restricted'):
            api.create(privileged)


def test_only_the_brokers_job_has_permissions_in_the_cluster(deployed: Deployed, api: KubernetesApi, acting: Acting):
    api.apply(account := object_of("v1", "ServiceAccount", "stranger", "default"), manager=MANAGER)
    everybody = rules(acting("default", "stranger"), "default")
    api.delete(account)
    own = [{"verbs": ["get", "patch"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": [NAME]}]
    for each in of_kind(deployed.objects, "ServiceAccount"):
        namespace, name = each["metadata"]["namespace"], each["metadata"]["name"]
        found = [rule for rule in rules(acting(namespace, name), namespace) if rule not in everybody]
        assert found == (own if name == NAME else []), f"{namespace}/{name}"


def rules(account: KubernetesApi, namespace: str) -> list[Manifest]:
    """Return an account's permissions in a namespace, as reported by the server."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    status = account.create(review)["status"]
    assert not status["incomplete"]
    return [*status["resourceRules"], *status["nonResourceRules"]]


def test_objects_named_by_a_pod_are_in_its_namespace(deployed: Deployed, api: KubernetesApi):
    """These are its service account, and the ConfigMaps and Secrets that it reads."""
    for workload in of_kind(deployed.objects, *WORKLOADS):
        for kind, name in named(workload["spec"]["template"]["spec"]):
            api.read(object_of("v1", kind, name, workload["metadata"]["namespace"]))


def named(spec: Manifest) -> Iterator[tuple[str, str]]:
    yield "ServiceAccount", spec["serviceAccountName"]
    for container in spec["containers"]:
        for source in container.get("envFrom", ()):
            if "configMapRef" in source:
                yield "ConfigMap", source["configMapRef"]["name"]
            if "secretRef" in source:
                yield "Secret", source["secretRef"]["name"]
        for variable in container.get("env", ()):
            if reference := variable.get("valueFrom", {}).get("secretKeyRef"):
                yield "Secret", reference["name"]
    for volume in spec.get("volumes", ()):
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"]
        if "secret" in volume:
            yield "Secret", volume["secret"]["secretName"]
