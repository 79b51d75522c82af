"""What Pub/Sub cannot change of a topic's subscriptions without losing what is in them."""

_OTHER_PIPE = "add a pipe of another name, point the publishers at it, let the old one drain, then remove the old one (README, Removing a pipe)."


def refuse_mode_change(present: object, wanted: object) -> str | None:
    """Other subscriptions begin empty, and the messages in the old ones go with them (Pub/Sub, Subscription overview)."""
    if wanted == present:
        return None
    return (
        f"is {present} for the life of the topic: in mode {wanted} other subscriptions are read, which begin empty, and what nobody has read "
        f"yet in the present ones would be lost. Undo the change, or {_OTHER_PIPE}"
    )


def refuse_ordering_change(present: object, wanted: object) -> str | None:
    """A subscription keeps the order that it was made with (Pub/Sub, Order messages)."""
    if wanted == present:
        return None
    return (
        f"is {present} for the life of a subscription: a new one would begin empty, and what nobody has read yet would be lost. Undo the "
        f"change, or {_OTHER_PIPE}"
    )


def refuse_filter_change(present: object, wanted: object) -> str | None:
    """A subscription keeps the filter that it was made with (Pub/Sub, Filter messages)."""
    if wanted == present:
        return None
    return (
        "is fixed with a subscription: a new one would begin empty, and what nobody has read yet would be lost. Undo the change, or "
        f"{_OTHER_PIPE}"
    )


def refuse_schema_type_change(present: object, wanted: object) -> str | None:
    """All revisions of a schema are in one language (Pub/Sub, Commit a schema revision)."""
    if wanted == present:
        return None
    return (
        f"is {str(present).lower().replace('_', '-')} for the life of a schema, whose revisions are all in one language. Undo the change, or "
        f"{_OTHER_PIPE}"
    )


def refuse_key_removal(present: object, wanted: object) -> str | None:
    """A message is read with the key that it was published under (Pub/Sub, Configure message encryption)."""
    if wanted or not present:
        return None
    return (
        "cannot be taken back: messages that were published under the key are lost without it. Undo the change, or make a stack of another "
        "name without it, point the publishers at it, let this one drain, then destroy it."
    )


def refuse_fewer_partitions(present: int, wanted: int) -> str | None:
    """A subscription that goes takes its messages with it (Pub/Sub, Delete a subscription)."""
    if wanted >= present:
        return None
    return (
        f"In mode partitioned the subscriptions from number {wanted} on would go with the messages in them, and what is still published for "
        f"these partitions would be lost. Set parallelism back to {present} or more; to end with fewer, add a pipe of another name with "
        f"parallelism {wanted}, point the publishers at it, let the old one drain, then remove the old one (README, Removing a pipe)."
    )
