"""How the Pulumi CLI is had: from PATH, from the user's cache, built with Go, or from the official installer.

The version that is built and tested is the one that tools/pulumi/go.mod requires, and is written down nowhere else.
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
"""The oldest CLI on PATH that will do: the first whose engine calls resource hooks."""


class PulumiCliError(Exception):
    """The CLI can't be had; the message says what was tried and how to get it."""


def wanted_version() -> str:
    """The version that tools/pulumi/go.mod requires, without a leading v."""
    found = re.search(r"github\.com/pulumi/pulumi/pkg/v3 v(\S+)", (TOOL / "go.mod").read_text(encoding="utf-8"))
    if found is None:
        raise PulumiCliError("tools/pulumi/go.mod names no version of github.com/pulumi/pulumi/pkg/v3")
    return found[1]


def cache_directory(version: str) -> Path:
    """Where this user's own copy of a version is kept, shared by all clones."""
    return cached("pulumi", f"v{version}")


def pulumi_command(report: Callable[[str], None]) -> PulumiCommand:
    """The CLI: ``pulumi`` on PATH, else the cached one, else built with Go (minutes, once), else the installer's.

    ``report`` is told, in a line each, what takes time or was passed over. Raises PulumiCliError when every way fails.
    """
    if shutil.which("pulumi"):
        try:
            return PulumiCommand(version=OLDEST)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, there are other ways
            report(f"the pulumi on PATH can't be used ({_last_line(error)}); looking for another one")
    version = wanted_version()
    directory = cache_directory(version)
    if not (directory / "bin" / "pulumi").is_file():
        _provide(version, directory, report)
    try:
        return PulumiCommand(root=str(directory))
    except Exception as error:
        raise PulumiCliError(
            f"{directory / 'bin' / 'pulumi'} does not run ({_last_line(error)}); remove {directory} and try again"
        ) from error


def _provide(version: str, directory: Path, report: Callable[[str], None]) -> None:
    """Put the CLI into the cache, by whichever way works first."""
    tried: list[str] = []
    if shutil.which("go"):
        report(
            f"building the Pulumi CLI {version} with Go: 7 to 12 minutes on two cores, once; it is kept in {directory}"
        )
        try:
            return go_build(TOOL, _PACKAGE, directory / "bin" / "pulumi", f"-s -w -X {_VERSION_VARIABLE}=v{version}")
        except (OSError, GoError) as error:
            tried.append(f"building it with Go failed: {_last_line(error)}")
    else:
        tried.append("there is no go on PATH to build it with")
    report(f"{tried[-1]}; asking Pulumi's installer")
    try:
        PulumiCommand.install(root=str(directory), version=VersionInfo.parse(version))
    except Exception as error:
        tried.append(f"the installer from get.pulumi.com failed: {_last_line(error)}")
        raise PulumiCliError(
            "the Pulumi CLI is needed and can't be had: there is no usable pulumi on PATH; " + "; ".join(tried) + ". "
            "Install it (https://www.pulumi.com/docs/install/) or Go 1.26 or later (https://go.dev/doc/install), and try again"
        ) from error


def _last_line(error: Exception) -> str:
    """The end of an error's text, where programs say what went wrong."""
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
