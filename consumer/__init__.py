"""Reference consumer: reads one topic of any supported service and calls one handler function per record."""
