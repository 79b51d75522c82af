"""Run a handler on this machine: a server, a stack's topic and as many consumers as partitions."""
