"""Find the brokers of a Kafka cluster on HDInsight, whose names only its Ambari tells, and write them into a ConfigMap.

It reads nothing but its environment and, as every pod's program may, its service account: AMBARI_URL and AMBARI_ADDRESS (the
gateway of the cluster, and the address or name that it is reached at), AMBARI_CLUSTER, AMBARI_USERNAME, AMBARI_PASSWORD, BROKERS
(how many there must be at least), CONFIG_MAP (in the pod's own namespace; its key bootstrapServers is set), and where Kubernetes
says that its API is.
Exit status 0: the ConfigMap names the brokers; 1: it does not; 2: the environment is wrong.
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
"""Seconds of trying after which no new try begins; one that is under way is waited for."""

REQUEST_TIMEOUT = 15.0
"""Seconds that a server may keep silent."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds between two tries: doubled each time, up to the longest."""

TRANSIENT = {408, 429, 500, 502, 503, 504}
"""The answers that pass by themselves; any other failure is told at once."""

LONGEST_ANSWER = 1_000_000
"""How many bytes of an answer are read."""

PORT = 9092
"""Where HDInsight's brokers listen (HDInsight, Ports used by Apache Hadoop services)."""

KEY = "bootstrapServers"
"""The key of the ConfigMap that names the brokers."""

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its token, its namespace and the authority of the API's certificate (Kubernetes, Accessing the API from a Pod)."""

T = TypeVar("T")


class WrongEnvironmentError(Exception):
    """Variables that are missing or wrong, one line each."""


class BrokersError(Exception):
    """Why the ConfigMap does not name the brokers, in one line."""


class PassingError(Exception):
    """What another try may mend, in one line."""


class TooFewError(PassingError):
    """Brokers that are not there yet, or never will be."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that answers in JSON."""

    name: str
    """What messages call it."""
    host: str
    """The name that its certificate must have."""
    address: str
    """Where it is reached, whatever its name resolves to."""
    port: int
    context: ssl.SSLContext
    headers: Mapping[str, str]

    def ask(self, method: str, path: str, change: Mapping[str, Any] | None = None) -> Any:
        """The answer to one request, as JSON; with a change, the request carries it as a JSON merge patch."""
        headers = {**self.headers, "Accept": "application/json"}
        if change is not None:
            headers["Content-Type"] = "application/merge-patch+json"
        connection = http.client.HTTPSConnection(self.host, self.port, context=self.context)
        try:
            plain = socket.create_connection((self.address, self.port), REQUEST_TIMEOUT)
            connection.sock = self.context.wrap_socket(plain, server_hostname=self.host)
            connection.request(method, path, None if change is None else json.dumps(change), headers)
            response = connection.getresponse()
            text = response.read(LONGEST_ANSWER)
        except ssl.SSLCertVerificationError as error:
            raise BrokersError(f"{self.name} is not trusted: {error.verify_message}") from None
        except (OSError, http.client.HTTPException) as error:
            raise PassingError(f"{self.name} at {self.address}:{self.port}: {one_line(error)}") from None
        finally:
            connection.close()
        if response.status >= 400:
            told = f"{self.name} answers {response.status} {response.reason} to {method} {path}"
            raise (PassingError if response.status in TRANSIENT else BrokersError)(told)
        try:
            return json.loads(text)
        except ValueError:
            raise BrokersError(f"{self.name} answers {method} {path} with what is no JSON") from None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the environment says."""

    ambari: Server
    cluster: str
    brokers: int
    kubernetes: Server
    config_map: str
    """Its path in the Kubernetes API."""


@dataclass(frozen=True, kw_only=True)
class ServiceAccount:
    """Who the pod is to the Kubernetes API."""

    token: str
    namespace: str
    context: ssl.SSLContext
    """Trusts the authority of the API's certificate, and no other."""


