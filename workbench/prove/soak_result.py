"""Result of a soak."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from workbench.prove.proof import Owners
from workbench.prove.tally import Tally, some

GROWN_BYTES = 10_000_000
"""Maximum growth of a consumer's memory that counts as flat, from the end of the first fifth to the end."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Resident memory in bytes of the consumer that is never killed or stopped."""

    early_at: float
    """Seconds after the start of the first measurement."""
    early: int
    late: int
    """At the end, when every record is handled."""
    largest: int


@dataclass(frozen=True, kw_only=True)
class Soak:
    """Records and memory after a time of random faults."""

    seed: int
    seconds: float
    newer: bool
    """Whether the consumers used the group protocol of KIP-848."""
    partitions: tuple[int, int]
    """Number of partitions at the start and at the end."""
    owners: Owners
    faults: Mapping[str, int]
    """Number of faults of each kind."""
    dead_letters: int
    """Number of records in the dead letters."""
    wrongly_dead: tuple[str, ...]
    """Records in the dead letters that the handler can handle, such as `2@117`."""
    tally: Tally
    """Counts of the records that are not in the dead letters."""
    memory: Memory
    statuses: tuple[int, ...]
    """Exit statuses of consumers that were stopped with SIGTERM."""

    @property
    def problems(self) -> list[str]:
        """Problems found. Empty if no record was lost, each key is in order, and memory is flat."""
        found = list(self.tally.problems)
        if self.wrongly_dead:
            found.append(f"{len(self.wrongly_dead)} good records are in the dead letters: {some(self.wrongly_dead)}")
        grown = self.memory.late - self.memory.early
        if grown > GROWN_BYTES:
            found.append(f"memory must grow by at most {_mb(GROWN_BYTES)}, got {_mb(grown)}")
        if any(self.statuses):
            found.append(f"consumers must end with status 0 after SIGTERM, got {dict(Counter(self.statuses))}")
        if sorted(self.owners.values()) != [(number,) for number in range(self.partitions[1])]:
            found.append(f"each consumer must read one partition at the end, got {dict(self.owners)}")
        return found

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON."""
        return {**asdict(self), "problems": self.problems}


def render(soak: Soak, console: Console) -> None:
    """Print the result as a table."""
    tally, memory = soak.tally, soak.memory
    protocol = "KIP-848" if soak.newer else "classic protocol"
    table = Table("", "", title=f"Soak of {soak.seconds:.0f} s, {protocol}, seed {soak.seed}", show_header=False)
    table.add_row("faults", ", ".join(f"{number} {kind}" for kind, number in sorted(soak.faults.items())))
    table.add_row("partitions and consumers", f"{soak.partitions[0]}, at the end {soak.partitions[1]}")
    table.add_row("records written", str(tally.written + soak.dead_letters))
    table.add_row("handled at least once", str(tally.handled))
    table.add_row("dead letters", str(soak.dead_letters))
    table.add_row("lost", str(len(tally.lost)))
    table.add_row("redelivered", str(tally.again))
    table.add_row("out of order in a key", str(len(tally.out_of_order)))
    table.add_row(
        "memory of a consumer",
        f"{_mb(memory.early)} after {memory.early_at:.0f} s, {_mb(memory.late)} at the end, at most {_mb(memory.largest)}",
    )
    console.print(table)


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
