"""Builds Go programs for the user's cache."""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path


class GoError(Exception):
    """A build failed. The message is the output of go."""


def go_build(module: Path, package: str, target: Path, linker: str = "-s -w", tags: Sequence[str] = ()) -> None:
    """Build a package with the versions of a module directory. The file appears only when it is complete.

    Raises GoError if the build fails, and OSError if go is not installed.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".build-", dir=target.parent) as temporary:
        built = Path(temporary) / target.name
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["go", "build", "-o", str(built), "-ldflags", linker, "-tags", ",".join(tags), package],  # noqa: S607 - go is searched on PATH
            cwd=module,
            env={**os.environ, "CGO_ENABLED": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise GoError(done.stderr.strip() or f"go build ended with status {done.returncode}")
        built.replace(target)
