"""Results of `dev`: a table while it runs, and a table or JSON at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from workbench.dev.service import DeadLetter

if TYPE_CHECKING:
    from rich.table import Table

NUMBERS = frozenset({"partition", "handled", "failed", "lag"})
"""Columns that are aligned to the right."""


@dataclass(frozen=True, kw_only=True)
class ConsumerRow:
    """One consumer."""

    name: str
    partitions: tuple[int, ...]
    """Partitions that the server last reported."""
    handled: int
    failed: int
    """Handler calls that raised an exception."""
    lag: int | None
    """Records of its partitions that are not handled and committed yet. None if it has no partition."""
    last_error: str | None


@dataclass(frozen=True, kw_only=True)
class Summary:
    """All results."""

    stack: str
    pipe: str
    topic: str
    config: Mapping[str, str]
    """Settings of the topic."""
    written: int
    """Records that this command wrote."""
    consumers: tuple[ConsumerRow, ...]
    dead_letters: tuple[DeadLetter, ...]
    lag: int
    """Records that are not handled and committed yet."""
    reloads: int
    problems: tuple[str, ...]

    @property
    def handled(self) -> int:
        """Records handled by all consumers. A redelivered record counts again."""
        return sum(each.handled for each in self.consumers)

    @property
    def failed(self) -> int:
        """Handler calls that raised an exception."""
        return sum(each.failed for each in self.consumers)

    def as_json(self) -> dict[str, Any]:
        """Return all results as JSON."""
        return {
            "stack": self.stack,
            "pipe": self.pipe,
            "topic": self.topic,
            "config": dict(self.config),
            "written": self.written,
            "handled": self.handled,
            "failed": self.failed,
            "lag": self.lag,
            "dead_letters": [each.as_json() for each in self.dead_letters],
            "reloads": self.reloads,
            "consumers": [asdict(each) for each in self.consumers],
            "problems": list(self.problems),
        }

    @property
    def totals(self) -> str:
        """`written 300, handled 270, failed calls 150, dead letters 30, lag 0`."""
        return (
            f"written {self.written}, handled {self.handled}, failed calls {self.failed}, "
            f"dead letters {len(self.dead_letters)}, lag {self.lag}"
        )

    def table(self) -> Table:
        """Return a table with one row per consumer."""
        from rich.table import Table  # noqa: PLC0415  not needed for --json
        from rich.text import Text  # noqa: PLC0415  as above

        table = Table(caption=self.totals, caption_justify="left")
        for column in ("consumer", "partition", "handled", "failed", "lag", "last error"):
            table.add_column(column, justify="right" if column in NUMBERS else "left")
        for each in self.consumers:
            table.add_row(
                each.name,
                " ".join(map(str, each.partitions)) or "-",
                str(each.handled),
                str(each.failed),
                "-" if each.lag is None else str(each.lag),
                Text(each.last_error or ""),
            )
        return table
