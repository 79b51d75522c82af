"""moto's server on loopback, as a context manager: simulated AWS services, with any credentials."""

import importlib.util
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from workbench.servers.child import bound
from workbench.servers.ports import HOST
from workbench.stack_file import ROOT

PROGRAM = "workbench.servers.moto_server"
STOP_SECONDS = 10


class MotoServerError(Exception):
    """The server does not run. The message gives the reason and the fix."""


@contextmanager
def moto_server(environment: Mapping[str, str], program: str = PROGRAM) -> Generator[str]:
    """Run the server and return its URL.

    ``program`` is a module that calls `serve`. Raises MotoServerError.
    """
    if importlib.util.find_spec("moto") is None:
        raise MotoServerError("moto is required to simulate AWS, and is not installed. Run make venv.")
    own = {name: value for name, value in environment.items() if not name.startswith(("AWS_", "MOTO_"))}
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(  # noqa: S603 - this Python with fixed arguments
            bound([sys.executable, "-m", program]),
            cwd=ROOT,
            env=own,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            process_group=0,  # Ctrl-C reaches only the command, whose consumers still need the server
        ) as process,
    ):
        try:
            url = (process.stdout.readline() if process.stdout else "").strip()
            if not url:
                process.wait(STOP_SECONDS)
                errors.seek(0)
                last = (errors.read().strip().splitlines() or ["it wrote no reason"])[-1]
                raise MotoServerError(f"moto's server did not start: {last}")
            yield url
        finally:
            process.kill()


def serve() -> None:
    """Serve on a free port until the process is killed. Write the URL to standard output."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - needed only in the server's process

    server = ThreadedMotoServer(HOST, 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    serve()
