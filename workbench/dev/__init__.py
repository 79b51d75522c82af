"""Run a handler on this machine: a real Kafka broker, a stack's topic and as many consumers as partitions."""
