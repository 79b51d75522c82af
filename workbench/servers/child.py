"""Child processes that end with this process."""

import shutil
from collections.abc import Sequence
from pathlib import Path


def bound(command: Sequence[str | Path]) -> list[str]:
    """Return a command that the kernel kills when the starting thread ends, even after SIGKILL. Works only if setpriv is installed.

    Normally, servers end their child processes. This is for runs that are killed, such as a cancelled CI job.
    """
    setpriv = shutil.which("setpriv")
    return [*([setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []), *map(str, command)]
