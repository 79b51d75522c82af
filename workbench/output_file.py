"""File that a command writes: the option `--output`."""

from pathlib import Path

import typer

from workbench.output import FlagError


def check(file: Path | None, suffix: str, stack: str) -> None:
    """Check that a file may be written: its name has the suffix of the content. So no stack file or program is overwritten.

    Raises:
        FlagError: The file has another suffix.
    """
    if file is not None and str(file) != "-" and file.suffix.lower() != suffix:
        raise FlagError(
            f"--output {file}: must be - or a file name that ends in {suffix}, got {file.name or file} "
            f"(a file of another kind is never overwritten). Use a name such as {stack}{suffix}."
        )


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
