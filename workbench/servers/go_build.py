"""Builds programs with Go: the same way for all that are kept in the user's cache."""

import os
import subprocess
import tempfile
from pathlib import Path


class GoError(Exception):
    """A program can't be built; the message is what go says."""


def go_build(module: Path, package: str, target: Path, linker: str = "-s -w") -> None:
    """Build a package as a module's directory pins it; the file appears only when it is complete.

    Raises GoError, or OSError where there is no go.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".build-", dir=target.parent) as temporary:
        built = Path(temporary) / target.name
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["go", "build", "-o", str(built), "-ldflags", linker, package],  # noqa: S607 - go is looked for on PATH
            cwd=module,
            env={**os.environ, "CGO_ENABLED": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise GoError(done.stderr.strip() or f"go build ended with status {done.returncode}")
        built.replace(target)
