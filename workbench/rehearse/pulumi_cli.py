"""Finds the Pulumi CLI on PATH or in the user's cache, or builds it with Go, or runs the official installer.

tools/pulumi/go.mod is the only place that sets the version.
"""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from pulumi.automation import PulumiCommand
from semver import VersionInfo

from workbench.servers.cache import cached
from workbench.servers.go_build import GoError, go_build

TOOL = Path(__file__).resolve().parents[2] / "tools" / "pulumi"
_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
OLDEST = VersionInfo(3, 182, 0)
"""Oldest supported CLI on PATH: the first version with resource hooks."""


class PulumiCliError(Exception):
    """The CLI is not available. The message lists what was tried and how to install it."""


def wanted_version() -> str:
    """Return the version that tools/pulumi/go.mod requires, without the leading v."""
    found = re.search(r"github\.com/pulumi/pulumi/pkg/v3 v(\S+)", (TOOL / "go.mod").read_text(encoding="utf-8"))
    if found is None:
        raise PulumiCliError(
            "tools/pulumi/go.mod: must require a version of github.com/pulumi/pulumi/pkg/v3, got none."
        )
    return found[1]


def cache_directory(version: str) -> Path:
    """Return the user's cache directory for a version. All clones share it."""
    return cached("pulumi", f"v{version}")


def pulumi_command(report: Callable[[str], None]) -> PulumiCommand:
    """Return the CLI: ``pulumi`` on PATH, else the cached one, else a build with Go (minutes, once), else the installer's.

    ``report`` gets a line for each slow step and for a CLI that was skipped. Raises PulumiCliError if every way fails.
    """
    if shutil.which("pulumi"):
        try:
            return PulumiCommand(version=OLDEST)
        except Exception as error:  # noqa: BLE001 - after any error, the other ways are tried
            report(f"the pulumi on PATH cannot be used ({_last_line(error)}); looking for another one")
    version = wanted_version()
    directory = cache_directory(version)
    if not (directory / "bin" / "pulumi").is_file():
        _provide(version, directory, report)
    try:
        return PulumiCommand(root=str(directory))
    except Exception as error:
        raise PulumiCliError(
            f"{directory / 'bin' / 'pulumi'}: does not run ({_last_line(error)}). Remove {directory} and try again."
        ) from error


def _provide(version: str, directory: Path, report: Callable[[str], None]) -> None:
    """Put the CLI into the cache: build it with Go, or run the installer."""
    tried: list[str] = []
    if shutil.which("go"):
        report(
            f"building the Pulumi CLI {version} with Go, only once (7 to 12 minutes on two cores); it is kept in {directory}"
        )
        try:
            return go_build(TOOL, _PACKAGE, directory / "bin" / "pulumi", f"-s -w -X {_VERSION_VARIABLE}=v{version}")
        except (OSError, GoError) as error:
            tried.append(f"the build with Go failed: {_last_line(error)}")
    else:
        tried.append("go is not on PATH, so the CLI cannot be built")
    report(f"{tried[-1]}; running Pulumi's installer")
    try:
        PulumiCommand.install(root=str(directory), version=VersionInfo.parse(version))
    except Exception as error:
        tried.append(f"the installer from get.pulumi.com failed: {_last_line(error)}")
        raise PulumiCliError(
            "the Pulumi CLI is required: no usable pulumi on PATH; " + "; ".join(tried) + ". "
            "Install the CLI (https://www.pulumi.com/docs/install/) or Go 1.26 or later (https://go.dev/doc/install), and try again."
        ) from error


def _last_line(error: Exception) -> str:
    """Return the last line of an error. Programs print the reason there."""
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
