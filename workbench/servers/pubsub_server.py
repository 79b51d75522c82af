"""Google's Pub/Sub test server on loopback, as a context manager."""

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
    """The server is not available or does not run. The message gives the reason and the fix."""


def program() -> Path:
    """Return the path of the program in the user's cache. All clones with the same sources share it."""
    sources = b"".join((TOOL / name).read_bytes() for name in SOURCES)
    return cached("pubsub", hashlib.sha256(sources).hexdigest()[:16], "pubsub")


@contextmanager
def pubsub_server(report: Callable[[str], None]) -> Generator[str]:
    """Run the server and return its address, the value for PUBSUB_EMULATOR_HOST.

    ``report`` gets one line before a build. Raises PubSubServerError.
    """
    with subprocess.Popen(  # noqa: S603 - built here
        [_program(report)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,  # Ctrl-C reaches only the command, whose consumers still need the server
    ) as server:
        try:
            address = next(iter(server.stdout or ()), "").strip()
            if not address:
                errors = server.communicate(timeout=STOP_SECONDS)[1].strip()
                raise PubSubServerError(f"the Pub/Sub test server did not start: {errors}")
            yield address
        finally:
            server.kill()


def _program(report: Callable[[str], None]) -> Path:
    """Return the server's program. It is built if it does not exist."""
    target = program()
    if target.is_file():
        return target
    if not shutil.which("go"):
        raise PubSubServerError(
            "go is required to build the Pub/Sub test server and is not on PATH. Install Go 1.26 or later "
            "(https://go.dev/doc/install), and try again."
        )
    report(f"building the Pub/Sub test server with Go, only once (a minute); it is kept in {target.parent}")
    try:
        go_build(TOOL, ".", target)
    except GoError as error:
        raise PubSubServerError(f"the Pub/Sub test server could not be built with Go: {error}") from None
    return target
