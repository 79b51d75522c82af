"""How Java programs are had without Maven: their jars, from a Maven repository, checked against a lock file.

A tool's directory holds `pom.xml`, which says what is wanted, and `jars.sha256`, which says every jar that this takes, with its
checksum; `renew-lock` there writes the one from the other.
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
"""Maven Central; MAVEN_REPOSITORY names another one that has what it has."""
AT_ONCE = 8
TRIES = 3
SECONDS = 60
"""How long a repository may say nothing."""


class JarError(Exception):
    """A jar can't be had; the message says why and what to do."""


@dataclass(frozen=True)
class Jar:
    """A line of a lock file."""

    checksum: str
    path: str
    """Where it is in a Maven repository."""


def locked(tool: Path) -> tuple[Jar, ...]:
    """What a tool's lock file lists."""
    lines = (tool / "jars.sha256").read_text(encoding="utf-8").splitlines()
    return tuple(Jar(*line.split("  ", 1)) for line in lines)


def jars(tool: Path, directory: Path, report: Callable[[str], None]) -> Sequence[Path]:
    """Every jar of a tool, in a directory where those that are missing are put first.

    A jar appears there only complete and checked, so several processes may do this at once, and what one that is ended has fetched
    is kept. ``report`` is told, in one line, if there is something to download. Raises JarError.
    """
    wanted = locked(tool)
    missing = [jar for jar in wanted if not (directory / jar.path).is_file()]
    if missing:
        repository = os.environ.get("MAVEN_REPOSITORY", REPOSITORY).rstrip("/")
        report(f"downloading {len(missing)} jars from {repository}, once; they are kept in {directory}")
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
        raise JarError(f"{url} has the checksum {checksum}, and the lock file says {jar.checksum}; it is not used")
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
    """A file's content; a connection that breaks is made again."""
    tried = 0
    while True:
        try:
            with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - the address is this program's or the user's
                return answer.read()
        except (OSError, http.client.HTTPException) as error:
            tried += 1
            if tried == TRIES or isinstance(error, urllib.error.HTTPError):
                raise JarError(
                    f"{url} cannot be downloaded ({_reason(error)}). Connect this machine to the Internet once, or name another "
                    "repository that has what Maven Central has: MAVEN_REPOSITORY=https://..., and try again; what was "
                    "downloaded already is kept"
                ) from error


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.URLError):
        return str(error.reason)
    return str(error) or type(error).__name__
