"""File that a command writes: the option `--output`."""

from pathlib import Path

import typer

from workbench.output import FlagError


def write(file: Path, content: str) -> None:
    """Write a file and print its name. The file `-` is standard output.

    Raises:
        FlagError: The file cannot be written.
    """
    if str(file) == "-":
        typer.echo(content, nl=False)
        return
    try:
        file.write_text(content, encoding="utf-8")
    except OSError as error:
        raise FlagError(
            f"--output {file}: must be a file that can be written ({error.strerror}). Use another path."
        ) from error
    typer.echo(f"wrote {file}")
