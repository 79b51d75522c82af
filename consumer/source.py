"""Interface of a service's reader."""

from typing import Protocol

from consumer.delivery import DeadLetters, Delivery


class Source(Protocol):
    """A topic of one service, read as one member of its consumer group."""

    @property
    def dead_letters(self) -> DeadLetters | None:
        """Dead letters of this topic. None if the environment names none."""
        ...

    def run(self, delivery: Delivery) -> None:
        """Read and deliver until `delivery.stopping` is set.

        Then finish the current record, commit and leave the group. Keeps `delivery.status` up to date. Raises
        ConsumerError for permanent failures, such as a rejected sign-in.
        """
        ...
