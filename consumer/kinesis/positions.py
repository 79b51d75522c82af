"""Positions in a shard: a sequence number, plus a sub-sequence number within an aggregate, such as `4957...:2`."""

BEGINNING = "TRIM_HORIZON"
"""Checkpoint of a shard of which nothing is handled."""

END = "SHARD_END"
"""Checkpoint of a closed shard that is handled completely."""


def position(sequence: str, sub_sequence: int) -> str:
    """Return the position of a user record in an aggregate."""
    return f"{sequence}:{sub_sequence}"


def split(position: str) -> tuple[str, int | None]:
    """Return the sequence number of a position, and its sub-sequence number (None for a whole record)."""
    sequence, _, sub_sequence = position.partition(":")
    return sequence, int(sub_sequence) if sub_sequence else None


def is_covered(position: str, checkpoint: str) -> bool:
    """Return whether a record is at or before a checkpoint.

    A checkpoint without a sub-sequence number covers its whole record.
    """
    if checkpoint == BEGINNING:
        return False
    (sequence, sub), (last, last_sub) = split(position), split(checkpoint)
    if sequence != last:
        return int(sequence) < int(last)
    return sub is None or last_sub is None or sub <= last_sub
