"""Real Kubernetes API server on this machine for tests and `rehearse`. It ends with this process.

It consists of kube-apiserver and etcd. Objects are validated, defaulted, admitted and stored as in any cluster. There are no
controllers and no nodes, so no pod ever runs.
"""

import http.client
import re
import secrets
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from workbench.servers.child import bound
from workbench.servers.kubernetes_api import KubernetesApi, Manifest
from workbench.servers.kubernetes_binaries import find_binaries, kubernetes_binaries

HOST = "127.0.0.1"
START_SECONDS = 120
SERVER = "kube-apiserver"
"""Name of the server, and field manager of the objects that it creates itself."""
KINDS = "/apis/apiextensions.k8s.io/"
"""Path prefix of custom resource definitions."""
NAMESPACE = re.compile("/api/v1/namespaces/[^/]+")
"""Path of a namespace. It is deleted after its objects."""
_ETCD_CLIENTS, _ETCD_PEERS = "unix://clients:1", "unix://peers:1"
"""etcd's Unix sockets in its working directory. etcd requires a port in the address; it becomes part of the file name."""


class KubernetesServerError(Exception):
    """The server does not run. The message has the end of its log."""


def available() -> bool:
    """Whether a server can be started without a build."""
    return find_binaries() is not None


class KubernetesServer:
    """Empty API server. A context manager that always ends it.

    It listens only on loopback and has one user with all permissions. Role-based access control and Pod Security admission are on.
    ServiceAccount admission is off: it rejects pods if no controller has created the namespace's default account.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        """``report`` gets one line before the server is built, which takes minutes and happens once."""
        self._report = report
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        """Start the server and wait until it is ready."""
        binaries = kubernetes_binaries(self._report)
        with ExitStack() as cleanup:
            self._directory = Path(
                cleanup.enter_context(
                    tempfile.TemporaryDirectory(prefix="data-pipes-kubernetes-", ignore_cleanup_errors=True)
                )
            )
            cleanup.callback(self._end)
            self._port = _held_port(cleanup)
            self._token = secrets.token_urlsafe()
            self._write_files()
            self._launch("etcd", binaries.etcd, self._etcd_flags())
            self._launch(SERVER, binaries.kube_apiserver, self._server_flags())
            self._wait_until_ready()
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the server and remove its files."""
        self._cleanup.close()

    @property
    def kubeconfig(self) -> Path:
        """Kubeconfig of a user with all permissions."""
        return self._directory / "kubeconfig"

    def api(self) -> KubernetesApi:
        """Return a client with all permissions. It is a context manager."""
        return KubernetesApi(self.kubeconfig)

    def clean(self) -> None:
        """Remove all objects except the server's own and the custom resource definitions.

        Finalizers are removed and namespaces are emptied here, because there are no controllers to do it.
        """
        with self.api() as api:
            found = [
                (path, item)
                for path, item in api.everything()
                if not path.startswith(KINDS)
                and all(each["manager"] != SERVER for each in item["metadata"].get("managedFields", ()))
            ]
            for path, item in sorted(found, key=lambda each: bool(NAMESPACE.fullmatch(each[0]))):
                _remove(api, path, item)

    def log(self, name: str = SERVER, lines: int = 15) -> str:
        """Return the last lines of a log."""
        text = self._log(name).read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _write_files(self) -> None:
        """Write the server's keys and tokens and the user's kubeconfig. They are valid for this run; only this user can read them."""
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        (self._directory / "accounts.key").write_bytes(pem)
        (self._directory / "tokens").write_text(f"{self._token},admin,admin,system:masters\n", encoding="utf-8")
        kubeconfig = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "loopback",
                    "cluster": {
                        "server": f"https://{HOST}:{self._port}",
                        "certificate-authority": str(self._certificate),
                    },
                }
            ],
            "users": [{"name": "admin", "user": {"token": self._token}}],
            "contexts": [{"name": "admin", "context": {"cluster": "loopback", "user": "admin"}}],
            "current-context": "admin",
        }
        self.kubeconfig.write_text(yaml.safe_dump(kubeconfig), encoding="utf-8")

    def _etcd_flags(self) -> list[str]:
        """Return the flags of a single member without network access. It does not need to survive a power failure."""
        return [
            "--name=only",
            "--data-dir=etcd",
            "--unsafe-no-fsync",
            f"--listen-client-urls={_ETCD_CLIENTS}",
            f"--advertise-client-urls={_ETCD_CLIENTS}",
            f"--listen-peer-urls={_ETCD_PEERS}",
            f"--initial-advertise-peer-urls={_ETCD_PEERS}",
            f"--initial-cluster=only={_ETCD_PEERS}",
            "--log-level=warn",
        ]

    def _server_flags(self) -> list[str]:
        return [
            f"--etcd-servers={_ETCD_CLIENTS}",  # relative to this directory, because an absolute path may be too long for a socket
            f"--bind-address={HOST}",
            f"--advertise-address={HOST}",
            f"--secure-port={self._port}",
            "--permit-port-sharing",  # this process holds the port
            f"--cert-dir={self._directory}",
            f"--token-auth-file={self._directory / 'tokens'}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self._directory / 'accounts.key'}",
            f"--service-account-signing-key-file={self._directory / 'accounts.key'}",
            "--disable-admission-plugins=ServiceAccount",
            "--allow-privileged",  # as in every managed cluster, so that Pod Security does the rejecting
            "--service-cluster-ip-range=10.0.0.0/16",
            "--endpoint-reconciler-type=none",  # the server's own Service would need an address that is not loopback
            "--enable-priority-and-fairness=false",
        ]

    def _launch(self, name: str, binary: Path, flags: list[str]) -> None:
        with self._log(name).open("wb") as log:
            self._running[name] = subprocess.Popen(  # noqa: S603 - fixed arguments
                bound([binary, *flags]), cwd=self._directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + START_SECONDS
        while not self._ready():
            for name, process in self._running.items():
                if process.poll() is not None:
                    raise KubernetesServerError(f"{name} ended with status {process.returncode}:\n{self.log(name)}")
            if time.monotonic() > end:
                raise KubernetesServerError(f"{SERVER} is not ready after {START_SECONDS} s:\n{self.log()}")
            time.sleep(0.05)

    def _ready(self) -> bool:
        try:
            trust = ssl.create_default_context(cafile=self._certificate)
            with closing(http.client.HTTPSConnection(HOST, self._port, timeout=5, context=trust)) as connection:
                connection.request("GET", "/readyz", headers={"Authorization": f"Bearer {self._token}"})
                return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):  # no certificate yet, no listener yet
            return False

    def _end(self) -> None:
        for process in self._running.values():
            process.kill()
        for process in self._running.values():
            process.wait()
        self._running.clear()

    @property
    def _certificate(self) -> Path:
        """Certificate with its authority. The server writes it when it starts."""
        return self._directory / "apiserver.crt"

    def _log(self, name: str) -> Path:
        return self._directory / f"{name}.log"


def _held_port(cleanup: ExitStack) -> int:
    """Reserve a free port and share it with the server, so that no other process can take it."""
    held = cleanup.enter_context(socket.socket())
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind((HOST, 0))
    return held.getsockname()[1]


def _remove(api: KubernetesApi, path: str, item: Manifest) -> None:
    if item["metadata"].get("finalizers"):
        api.call("PATCH", path, {"metadata": {"finalizers": None}}, content="application/merge-patch+json")
    api.remove(path)
    if NAMESPACE.fullmatch(path):
        api.call("PUT", f"{path}/finalize", {"metadata": {"name": item["metadata"]["name"]}})
