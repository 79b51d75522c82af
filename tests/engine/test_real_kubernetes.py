"""Tests on the real engine with a real Kubernetes API server: created, changed, rejected and deleted objects."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from workbench.rehearse.sandbox import EngineError, Sandbox
from workbench.servers.kubernetes_api import KubernetesApi, KubernetesRefusalError
from workbench.servers.kubernetes_server import KubernetesServer

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

Start = Callable[..., Sandbox]

PIPES, ORDERS = "/api/v1/namespaces/pipes", "/apis/apps/v1/namespaces/pipes/deployments/orders"
TOKEN = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "hunter2"}


@pytest.fixture
def api(server: KubernetesServer) -> Iterator[KubernetesApi]:
    with server.api() as api:
        yield api


def namespace() -> pulumi.Output[str]:
    return kubernetes.core.v1.Namespace("pipes", metadata={"name": "pipes"}).metadata.name.apply(str)


def deployment(namespace: pulumi.Input[str], replicas: int = 3, **container: Any) -> kubernetes.apps.v1.Deployment:
    labels = {"app": "orders"}
    whole: Any = {"name": "consumer", "image": "consumer:1", **container}
    return kubernetes.apps.v1.Deployment(
        "orders",
        metadata={"name": "orders", "namespace": namespace},
        spec={
            "replicas": replicas,
            "selector": {"match_labels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [whole]}},
        },
    )


def is_there(api: KubernetesApi, path: str) -> bool:
    try:
        api.call("GET", path)
    except KubernetesRefusalError as error:
        if error.status == 404:
            return False
        raise
    return True


def test_objects_exist_after_up_are_unchanged_by_a_second_up_and_are_deleted_by_destroy(
    start: Start, kubeconfig: Path, api: KubernetesApi
):
    def program():
        made = deployment(namespace())
        pulumi.export("ready", made.status.ready_replicas)
        pulumi.export("policy", made.spec.template.spec.restart_policy)
        pulumi.export("uid", made.metadata.uid)

    sandbox = start(program, kubernetes=kubeconfig)
    sandbox.run("up")
    found = api.call("GET", ORDERS)
    assert found["metadata"]["managedFields"][0]["manager"] == "pulumi-kubernetes"
    outputs = {name: output.value for name, output in sandbox.stack.outputs().items()}
    assert outputs == {"ready": 3, "policy": "Always", "uid": found["metadata"]["uid"]}, (
        "values set by the server must be known"
    )
    assert sandbox.run("up").touched == {}
    assert sandbox.run("refresh").touched == {}
    sandbox.run("destroy")
    assert not is_there(api, ORDERS)
    assert not is_there(api, PIPES), "the namespace must not stay in state Terminating"


def test_growth_is_applied_with_the_field_manager_of_the_resource(start: Start, kubeconfig: Path, api: KubernetesApi):
    wanted = {"replicas": 3}
    sandbox = start(lambda: deployment(namespace(), **wanted), kubernetes=kubeconfig)
    for replicas in (3, 6, 7):
        wanted["replicas"] = replicas
        sandbox.run("up")
    found = api.call("GET", ORDERS)
    assert found["spec"]["replicas"] == 7
    [manager] = found["metadata"]["managedFields"]
    assert manager["operation"] == "Apply"
    assert manager["manager"].startswith("pulumi-kubernetes-")


@pytest.mark.parametrize(
    ("container", "answer"),
    [
        ({"imagePolicy": "Always"}, r'unknown field "spec\.template\.spec\.containers\[0\]\.imagePolicy"'),
        ({"resources": {"requests": {"memory": "1 GB"}}}, r"quantities must match the regular expression"),
        ({"image": ""}, r"spec\.template\.spec\.containers\[0\]\.image: Required value"),
    ],
    ids=["unknown field", "quantity", "no image"],
)
def test_refusals_have_the_servers_message(
    start: Start, kubeconfig: Path, api: KubernetesApi, container: dict[str, Any], answer: str
):
    sandbox = start(lambda: deployment(namespace(), **container), kubernetes=kubeconfig)
    with pytest.raises(EngineError, match=answer) as refusal:
        sandbox.run("up")
    assert "was not successfully created by the Kubernetes API server" in str(refusal.value)
    assert "Traceback" not in str(refusal.value)
    assert not is_there(api, ORDERS)
    with pytest.raises(EngineError, match=answer):
        sandbox.run("preview")  # The namespace exists now, so a dry run reports the error first.
    sandbox.run("destroy")
    assert not is_there(api, PIPES)


def test_a_change_of_an_immutable_field_is_refused_in_preview_and_update(start: Start, kubeconfig: Path):
    settings = {"policy": "Delete"}

    def program():
        kubernetes.storage.v1.StorageClass(
            "volumes",
            metadata={"name": "volumes"},
            provisioner="disk.csi.example.com",
            reclaim_policy=settings["policy"],
        )

    sandbox = start(program, kubernetes=kubeconfig)
    sandbox.run("up")
    settings["policy"] = "Retain"
    for action in ("preview", "up"):
        with pytest.raises(EngineError, match='reclaimPolicy: Invalid value: "Retain": field is immutable') as refusal:
            sandbox.run(action)
        assert "Traceback" not in str(refusal.value)


def test_a_change_outside_pulumi_is_found_and_only_kubectls_is_reverted(
    start: Start, kubeconfig: Path, api: KubernetesApi
):
    def change(manager: str, replicas: int) -> None:
        patch = {"spec": {"replicas": replicas}}
        api.call("PATCH", ORDERS, patch, query={"fieldManager": manager}, content="application/merge-patch+json")

    sandbox = start(lambda: deployment(namespace()), kubernetes=kubeconfig)
    sandbox.run("up")
    for again in (4, 5):
        change("kubectl-edit", again)
        assert list(sandbox.run("refresh").touched.values()) == ["update"]
        sandbox.run("up")
        assert api.call("GET", ORDERS)["spec"]["replicas"] == 3
    change("autoscaler", 9)
    sandbox.run("refresh")
    with pytest.raises(EngineError, match=r'conflict with "autoscaler" using apps/v1: \.spec\.replicas'):
        sandbox.run("up")
    assert api.call("GET", ORDERS)["spec"]["replicas"] == 9


def test_an_object_deleted_outside_pulumi_is_created_again(start: Start, kubeconfig: Path, api: KubernetesApi):
    sandbox = start(lambda: deployment(namespace()), kubernetes=kubeconfig)
    sandbox.run("up")
    api.remove(ORDERS)
    assert sandbox.run("refresh").counts.get("delete") == 1
    assert sandbox.run("up").counts.get("create") == 1
    assert is_there(api, ORDERS)


def test_a_secret_reaches_the_server_and_no_file_of_the_state(start: Start, kubeconfig: Path, api: KubernetesApi):
    def program():
        token = pulumi.Config("lab").require_secret("token")
        kubernetes.core.v1.Secret("secret", metadata={"name": "secret"}, string_data={"token": token})
        kubernetes.core.v1.ConfigMap("map", metadata={"name": "map"}, data={"token": token})

    sandbox = start(program, kubernetes=kubeconfig)
    sandbox.configure({}, {"lab:token": "hunter2"})
    sandbox.run("up")
    kept = base64.b64encode(b"hunter2").decode()
    assert api.call("GET", "/api/v1/namespaces/default/secrets/secret")["data"] == {"token": kept}
    assert sandbox.run("refresh").touched == {}
    assert sandbox.run("up").touched == {}
    written = [file.read_text(encoding="utf-8") for file in (sandbox.directory / "state").rglob("*.json")]
    assert written
    assert [text for text in written if "hunter2" in text or kept in text] == []


def test_a_kind_that_is_missing_on_the_server_is_simulated(start: Start, kubeconfig: Path):
    def program():
        kubernetes.helm.v3.Release("operator", chart="strimzi-kafka-operator", namespace=namespace())

    sandbox = start(program, kubernetes=kubeconfig)
    sandbox.run("up")
    assert sandbox.run("refresh").touched == {}
    assert sandbox.run("destroy").counts.get("delete") == 3, "the release, its namespace and the stack"
