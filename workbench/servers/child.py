"""Programs that others wrote, as children of this process that do not outlive it."""

import shutil
from collections.abc import Sequence
from pathlib import Path


def bound(command: Sequence[str | Path]) -> list[str]:
    """A command that the kernel ends once the thread that starts it is gone, even by SIGKILL; where there is no setpriv, it is not.

    What ends in good order ends its children itself; this is for a run that is cut off, as in a cancelled CI job.
    """
    setpriv = shutil.which("setpriv")
    return [*([setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []), *map(str, command)]
