"""Refused changes that would replace a Pub/Sub subscription, schema or key and lose unread messages."""

_SET_BACK = (
    "Undo the change. To use the new value, add a pipe with a different name, switch the publishers to it, wait until the old pipe is "
    "drained, then remove the old pipe (docs/changing.md, Remove a pipe)."
)


def refuse_mode_change(present: object, wanted: object) -> str | None:
    """Refuse another mode: new subscriptions start empty and deleted ones lose their messages (Pub/Sub, Subscription overview)."""
    if wanted == present:
        return None
    return (
        f"cannot be changed from {present} to {wanted} (mode {wanted} needs new, empty subscriptions, and unread messages in the old ones "
        f"would be lost). {_SET_BACK}"
    )


def refuse_ordering_change(present: object, wanted: object) -> str | None:
    """Refuse another ordering: it is fixed when a subscription is created (Pub/Sub, Order messages)."""
    if wanted == present:
        return None
    return (
        f"cannot be changed from {present} to {wanted} (ordering is fixed when a subscription is created; a new subscription starts empty, "
        f"and unread messages would be lost). {_SET_BACK}"
    )


def refuse_filter_change(present: object, wanted: object) -> str | None:
    """Refuse another filter: it is fixed when a subscription is created (Pub/Sub, Filter messages)."""
    if wanted == present:
        return None
    return (
        "cannot be changed (the filter is fixed when a subscription is created; a new subscription starts empty, and unread messages would "
        f"be lost). {_SET_BACK}"
    )


def refuse_schema_type_change(present: object, wanted: object) -> str | None:
    """Refuse another type: all revisions of a schema have the same type (Pub/Sub, Commit a schema revision)."""
    if wanted == present:
        return None
    before, after = (str(each).lower().replace("_", "-") for each in (present, wanted))
    return f"cannot be changed from {before} to {after} (all revisions of a schema have the same type). {_SET_BACK}"


def refuse_key_removal(present: object, wanted: object) -> str | None:
    """Refuse to remove the key: messages need the key that encrypted them (Pub/Sub, Configure message encryption)."""
    if wanted or not present:
        return None
    return (
        "cannot be turned off again (messages encrypted with the key would be lost). Undo the change. To stop using the key, create a stack "
        "with a different name without it, switch the publishers to the new stack, wait until this one is drained, then destroy this one."
    )


def refuse_fewer_partitions(present: int, wanted: int) -> str | None:
    """Refuse fewer partitions: deleting a subscription deletes its messages (Pub/Sub, Delete a subscription)."""
    if wanted >= present:
        return None
    return (
        f"Subscriptions {wanted} and up would be deleted with their unread messages, and messages still published for these partitions "
        f"would be lost. Set parallelism back to {present} or more. To use fewer partitions, add a pipe with a different name and "
        f"parallelism {wanted}, switch the publishers to it, wait until the old pipe is drained, then remove the old pipe (docs/changing.md, Remove a pipe)."
    )
