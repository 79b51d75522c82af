"""What becomes of a record: the one file that a pipe's owner replaces."""

import logging

from consumer.record import Record

LOGGER = logging.getLogger(__name__)


def handle(record: Record) -> None:
    """Tell that a record was read, and nothing of what is in it.

    A record counts as handled once this returns. It may come again, so doing it twice must do no harm. Raise whatever you like
    where it cannot be handled: it is tried again, and then set aside among the dead letters.
    """
    LOGGER.info("%s[%s] %s: %d bytes", record.topic, record.partition, record.position, len(record.value or b""))
