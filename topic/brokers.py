"""Find the brokers of a Kafka cluster on HDInsight and write them into a ConfigMap. Only Ambari lists their names.

The Kubernetes API is called with the pod's service account.
Environment variables:
  AMBARI_URL       URL of the cluster's gateway
  AMBARI_ADDRESS   address or name used to connect to the gateway
  AMBARI_CLUSTER, AMBARI_USERNAME, AMBARI_PASSWORD
  BROKERS          minimum number of brokers
  CONFIG_MAP       ConfigMap in the pod's namespace; its key bootstrapServers is set
  KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT (set by Kubernetes)
Exit status: 0 if the ConfigMap contains the brokers, 1 if it does not, 2 if the environment is invalid.
"""

import base64
import http.client
import json
import os
import re
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

DEADLINE = 240.0
"""Seconds after which no new attempt starts. A running attempt is completed."""

REQUEST_TIMEOUT = 15.0
"""Seconds to wait for a server to send data."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds between attempts, doubled after each attempt up to the longest."""

TRANSIENT = {408, 429, 500, 502, 503, 504}
"""Status codes that are retried. Other failures are reported immediately."""

MAX_RESPONSE_BYTES = 1_000_000
"""Responses are truncated to this number of bytes."""

PORT = 9092
"""Port of HDInsight's brokers (HDInsight, Ports used by Apache Hadoop services)."""

KEY = "bootstrapServers"
"""Key of the ConfigMap that contains the brokers."""

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Directory with the pod's token, namespace and the API's CA certificate (Kubernetes, Accessing the API from a Pod)."""

T = TypeVar("T")


class WrongEnvironmentError(Exception):
    """Missing or invalid environment variables, one line each."""


class BrokersError(Exception):
    """Why the ConfigMap does not contain the brokers, in one line."""


class TransientError(Exception):
    """Failure that is retried, in one line."""


class TooFewBrokersError(TransientError):
    """Ambari lists fewer brokers than BROKERS."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """HTTPS server with a JSON API."""

    name: str
    """Name in messages."""
    host: str
    """Host name in its certificate."""
    address: str
    """Address to connect to, instead of resolving the host name."""
    port: int
    context: ssl.SSLContext
    headers: Mapping[str, str]

    def request(self, method: str, path: str, change: Mapping[str, Any] | None = None) -> Any:
        """Send a request and return the JSON response. A change is sent as a JSON merge patch."""
        headers = {**self.headers, "Accept": "application/json"}
        if change is not None:
            headers["Content-Type"] = "application/merge-patch+json"
        connection = http.client.HTTPSConnection(self.host, self.port, context=self.context)
        try:
            plain = socket.create_connection((self.address, self.port), REQUEST_TIMEOUT)
            connection.sock = self.context.wrap_socket(plain, server_hostname=self.host)
            connection.request(method, path, None if change is None else json.dumps(change), headers)
            response = connection.getresponse()
            text = response.read(MAX_RESPONSE_BYTES)
        except ssl.SSLCertVerificationError as error:
            raise BrokersError(f"{self.name}: certificate is not trusted: {error.verify_message}") from None
        except (OSError, http.client.HTTPException) as error:
            raise TransientError(f"{self.name} at {self.address}:{self.port}: {one_line(error)}") from None
        finally:
            connection.close()
        if response.status >= 400:
            message = f"{self.name} returned {response.status} {response.reason} for {method} {path}"
            raise (TransientError if response.status in TRANSIENT else BrokersError)(message)
        try:
            return json.loads(text)
        except ValueError:
            raise BrokersError(f"{self.name} returned invalid JSON for {method} {path}") from None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings from the environment."""

    ambari: Server
    cluster: str
    brokers: int
    kubernetes: Server
    config_map: str
    """Path of the ConfigMap in the Kubernetes API."""


@dataclass(frozen=True, kw_only=True)
class ServiceAccount:
    """Service account of the pod."""

    token: str
    namespace: str
    context: ssl.SSLContext
    """TLS context that trusts only the CA of the Kubernetes API."""


def list_brokers(settings: Settings) -> list[str]:
    """Return the host names of the brokers that Ambari lists."""
    path = f"/api/v1/clusters/{quote(settings.cluster)}/services/KAFKA/components/KAFKA_BROKER"
    answer = settings.ambari.request("GET", f"{path}?fields=host_components/HostRoles/host_name")
    try:
        hosts = sorted({component["HostRoles"]["host_name"] for component in answer["host_components"]})
        if all(re.fullmatch(r"[A-Za-z0-9.-]+", host) for host in hosts):
            return hosts
    except (KeyError, TypeError):
        pass
    raise BrokersError("Ambari returned the list of brokers in an unknown format")


