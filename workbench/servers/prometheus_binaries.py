"""Finds prometheus and promtool on PATH or in the user's cache, or builds them with Go.

tools/prometheus/go.mod is the only place that sets the version.
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

TOOL = Path(__file__).resolve().parents[2] / "tools" / "prometheus"
_PROGRAMS = ("prometheus", "promtool")
_MODULE = "github.com/prometheus/prometheus"
_TAGS = ("remove_all_sd",)
"""Leaves out service discovery except files and HTTP, and with it the SDKs of all clouds."""


class PrometheusBinariesError(Exception):
    """A binary is not available. The message has the reason and the fix."""


@dataclass(frozen=True, kw_only=True)
class PrometheusBinaries:
    """Binaries of Prometheus."""

    prometheus: Path
    promtool: Path


def wanted_version() -> str:
    """Return the version of the Go module that tools/prometheus/go.mod requires, without the leading v. 0.300.0 is Prometheus 3.0.0."""
    found = re.search(rf"{_MODULE} v(\S+)", (TOOL / "go.mod").read_text(encoding="utf-8"))
    if found is None:
        raise PrometheusBinariesError(f"tools/prometheus/go.mod: must require a version of {_MODULE}, got none.")
    return found[1]


def cache_directory(version: str) -> Path:
    """Return the user's cache directory for a version. All clones share it."""
    return cached("prometheus", f"v{version}", "bin")


def find_binaries() -> PrometheusBinaries | None:
    """Find the binaries on PATH, else in the user's cache."""
    path = os.pathsep.join(filter(None, [os.environ.get("PATH"), str(cache_directory(wanted_version()))]))
    prometheus, promtool = (shutil.which(name, path=path) for name in _PROGRAMS)
    return PrometheusBinaries(prometheus=Path(prometheus), promtool=Path(promtool)) if prometheus and promtool else None


def prometheus_binaries(report: Callable[[str], None]) -> PrometheusBinaries:
    """Find the binaries, or build them with Go (minutes, once).

    ``report`` gets one line before a build. Raises PrometheusBinariesError.
    """
    found = find_binaries()
    if found is not None:
        return found
    if not shutil.which("go"):
        raise PrometheusBinariesError(
            "prometheus and promtool are required: they are not on PATH or in the cache, and go is not on PATH to build them. "
            "Install Go 1.26 or later (https://go.dev/doc/install) and try again. Or install Prometheus 3 "
            "(https://prometheus.io/download/) on PATH."
        )
    version = wanted_version()
    directory = cache_directory(version)
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # concurrent test processes wait for the first build
        if not find_binaries():
            report(
                f"building prometheus and promtool {version} with Go, only once (3 to 6 minutes on two cores); "
                f"they are kept in {directory}"
            )
            try:
                for name in _PROGRAMS:
                    go_build(TOOL, f"{_MODULE}/cmd/{name}", directory / name, tags=_TAGS)
            except GoError as error:
                raise PrometheusBinariesError(f"prometheus {version} could not be built with Go: {error}") from None
    return PrometheusBinaries(prometheus=directory / "prometheus", promtool=directory / "promtool")
