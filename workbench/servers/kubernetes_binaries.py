"""How kube-apiserver and etcd are had: from PATH, from setup-envtest's directory, from the user's cache, or built with Go.

The versions that are built and tested are those that tools/kubernetes/go.mod requires, and are written down nowhere else.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbench.servers.cache import cached
from workbench.servers.go_build import GoError, go_build

TOOL = Path(__file__).resolve().parents[2] / "tools" / "kubernetes"
_PACKAGES = {"kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver", "etcd": "go.etcd.io/etcd/server/v3"}
_VERSION_VARIABLE = "k8s.io/component-base/version.gitVersion"


class KubernetesBinariesError(Exception):
    """A binary can't be had; the message says what was tried and how to get it."""


@dataclass(frozen=True, kw_only=True)
class KubernetesBinaries:
    """What an API server consists of."""

    kube_apiserver: Path
    etcd: Path


def wanted_version() -> str:
    """The version of Kubernetes that tools/kubernetes/go.mod requires, without a leading v."""
    found = re.search(r"k8s\.io/kubernetes v(\S+)", (TOOL / "go.mod").read_text(encoding="utf-8"))
    if found is None:
        raise KubernetesBinariesError("tools/kubernetes/go.mod names no version of k8s.io/kubernetes")
    return found[1]


def cache_directory(version: str) -> Path:
    """Where this user's own copies for a version of Kubernetes are kept, shared by all clones."""
    return cached("kubernetes", f"v{version}", "bin")


def find_binaries() -> KubernetesBinaries | None:
    """Those that are there: on PATH, else where KUBEBUILDER_ASSETS says (setup-envtest), else in the user's cache."""
    places = [os.environ.get("PATH"), os.environ.get("KUBEBUILDER_ASSETS"), str(cache_directory(wanted_version()))]
    path = os.pathsep.join(filter(None, places))
    kube_apiserver, etcd = (shutil.which(name, path=path) for name in _PACKAGES)
    return KubernetesBinaries(kube_apiserver=Path(kube_apiserver), etcd=Path(etcd)) if kube_apiserver and etcd else None


def kubernetes_binaries(report: Callable[[str], None]) -> KubernetesBinaries:
    """Those that are there, else built with Go (minutes, once).

    ``report`` is told, in one line, when that is to be done. Raises KubernetesBinariesError.
    """
    found = find_binaries()
    if found is not None:
        return found
    if not shutil.which("go"):
        raise KubernetesBinariesError(
            "kube-apiserver and etcd are needed, and there are none on PATH, in KUBEBUILDER_ASSETS or in the cache, and no "
            "go on PATH to build them with. Install Go 1.26 or later (https://go.dev/doc/install), or get both with "
            "setup-envtest and name their directory in KUBEBUILDER_ASSETS, and try again"
        )
    version = wanted_version()
    directory = cache_directory(version)
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests in several processes wait for the one that builds
        if not find_binaries():
            report(
                f"building kube-apiserver {version} and etcd with Go: 5 to 12 minutes on two cores, once; "
                f"they are kept in {directory}"
            )
            try:
                for name, package in _PACKAGES.items():
                    go_build(TOOL, package, directory / name, f"-s -w -X {_VERSION_VARIABLE}=v{version}")
            except GoError as error:
                raise KubernetesBinariesError(
                    f"kube-apiserver {version} and etcd could not be built with Go: {error}"
                ) from None
    return KubernetesBinaries(kube_apiserver=directory / "kube-apiserver", etcd=directory / "etcd")