def require_brokers(settings: Settings) -> list[str]:
    """Return the host names of the brokers. Raise TooFewBrokersError if there are fewer than BROKERS."""
    hosts = list_brokers(settings)
    if len(hosts) < settings.brokers:
        raise TooFewBrokersError(
            f"BROKERS: Ambari lists {len(hosts)} of {settings.brokers} brokers. Add workers with "
            f"az hdinsight resize --workernode-count {settings.brokers}, then run this again."
        )
    return hosts


def write(settings: Settings, servers: str) -> str:
    """Write the brokers to the ConfigMap if they differ, and return a log line."""
    current = settings.kubernetes.request("GET", settings.config_map)
    if (current.get("data") or {}).get(KEY) == servers:
        return f"up to date ({servers})"
    settings.kubernetes.request(
        "PATCH", f"{settings.config_map}?fieldManager=data-pipes-brokers", {"data": {KEY: servers}}
    )
    return f"ConfigMap updated ({servers})"


def retry(step: Callable[[], T], deadline: float) -> T:
    """Return the result of a step, retried with increasing pauses until the deadline."""
    pause = FIRST_PAUSE
    while True:
        try:
            return step()
        except TransientError as error:
            if time.monotonic() + pause > deadline:
                if isinstance(error, TooFewBrokersError):
                    raise WrongEnvironmentError(error) from None
                raise BrokersError(f"not done after {DEADLINE:.0f} seconds. Last attempt: {error}") from None
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def reconcile(settings: Settings) -> Iterator[str]:
    """Find the brokers, write them to the ConfigMap and yield log lines."""
    deadline = time.monotonic() + DEADLINE
    hosts = retry(lambda: require_brokers(settings), deadline)
    servers = ",".join(f"{host}:{PORT}" for host in hosts)
    yield retry(lambda: write(settings, servers), deadline)


def one_line(error: Exception) -> str:
    """Return an error's message in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def read(environment: Mapping[str, str], service_account: Path) -> Settings:
    """Return the settings. Raise one error that lists all invalid variables."""
    required = [
        *("AMBARI_URL", "AMBARI_ADDRESS", "AMBARI_CLUSTER", "AMBARI_USERNAME", "AMBARI_PASSWORD", "CONFIG_MAP"),
        *("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"),
    ]
    errors = [f"{name}: is required." for name in required if not environment.get(name)]
    number = environment.get("BROKERS", "")
    if not re.fullmatch("[1-9][0-9]{0,3}", number):
        errors.append(f"BROKERS: must be a whole number from 1 to 9999, got {number!r}.")
    url = environment.get("AMBARI_URL", "")
    if url and not re.fullmatch(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?", url):
        errors.append(
            f"AMBARI_URL: must be https:// and a host name, such as https://kafka-int.azurehdinsight.net, got {url!r}."
        )
    account = _account(service_account, errors)
    if errors or account is None:
        raise WrongEnvironmentError("\n".join(errors))
    gateway = urlsplit(url)
    user = f"{environment['AMBARI_USERNAME']}:{environment['AMBARI_PASSWORD']}"
    return Settings(
        ambari=Server(
            name="Ambari",
            host=str(gateway.hostname),
            address=environment["AMBARI_ADDRESS"],
            port=gateway.port or 443,
            context=ssl.create_default_context(),
            headers={"Authorization": f"Basic {base64.b64encode(user.encode()).decode()}"},
        ),
        cluster=environment["AMBARI_CLUSTER"],
        brokers=int(number),
        kubernetes=Server(
            name="Kubernetes",
            host=environment["KUBERNETES_SERVICE_HOST"],
            address=environment["KUBERNETES_SERVICE_HOST"],
            port=int(environment["KUBERNETES_SERVICE_PORT"]),
            context=account.context,
            headers={"Authorization": f"Bearer {account.token}"},
        ),
        config_map=f"/api/v1/namespaces/{quote(account.namespace)}/configmaps/{quote(environment['CONFIG_MAP'])}",
    )


def _account(directory: Path, errors: list[str]) -> ServiceAccount | None:
    try:
        return ServiceAccount(
            token=(directory / "token").read_text(encoding="ascii").strip(),
            namespace=(directory / "namespace").read_text(encoding="ascii").strip(),
            context=ssl.create_default_context(cafile=str(directory / "ca.crt")),
        )
    except (OSError, ValueError) as error:
        errors.append(f"the service account at {directory} cannot be read: {one_line(error)}")
    return None


def main(environment: Mapping[str, str], service_account: Path = SERVICE_ACCOUNT) -> int:
    """Find the brokers, write them to the ConfigMap and return the exit status."""
    try:
        for line in reconcile(read(environment, service_account)):
            sys.stdout.write(f"brokers: {line}\n")
    except WrongEnvironmentError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except BrokersError as error:
        sys.stderr.write(f"brokers: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
