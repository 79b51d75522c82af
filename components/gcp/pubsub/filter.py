"""Which messages of a topic a subscription is given, in the words of Pub/Sub's filters."""

MOST_BYTES = 256
"""The length of a filter (Pub/Sub, Filter messages)."""

PARTITION_ATTRIBUTE = "partition"
"""The attribute of a message that says, from 0 on, which partition it belongs to, in mode partitioned."""


def partition_filter(number: int, own: str | None = None) -> str:
    """What lets the messages of one partition through, and of these only those that the pipe's own filter lets through."""
    of_partition = f'attributes.{PARTITION_ATTRIBUTE} = "{number}"'
    return f"({own}) AND {of_partition}" if own else of_partition


def subscription_filters(own: str | None, partitions: int | None) -> list[str | None]:
    """The filter of each subscription of a pipe: one subscription for all messages, or one for each of so many partitions."""
    if partitions is None:
        return [own]
    return [partition_filter(number, own) for number in range(partitions)]


def too_long(filters: list[str | None]) -> int | None:
    """The bytes of the longest filter, if Pub/Sub refuses it for that; None where it takes them all."""
    longest = max(len((each or "").encode()) for each in filters)
    return longest if longest > MOST_BYTES else None
