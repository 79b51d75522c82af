"""Finds kube-apiserver and etcd on PATH, in setup-envtest's directory or in the user's cache, or builds them with Go.

tools/kubernetes/go.mod is the only place that sets the versions.
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
    """A binary is not available. The message lists what was tried and how to install it."""


@dataclass(frozen=True, kw_only=True)
class KubernetesBinaries:
    """Binaries of an API server."""

    kube_apiserver: Path
    etcd: Path


def wanted_version() -> str:
    """Return the version of Kubernetes that tools/kubernetes/go.mod requires, without the leading v."""
    found = re.search(r"k8s\.io/kubernetes v(\S+)", (TOOL / "go.mod").read_text(encoding="utf-8"))
    if found is None:
        raise KubernetesBinariesError("tools/kubernetes/go.mod: must require a version of k8s.io/kubernetes, got none.")
    return found[1]


def cache_directory(version: str) -> Path:
    """Return the user's cache directory for a version of Kubernetes. All clones share it."""
    return cached("kubernetes", f"v{version}", "bin")


def find_binaries() -> KubernetesBinaries | None:
    """Find the binaries on PATH, else in KUBEBUILDER_ASSETS (setup-envtest), else in the user's cache."""
    directories = [os.environ.get("PATH"), os.environ.get("KUBEBUILDER_ASSETS"), str(cache_directory(wanted_version()))]
    path = os.pathsep.join(filter(None, directories))
    kube_apiserver, etcd = (shutil.which(name, path=path) for name in _PACKAGES)
    return KubernetesBinaries(kube_apiserver=Path(kube_apiserver), etcd=Path(etcd)) if kube_apiserver and etcd else None


def kubernetes_binaries(report: Callable[[str], None]) -> KubernetesBinaries:
    """Find the binaries, or build them with Go (minutes, once).

    ``report`` gets one line before a build. Raises KubernetesBinariesError.
    """
    found = find_binaries()
    if found is not None:
        return found
    if not shutil.which("go"):
        raise KubernetesBinariesError(
            "kube-apiserver and etcd are required: they are not on PATH, in KUBEBUILDER_ASSETS or in the cache, and go is not on PATH to "
            "build them. Install Go 1.26 or later (https://go.dev/doc/install) and try again. Or install both with setup-envtest and "
            "set KUBEBUILDER_ASSETS to their directory."
        )
    version = wanted_version()
    directory = cache_directory(version)
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # concurrent test processes wait for the first build
        if not find_binaries():
            report(
                f"building kube-apiserver {version} and etcd with Go, only once (5 to 12 minutes on two cores); "
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
