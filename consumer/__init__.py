"""The consumer of a pipe: reads its topic, whatever the service, and hands each record to one function."""
