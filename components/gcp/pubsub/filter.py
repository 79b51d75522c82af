"""Pub/Sub filters of subscriptions."""

MOST_BYTES = 256
"""Longest filter (Pub/Sub, Filter messages)."""

PARTITION_ATTRIBUTE = "partition"
"""Message attribute with the partition number, from 0, in mode partitioned."""


def partition_filter(number: int, own: str | None = None) -> str:
    """Return the filter for one partition, combined with the pipe's filter if it has one."""
    of_partition = f'attributes.{PARTITION_ATTRIBUTE} = "{number}"'
    return f"({own}) AND {of_partition}" if own else of_partition


def subscription_filters(own: str | None, partitions: int | None) -> list[str | None]:
    """Return the filter of each subscription: one shared subscription, or one per partition."""
    if partitions is None:
        return [own]
    return [partition_filter(number, own) for number in range(partitions)]


def too_long(filters: list[str | None]) -> int | None:
    """Return the length in bytes of the longest filter if it exceeds the limit, else None."""
    longest = max(len((each or "").encode()) for each in filters)
    return longest if longest > MOST_BYTES else None
