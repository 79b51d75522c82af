"""Consumer group of a pipe on Kafka: its name, and changes that would read records again."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from components.section import ConfigError
from components.settings_bases import PipeSettings


def consumer_group(name: str, pipe: PipeSettings) -> str:
    """Return the consumer group of the pipe of this name."""
    return pipe.consumer.group or name


def group_errors(pipes: Mapping[str, PipeSettings]) -> Iterator[ConfigError]:
    """Yield groups that several pipes use. Each pipe's consumers would get the rights of the others and rebalance with them."""
    users = defaultdict[str, list[str]](list)
    for name, pipe in pipes.items():
        users[consumer_group(name, pipe)].append(name)
    for name, pipe in pipes.items():
        group = consumer_group(name, pipe)
        others = [other for other in users[group] if other != name]
        if pipe.consumer.group and others:
            text = (
                f"must be different from the groups of all other pipes, got {group!r}, the group of the pipe {others[0]} (the "
                "consumers of both pipes would rebalance together). Choose another group."
            )
            yield ConfigError(path=("pipes", name, "consumer", "group"), text=text)


def no_group(pipes: Mapping[str, PipeSettings], reason: str) -> Iterator[ConfigError]:
    """Yield groups of pipes on a service without consumer groups. `reason` says what the service has instead."""
    for name, pipe in pipes.items():
        if pipe.consumer.group:
            yield ConfigError(
                path=("pipes", name, "consumer", "group"), text=f"cannot be set on this service ({reason}). Remove it."
            )


def group_change_rule(default: str) -> Callable[[object, object], str | None]:
    """Return a rule that refuses another group while consumers run: the new group has other offsets, or none.

    The rule gets the component inputs `consumer` of a pipe, with `group` and `paused` if they are set. `default` is the group of a pipe
    that sets none.
    """

    def refuse(present: object, wanted: object) -> str | None:
        before, after = (_value(inputs, "group") or default for inputs in (present, wanted))
        if before == after or _value(wanted, "paused"):
            return None
        return (
            f"cannot be changed from {before} to {after} while consumers run (a group without offsets reads all records that are still kept, "
            f"and a group with offsets can skip records). Set group back to {before}, or set consumer.paused to true, check the offsets of "
            f"{after}, then remove paused (docs/changing.md, Another consumer group)."
        )

    return refuse


def _value(inputs: object, key: str) -> Any:
    return cast("Mapping[str, Any]", inputs).get(key) if isinstance(inputs, Mapping) else None
