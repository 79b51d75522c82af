"""Expected load of a pipe, and the arithmetic of what it needs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from components.section import KeyPath, SettingsModel, key

MB, MIB, GIB = 1_000_000, 1024**2, 1024**3

UTILISATION = 0.7
"""Share of the time that consumers are busy at the peak. The rest is headroom. After an outage, the consumers need
utilisation / (1 - utilisation) times its duration for the backlog: 2.3 times at 0.7, 9 times at 0.9."""

LEAST, MOST_PER_SECOND, DAY = 0.001, 1_000_000_000, 86_400_000
"""Bounds of a load: the least messages per second and milliseconds, the most messages per second, and the milliseconds of a day."""


class Load(SettingsModel, frozen=True):
    """The expected peak load of a pipe. It changes no resource. A stack that cannot carry it gets a warning (docs/sizing.md)."""

    messages_per_second: Annotated[float, Field(ge=LEAST, le=MOST_PER_SECOND, allow_inf_nan=False)]
    """The messages per second at the peak."""
    bytes: Annotated[int, Field(ge=1, le=GIB)]
    """The average bytes of a message."""
    handling_milliseconds: Annotated[float, Field(ge=LEAST, le=DAY, allow_inf_nan=False)]
    """The average milliseconds that a consumer handles one message. It handles one at a time (docs/consumer.md). With batches: the time of a
    batch, divided by its messages."""

    @property
    def busy(self) -> float:
        """Return the average number of busy consumers (Little's law: rate x handling time)."""
        return self.messages_per_second * self.handling_milliseconds / 1000

    @property
    def throughput(self) -> float:
        """Return the bytes per second at the peak."""
        return self.messages_per_second * self.bytes


@dataclass(frozen=True, kw_only=True)
class Need:
    """Something that a load needs: an amount, with the formula and the source of the limit."""

    what: str
    """What is counted, such as `brokers of kafka.m5.large`."""
    limit: str
    """The bottleneck if there is too little, such as `handling`."""
    exact: float
    """The amount before rounding."""
    amount: int
    """The amount that can be set: rounded up to what the service accepts."""
    formula: str
    source: str
    """Page of the limit and the date when it was read."""
    key: KeyPath = ()
    """Key of the stack file that sets the amount. Empty if no key does."""
    have: float | None = None
    """The amount that the stack has. None if the stack does not limit it."""
    most: float | None = None
    """The largest possible amount. None if no limit is documented."""
    most_source: str = ""
    """Source of the largest amount, if it is another one."""
    more: str = "Split the load over several stacks, or use another service or tier."
    """What to do if no amount is enough, as an imperative sentence."""
    scales: bool = True
    """Whether the amount is proportional to the messages per second."""
    value: object = None
    """The value to write for the amount, if it is not the number itself."""
    machines: bool = False
    """Whether the amount is a number of machines."""
    fix: str = ""
    """What else helps, as an imperative sentence."""

    @property
    def name(self) -> str:
        """Return the key in the notation of messages, or what is counted."""
        return key(self.key) or self.what

    @property
    def short(self) -> bool:
        """Return whether the stack has too little."""
        return self.have is not None and self.have < round(self.exact, 6)

    @property
    def impossible(self) -> bool:
        """Return whether no size is enough."""
        return self.most is not None and self.most < round(self.exact, 6)


def rounded(exact: float, *, least: int = 1, step: int = 1, among: Sequence[int] = ()) -> int:
    """Return the smallest allowed whole number that is at least `exact`: a multiple of `step`, or one of `among` if it has one."""
    wanted = max(least, math.ceil(round(exact, 6)))  # floating point: 0.7 x 10 / 0.7 is not exactly 10
    return next((each for each in among if each >= wanted), -(-wanted // step) * step)


def number(value: float) -> str:
    """Return a number for people: 50,000; 47.7; 0.05."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.3g}"
