"""What reads a topic."""

from typing import Protocol

from consumer.delivery import DeadLetters, Delivery


class Source(Protocol):
    """A topic of one service, as one member of its consumer group reads it."""

    @property
    def dead_letters(self) -> DeadLetters | None:
        """Where records of this topic are set aside; None where nothing is told of a place for them."""
        ...

    def run(self, delivery: Delivery) -> None:
        """Read and deliver until `delivery.stopping` is set, then finish the record at hand, commit what is handled and leave the group.

        It keeps `delivery.status` true. Raises ConsumerError for what another try will not mend, such as a refused sign-in.
        """
        ...
