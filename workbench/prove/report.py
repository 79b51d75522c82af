"""Shows `prove` on a terminal: a live line while it runs, and tables at the end."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from workbench.prove.proof import Growth, Proof, Sharing


class Live:
    """Shows progress on standard error. Standard output has only the result."""

    def __init__(self, console: Console | None = None) -> None:
        """Show progress on a console. If None, use standard error."""
        self._console = console or Console(stderr=True, highlight=False)
        self._status: Status | None = None

    def __enter__(self) -> Self:
        """Start the live line."""
        if self._console.is_terminal:
            self._status = self._console.status("")
            self._status.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Remove the live line."""
        if self._status is not None:
            self._status.stop()

    def done(self, text: str) -> None:
        """Print a result."""
        self._console.print(text, markup=False, soft_wrap=True)

    def now(self, text: str) -> None:
        """Show the current activity if the console is a terminal."""
        if self._status is not None:
            self._status.update(Text(text))


def render(proof: Proof, console: Console) -> None:
    """Print the results as tables, then the notes."""
    settings = ", ".join(f"{name}={value}" for name, value in proof.config.items()) or "the broker's own settings"
    console.print(Text(f"{proof.stack}: pipe {proof.pipe}, topics with {settings}", style="bold"))
    console.print(_sharings(proof))
    console.print(_rates(proof))
    console.print(_growth(proof.growth))
    for note in proof.notes:
        console.print(Text(note, style="dim"))


def _sharings(proof: Proof) -> Table:
    table = Table("replicas", "partitions", "assignment", "overloaded", "idle", title="Partition assignment")
    for sharing in proof.sharings:
        table.add_row(
            str(sharing.replicas),
            str(sharing.partitions),
            _owners(sharing),
            ", ".join(sharing.double) or "none",
            ", ".join(sharing.idle) or "none",
        )
    return table


def _rates(proof: Proof) -> Table:
    table = Table(title="Messages per second, as many replicas as partitions")
    for column in ("N", "messages/s", "times N = 1", "of the ideal"):
        table.add_column(column, justify="right")
    for rate in proof.rates:
        times = proof.times(rate)
        number = rate.sharing.replicas
        table.add_row(str(number), f"{rate.per_second:.0f}", f"{times:.2f}", f"{100 * times / number:.0f} %")
    return table


def _growth(growth: Growth) -> Table:
    title = (
        f"Growth from {growth.before.partitions} to {growth.after.partitions} during writes, then one replica killed"
    )
    table = Table("", "", title=title, show_header=False)
    table.add_row("before", _owners(growth.before))
    table.add_row("after growth", _owners(growth.after))
    table.add_row(f"{growth.killed} killed", _owners(growth.without))
    table.add_row(f"{growth.killed} started again", _owners(growth.again))
    table.add_row("messages written", str(growth.tally.written))
    table.add_row("handled at least once", str(growth.tally.handled))
    table.add_row("lost", str(len(growth.tally.lost)))
    table.add_row("redelivered", str(growth.tally.again))
    table.add_row("out of order in a partition", str(len(growth.tally.out_of_order)))
    pauses = ", ".join(f"{partition}: {seconds:.1f} s" for partition, seconds in growth.pauses.items())
    table.add_row("longest pause of each partition", pauses)
    return table


def _owners(sharing: Sharing) -> str:
    return ", ".join(f"{name}: {' '.join(map(str, owned)) or '-'}" for name, owned in sharing.owners.items())
