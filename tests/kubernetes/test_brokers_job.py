"""Tests of the program that finds HDInsight's brokers, with its service account on a real API server."""

from pathlib import Path

import pytest
import yaml

from components.kubernetes.jobs.brokers import NAME
from components.kubernetes.jobs.topic import NAMESPACE
from tests.kubernetes.conftest import Acting
from tests.kubernetes.manifests import MANAGER, deploy, manifests, object_of, token
from tests.topic.ambari import AUTHORITY, Servers, serving
from topic import brokers as program
from workbench.servers.kubernetes_api import KubernetesApi, KubernetesRefusalError
from workbench.servers.kubernetes_server import KubernetesServer

STACK = "azure-hdinsight-aks"
CONFIG_MAP = object_of("v1", "ConfigMap", NAME, NAMESPACE)
HOSTS = [f"wn{number}-kafka.x.internal.cloudapp.net" for number in range(3)]


@pytest.fixture(autouse=True)
def _stack(server: KubernetesServer, api: KubernetesApi) -> None:
    server.clean()
    deploy(api, manifests(STACK))


def run(server: KubernetesServer, api: KubernetesApi, directory: Path, *, namespace: str, account: str) -> int:
    """Run the program with a service account's token and return its exit status."""
    cluster = yaml.safe_load(server.kubeconfig.read_text(encoding="utf-8"))["clusters"][0]["cluster"]
    authority = Path(cluster["certificate-authority"]).read_text(encoding="utf-8")
    for name, text in (("token", token(api, namespace, account)), ("namespace", NAMESPACE), ("ca.crt", authority)):
        (directory / name).write_text(text, encoding="utf-8")
    host, _, port = cluster["server"].removeprefix("https://").partition(":")
    servers = Servers(hosts=HOSTS)
    with serving(servers):
        environment = {
            "AMBARI_URL": f"https://localhost:{servers.port}",
            "AMBARI_ADDRESS": "127.0.0.1",
            "AMBARI_CLUSTER": "kafka",
            "AMBARI_USERNAME": "admin",
            "AMBARI_PASSWORD": "stand-in",
            "BROKERS": "3",
            "CONFIG_MAP": NAME,
            "KUBERNETES_SERVICE_HOST": host,
            "KUBERNETES_SERVICE_PORT": port,
        }
        return program.main(environment, directory)


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory with the service account files of a pod."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ambari.crt"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ambari.crt"))
    return tmp_path


def test_the_config_map_is_filled_and_the_next_deployment_keeps_its_data(
    server: KubernetesServer, api: KubernetesApi, pod: Path
):
    assert run(server, api, pod, namespace=NAMESPACE, account=NAME) == 0
    deploy(api, manifests(STACK))
    assert api.read(CONFIG_MAP)["data"] == {"bootstrapServers": ",".join(f"{host}:9092" for host in HOSTS)}


def test_the_program_fails_with_the_consumers_account(
    server: KubernetesServer, api: KubernetesApi, pod: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(server, api, pod, namespace="orders", account="consumer") == 1
    assert "403 Forbidden" in capsys.readouterr().err
    assert "data" not in api.read(CONFIG_MAP)


def test_its_account_cannot_read_other_config_maps_or_secrets(api: KubernetesApi, acting: Acting):
    job = acting(NAMESPACE, NAME)
    job.read(CONFIG_MAP)
    api.apply(other := object_of("v1", "ConfigMap", "other", NAMESPACE), manager=MANAGER)
    for refused in (other, object_of("v1", "Secret", NAME, NAMESPACE)):
        with pytest.raises(KubernetesRefusalError, match="forbidden") as refusal:
            job.read(refused)
        assert refusal.value.status == 403
    with pytest.raises(KubernetesRefusalError, match="forbidden"):
        job.delete(CONFIG_MAP)


@pytest.mark.parametrize(
    ("account", "verb", "name", "allowed"),
    [
        (f"{NAMESPACE}:{NAME}", "get", NAME, True),
        (f"{NAMESPACE}:{NAME}", "patch", NAME, True),
        (f"{NAMESPACE}:{NAME}", "update", NAME, False),
        (f"{NAMESPACE}:{NAME}", "list", None, False),
        (f"{NAMESPACE}:{NAME}", "patch", "other", False),
        (f"{NAMESPACE}:orders", "get", NAME, False),
        (f"{NAMESPACE}:orders.dead-letters", "patch", NAME, False),
        ("orders:consumer", "get", NAME, False),
    ],
)
def test_the_server_s_access_review_agrees(
    api: KubernetesApi, account: str, verb: str, name: str | None, allowed: bool
):
    asked = {"namespace": NAMESPACE, "verb": verb, "version": "v1", "resource": "configmaps", "name": name}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": f"system:serviceaccount:{account}", "resourceAttributes": asked},
    }
    assert api.create(review)["status"]["allowed"] is allowed
