"""Reference consumer: reads one topic of any supported service and calls one handler function per record."""

__version__ = "1.0.0"
