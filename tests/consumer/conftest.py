"""The fixtures that the consumer's package has for users."""

from consumer.testing import deliver, record

__all__ = ["deliver", "record"]