def look(wanted: Wanted) -> list[str]:
    """The names of the brokers' hosts, as Ambari lists them."""
    path = f"/api/v1/clusters/{quote(wanted.cluster)}/services/KAFKA/components/KAFKA_BROKER"
    answer = wanted.ambari.ask("GET", f"{path}?fields=host_components/HostRoles/host_name")
    try:
        hosts = sorted({component["HostRoles"]["host_name"] for component in answer["host_components"]})
        if all(re.fullmatch(r"[A-Za-z0-9.-]+", host) for host in hosts):
            return hosts
    except (KeyError, TypeError):
        pass
    raise BrokersError("Ambari lists the brokers in another form than is known here")


def enough(wanted: Wanted) -> list[str]:
    """The names of the brokers' hosts, as soon as there are as many as wanted."""
    hosts = look(wanted)
    if len(hosts) < wanted.brokers:
        raise TooFewError(
            f"BROKERS: Ambari lists {len(hosts)} of {wanted.brokers} brokers; HDInsight adds workers by "
            f"az hdinsight resize --workernode-count {wanted.brokers}, then run this again"
        )
    return hosts


def write(wanted: Wanted, servers: str) -> str:
    """Make the ConfigMap name the brokers, and say what was done."""
    present = wanted.kubernetes.ask("GET", wanted.config_map)
    if (present.get("data") or {}).get(KEY) == servers:
        return f"{servers}, nothing to do"
    wanted.kubernetes.ask("PATCH", f"{wanted.config_map}?fieldManager=data-pipes-brokers", {"data": {KEY: servers}})
    return f"{servers} written"


def patiently(step: Callable[[], T], deadline: float) -> T:
    """What a step gives, tried ever more seldom until the deadline."""
    pause = FIRST_PAUSE
    while True:
        try:
            return step()
        except PassingError as error:
            if time.monotonic() + pause > deadline:
                if isinstance(error, TooFewError):
                    raise WrongEnvironmentError(error) from None
                raise BrokersError(f"{DEADLINE:.0f} seconds of trying were not enough. The last try: {error}") from None
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def settle(wanted: Wanted) -> Iterator[str]:
    """Find the brokers and write down where they are, telling what was done."""
    deadline = time.monotonic() + DEADLINE
    hosts = patiently(lambda: enough(wanted), deadline)
    servers = ",".join(f"{host}:{PORT}" for host in hosts)
    yield patiently(lambda: write(wanted, servers), deadline)


def one_line(error: Exception) -> str:
    """What an error says, in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def read(environment: Mapping[str, str], service_account: Path) -> Wanted:
    """What is wanted, or every mistake at once."""
    required = [
        *("AMBARI_URL", "AMBARI_ADDRESS", "AMBARI_CLUSTER", "AMBARI_USERNAME", "AMBARI_PASSWORD", "CONFIG_MAP"),
        *("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"),
    ]
    errors = [f"{name}: must be set" for name in required if not environment.get(name)]
    number = environment.get("BROKERS", "")
    if not re.fullmatch("[1-9][0-9]{0,3}", number):
        errors.append(f"BROKERS: must be a whole number from 1 to 9999, not {number!r}")
    url = environment.get("AMBARI_URL", "")
    if url and not re.fullmatch(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?", url):
        errors.append(
            f"AMBARI_URL: must be https:// and a name, such as https://kafka-int.azurehdinsight.net, not {url!r}"
        )
    account = _account(service_account, errors)
    if errors or account is None:
        raise WrongEnvironmentError("\n".join(errors))
    gateway = urlsplit(url)
    user = f"{environment['AMBARI_USERNAME']}:{environment['AMBARI_PASSWORD']}"
    return Wanted(
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


def _account(place: Path, errors: list[str]) -> ServiceAccount | None:
    try:
        return ServiceAccount(
            token=(place / "token").read_text(encoding="ascii").strip(),
            namespace=(place / "namespace").read_text(encoding="ascii").strip(),
            context=ssl.create_default_context(cafile=str(place / "ca.crt")),
        )
    except (OSError, ValueError) as error:
        errors.append(f"the service account at {place} cannot be read: {one_line(error)}")
    return None


def main(environment: Mapping[str, str], service_account: Path = SERVICE_ACCOUNT) -> int:
    """Write down the brokers that the environment leads to, and tell what was done or why not."""
    try:
        for line in settle(read(environment, service_account)):
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
