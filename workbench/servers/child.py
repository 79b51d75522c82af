"""Child processes that end with this process."""

import shutil
import signal
from collections.abc import Sequence
from pathlib import Path


def bound(command: Sequence[str | Path]) -> list[str]:
    """Return a command that the kernel kills when the starting thread ends, even after SIGKILL. Works only if setpriv is installed.

    Normally, servers end their child processes. This is for runs that are killed, such as a cancelled CI job.
    """
    setpriv = shutil.which("setpriv")
    return [*([setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []), *map(str, command)]


def ending_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that end a command, which must then end its child processes: they are in other process groups.

    SIGHUP comes when the terminal is closed. nohup ignores it.
    """
    hangup = () if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else (signal.SIGHUP,)
    return signal.SIGINT, signal.SIGTERM, *hangup
