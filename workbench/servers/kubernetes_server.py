"""A real Kubernetes API server on this machine, for tests and for `rehearse`: it is gone when its user is.

It is kube-apiserver and etcd, and nothing else of a cluster: objects are checked, defaulted, admitted and kept as in any cluster,
and no controller does anything with them. There are no nodes, so no pod ever runs.
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
"""The name of the server, and the field manager of the objects that it makes for itself."""
KINDS = "/apis/apiextensions.k8s.io/"
"""Where definitions of custom kinds are."""
NAMESPACE = re.compile("/api/v1/namespaces/[^/]+")
"""The path of a namespace, which goes after what is in it."""
_ETCD_CLIENTS, _ETCD_PEERS = "unix://clients:1", "unix://peers:1"
"""etcd's sockets, in the directory that it runs in: of an address it wants a port, which makes a part of the file's name."""


class KubernetesServerError(Exception):
    """The server does not run; the message holds the end of its log."""


def available() -> bool:
    """Whether a server can be started at once, with nothing built first."""
    return find_binaries() is not None


class KubernetesServer:
    """An API server with nothing in it; a context manager, and whatever happens inside, it ends with it.

    It listens on loopback alone and knows one user, who may do everything. Role-based access control is on, and so is Pod Security
    admission. The admission of service accounts is off: it refuses pods in namespaces whose default account no controller has made.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        """``report`` is told, in one line, what takes minutes: building the server, once."""
        self._report = report
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        """Start the server; it is ready when this returns."""
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
        """End the server and remove what it wrote."""
        self._cleanup.close()

    @property
    def kubeconfig(self) -> Path:
        """The file with which a client may do everything."""
        return self._directory / "kubeconfig"

    def api(self) -> KubernetesApi:
        """A client that may do everything; a context manager."""
        return KubernetesApi(self.kubeconfig)

    def clean(self) -> None:
        """Remove every object that the server did not make for itself; only the kinds that were added to it stay.

        Nothing else would take finalizers off, or empty and end a namespace: in a cluster, controllers do.
        """
        with self.api() as api:
            found = [
                (path, thing)
                for path, thing in api.everything()
                if not path.startswith(KINDS)
                and all(each["manager"] != SERVER for each in thing["metadata"].get("managedFields", ()))
            ]
            for path, thing in sorted(found, key=lambda each: bool(NAMESPACE.fullmatch(each[0]))):
                _remove(api, path, thing)

    def log(self, name: str = SERVER, lines: int = 15) -> str:
        """The last lines of a log."""
        text = self._log(name).read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _write_files(self) -> None:
        """What the server reads, and its user: keys and tokens made for this one run, in a directory that nobody else may read."""
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
        """One member that nobody else reaches, and that needs not outlive a power cut."""
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
            f"--etcd-servers={_ETCD_CLIENTS}",  # by the name that it has in this directory: a path may be too long for a socket
            f"--bind-address={HOST}",
            f"--advertise-address={HOST}",
            f"--secure-port={self._port}",
            "--permit-port-sharing",  # with this process, which holds the port
            f"--cert-dir={self._directory}",
            f"--token-auth-file={self._directory / 'tokens'}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self._directory / 'accounts.key'}",
            f"--service-account-signing-key-file={self._directory / 'accounts.key'}",
            "--disable-admission-plugins=ServiceAccount",
            "--allow-privileged",  # as in every cluster of the clouds, so that it is Pod Security that refuses
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
        """What the server writes when it starts, with the authority that signed it."""
        return self._directory / "apiserver.crt"

    def _log(self, name: str) -> Path:
        return self._directory / f"{name}.log"


def _held_port(cleanup: ExitStack) -> int:
    """A free port that stays this process's own until the end: it shares it with the server, and nobody else gets it between."""
    held = cleanup.enter_context(socket.socket())
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind((HOST, 0))
    return held.getsockname()[1]


def _remove(api: KubernetesApi, path: str, thing: Manifest) -> None:
    if thing["metadata"].get("finalizers"):
        api.call("PATCH", path, {"metadata": {"finalizers": None}}, content="application/merge-patch+json")
    api.remove(path)
    if NAMESPACE.fullmatch(path):
        api.call("PUT", f"{path}/finalize", {"metadata": {"name": thing["metadata"]["name"]}})
