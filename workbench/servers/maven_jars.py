"""Downloads the jars of Java programs from a Maven repository and checks them against a lock file. Maven is not needed.

A tool's directory contains `pom.xml` with the direct dependencies and `jars.sha256` with all jars and their checksums. `renew-lock`
writes `jars.sha256` from `pom.xml`.
"""

import hashlib
import http.client
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = "https://repo.maven.apache.org/maven2"
"""Maven Central. The environment variable MAVEN_REPOSITORY sets a mirror."""
AT_ONCE = 8
TRIES = 3
SECONDS = 60
"""Timeout of a request in seconds."""


class JarError(Exception):
    """A jar is not available. The message gives the reason and the fix."""


@dataclass(frozen=True)
class Jar:
    """Line of a lock file."""

    checksum: str
    path: str
    """Path in a Maven repository."""


def locked(tool: Path) -> tuple[Jar, ...]:
    """Return the jars in a tool's lock file."""
    lines = (tool / "jars.sha256").read_text(encoding="utf-8").splitlines()
    return tuple(Jar(*line.split("  ", 1)) for line in lines)


def jars(tool: Path, directory: Path, report: Callable[[str], None]) -> Sequence[Path]:
    """Download the missing jars of a tool into a directory and return all of them.

    A jar appears there only when it is complete and checked. So several processes may run this in parallel, and downloads of an
    interrupted process are kept. ``report`` gets one line before a download. Raises JarError.
    """
    wanted = locked(tool)
    missing = [jar for jar in wanted if not (directory / jar.path).is_file()]
    if missing:
        repository = os.environ.get("MAVEN_REPOSITORY", REPOSITORY).rstrip("/")
        report(f"downloading {len(missing)} jars from {repository}, only once; they are kept in {directory}")
        with ThreadPoolExecutor(AT_ONCE) as pool:
            tasks = [pool.submit(_fetch, f"{repository}/{jar.path}", directory / jar.path, jar) for jar in missing]
            try:
                for task in as_completed(tasks):
                    task.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return [directory / jar.path for jar in wanted]


def _fetch(url: str, target: Path, jar: Jar) -> None:
    content = _downloaded(url)
    checksum = hashlib.sha256(content).hexdigest()
    if checksum != jar.checksum:
        raise JarError(
            f"{url}: must have the checksum {jar.checksum} of the lock file, got {checksum}. The file was discarded."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as file:
        try:
            file.write(content)
            file.close()
            Path(file.name).replace(target)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _downloaded(url: str) -> bytes:
    """Download a file. Broken connections are retried."""
    tried = 0
    while True:
        try:
            with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - the address is this program's or the user's
                return answer.read()
        except (OSError, http.client.HTTPException) as error:
            tried += 1
            if isinstance(error, urllib.error.HTTPError):
                error.close()  # it holds the connection
            if tried == TRIES or isinstance(error, urllib.error.HTTPError):
                raise JarError(
                    f"{url}: cannot be downloaded ({_reason(error)}). Connect this machine to the Internet, or set "
                    "MAVEN_REPOSITORY=https://... to a mirror of Maven Central, and try again. Finished downloads are kept."
                ) from error


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.URLError):
        return str(error.reason)
    return str(error) or type(error).__name__
