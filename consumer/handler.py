"""Default handler. Replace this file with your own."""

import logging

from consumer.record import Record

LOGGER = logging.getLogger(__name__)


def handle(record: Record) -> None:
    """Log that a record was read, without its content.

    A record is handled when this function returns. It can be delivered again, so handling it twice must be safe. Raise
    any exception if it cannot be handled: the record is retried, then written to the dead letters.
    """
    LOGGER.info("%s[%s] %s: %d bytes", record.topic, record.partition, record.position, len(record.value or b""))
