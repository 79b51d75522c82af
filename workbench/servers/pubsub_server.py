"""Google's own Pub/Sub server for tests, on loopback: a context manager, gone when its user is."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from workbench.servers.cache import cached
from workbench.servers.go_build import GoError, go_build

TOOL = Path(__file__).resolve().parents[2] / "tools" / "pubsub"
SOURCES = ("main.go", "go.mod", "go.sum")
STOP_SECONDS = 10


class PubSubServerError(Exception):
    """The server can't be had or does not run; the message says why and what to do."""


def program() -> Path:
    """Where this user's own copy is kept, shared by all clones that have the same sources."""
    sources = b"".join((TOOL / name).read_bytes() for name in SOURCES)
    return cached("pubsub", hashlib.sha256(sources).hexdigest()[:16], "pubsub")


@contextmanager
def pubsub_server(report: Callable[[str], None]) -> Generator[str]:
    """Run the server, and give its address: what PUBSUB_EMULATOR_HOST is to be for those who use it.

    ``report`` is told, in one line, if it is to be built first. Raises PubSubServerError.
    """
    with subprocess.Popen(  # noqa: S603 - built here
        [_program(report)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            address = next(iter(server.stdout or ()), "").strip()
            if not address:
                told = server.communicate(timeout=STOP_SECONDS)[1].strip()
                raise PubSubServerError(f"the Pub/Sub server does not start: {told}")
            yield address
        finally:
            server.kill()


def _program(report: Callable[[str], None]) -> Path:
    """The server's program, built if it is not there."""
    target = program()
    if target.is_file():
        return target
    if not shutil.which("go"):
        raise PubSubServerError(
            "the Pub/Sub server for tests is built with Go, and there is no go on PATH. Install Go 1.26 or later "
            "(https://go.dev/doc/install), and try again"
        )
    report(f"building the Pub/Sub server for tests with Go: a minute, once; it is kept in {target.parent}")
    try:
        go_build(TOOL, ".", target)
    except GoError as error:
        raise PubSubServerError(f"the Pub/Sub server for tests could not be built with Go: {error}") from None
    return target
