"""Positions in a shard: a sequence number, and within an aggregate a sub-sequence number too, as in `4957...:2`."""

BEGINNING = "TRIM_HORIZON"
"""The checkpoint of a shard of which nothing is handled."""

END = "SHARD_END"
"""The checkpoint of a closed shard of which everything is handled."""


def position(sequence: str, sub_sequence: int) -> str:
    """The position of a user record in an aggregate."""
    return f"{sequence}:{sub_sequence}"


def split(position: str) -> tuple[str, int | None]:
    """The sequence number of a position, and the sub-sequence number of a user record in an aggregate; None if it is a whole record."""
    sequence, _, sub_sequence = position.partition(":")
    return sequence, int(sub_sequence) if sub_sequence else None


def is_covered(position: str, checkpoint: str) -> bool:
    """Whether a record is handled if everything up to the checkpoint is.

    A checkpoint without a sub-sequence number covers its whole record.
    """
    if checkpoint == BEGINNING:
        return False
    (sequence, sub), (last, last_sub) = split(position), split(checkpoint)
    if sequence != last:
        return int(sequence) < int(last)
    return sub is None or last_sub is None or sub <= last_sub
