"""The command `handler new`."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from workbench.output import FlagError, guarded
from workbench.stack_file import ROOT

PROJECT = Path(__file__).parent / "project"
"""Files of a new project. `.in` is not part of their names."""

handler = typer.Typer(help="Create projects for handlers.", no_args_is_help=True)


@handler.callback()
def group() -> None:
    """Create projects for handlers."""


@handler.command()
def new(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Directory of the new project. It must be new or empty.")
    ],
) -> None:
    """Write a project: a handler, its tests, a Dockerfile and a README.

    Exit status: 2 if the directory is not empty or cannot be written.
    """
    guarded(lambda: _write(directory))


def _write(directory: Path) -> None:
    from consumer import __version__  # noqa: PLC0415  only this command needs it

    try:
        entries = sorted(path.name for path in directory.iterdir()) if directory.exists() else []
        if entries:
            raise FlagError(
                f"DIR: must be a new or empty directory, got {directory} (it contains {entries[0]}). Use another path."
            )
        full = directory.resolve()
        values = {
            "name": full.name,
            "image": re.sub("[^a-z0-9]+", "-", full.name.lower()).strip("-") or "handler",
            "root": shlex.quote(os.path.relpath(ROOT, full)),
            "version": __version__,
        }
        for source in sorted(PROJECT.rglob("*.in")):
            target = directory / source.relative_to(PROJECT).with_suffix("")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(Template(source.read_text(encoding="utf-8")).substitute(values), encoding="utf-8")
            typer.echo(f"wrote {target}")
    except OSError as error:
        raise FlagError(
            f"DIR: must be a directory that can be written, got {directory} ({error.strerror}). Use another path."
        ) from error
    typer.echo(f'\nRun it: make dev HANDLER={directory / "handler.py"} ARGS="--produce {directory / "records.jsonl"}"')
    typer.echo(f"Test it: .venv/bin/python -m pytest {directory}")
