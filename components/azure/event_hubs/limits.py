"""Limits of a tier that a pipe must keep."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from components.azure.event_hubs.tiers import TIERS, TierName
from components.azure.event_hubs.topic_settings import EventHubsPipe, EventHubsPipeSettings
from components.section import ConfigError

Move: TypeAlias = Callable[[TierName], str]
"""Tier -> how to get it, such as `set streaming.tier to premium`."""
SOURCE = "(Event Hubs, Quotas and limits)"


def set_tier(tier: TierName) -> str:
    """Return how to get another tier on a namespace that the program makes."""
    return f"set streaming.tier to {tier}"


def pipe_errors(name: str, pipe: EventHubsPipeSettings, tier: TierName, move: Move) -> Iterator[ConfigError]:
    """Yield the limits of the tier that a pipe exceeds. Paths start at the pipe.

    `move` says how to get another tier.
    """
    limits = TIERS[tier]
    if pipe.parallelism > limits.hub_partitions:
        text = (
            f"must be at most {limits.hub_partitions} (the partitions of an event hub on tier {tier}), got {pipe.parallelism} "
            f"{SOURCE}. Lower it, or {_larger_tier(pipe.parallelism, move)}."
        )
        yield ConfigError(path=("parallelism",), text=text)
    if not pipe.topic.compaction:
        yield from _retention(pipe.topic.retention_hours, tier, move, "topic")
    yield from dead_letter_errors(pipe, tier, move)
    groups = len(pipe.topic.consumer_groups)
    if groups >= limits.consumer_groups:
        text = (
            f"must have at most {limits.consumer_groups - 1} names, got {groups} (tier {tier} allows {limits.consumer_groups} with "
            f"$Default) {SOURCE}. Remove some."
        )
        yield ConfigError(path=("topic", "consumerGroups"), text=text)
    if pipe.topic.capture and "--" in name:
        text = (
            "requires a pipe name without two hyphens in a row (the name is part of a container name; Storage, Naming containers). "
            "Remove capture, or rename the pipe."
        )
        yield ConfigError(path=("topic", "capture"), text=text)


def dead_letter_errors(pipe: EventHubsPipe, tier: TierName, move: Move) -> Iterator[ConfigError]:
    """Yield an error if the tier does not keep the dead letters of a pipe for so long."""
    yield from _retention(pipe.topic.dead_letter.retention_hours, tier, move, "topic", "deadLetter")


def _retention(hours: int, tier: TierName, move: Move, *section: str) -> Iterator[ConfigError]:
    days = TIERS[tier].retention_days
    if hours > days * 24:
        text = (
            f"must be at most {days * 24} ({days} days, the maximum on tier {tier}), got {hours} {SOURCE}. "
            f"Lower it, or {move('premium')}."
        )
        yield ConfigError(path=(*section, "retentionHours"), text=text)


def _larger_tier(parallelism: int, move: Move) -> str:
    fitting: list[TierName] = [name for name, tier in TIERS.items() if tier.hub_partitions >= parallelism]
    return move(fitting[0]) if fitting else "split the records across several pipes"
